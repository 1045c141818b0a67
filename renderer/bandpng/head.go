package bandpng

import (
	"encoding/binary"
	"hash/crc32"
)

// Format is the layout of a row of pixels.
type Format uint8

// The formats.
const (
	Gray1    Format = iota // 1 bit per pixel, the leftmost in the highest bit; 0 is black
	Gray8                  // 1 byte per pixel; 0 is black
	Indexed8               // 1 byte per pixel: the number of one of at most 256 colours
	RGB8                   // 3 bytes per pixel: red, green, blue
	RGB16                  // 6 bytes per pixel: red, green, blue, the high byte of each first
	Gray16                 // 2 bytes per pixel, the high byte first; 0 is black
)

// layout is what there is to know of a Format. Depth and color are as IHDR holds them.
type layout struct {
	name         string
	bits         int
	depth, color byte
	filtered     bool // by difference to the row above; the others are not filtered
	searched     bool // for repeats at all distances; the others for those of the pixel before
}

func (f Format) layout() layout {
	const gray, trueColor, indexed = 0, 2, 3
	return [...]layout{
		Gray1:    {"gray1", 1, 1, gray, false, false},
		Gray8:    {"gray8", 8, 8, gray, true, false},
		Indexed8: {"indexed8", 8, 8, indexed, true, false},
		RGB8:     {"rgb8", 24, 8, trueColor, true, false},
		RGB16:    {"rgb16", 48, 16, trueColor, true, true},
		Gray16:   {"gray16", 16, 16, gray, true, true},
	}[f]
}

// BitsPerPixel returns 1, 8, 16, 24 or 48.
func (f Format) BitsPerPixel() int { return f.layout().bits }

// String returns "gray1", "gray8", "indexed8", "rgb8", "rgb16" or "gray16".
func (f Format) String() string { return f.layout().name }

// Stride returns the number of bytes of a row of the given width in pixels. Unused bits of its last byte are zero.
func (f Format) Stride(width int) int { return (width*f.BitsPerPixel() + 7) / 8 }

// pixelBytes is the number of bytes from a sample to that of the next pixel, and 1 for pixels of less than a byte.
func (f Format) pixelBytes() int { return max(1, f.BitsPerPixel()/8) }

func (f Format) filtered() bool { return f.layout().filtered }

func (f Format) searched() bool { return f.layout().searched }

// Header describes an image. Width and Height are from 1 to 2^31-1.
type Header struct {
	Width, Height int
	Format        Format
	Palette       [][3]uint8 // of Indexed8: 1 to 256 colours; red, green, blue
	Text          []Text
}

// Text is a piece of metadata for an iTXt chunk.
type Text struct {
	Keyword string // 1 to 79 printable ASCII characters
	Value   string // UTF-8
}

// Chunk types, and the parts of the stream that are always the same.
const (
	signature  = "\x89PNG\r\n\x1a\n"
	zlibHeader = "\x78\x01"     // deflate, 32 KiB window, fastest compression (RFC 1950, 2.2)
	finalBlock = "\x03\x00"     // an empty last block with fixed codes (RFC 1951, 3.2.3)
	maxChunk   = 1 << 30        // bytes of data in one chunk; the format allows 2^31-1
	perceptual = "\x00"         // the rendering intent in sRGB
	asPlain    = "\x00\x00\x00" // iTXt: end of keyword, not compressed, method 0
	noLanguage = "\x00\x00"     // iTXt: no language tag, no translated keyword
)

// Head returns everything before the first segment.
func Head(h Header) []byte {
	out := append([]byte(nil), signature...)
	out = appendChunk(out, "IHDR", h.ihdr())
	out = appendChunk(out, "sRGB", []byte(perceptual))
	if h.Format == Indexed8 {
		var colors []byte
		for _, color := range h.Palette {
			colors = append(colors, color[:]...)
		}
		out = appendChunk(out, "PLTE", colors)
	}
	for _, text := range h.Text {
		out = appendChunk(out, "iTXt", []byte(text.Keyword+asPlain+noLanguage+text.Value))
	}
	return appendChunk(out, "IDAT", []byte(zlibHeader))
}

// ihdr returns the data of the header chunk: size, bit depth, colour type, and zeros for deflate, the standard filters
// and no interlacing.
func (h Header) ihdr() []byte {
	var data []byte
	data = binary.BigEndian.AppendUint32(data, uint32(h.Width))  //nolint:gosec // within 2^31-1, see Header
	data = binary.BigEndian.AppendUint32(data, uint32(h.Height)) //nolint:gosec // within 2^31-1, see Header
	layout := h.Format.layout()
	return append(data, layout.depth, layout.color, 0, 0, 0)
}

// Tail returns everything after the last segment. The sum is that of all segments.
func Tail(all Sum) []byte {
	data := binary.BigEndian.AppendUint32([]byte(finalBlock), all.Adler32())
	return appendChunk(appendChunk(nil, "IDAT", data), "IEND", nil)
}

// appendChunk appends a chunk of at most maxChunk bytes of data.
func appendChunk(out []byte, kind string, data []byte) []byte {
	out = binary.BigEndian.AppendUint32(out, uint32(len(data))) //nolint:gosec // within maxChunk
	start := len(out)
	out = append(out, kind...)
	out = append(out, data...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[start:]))
}
