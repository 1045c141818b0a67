package job_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// TestDoublesAreWorthIt: of bands of 10 s and 10 segments each, of which what is told is in rows and seconds.
func TestDoublesAreWorthIt(t *testing.T) {
	t.Parallel()
	const bands, segments = 100, 10
	var plan job.Plan
	for i := range bands {
		plan.Bands = append(plan.Bands, job.Band{Start: i * segments * spec.SegmentRows, End: (i + 1) * segments * spec.SegmentRows, Seconds: 10})
	}
	now := time.Now()
	told := func(band, done int, elapsed float64) job.Drawing {
		return job.Drawing{Band: band, Rows: done * spec.SegmentRows, Since: now.Add(-time.Duration(elapsed * float64(time.Second)))}
	}
	slow := told(7, 5, 30) // needs as long again, and has drawn 6.7 s of it when a second worker has all
	for name, test := range map[string]struct {
		drawing []job.Drawing
		before  map[int]float64
		most    int
		want    []job.Double
	}{
		"nothing is told":     {nil, nil, 9, nil},
		"not overdue":         {[]job.Drawing{told(7, 1, 19)}, nil, 9, nil},
		"nearly done":         {[]job.Drawing{told(7, 9, 30)}, nil, 9, nil},
		"slow":                {[]job.Drawing{slow}, nil, 9, []job.Double{{Band: 7, Twice: 20.0 / 3}}},
		"no rows":             {[]job.Drawing{told(7, 0, 20)}, nil, 9, []job.Double{{Band: 7}}},
		"stuck in the middle": {[]job.Drawing{told(7, 9, 101)}, map[int]float64{1: 20}, 9, []job.Double{{Band: 7}}},
		"the worst first":     {[]job.Drawing{slow, told(8, 0, 20), told(6, 4, 30)}, nil, 2, []job.Double{{Band: 8}, {Band: 6, Twice: 16.0 / 3}}},
		"doubled before":      {[]job.Drawing{slow}, map[int]float64{7: 6}, 9, nil},
		"enough is twice":     {[]job.Drawing{slow}, map[int]float64{1: 14}, 9, nil},
		"stored":              {[]job.Drawing{told(3, 1, 100)}, nil, 9, nil},
		"nobody is idle":      {[]job.Drawing{slow}, nil, 0, nil},
	} {
		got := plan.Doubles([]int{6, 7, 8}, test.drawing, test.before, test.most, now)
		require.Len(t, got, len(test.want), name)
		for i, want := range test.want {
			require.Equal(t, want.Band, got[i].Band, name)
			require.InDelta(t, want.Twice, got[i].Twice, 1e-9, name)
		}
	}
}
