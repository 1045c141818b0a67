package job_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/job"
)

func TestPlansHaveAllRowsOnce(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		height int
		bands  []job.Band
		ok     bool
	}{
		"one":         {100, []job.Band{{Start: 0, End: 100}}, true},
		"two":         {100, []job.Band{{Start: 0, End: 64}, {Start: 64, End: 100}}, true},
		"none":        {100, nil, false},
		"too few":     {100, []job.Band{{Start: 0, End: 64}}, false},
		"too many":    {100, []job.Band{{Start: 0, End: 128}}, false},
		"gap":         {200, []job.Band{{Start: 0, End: 64}, {Start: 128, End: 200}}, false},
		"overlap":     {200, []job.Band{{Start: 0, End: 128}, {Start: 64, End: 200}}, false},
		"no segment":  {200, []job.Band{{Start: 0, End: 65}, {Start: 65, End: 200}}, false},
		"empty":       {64, []job.Band{{Start: 0, End: 0}, {Start: 0, End: 64}}, false},
		"upside down": {128, []job.Band{{Start: 64, End: 128}, {Start: 0, End: 64}}, false},
	} {
		err := job.Plan{Bands: test.bands}.Check(test.height)
		require.Equal(t, test.ok, err == nil, "%s: %v", name, err)
	}
}

// TestProgressIsByCost: the fraction, and the time left at the speed of late.
func TestProgressIsByCost(t *testing.T) {
	t.Parallel()
	plan := job.Plan{Bands: []job.Band{
		{Start: 0, End: 64, Seconds: 1}, {Start: 64, End: 128, Seconds: 2}, {Start: 128, End: 192, Seconds: 3}, {Start: 192, End: 256, Seconds: 4},
	}}
	began := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	at := func(seconds int) time.Time { return began.Add(time.Duration(seconds) * time.Second) }
	stored := func(bands ...int) (all []job.Completion) { // one after the other, every ten seconds
		for i, band := range bands {
			all = append(all, job.Completion{Band: band, At: at(10 * (i + 1))})
		}
		return all
	}

	p := plan.Progress(1000, nil, nil, at(1))
	require.Equal(t, job.Progress{State: job.Running, Bands: 4}, p, "nothing is known yet")

	p = plan.Progress(1000, stored(1), nil, at(10))
	require.InDelta(t, 0.2, p.Fraction, 1e-9)
	require.True(t, p.ETA.IsZero(), "what the first band took is not known")

	p = plan.Progress(1000, stored(1, 0, 2), nil, at(30))
	require.Equal(t, 3, p.BandsDone)
	require.InDelta(t, 0.6, p.Fraction, 1e-9)
	require.InDelta(t, 2*64*1000/20.0, p.PixelsPerSecond, 1e-6, "two bands in twenty seconds")
	require.Equal(t, at(30+20), p.ETA, "four seconds of work took twenty, four are left")

	p = plan.Progress(1000, stored(1, 0, 2), nil, at(300))
	require.Zero(t, p.PixelsPerSecond, "nothing of late")
	require.True(t, p.ETA.IsZero())

	p = plan.Progress(1000, append([]job.Completion{{Band: 1}, {Band: 0, At: at(20)}}, job.Completion{Band: 2, At: at(30)}), nil, at(30))
	require.InDelta(t, 0.6, p.Fraction, 1e-9)
	require.InDelta(t, 64*1000/10.0, p.PixelsPerSecond, 1e-6, "nobody knows when the first were stored")

	half := job.Drawing{Band: 2, Rows: 32, Since: at(4)}
	p = plan.Progress(1000, nil, []job.Drawing{half}, at(14))
	require.InDelta(t, 0.15, p.Fraction, 1e-9, "half of three seconds' work of ten")
	require.InDelta(t, 32*1000/10.0, p.PixelsPerSecond, 1e-6)
	require.WithinDuration(t, at(14).Add(56667*time.Millisecond), p.ETA, time.Second, "1.5 seconds of work took ten, 8.5 are left")

	p = plan.Progress(1000, stored(1, 0, 2), []job.Drawing{half, {Band: 3, Rows: 16, Since: at(10)}}, at(30))
	require.InDelta(t, 0.7, p.Fraction, 1e-9, "band 2 is stored meanwhile, a quarter of band 3 is drawn")
	require.InDelta(t, 2*64*1000/20.0, p.PixelsPerSecond, 1e-6, "whole bands tell better")

	p = plan.Progress(1000, nil, []job.Drawing{{Band: 0, Rows: 999, Since: at(0)}, {Band: 7, Rows: 9}, {Band: -1, Rows: 9}}, at(1))
	require.InDelta(t, 0.1, p.Fraction, 1e-9, "of another plan, perhaps")

	p = plan.Progress(1000, append(stored(0), job.Completion{Band: 9, At: at(15)}, job.Completion{Band: -1, At: at(16)}), nil, at(20))
	require.Equal(t, 1, p.BandsDone, "bands of another plan do not count")
}

// TestProgressHasNoOrder: the same bands are the same fraction to the last bit, in
// whatever order they were stored, and all of them are 1.
func TestProgressHasNoOrder(t *testing.T) {
	t.Parallel()
	var plan job.Plan
	var stored []job.Completion
	for i, seconds := range []float64{0.1, 0.2, 0.3, 1e-17, 0.7} {
		plan.Bands = append(plan.Bands, job.Band{Start: 64 * i, End: 64 * (i + 1), Seconds: seconds})
		stored = append(stored, job.Completion{Band: i}, job.Completion{Band: i})
	}
	now, last := time.Now(), 0.0
	for n := range stored {
		forward := plan.Progress(1, stored[:n+1], nil, now)
		backward := slices.Clone(stored[:n+1])
		slices.Reverse(backward)
		require.Equal(t, forward, plan.Progress(1, backward, nil, now))
		require.GreaterOrEqual(t, forward.Fraction, last)
		require.Equal(t, n/2+1, forward.BandsDone)
		last = forward.Fraction
	}
	require.Equal(t, 1.0, last) //nolint:testifylint // to the last bit
}
