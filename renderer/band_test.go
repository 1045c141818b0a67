package renderer_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

// TestBandsMakeTheFile draws pictures in bands cut anywhere and compares the file with that of one piece.
func TestBandsMakeTheFile(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s, err := spec.Normalize(spec.Draft{
			Width:         rapid.IntRange(1, 40).Draw(t, "width"),
			Height:        rapid.IntRange(1, 400).Draw(t, "height"),
			MaxIterations: 50,
			Coloring:      spec.Coloring{Method: rapid.SampledFrom(spec.Methods()).Draw(t, "method")},
		})
		require.NoError(t, err)
		var whole, parts bytes.Buffer
		require.NoError(t, renderer.Write(t.Context(), &whole, s, renderer.Options{}))

		parts.Write(renderer.Head(s))
		var sum renderer.Sum
		for start := 0; start < s.Height; {
			end := min(s.Height, start+spec.SegmentRows*rapid.IntRange(1, 3).Draw(t, "segments"))
			band, err := renderer.WriteBand(t.Context(), &parts, s, spec.Rows{Start: start, End: end}, renderer.Options{Threads: 1})
			require.NoError(t, err)
			sum, start = sum.Then(band), end
		}
		parts.Write(renderer.Tail(s, sum))
		assert.Equal(t, whole.Bytes(), parts.Bytes())
	})
}

func TestBandsBeginAtSegments(t *testing.T) {
	t.Parallel()
	s, err := spec.Normalize(spec.Draft{Width: 10, Height: 200})
	require.NoError(t, err)
	for _, rows := range []spec.Rows{{Start: -64, End: 64}, {Start: 0, End: 0}, {Start: 1, End: 64}, {Start: 0, End: 63}, {Start: 192, End: 256}} {
		_, err := renderer.WriteBand(t.Context(), &bytes.Buffer{}, s, rows, renderer.Options{})
		assert.Error(t, err, "%v", rows)
	}
}

func TestReducedKeepsTheView(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ width, height, wantWidth, wantHeight int }{
		{100, 50, 100, 50}, {4000, 2000, 400, 200}, {2000, 4000, 150, 300}, {100_000, 1, 400, 1}, {1, 100_000, 1, 300},
	} {
		s, err := spec.Normalize(spec.Draft{Width: c.width, Height: c.height, Samples: 9})
		require.NoError(t, err)
		small := s.Reduced(400, 300)
		assert.Equal(t, [3]int{c.wantWidth, c.wantHeight, 1}, [3]int{small.Width, small.Height, small.Samples})
		assert.Equal(t, s.Radius, small.Radius)
		assert.Equal(t, s.Center, small.Center)
	}
}
