package main

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/job"
)

// awaitStatus waits until a job's status is as wanted, and returns all that were seen.
func (s *service) awaitStatus(tb testing.TB, location string, wanted func(job.Status) bool) []job.Status {
	tb.Helper()
	var seen []job.Status
	require.Eventually(tb, func() bool {
		_, body := s.get(location)
		var st job.Status
		require.NoError(tb, json.Unmarshal(body, &st), "%s", body)
		seen = append(seen, st)
		return wanted(st)
	}, testTimeout, 20*time.Millisecond, "of %s: %v", location, &seen)
	return seen
}

// TestProgressMovesWithinBands, before the first of them is stored, and never back.
func TestProgressMovesWithinBands(t *testing.T) {
	t.Parallel()
	farm := serve(t, map[string]string{"DATA": t.TempDir(), "BAND_TIME": "4s"})
	location := farm.submit(t, heavy(1_000_000))
	fractions := make(map[float64]bool)
	seen := farm.awaitStatus(t, location, func(st job.Status) bool {
		if st.Fraction > 0 && st.BandsDone == 0 {
			fractions[st.Fraction] = true
		}
		return len(fractions) >= 2
	})
	last := 0.0
	for _, st := range seen {
		require.GreaterOrEqual(t, st.Fraction, last)
		last = st.Fraction
	}
	require.Positive(t, seen[len(seen)-1].PixelsPerSecond)
	require.False(t, seen[len(seen)-1].ETA.IsZero())
}

// TestPrepassesSayHowFarTheyAre while they are computed: here one of two million steps of some thousand bits.
func TestPrepassesSayHowFarTheyAre(t *testing.T) {
	t.Parallel()
	farm := serve(t, map[string]string{"DATA": t.TempDir()})
	location := farm.submit(t, `{"width": 64, "height": 48, "center": {"re": "0.25", "im": "0"}, "exact": true, "radius": "1e-1000", "max_iterations": 2000000}`)
	seen := farm.awaitStatus(t, location, func(st job.Status) bool { return st.Prepass > 0 })
	st := seen[len(seen)-1]
	require.Less(t, st.Prepass, 1.0)
	require.Equal(t, job.Running, st.State)
}
