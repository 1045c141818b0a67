package worker

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

// TestCutMakesBandsOfAboutEqualCost: at segment boundaries, all rows, and none of
// more than one segment that takes over twice the target, nor two neighbours that
// could be one, but for the end.
func TestCutMakesBandsOfAboutEqualCost(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		height := rapid.IntRange(1, 40_000).Draw(t, "height")
		segments := make([]float64, (height+spec.SegmentRows-1)/spec.SegmentRows)
		for i := range segments {
			segments[i] = rapid.Float64Range(1e-6, 3).Draw(t, "seconds")
		}
		const target = 1.5
		slots := rapid.IntRange(0, 100).Draw(t, "slots")
		plan := cut(height, segments, target, slots)
		require.NoError(t, plan.Check(height))
		left := plan.Seconds()
		for i, band := range plan.Bands {
			several := band.End-band.Start > spec.SegmentRows
			if several {
				require.LessOrEqual(t, band.Seconds, 2*target)
			}
			if i+1 < len(plan.Bands) {
				want := min(target, max(left/float64(2*max(1, slots)), target/4))
				require.Greater(t, band.Seconds+plan.Bands[i+1].Seconds, want-1e-9, "two bands that could be one")
			}
			left -= band.Seconds
		}
	})
}

// TestTheLastBandsAreShort: so many that every worker has some, and others are of the usual length.
func TestTheLastBandsAreShort(t *testing.T) {
	t.Parallel()
	segments := slices.Repeat([]float64{0.01}, 100_000)
	plan := cut(len(segments)*spec.SegmentRows, segments, 1, 16)
	require.InDelta(t, 1, plan.Bands[0].Seconds, 0.02)
	short, left := 0, plan.Seconds()
	for _, band := range plan.Bands {
		if left > 32 {
			require.InDelta(t, 1, band.Seconds, 0.02)
		}
		if left -= band.Seconds; left > 0.25 && band.Seconds < 0.3 {
			short++
		}
	}
	require.GreaterOrEqual(t, short, 16)
}

// TestCutBoundsTheNumberOfBands by making them larger.
func TestCutBoundsTheNumberOfBands(t *testing.T) {
	t.Parallel()
	segments := make([]float64, 1<<18)
	for i := range segments {
		segments[i] = 1
	}
	plan := cut(len(segments)*spec.SegmentRows, segments, 0.5, 1000)
	require.LessOrEqual(t, len(plan.Bands), maxBands)
	require.NoError(t, plan.Check(len(segments)*spec.SegmentRows))
}

// TestSegmentsShareTheEstimate: all of it, and not in equal parts.
func TestSegmentsShareTheEstimate(t *testing.T) {
	t.Parallel()
	s, err := spec.Parse([]byte(`{"width": 4000, "height": 3000, "center": {"re": "-0.75", "im": "0.3"}, "radius": "0.3", "max_iterations": 5000}`))
	require.NoError(t, err)
	estimate, err := renderer.EstimateWork(t.Context(), s, nil, 10*time.Millisecond)
	require.NoError(t, err)
	segments := segmentSeconds(s, estimate, 2)
	require.Len(t, segments, (3000+spec.SegmentRows-1)/spec.SegmentRows)
	total := 0.0
	for _, seconds := range segments {
		total += seconds
	}
	encoding := 4000 * 3000 * encodeSeconds
	require.InEpsilon(t, (estimate.Work.Cost.Seconds()+encoding)/2, total, 0.02)
	require.Less(t, slices.Min(segments), slices.Max(segments)/2)
}
