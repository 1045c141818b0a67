package pyramid_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/pyramid"
	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

// files is a pyramid in memory.
type files map[int][]byte

func (f files) Open(_ context.Context, level int) (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(f[level])), nil
}

func (f files) Store(_ context.Context, level int, write func(io.Writer) error) error {
	var out bytes.Buffer
	err := write(&out)
	f[level] = out.Bytes()
	return err
}

func (f files) ReadAt(_ context.Context, level int, from, to int64) ([]byte, error) {
	return f[level][from:to], nil
}

// draw draws a picture, and returns it as another decoder has it.
func draw(t *testing.T, text string) (files, image.Image) {
	t.Helper()
	s, err := spec.Parse([]byte(text))
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, renderer.Write(t.Context(), &out, s, renderer.Options{}))
	want, err := png.Decode(bytes.NewReader(out.Bytes()))
	require.NoError(t, err)
	return files{0: out.Bytes()}, want
}

func rgb(img image.Image, x, y int) [3]int {
	r, g, b, _ := img.At(img.Bounds().Min.X+x, img.Bounds().Min.Y+y).RGBA()
	return [3]int{int(r >> 8), int(g >> 8), int(b >> 8)}
}

// requireColor is require.Equal for millions of pixels.
func requireColor(t *testing.T, want, got [3]int, format string, args ...any) {
	t.Helper()
	if want != got {
		require.Equalf(t, want, got, format, args...)
	}
}

// kinds are pictures of every layout, with sides that are odd, and more or less than segments.
func kinds() []string {
	return []string{
		`{"width":1301,"height":711,"coloring":{"method":"set"}}`,
		`{"width":700,"height":1025}`,
		`{"width":513,"height":64,"rotation":30,"mirror":true}`,
		`{"width":600,"height":65,"coloring":{"palette":"gray"}}`,
		`{"width":601,"height":130,"coloring":{"steps":7}}`,
		`{"width":520,"height":100,"depth":16}`,
		`{"width":520,"height":101,"depth":16,"coloring":{"palette":"gray"}}`,
		`{"width":40,"height":30}`,
	}
}

// TestViewsThatAreNotScaledAreThePicture wherever they are.
func TestViewsThatAreNotScaledAreThePicture(t *testing.T) {
	t.Parallel()
	for _, text := range kinds() {
		store, want := draw(t, text)
		index, err := pyramid.Levels(t.Context(), store)
		require.NoError(t, err)
		size := want.Bounds().Size()
		require.Len(t, index.Levels, pyramid.Halvings(size.X, size.Y)+1, text)
		for _, region := range []image.Rectangle{
			{Max: size}, image.Rect(3, 5, 4, 6), image.Rect(size.X-9, size.Y-9, size.X, size.Y), image.Rect(7, 11, size.X, size.Y),
		} {
			got, err := index.Draw(t.Context(), store, pyramid.View{Region: region, Size: region.Size()})
			require.NoError(t, err)
			require.Equal(t, region.Size(), got.Bounds().Size())
			for y := range region.Dy() {
				for x := range region.Dx() {
					requireColor(t, rgb(want, region.Min.X+x, region.Min.Y+y), rgb(got, x, y), "%s: %v (%d,%d)", text, region, x, y)
				}
			}
		}
	}
}

// mean is that of squares, of some pixels.
func mean(of image.Image, box image.Rectangle) (m [3]int) {
	var sums [3]float64
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			for channel, value := range rgb(of, x, y) {
				sums[channel] += float64(value * value)
			}
		}
	}
	for channel, sum := range sums {
		m[channel] = int(math.Sqrt(sum/float64(box.Dx()*box.Dy())) + 0.5)
	}
	return m
}

// TestLevelsAreMeans: each level of the one before, also at sides that are odd.
func TestLevelsAreMeans(t *testing.T) {
	t.Parallel()
	for _, text := range kinds() {
		store, whole := draw(t, text)
		index, err := pyramid.Levels(t.Context(), store)
		require.NoError(t, err)
		size := whole.Bounds().Size()
		before := whole
		for n := 1; n < len(index.Levels); n++ {
			half := pyramid.Size(size.X, size.Y, n)
			got, err := index.Draw(t.Context(), store, pyramid.View{Region: image.Rectangle{Max: size}, Size: half})
			require.NoError(t, err)
			require.Equal(t, half, got.Bounds().Size())
			for y := range half.Y {
				for x := range half.X {
					box := image.Rect(2*x, 2*y, 2*x+2, 2*y+2).Intersect(before.Bounds().Sub(before.Bounds().Min))
					requireColor(t, mean(before, box), rgb(got, x, y), "%s: level %d (%d,%d)", text, n, x, y)
				}
			}
			before = got
		}
		last := index.Levels[len(index.Levels)-1]
		assert.LessOrEqual(t, max(last.Width, last.Height), pyramid.TileSide)
	}
}

// TestViewsOfAnySize have it, and look like the picture.
func TestViewsOfAnySize(t *testing.T) {
	t.Parallel()
	store, whole := draw(t, `{"width":1500,"height":900}`)
	index, err := pyramid.Levels(t.Context(), store)
	require.NoError(t, err)
	for _, v := range []pyramid.View{
		{image.Rect(0, 0, 1500, 900), image.Pt(1, 1)},
		{image.Rect(0, 0, 1500, 900), image.Pt(1000, 600)},
		{image.Rect(0, 0, 1500, 900), image.Pt(1500, 1)},
		{image.Rect(100, 50, 900, 850), image.Pt(99, 101)},
		{image.Rect(1499, 0, 1500, 900), image.Pt(1, 450)},
	} {
		got, err := index.Draw(t.Context(), store, v)
		require.NoError(t, err)
		require.Equal(t, v.Size, got.Bounds().Size(), "%v", v)
		want, have := mean(whole, v.Region), mean(got, got.Bounds())
		for channel := range want {
			assert.InDelta(t, want[channel], have[channel], 6, "%v", v)
		}
	}
}

// TestDamagedSegmentsAreFound by the checksums of their chunks.
func TestDamagedSegmentsAreFound(t *testing.T) {
	t.Parallel()
	store, whole := draw(t, `{"width":600,"height":300}`)
	index, err := pyramid.Levels(t.Context(), store)
	require.NoError(t, err)
	store[0][index.Levels[0].Segments[2]+100] ^= 1
	v := pyramid.View{Region: whole.Bounds(), Size: whole.Bounds().Size()}
	_, err = index.Draw(t.Context(), store, v)
	require.ErrorContains(t, err, "damaged")
	_, err = pyramid.Levels(t.Context(), store)
	require.ErrorContains(t, err, "damaged")
	v.Region.Max.Y = 128
	v.Size.Y = 128
	_, err = index.Draw(t.Context(), store, v)
	require.NoError(t, err, "others are not read")
}

// ExampleSize shows the levels of a picture.
func ExampleSize() {
	for n := range pyramid.Halvings(4000, 3001) + 1 {
		fmt.Println(pyramid.Size(4000, 3001, n))
	}
	// Output:
	// (4000,3001)
	// (2000,1501)
	// (1000,751)
	// (500,376)
}

// TestCanvasKeepsWhatIsBelow where nothing was added.
func TestCanvasKeepsWhatIsBelow(t *testing.T) {
	t.Parallel()
	c := pyramid.NewCanvas(image.Rect(10, 20, 14, 24), image.Pt(2, 2))
	img := c.Image(func(x, y int) color.RGBA { return color.RGBA{R: uint8(x), G: uint8(y), A: 255} })
	assert.Equal(t, [3]int{11, 21, 0}, rgb(img, 0, 0))
	assert.Equal(t, [3]int{13, 23, 0}, rgb(img, 1, 1))
}
