package renderer_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mandelfarm/renderer"
)

// TestBandsMakeTheFile draws pictures in bands cut anywhere and compares the file with that of one piece.
func TestBandsMakeTheFile(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		spec, err := renderer.Spec{
			Width:         rapid.IntRange(1, 40).Draw(t, "width"),
			Height:        rapid.IntRange(1, 400).Draw(t, "height"),
			MaxIterations: 50,
			Coloring:      renderer.Coloring{Method: rapid.SampledFrom(renderer.Methods()).Draw(t, "method")},
		}.Normalize()
		require.NoError(t, err)
		var whole, parts bytes.Buffer
		require.NoError(t, renderer.Write(t.Context(), &whole, spec, renderer.Options{}))

		head, err := renderer.Head(spec)
		require.NoError(t, err)
		parts.Write(head)
		var sum renderer.Sum
		for start := 0; start < spec.Height; {
			end := min(spec.Height, start+renderer.SegmentRows*rapid.IntRange(1, 3).Draw(t, "segments"))
			band, err := renderer.WriteBand(t.Context(), &parts, spec, renderer.Rows{Start: start, End: end}, renderer.Options{Threads: 1})
			require.NoError(t, err)
			sum, start = sum.Then(band), end
		}
		tail, err := renderer.Tail(spec, sum)
		require.NoError(t, err)
		parts.Write(tail)
		assert.Equal(t, whole.Bytes(), parts.Bytes())
	})
}

func TestBandsBeginAtSegments(t *testing.T) {
	t.Parallel()
	spec, err := renderer.Spec{Width: 10, Height: 200}.Normalize()
	require.NoError(t, err)
	for _, rows := range []renderer.Rows{{Start: -64, End: 64}, {Start: 0, End: 0}, {Start: 1, End: 64}, {Start: 0, End: 63}, {Start: 192, End: 256}} {
		_, err := renderer.WriteBand(t.Context(), &bytes.Buffer{}, spec, rows, renderer.Options{})
		assert.Error(t, err, "%v", rows)
	}
}

func TestReducedKeepsTheView(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ width, height, wantWidth, wantHeight int }{
		{100, 50, 100, 50}, {4000, 2000, 400, 200}, {2000, 4000, 150, 300}, {100_000, 1, 400, 1}, {1, 100_000, 1, 300},
	} {
		spec, err := renderer.Spec{Width: c.width, Height: c.height, Samples: 9}.Normalize()
		require.NoError(t, err)
		small := spec.Reduced(400, 300)
		assert.Equal(t, [3]int{c.wantWidth, c.wantHeight, 1}, [3]int{small.Width, small.Height, small.Samples})
		assert.Equal(t, spec.Radius, small.Radius)
		assert.Equal(t, spec.Center, small.Center)
	}
}
