package bandpng_test

import (
	"bytes"
	"encoding/binary"
	"hash/adler32"
	"hash/crc32"
	"image/color"
	"image/png"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/renderer/bandpng"
	"mandelfarm/renderer/spec"
)

const signature = "\x89PNG\r\n\x1a\n"

// chunk is one of a file, as a reader that trusts nothing finds it.
type chunk struct {
	kind string
	data []byte
}

// append writes the chunk to the end of a file.
func (c chunk) append(file []byte) []byte {
	file = binary.BigEndian.AppendUint32(file, uint32(len(c.data)))
	start := len(file)
	file = append(append(file, c.kind...), c.data...)
	return binary.BigEndian.AppendUint32(file, crc32.ChecksumIEEE(file[start:]))
}

// chunksOf takes a file or a part of one apart.
func chunksOf(t *testing.T, file []byte) (all []chunk) {
	t.Helper()
	for len(file) > 0 {
		require.GreaterOrEqual(t, len(file), 12)
		size := int(binary.BigEndian.Uint32(file))
		require.GreaterOrEqual(t, len(file), 12+size)
		require.Equal(t, crc32.ChecksumIEEE(file[4:8+size]), binary.BigEndian.Uint32(file[8+size:]))
		all = append(all, chunk{string(file[4:8]), file[8 : 8+size]})
		file = file[12+size:]
	}
	return all
}

func kinds(all []chunk) string {
	var names []string
	for _, c := range all {
		names = append(names, c.kind)
	}
	return strings.Join(names, ",")
}

// TestHeads have the chunks in the order that libpng insists on: IHDR first, sRGB before PLTE, both and the text before
// IDAT, and PLTE in indexed pictures alone.
func TestHeads(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		format       bandpng.Format
		kinds        string
		depth, color byte // PNG specification, 11.2.2
		stride       int  // of 9 pixels
		model        color.Model
	}{
		{bandpng.Gray1, "IHDR,sRGB,iTXt,iTXt,IDAT", 1, 0, 2, color.GrayModel},
		{bandpng.Gray8, "IHDR,sRGB,iTXt,iTXt,IDAT", 8, 0, 9, color.GrayModel},
		{bandpng.Indexed8, "IHDR,sRGB,PLTE,iTXt,iTXt,IDAT", 8, 3, 9, nil},
		{bandpng.RGB8, "IHDR,sRGB,iTXt,iTXt,IDAT", 8, 2, 27, color.RGBAModel},
		{bandpng.RGB16, "IHDR,sRGB,iTXt,iTXt,IDAT", 16, 2, 54, color.RGBA64Model},
		{bandpng.Gray16, "IHDR,sRGB,iTXt,iTXt,IDAT", 16, 0, 18, color.Gray16Model},
	} {
		head := bandpng.Head(bandpng.Header{
			Width: 9, Height: 1 << 20, Format: c.format, Palette: colors()[:3],
			Text: []bandpng.Text{{Keyword: "Title", Value: "π"}, {Keyword: "x", Value: ""}},
		})
		require.Equal(t, signature, string(head[:8]))
		all := chunksOf(t, head[8:])
		assert.Equal(t, c.kinds, kinds(all))
		assert.Equal(t, []byte{0, 0, 0, 9, 0, 0x10, 0, 0, c.depth, c.color, 0, 0, 0}, all[0].data, c.format.String())
		assert.Equal(t, "Title\x00\x00\x00\x00\x00π", string(all[len(all)-3].data), "keyword, flag, method, language, translation")
		assert.Equal(t, c.stride, c.format.Stride(9))
		zlib := binary.BigEndian.Uint16(all[len(all)-1].data)
		assert.Zero(t, zlib%31, "RFC 1950, 2.2: the header's own check")
		config, err := png.DecodeConfig(bytes.NewReader(head))
		require.NoError(t, err)
		assert.Equal(t, [2]int{9, 1 << 20}, [2]int{config.Width, config.Height})
		if c.model != nil {
			assert.Equal(t, c.model, config.ColorModel, c.format.String())
			continue
		}
		assert.Equal(t, color.Palette{color.RGBA{0, 255, 0, 255}, color.RGBA{1, 254, 7, 255}, color.RGBA{2, 253, 14, 255}}, config.ColorModel)
	}
}

// TestPalettes of 1 to 256 colours are as long as they are.
func TestPalettes(t *testing.T) {
	t.Parallel()
	var pool bandpng.Pool
	for _, n := range []int{1, 2, 16, 17, 255, 256} {
		header := bandpng.Header{Width: n, Height: 2, Format: bandpng.Indexed8, Palette: colors()[:n]}
		var pix []byte
		for i := range 2 * n {
			pix = append(pix, byte(i%n))
		}
		data := file(pool.Get(), header, pix)
		assert.Len(t, chunksOf(t, data[8:])[2].data, 3*n)
		got, err := png.Decode(bytes.NewReader(data))
		require.NoError(t, err)
		requirePixels(t, header, pix, got)
		again, _, err := read(bytes.NewReader(data))
		require.NoError(t, err)
		assert.Equal(t, header, again)
	}
}

// TestLargestSize: sides of 2^31-1, which the format allows, are what the header says.
func TestLargestSize(t *testing.T) {
	t.Parallel()
	head := bandpng.Head(bandpng.Header{Width: math.MaxInt32, Height: math.MaxInt32, Format: bandpng.Gray1})
	ihdr := chunksOf(t, head[8:])[0].data
	assert.Equal(t, "\x7f\xff\xff\xff\x7f\xff\xff\xff", string(ihdr[:8]))
}

// TestFilesAreOneStream: behind one another, the data of the IDAT chunks are a zlib stream that ends with the checksum of
// all rows, and the file ends with an empty IEND.
func TestFilesAreOneStream(t *testing.T) {
	t.Parallel()
	var pool bandpng.Pool
	for _, format := range formats {
		header := bandpng.Header{Width: 33, Height: 150, Format: format, Palette: colors()}
		all := chunksOf(t, file(pool.Get(), header, picture(format, 33, 150))[8:])
		end := all[len(all)-1]
		require.Equal(t, chunk{"IEND", []byte{}}, end)
		first := slices.IndexFunc(all, func(c chunk) bool { return c.kind == "IDAT" })
		var stream []byte
		for _, c := range all[first : len(all)-1] {
			require.Equal(t, "IDAT", c.kind, "nothing comes between them")
			stream = append(stream, c.data...)
		}
		rows := inflateZlib(t, stream)
		assert.Len(t, rows, 150*(1+format.Stride(33)))
		assert.Equal(t, adler32.Checksum(rows), binary.BigEndian.Uint32(stream[len(stream)-4:]))
		for row := range 150 {
			filter := rows[row*(1+format.Stride(33))]
			want := byte(2) // up
			switch {
			case format == bandpng.Gray1:
				want = 0
			case row%spec.SegmentRows == 0:
				want = 1 // left: a segment refers to nothing before it
			}
			assert.Equal(t, want, filter, "%v, row %d", format, row)
		}
	}
}

// TestFormatsAreConsistent: what String, Stride and BitsPerPixel say of each format fits together.
func TestFormatsAreConsistent(t *testing.T) {
	t.Parallel()
	bits := map[string]int{"gray1": 1, "gray8": 8, "indexed8": 8, "rgb8": 24, "rgb16": 48, "gray16": 16}
	for _, format := range formats {
		require.Equal(t, bits[format.String()], format.BitsPerPixel())
		for width := 1; width < 70; width++ {
			unused := 8*format.Stride(width) - width*format.BitsPerPixel()
			assert.True(t, 0 <= unused && unused < 8, "%v, %d", format, width)
		}
	}
}
