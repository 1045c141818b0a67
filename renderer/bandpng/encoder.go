package bandpng

import (
	"encoding/binary"
	"hash/crc32"
	"sync"

	"github.com/klauspost/compress/flate"
)

// level is the effort of compression: 6 is where klauspost/compress still runs above 100 MB/s on noisy pictures.
const level = 6

// Filter types (PNG specification, 9.2).
const (
	filterNone = 0
	filterSub  = 1 // difference to the pixel on the left
	filterUp   = 2 // difference to the pixel above
)

// Encoder compresses segments. It holds about 1 MB of tables, and the filtered rows of one segment.
type Encoder struct {
	deflate  *flate.Writer
	filtered []byte
	out      output
}

// output collects compressed data as IDAT chunks.
type output struct{ data []byte }

func (o *output) Write(p []byte) (int, error) {
	o.data = append(o.data, p...)
	return len(p), nil
}

// Pool lends encoders. Its zero value is ready for use, by any number of goroutines.
type Pool struct{ encoders sync.Pool }

// Get returns an encoder for the caller's own use until Put.
func (p *Pool) Get() *Encoder {
	if e, ok := p.encoders.Get().(*Encoder); ok {
		return e
	}
	e := &Encoder{}
	deflate, err := flate.NewWriter(&e.out, level)
	if err != nil {
		panic("bandpng: flate refuses a constant level: " + err.Error())
	}
	e.deflate = deflate
	return e
}

// Put takes back an encoder that is no longer used.
func (p *Pool) Put(e *Encoder) {
	e.out.data = nil // belongs to the caller of AppendSegment
	p.encoders.Put(e)
}

// AppendSegment appends to dst the chunks of one segment, whose rows lie in pix one after the other, each of
// f.Stride(width) bytes. It returns the longer slice and the checksum of the segment.
func (e *Encoder) AppendSegment(dst []byte, f Format, width int, pix []byte) ([]byte, Sum) {
	e.filter(f, f.Stride(width), pix)
	sum := SumOf(e.filtered)
	e.out.data = append(dst, "\x00\x00\x00\x00IDAT"...) //nolint:gocritic // the output borrows dst
	e.deflate.Reset(&e.out)
	_, err := e.deflate.Write(e.filtered)
	if err == nil {
		err = e.deflate.Flush()
	}
	if err != nil {
		panic("bandpng: writing to memory failed: " + err.Error())
	}
	out := closeChunks(e.out.data, len(dst), maxChunk)
	e.out.data = nil
	return out, sum
}

// closeChunks completes the chunk that begins at start and runs to the end of out. It cuts it into several where it holds
// more than limit bytes of data.
func closeChunks(out []byte, start, limit int) []byte {
	const header = 8 // length and type
	size := len(out) - start - header
	if size <= limit {
		binary.BigEndian.PutUint32(out[start:], uint32(size)) //nolint:gosec // within maxChunk
		return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[start+4:]))
	}
	data := append([]byte(nil), out[start+header:]...)
	out = out[:start]
	for len(data) > 0 {
		n := min(len(data), limit)
		out = appendChunk(out, "IDAT", data[:n])
		data = data[n:]
	}
	return out
}

// filter puts every row of pix, filtered and behind the number of its filter, into e.filtered.
func (e *Encoder) filter(f Format, stride int, pix []byte) {
	e.filtered = e.filtered[:0]
	for at := 0; at < len(pix); at += stride {
		row := pix[at : at+stride]
		switch {
		case f == Gray1:
			e.filtered = append(append(e.filtered, filterNone), row...)
		case at == 0:
			e.filtered = appendDifference(append(e.filtered, filterSub), row, f.BitsPerPixel()/8)
		default:
			e.filtered = appendUp(append(e.filtered, filterUp), row, pix[at-stride:at])
		}
	}
}

// appendDifference appends the difference of each byte to the one distance before it in the row.
func appendDifference(dst, row []byte, distance int) []byte {
	dst = append(dst, row[:distance]...)
	for i := distance; i < len(row); i++ {
		dst = append(dst, row[i]-row[i-distance])
	}
	return dst
}

// appendUp appends the difference of each byte to the one above it.
func appendUp(dst, row, above []byte) []byte {
	start := len(dst)
	dst = append(dst, row...)
	difference := dst[start:]
	for i, b := range above[:len(difference)] {
		difference[i] -= b
	}
	return dst
}
