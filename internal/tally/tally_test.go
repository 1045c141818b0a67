package tally_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/internal/tally"
)

func TestWhatIsOlderThanTheSpanDoesNotCount(t *testing.T) {
	t.Parallel()
	sums, began := tally.New(10*time.Second), time.Unix(1_000_000, 0)
	sums.Add(began, 30)
	sums.Add(began.Add(999*time.Millisecond), 10)
	sums.Add(began.Add(4*time.Second), 60)
	require.EqualValues(t, 100, sums.Sum(began.Add(9*time.Second)))
	require.InDelta(t, 10, sums.PerSecond(began.Add(9*time.Second)), 0)
	require.EqualValues(t, 60, sums.Sum(began.Add(10*time.Second)))
	sums.Add(began.Add(10*time.Second), 1) // in the place of the first
	require.EqualValues(t, 61, sums.Sum(began.Add(10*time.Second)))
	require.Zero(t, sums.Sum(began.Add(time.Minute)))
}
