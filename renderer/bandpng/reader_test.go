package bandpng_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/renderer/bandpng"
)

// read reads a whole file.
func read(r io.Reader) (bandpng.Header, []byte, error) {
	reader, err := bandpng.NewReader(r)
	if err != nil {
		return bandpng.Header{}, nil, err
	}
	var pix []byte
	row := make([]byte, reader.Header.Format.Stride(reader.Header.Width))
	for {
		err := reader.ReadRow(row)
		if errors.Is(err, io.EOF) {
			return reader.Header, pix, reader.Close()
		}
		if err != nil {
			return reader.Header, pix, err
		}
		pix = append(pix, row...)
	}
}

func TestFilesAreReadBack(t *testing.T) {
	t.Parallel()
	for _, format := range formats {
		header := bandpng.Header{Width: 45, Height: 130, Format: format, Text: []bandpng.Text{{"Title", "…"}, {"x", ""}}}
		if format == bandpng.Indexed8 {
			header.Palette = colors()
		}
		pix := picture(format, 45, 130)
		var pool bandpng.Pool
		got, rows, err := read(iotest.HalfReader(bytes.NewReader(file(pool.Get(), header, pix))))
		require.NoError(t, err)
		assert.Equal(t, header, got)
		assert.Equal(t, pix, rows, "%v", format)
	}
}

// TestFilesOfOthersAreRead reads what image/png wrote, which uses all filters.
func TestFilesOfOthersAreRead(t *testing.T) {
	t.Parallel()
	picture := image.NewRGBA(image.Rect(0, 0, 200, 150))
	var want []byte
	for y := range 150 {
		for x := range 200 {
			c := color.RGBA{byte(x*x/9 + y), byte(x * y / 50), byte(x ^ y), 255}
			picture.SetRGBA(x, y, c)
			want = append(want, c.R, c.G, c.B)
		}
	}
	var out bytes.Buffer
	require.NoError(t, png.Encode(&out, picture))
	header, got, err := read(&out)
	require.NoError(t, err)
	assert.Equal(t, bandpng.RGB8, header.Format)
	assert.Equal(t, want, got)
}

func TestReaderNoticesDamage(t *testing.T) {
	t.Parallel()
	var pool bandpng.Pool
	header := bandpng.Header{Width: 40, Height: 80, Format: bandpng.RGB8, Text: []bandpng.Text{{"Title", "text"}}}
	data := file(pool.Get(), header, picture(header.Format, 40, 80))
	for at := range data {
		_, _, err := read(bytes.NewReader(data[:at]))
		require.ErrorIs(t, err, bandpng.ErrFormat, "the first %d of %d bytes", at, len(data))
	}
	for at := 0; at < len(data); at += 7 {
		broken := bytes.Clone(data)
		broken[at] ^= 0x10
		_, _, err := read(bytes.NewReader(broken))
		require.ErrorIs(t, err, bandpng.ErrFormat, "byte %d", at)
	}
	for _, other := range []string{"", "GIF89a", "\x89PNG\r\n\x1a\n", "{}"} {
		_, _, err := read(bytes.NewReader([]byte(other)))
		require.ErrorIs(t, err, bandpng.ErrFormat, "%q", other)
	}
}

func TestReadersErrorsAreTheirOwn(t *testing.T) {
	t.Parallel()
	errDisk := errors.New("disk on fire")
	var pool bandpng.Pool
	header := bandpng.Header{Width: 90, Height: 200, Format: bandpng.RGB8}
	data := file(pool.Get(), header, picture(header.Format, 90, 200))
	for at := 0; at < len(data); at += 501 {
		_, _, err := read(io.MultiReader(bytes.NewReader(data[:at]), iotest.ErrReader(errDisk)))
		require.ErrorIs(t, err, errDisk, "after %d bytes", at)
		require.NotErrorIs(t, err, bandpng.ErrFormat)
	}
}

// TestClaimsCostNothing reads files that claim to be huge: the header's rows are refused or the file ends too early, and
// in between there is no more memory in use than the longest row there may be.
func TestClaimsCostNothing(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{1<<31 - 1, 1<<31 - 1}, {1<<24/3 + 1, 1}, {1 << 20, 1 << 30}} {
		head := bandpng.Head(bandpng.Header{Width: size[0], Height: size[1], Format: bandpng.RGB8})
		_, _, err := read(bytes.NewReader(head))
		require.ErrorIs(t, err, bandpng.ErrFormat, "%v", size)
	}
}

func FuzzReader(f *testing.F) {
	var pool bandpng.Pool
	for _, format := range formats {
		header := bandpng.Header{Width: 9, Height: 5, Format: format, Palette: colors(), Text: []bandpng.Text{{"Title", "text"}}}
		f.Add(file(pool.Get(), header, picture(format, 9, 5)))
	}
	f.Add([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR"))
	f.Fuzz(func(t *testing.T, data []byte) {
		header, pix, err := read(io.LimitReader(bytes.NewReader(data), 1<<16))
		if err != nil {
			require.ErrorIs(t, err, bandpng.ErrFormat)
			return
		}
		picture, err := png.Decode(bytes.NewReader(data))
		if err == nil && len(header.Palette) == 0 {
			requirePixels(t, header, pix, picture)
		}
	})
}
