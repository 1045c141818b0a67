package bandpng

import (
	"bufio"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// ErrFormat is the reason why a Reader gives up on a file: it is damaged, or no PNG, or one of a kind that this package
// does not write.
var ErrFormat = errors.New("damaged, or no PNG of a known kind")

// Bounds on what a file can make a Reader hold in memory.
const (
	maxText   = 17 << 20 // bytes of all texts together, as they are in the file and inflated
	maxStride = 1 << 24  // bytes of a row
)

// Reader reads a PNG file row by row. It takes files in this package's formats, whoever cut them into chunks and however
// their rows are filtered, but not interlaced ones. Whatever the file claims, a Reader holds two rows and the metadata.
// Checksums are checked as they go by: rows are only certain once Close has seen the end of the file.
type Reader struct {
	Header Header

	chunks chunks
	zlib   io.ReadCloser
	row    []byte // filter and filtered bytes
	above  []byte
	left   int // rows
}

// NewReader reads a file up to its first row. Errors of the format wrap ErrFormat; others are r's.
func NewReader(r io.Reader) (*Reader, error) {
	reader := &Reader{chunks: chunks{source: bufio.NewReaderSize(r, 1<<15)}}
	err := reader.readHead()
	if err == nil {
		err = reader.begin()
	}
	if err != nil {
		return nil, fmt.Errorf("read PNG: %w", damaged(err))
	}
	return reader, nil
}

// readHead reads up to the head of the first IDAT chunk.

func (r *Reader) readHead() error {
	if err := r.chunks.readSignature(); err != nil {
		return err
	}
	if err := r.chunks.next(); err != nil {
		return err
	}
	if r.chunks.kind != "IHDR" {
		return malformed("begins with the chunk %q", r.chunks.kind)
	}
	if err := r.readHeader(); err != nil {
		return err
	}
	for text := 0; ; {
		if err := r.chunks.next(); err != nil {
			return err
		}
		if r.chunks.kind == "IDAT" {
			return r.checkPalette()
		}
		if err := r.readMetadata(&text); err != nil {
			return err
		}
	}
}

// readMetadata reads a chunk before the pixels. It adds the length of texts to the number at text.
func (r *Reader) readMetadata(text *int) error {
	switch kind := r.chunks.kind; {
	case kind == "PLTE":
		colors, err := r.chunks.read(3 * 256)
		for ; len(colors) >= 3; colors = colors[3:] {
			r.Header.Palette = append(r.Header.Palette, [3]uint8(colors))
		}
		return err
	case kind == "iTXt", kind == "tEXt", kind == "zTXt":
		data, err := r.chunks.read(maxText - *text)
		if err != nil {
			return err
		}
		*text += len(data)
		return r.addText(kind, data, text)
	case kind[0]&0x20 == 0: // an upper-case letter: critical
		return malformed("has an unknown chunk %q", kind)
	default:
		return r.chunks.skip()
	}
}

func (r *Reader) readHeader() error {
	const size = 13
	data, err := r.chunks.read(size)
	if err != nil {
		return err
	}
	if len(data) != size || data[10] != 0 || data[11] != 0 || data[12] > 1 {
		return malformed("has a header that is none")
	}
	if data[12] == 1 {
		return malformed("is interlaced")
	}
	width, height := binary.BigEndian.Uint32(data), binary.BigEndian.Uint32(data[4:])
	if width == 0 || height == 0 || width > 1<<31-1 || height > 1<<31-1 {
		return malformed("is %d by %d pixels", width, height)
	}
	r.Header.Width, r.Header.Height = int(width), int(height)
	for f := Gray1; f <= Gray16; f++ {
		if layout := f.layout(); layout.depth == data[8] && layout.color == data[9] {
			r.Header.Format = f
			if f.Stride(r.Header.Width) > maxStride {
				return malformed("has rows of more than %d bytes", maxStride)
			}
			return nil
		}
	}
	return malformed("has %d bits per channel of colour type %d", data[8], data[9])
}

func (r *Reader) checkPalette() error {
	if r.Header.Format == Indexed8 && len(r.Header.Palette) == 0 {
		return malformed("has no palette")
	}
	return nil
}

// begin opens the stream of pixels.
func (r *Reader) begin() error {
	var err error
	if r.zlib, err = zlib.NewReader(bufio.NewReader(&r.chunks)); err != nil {
		return err
	}
	stride := r.Header.Format.Stride(r.Header.Width)
	r.row, r.above, r.left = make([]byte, 1+stride), make([]byte, stride), r.Header.Height
	return nil
}

// ReadRow reads the next row into dst, which has the stride of the format and the width. After the last row it returns
// io.EOF.
func (r *Reader) ReadRow(dst []byte) error {
	if r.left == 0 {
		return io.EOF
	}
	if _, err := io.ReadFull(r.zlib, r.row); err != nil {
		return fmt.Errorf("read PNG: row %d: %w", r.Header.Height-r.left, damaged(err))
	}
	if err := unfilter(r.row[0], r.row[1:], r.above, r.Header.Format.pixelBytes()); err != nil {
		return fmt.Errorf("read PNG: row %d: %w", r.Header.Height-r.left, err)
	}
	r.left--
	copy(dst, r.row[1:])
	copy(r.above, r.row[1:])
	return nil
}

// Close reads what follows the rows and reports whether the file is whole: that it has no more pixels, that their
// checksum is right and that it ends as a PNG does.
func (r *Reader) Close() error {
	if err := r.readEnd(); err != nil {
		return fmt.Errorf("read PNG: end: %w", damaged(err))
	}
	return nil
}

func (r *Reader) readEnd() error {
	switch n, err := r.zlib.Read(make([]byte, 1)); {
	case n > 0 || r.left > 0:
		return malformed("has not as many rows as it says")
	case !errors.Is(err, io.EOF):
		return err
	}
	if _, err := io.Copy(io.Discard, &r.chunks); err != nil {
		return err
	}
	for r.chunks.kind != "IEND" {
		if err := r.chunks.skip(); err != nil {
			return err
		}
		if err := r.chunks.next(); err != nil {
			return err
		}
	}
	return r.chunks.skip()
}

// unfilter undoes a filter in place (PNG specification, 9.2). Pixels are distance bytes apart.
func unfilter(filter byte, row, above []byte, distance int) error {
	switch filter {
	case filterNone:
	case filterSub:
		for i := distance; i < len(row); i++ {
			row[i] += row[i-distance]
		}
	case filterUp:
		for i, b := range above {
			row[i] += b
		}
	case filterAverage, filterPaeth:
		left := make([]byte, 2*distance) // of a pixel: the one on its left, and that above this
		predict := average
		if filter == filterPaeth {
			predict = paeth
		}
		for i := range row {
			a, c := &left[i%distance], &left[distance+i%distance]
			row[i] += predict(*a, above[i], *c)
			*a, *c = row[i], above[i]
		}
	default:
		return malformed("has a row with filter %d", filter)
	}
	return nil
}

func average(a, b, _ byte) byte { return byte((int(a) + int(b)) / 2) } //nolint:gosec // at most 255

// paeth returns which of a, b and c is nearest to a+b-c; in doubt the first.
func paeth(a, b, c byte) byte {
	distance := func(x, y int) int { return max(x-y, y-x) }
	guess := int(a) + int(b) - int(c)
	toA, toB, toC := distance(guess, int(a)), distance(guess, int(b)), distance(guess, int(c))
	switch {
	case toA <= toB && toA <= toC:
		return a
	case toB <= toC:
		return b
	default:
		return c
	}
}
