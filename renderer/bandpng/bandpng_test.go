package bandpng_test

import (
	"bytes"
	"encoding/binary"
	"hash/adler32"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mandelfarm/internal/golden"
	"mandelfarm/renderer/bandpng"
	"mandelfarm/renderer/spec"
)

var formats = []bandpng.Format{bandpng.Gray1, bandpng.Gray8, bandpng.Indexed8, bandpng.RGB8, bandpng.RGB16, bandpng.Gray16}

// colors is a palette of 256 colours.
func colors() [][3]uint8 {
	var palette [][3]uint8
	for i := range 256 {
		palette = append(palette, [3]uint8{byte(i), byte(255 - i), byte(i * 7)})
	}
	return palette
}

// picture makes rows with flat areas, gradients and noise. Unused bits are zero.
func picture(f bandpng.Format, width, height int) []byte {
	stride := f.Stride(width)
	pix := make([]byte, stride*height)
	noise := uint32(1)
	for i := range pix {
		noise = noise*1664525 + 1013904223
		row, column := i/stride, i%stride
		switch {
		case row%7 < 3 && column < stride/2:
			pix[i] = 0xff
		case row%5 == 0:
			pix[i] = byte(noise >> 24)
		default:
			pix[i] = byte(row + column)
		}
		if used := width % 8; f == bandpng.Gray1 && used != 0 && column == stride-1 {
			pix[i] &= 0xff << (8 - used)
		}
	}
	return pix
}

// file puts a whole PNG together.
func file(e *bandpng.Encoder, h bandpng.Header, pix []byte) []byte {
	out := bandpng.Head(h)
	stride := h.Format.Stride(h.Width)
	var sum bandpng.Sum
	for top := 0; top < h.Height; top += spec.SegmentRows {
		bottom := min(h.Height, top+spec.SegmentRows)
		segment, part := e.AppendSegment(nil, h.Format, h.Width, pix[top*stride:bottom*stride])
		out = append(out, segment...)
		sum = sum.Then(part)
	}
	return append(out, bandpng.Tail(sum)...)
}

// pixelAt reads a pixel from packed rows.
func pixelAt(h bandpng.Header, pix []byte, x, y int) color.Color {
	row := pix[y*h.Format.Stride(h.Width):]
	switch h.Format {
	case bandpng.Gray1:
		return color.Gray{Y: row[x/8] >> (7 - x%8) & 1 * 255}
	case bandpng.Gray8:
		return color.Gray{Y: row[x]}
	case bandpng.Indexed8:
		entry := h.Palette[row[x]]
		return color.RGBA{entry[0], entry[1], entry[2], 255}
	case bandpng.Gray16:
		return color.Gray16{Y: binary.BigEndian.Uint16(row[2*x:])}
	case bandpng.RGB16:
		channel := func(i int) uint16 { return binary.BigEndian.Uint16(row[6*x+2*i:]) }
		return color.RGBA64{channel(0), channel(1), channel(2), 0xffff}
	case bandpng.RGB8:
	}
	return color.RGBA{row[3*x], row[3*x+1], row[3*x+2], 255}
}

func requirePixels(t *testing.T, h bandpng.Header, want []byte, got image.Image) {
	t.Helper()
	require.Equal(t, image.Rect(0, 0, h.Width, h.Height), got.Bounds())
	for y := range h.Height {
		for x := range h.Width {
			r, g, b, _ := pixelAt(h, want, x, y).RGBA()
			r2, g2, b2, _ := got.At(x, y).RGBA()
			if r != r2 || g != g2 || b != b2 {
				t.Fatalf("pixel (%d,%d) of %v %dx%d: got %v", x, y, h.Format, h.Width, h.Height, got.At(x, y))
			}
		}
	}
}

func TestFilesHoldTheirPixels(t *testing.T) {
	t.Parallel()
	pngcheck, err := exec.LookPath("pngcheck")
	checked := err == nil
	for _, format := range formats {
		for _, height := range []int{1, 2, 63, 64, 65, 129} {
			for _, width := range []int{1, 7, 8, 9, 101} {
				name := format.String() + "-" + strconv.Itoa(width) + "x" + strconv.Itoa(height)
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					header := bandpng.Header{
						Width: width, Height: height, Format: format, Palette: colors(),
						Text: []bandpng.Text{{Keyword: "Title", Value: "a picture, e = 2.718…"}},
					}
					var pool bandpng.Pool
					pix := picture(format, width, height)
					data := file(pool.Get(), header, pix)
					got, err := png.Decode(bytes.NewReader(data))
					require.NoError(t, err)
					requirePixels(t, header, pix, got)
					if checked {
						path := filepath.Join(t.TempDir(), name+".png")
						require.NoError(t, os.WriteFile(path, data, 0o600))
						out, err := exec.CommandContext(t.Context(), pngcheck, "-v", path).CombinedOutput()
						require.NoError(t, err, "%s", out)
					}
				})
			}
		}
	}
}

// TestBytesDoNotDependOnTheEncodersPast lets one encoder do other work in between.
func TestBytesDoNotDependOnTheEncodersPast(t *testing.T) {
	t.Parallel()
	var fresh, used bandpng.Pool
	old := used.Get()
	for round := range 40 {
		format := formats[round%len(formats)]
		width := 1 + round*37%400
		pix := picture(format, width, spec.SegmentRows)
		want, _ := fresh.Get().AppendSegment(nil, format, width, pix) // never put back: always a new one
		got, _ := old.AppendSegment(nil, format, width, pix)
		require.Equal(t, want, got, "round %d", round)
	}
}

func TestSegmentsAreAppended(t *testing.T) {
	t.Parallel()
	var pool bandpng.Pool
	e := pool.Get()
	pix := picture(bandpng.RGB8, 50, 64)
	alone, sum := e.AppendSegment(nil, bandpng.RGB8, 50, pix)
	after, same := e.AppendSegment([]byte("before"), bandpng.RGB8, 50, pix)
	assert.Equal(t, "before"+string(alone), string(after))
	assert.Equal(t, sum, same)
}

func TestSumsCombine(t *testing.T) {
	t.Parallel()
	bytesOf := rapid.SliceOfN(rapid.Byte(), 0, 3000)
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := bytesOf.Draw(t, "a"), bytesOf.Draw(t, "b"), bytesOf.Draw(t, "c")
		if rapid.Bool().Draw(t, "long") {
			a = bytes.Repeat([]byte{0xff, 0xfe}, 70_000) // longer than the modulus
		}
		sum := bandpng.SumOf(a).Then(bandpng.SumOf(b)).Then(bandpng.SumOf(c))
		assert.Equal(t, adler32.Checksum(bytes.Join([][]byte{a, b, c}, nil)), sum.Adler32())
		assert.Equal(t, sum, bandpng.SumOf(a).Then(bandpng.SumOf(b).Then(bandpng.SumOf(c))), "associative")
		assert.Equal(t, sum, bandpng.Sum{}.Then(sum))
	})
}

func TestDamageIsNoticed(t *testing.T) {
	t.Parallel()
	var pool bandpng.Pool
	header := bandpng.Header{Width: 40, Height: 80, Format: bandpng.Gray8}
	data := file(pool.Get(), header, picture(header.Format, 40, 80))
	for at := len("\x89PNG"); at < len(data); at += 11 {
		broken := bytes.Clone(data)
		broken[at] ^= 0x10
		_, err := png.Decode(bytes.NewReader(broken))
		assert.Error(t, err, "byte %d", at)
	}
}

// TestRowsLikeTheOneAbove covers the short cut for them, in rows from shorter than the least repeat to several repeats.
func TestRowsLikeTheOneAbove(t *testing.T) {
	t.Parallel()
	for _, format := range formats {
		for _, width := range []int{1, 2, 3, 5, 6, 7, 86, 87, 88, 300, 2000} {
			header := bandpng.Header{Width: width, Height: 40, Format: format, Palette: colors()}
			pix := picture(format, width, 1)
			for len(pix) < header.Height*format.Stride(width) {
				pix = append(pix, pix[:format.Stride(width)]...)
			}
			var pool bandpng.Pool
			data := file(pool.Get(), header, pix)
			got, err := png.Decode(bytes.NewReader(data))
			require.NoError(t, err)
			requirePixels(t, header, pix, got)
		}
	}
}

func TestGoldenFile(t *testing.T) {
	t.Parallel()
	var pool bandpng.Pool
	header := bandpng.Header{Width: 200, Height: 150, Format: bandpng.RGB8}
	golden.PNG(t, "segments", file(pool.Get(), header, picture(header.Format, 200, 150)))
}

// BenchmarkEncode compresses one segment 2048 pixels wide, most of it noise. Package renderer measures real pictures.
func BenchmarkEncode(b *testing.B) {
	const width, height = 2048, spec.SegmentRows
	for _, format := range formats {
		pix := picture(format, width, height)
		b.Run(format.String(), func(b *testing.B) {
			var pool bandpng.Pool
			e := pool.Get()
			var out []byte
			b.SetBytes(int64(len(pix)))
			for b.Loop() {
				out, _ = e.AppendSegment(out[:0], format, width, pix)
			}
			b.ReportMetric(100*float64(len(out))/float64(len(pix)), "%size")
		})
	}
}
