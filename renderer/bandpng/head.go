package bandpng

import (
	"encoding/binary"
	"hash/crc32"
)

// SegmentRows is the height of a segment. Less costs more bytes, more makes the units of parallel work too coarse.
const SegmentRows = 64

// Format is the layout of a row of pixels.
type Format uint8

// The formats.
const (
	Gray1 Format = iota // 1 bit per pixel, the leftmost in the highest bit; 0 is black
	Gray8               // 1 byte per pixel; 0 is black
	RGB8                // 3 bytes per pixel: red, green, blue
)

// BitsPerPixel returns 1, 8 or 24.
func (f Format) BitsPerPixel() int {
	switch f {
	case Gray1:
		return 1
	case Gray8:
		return 8
	case RGB8:
	}
	return 24
}

// String returns "gray1", "gray8" or "rgb8".
func (f Format) String() string {
	switch f {
	case Gray1:
		return "gray1"
	case Gray8:
		return "gray8"
	case RGB8:
	}
	return "rgb8"
}

// Stride returns the number of bytes of a row of the given width in pixels. Unused bits of its last byte are zero.
func (f Format) Stride(width int) int { return (width*f.BitsPerPixel() + 7) / 8 }

// Header describes an image. Width and Height are from 1 to 2^31-1.
type Header struct {
	Width, Height int
	Format        Format
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
	zlibHeader = "\x78\x9c"     // deflate, 32 KiB window, default compression (RFC 1950, 2.2)
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
	for _, text := range h.Text {
		out = appendChunk(out, "iTXt", []byte(text.Keyword+asPlain+noLanguage+text.Value))
	}
	return appendChunk(out, "IDAT", []byte(zlibHeader))
}

// ihdr returns the data of the header chunk: size, bit depth, colour type, and zeros for deflate, the standard filters
// and no interlacing.
func (h Header) ihdr() []byte {
	const gray, trueColor = 0, 2
	depth, color := byte(8), byte(gray)
	switch h.Format {
	case Gray1:
		depth = 1
	case Gray8:
	case RGB8:
		color = trueColor
	}
	var data []byte
	data = binary.BigEndian.AppendUint32(data, uint32(h.Width))  //nolint:gosec // within 2^31-1, see Header
	data = binary.BigEndian.AppendUint32(data, uint32(h.Height)) //nolint:gosec // within 2^31-1, see Header
	return append(data, depth, color, 0, 0, 0)
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
