package preview_test

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mandelfarm/preview"
	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

// TestPreviewOfAllBandsIsThePictureSampled: every pixel of the preview is the one
// in its middle of the image, whatever the bands and the format.
func TestPreviewOfAllBandsIsThePictureSampled(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := picture(t)
		p := preview.Picture{
			Layout: preview.Of(s), Base: base(t, s),
			Bands: make(map[int]spec.Rows), Strips: make(map[int][]byte),
		}
		for i, rows := range bands(t, s.Height) {
			p.Bands[i] = rows
			if strip := draw(t, s, rows); strip != nil {
				p.Strips[i] = strip
			}
		}
		got, want := compose(t, p), whole(t, s)
		size := got.Bounds()
		for y := range size.Dy() {
			for x := 0; x < size.Dx(); x += 5 {
				at := image.Pt((2*x+1)*s.Width/(2*size.Dx()), (2*y+1)*s.Height/(2*size.Dy()))
				requireSame(t, want, at, got, image.Pt(x, y))
			}
		}
	})
}

// TestMissingAndForeignStripsStayCoarse.
func TestMissingAndForeignStripsStayCoarse(t *testing.T) {
	t.Parallel()
	s, err := spec.Normalize(spec.Draft{Width: 300, Height: 200})
	require.NoError(t, err)
	p := preview.Picture{
		Layout: preview.Of(s), Base: base(t, s),
		Bands: map[int]spec.Rows{0: {Start: 0, End: 128}, 1: {Start: 128, End: 200}},
	}
	coarse := compose(t, p)
	tag := p.Tag()
	p.Strips = map[int][]byte{0: []byte("no strip"), 1: draw(t, s, spec.Rows{Start: 0, End: 64}), 7: draw(t, s, spec.Rows{Start: 0, End: 200})}
	require.Equal(t, coarse, compose(t, p))
	p.Strips = map[int][]byte{1: draw(t, s, spec.Rows{Start: 128, End: 200})}
	fine := compose(t, p)
	require.NotEqual(t, tag, p.Tag(), "another picture has another tag")
	for x := range 300 {
		requireSame(t, coarse, image.Pt(x, 127), fine, image.Pt(x, 127))
		requireSame(t, whole(t, s), image.Pt(x, 150), fine, image.Pt(x, 150))
	}
}

// failer is what both kinds of test can do.
type failer interface {
	require.TestingT
	Helper()
}

func picture(t *rapid.T) spec.Spec {
	s, err := spec.Normalize(spec.Draft{
		Width: rapid.IntRange(1, 600).Draw(t, "width"), Height: rapid.IntRange(1, 250).Draw(t, "height"), MaxIterations: 20,
		Samples:  rapid.IntRange(1, 2).Draw(t, "samples"),
		Coloring: spec.Coloring{Method: rapid.SampledFrom([]spec.Method{spec.MethodSet, spec.MethodSmooth}).Draw(t, "method")},
	})
	require.NoError(t, err)
	return s
}

// bands divides a height at segments.
func bands(t *rapid.T, height int) (all []spec.Rows) {
	for start := 0; start < height; {
		end := min(height, start+spec.SegmentRows*rapid.IntRange(1, 4).Draw(t, "segments"))
		all = append(all, spec.Rows{Start: start, End: end})
		start = end
	}
	return all
}

func draw(t failer, s spec.Spec, rows spec.Rows) []byte {
	t.Helper()
	sampler := preview.NewSampler(preview.Of(s), rows)
	_, err := renderer.WriteBand(context.Background(), io.Discard, s, rows, renderer.Options{Segment: sampler.Add})
	require.NoError(t, err)
	strip, err := sampler.Strip()
	require.NoError(t, err)
	return strip
}

func base(t failer, s spec.Spec) []byte {
	t.Helper()
	var file bytes.Buffer
	require.NoError(t, renderer.Write(context.Background(), &file, s.Reduced(32, 24), renderer.Options{}))
	return file.Bytes()
}

func whole(t failer, s spec.Spec) image.Image {
	t.Helper()
	var file bytes.Buffer
	require.NoError(t, renderer.Write(context.Background(), &file, s, renderer.Options{}))
	m, err := png.Decode(&file)
	require.NoError(t, err)
	return m
}

func compose(t failer, p preview.Picture) image.Image {
	t.Helper()
	file, err := p.Compose()
	require.NoError(t, err)
	m, err := png.Decode(bytes.NewReader(file))
	require.NoError(t, err)
	return m
}

func requireSame(t failer, want image.Image, at image.Point, got image.Image, there image.Point) {
	t.Helper()
	r, g, b, _ := want.At(at.X, at.Y).RGBA()
	gr, gg, gb, _ := got.At(there.X, there.Y).RGBA()
	if r != gr || g != gg || b != gb {
		require.Failf(t, "another colour", "%v of the preview is not %v of the image", there, at)
	}
}
