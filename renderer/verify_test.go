package renderer_test

import (
	"bytes"
	"context"
	"errors"
	"image/png"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mandelfarm/renderer"
	"mandelfarm/renderer/bandpng"
	"mandelfarm/renderer/spec"
)

func verify(tb testing.TB, file []byte, rows int) (int, error) {
	tb.Helper()
	p, err := renderer.OpenPicture(bytes.NewReader(file))
	if err != nil {
		return 0, err
	}
	return p.Verify(tb.Context(), rows, renderer.Options{})
}

func TestPicturesAreVerified(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		s := tallPictures().Draw(r, "spec")
		file := writePNG(t, s, renderer.Options{})
		p, err := renderer.OpenPicture(bytes.NewReader(file))
		require.NoError(r, err)
		require.Equal(r, s.Canonical(), p.Spec.Canonical())
		require.Equal(r, spec.Version, p.Version)
		read := 0
		rows, err := p.Verify(t.Context(), 0, renderer.Options{Progress: func(n int, _ renderer.Work) { read += n }})
		require.NoError(r, err)
		require.Equal(r, s.Height, rows)
		require.Equal(r, s.Height, read)
		wanted := rapid.IntRange(1, 400).Draw(r, "sample")
		rows, err = verify(t, file, wanted)
		require.NoError(r, err)
		require.GreaterOrEqual(r, rows+spec.SegmentRows-1, min(wanted, s.Height), "the last segment may be short")
		require.LessOrEqual(r, rows, wanted+spec.SegmentRows-1)
	})
}

// flipped draws a Spec, changes the byte at a place of the rows and makes a valid file of it.
func flipped(tb testing.TB, s spec.Spec, at int, mask byte) []byte {
	tb.Helper()
	p := render(tb, s, renderer.Options{})
	p.Pix[at] ^= mask
	return forged(s, p, spec.Version)
}

// forged makes a file that says that the pixels are drawn from s.
func forged(s spec.Spec, p *renderer.Pixels, version string) []byte {
	file := bandpng.Head(bandpng.Header{
		Width: p.Width, Height: p.Rows.Count(), Format: p.Format, Palette: p.Palette,
		Text: []bandpng.Text{{Keyword: "mandelfarm", Value: string(s.Canonical())}, {Keyword: "Software", Value: "mandelfarm renderer " + version}},
	})
	var pool bandpng.Pool
	encoder, sum := pool.Get(), bandpng.Sum{}
	for rest := p.Pix; len(rest) > 0; {
		n := min(len(rest), spec.SegmentRows*p.Stride)
		var part bandpng.Sum
		file, part = encoder.AppendSegment(file, p.Format, p.Width, rest[:n])
		sum, rest = sum.Then(part), rest[n:]
	}
	return append(file, bandpng.Tail(sum)...)
}

func TestFirstDifferenceIsNamed(t *testing.T) {
	t.Parallel()
	const size = `{"width":45,"height":200,`
	set := parse(t, size+`"coloring":{"method":"set"}}`)
	smooth := parse(t, size+`"radius":0.1,"center":{"re":0},"coloring":{"interior":"#010203"}}`)
	tests := []struct {
		file []byte
		want string
	}{
		{flipped(t, set, 6*100+2, 0x04), "pixel 21 of row 100 is 1 in the file, and 0 when drawn again"},
		{flipped(t, smooth, 3*(45*100+22)+1, 0x80), "pixel 22 of row 100 is 018203 in the file, and 010203 when drawn again"},
		{forged(set, render(t, parse(t, `{"width":45,"height":199}`), renderer.Options{}), spec.Version), "the size is 45x199 in the file, and 45x200 when"},
		{forged(set, render(t, smooth, renderer.Options{}), spec.Version), "the format is rgb8 in the file, and gray1 when drawn again"},
		{
			forged(parse(t, size+`"coloring":{"steps":9}}`), render(t, parse(t, size+`"coloring":{"steps":8}}`), renderer.Options{}), spec.Version),
			"the palette is 9 colours in the file, and 10, or others when drawn again",
		},
	}
	for _, test := range tests {
		_, err := verify(t, test.file, 0)
		var difference *renderer.DifferenceError
		require.ErrorAs(t, err, &difference)
		assert.Contains(t, err.Error(), test.want)
	}
	rows, err := verify(t, flipped(t, smooth, 3*(45*100+22), 1), 60)
	require.NoError(t, err, "a sample does not see every row")
	assert.Equal(t, 64, rows)
}

// TestDamageIsNoticed flips bits: a checksum fails, unless the pixels that come out of it are met before.
func TestDamageIsNoticed(t *testing.T) {
	t.Parallel()
	s := parse(t, `{"width":60,"height":130}`)
	file := writePNG(t, s, renderer.Options{})
	for at := 0; at < len(file); at += 31 {
		broken := bytes.Clone(file)
		broken[at] ^= 1
		_, err := verify(t, broken, 0)
		if difference := (&renderer.DifferenceError{}); !errors.As(err, &difference) {
			require.ErrorIs(t, err, renderer.ErrNotOurs, "byte %d", at)
		}
		_, err = verify(t, file[:at], 0)
		require.ErrorIs(t, err, renderer.ErrNotOurs, "the first %d bytes", at)
	}
}

func TestOtherFilesAreNotVerified(t *testing.T) {
	t.Parallel()
	s := parse(t, `{"width":20,"height":10}`)
	p := render(t, s, renderer.Options{})
	_, err := verify(t, forged(s, p, "1"), 0)
	require.ErrorIs(t, err, renderer.ErrOtherVersion)
	require.ErrorContains(t, err, `version "1" drew it and this is "`+spec.Version+`"`)
	var other bytes.Buffer
	require.NoError(t, png.Encode(&other, standardImage(p)))
	for name, file := range map[string][]byte{
		"no text": forged(s, p, "")[:33], "a text": []byte(`{"width":20,"height":10}`), "nothing": nil,
		"no Spec":     bytes.Replace(forged(s, p, "2"), []byte("mandelfarm\x00"), []byte("mandelbush\x00"), 1),
		"of no known": other.Bytes(),
	} {
		_, err := verify(t, file, 0)
		require.ErrorIs(t, err, renderer.ErrNotOurs, name)
	}
}

func TestVerifyingStops(t *testing.T) {
	t.Parallel()
	s := parse(t, `{"width":200,"height":200}`)
	p, err := renderer.OpenPicture(bytes.NewReader(writePNG(t, s, renderer.Options{})))
	require.NoError(t, err)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errStop)
	_, err = p.Verify(ctx, 1, renderer.Options{})
	require.ErrorIs(t, err, errStop)
}

func FuzzOpenPicture(f *testing.F) {
	s := parse(f, `{"width":9,"height":7,"max_iterations":20}`)
	f.Add(writePNG(f, s, renderer.Options{}))
	f.Add(forged(s, render(f, s, renderer.Options{}), "1"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := renderer.OpenPicture(bytes.NewReader(data))
		if err != nil {
			require.ErrorIs(t, err, renderer.ErrNotOurs)
			require.Less(t, len(err.Error()), 1000)
			return
		}
		if (renderer.Limits{Pixels: 1000, MaxIterations: 100, Samples: 4}).Check(p.Spec) != nil {
			return
		}
		_, err = p.Verify(t.Context(), 0, renderer.Options{Threads: 1})
		var difference *renderer.DifferenceError
		if err != nil && !errors.As(err, &difference) && !errors.Is(err, renderer.ErrOtherVersion) {
			require.ErrorIs(t, err, renderer.ErrNotOurs)
		}
	})
}
