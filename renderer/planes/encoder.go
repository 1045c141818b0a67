package planes

import (
	"encoding/binary"
	"slices"
	"sync"

	"github.com/klauspost/compress/flate"

	"mandelfarm/renderer/bandpng"
)

// level is that of flate. Level 6 makes files 3 % smaller and takes more than twice as long.
const level = flate.BestSpeed

// Encoder packs segments. It is not safe for concurrent use; each goroutine takes its own from a [Pool].
type Encoder struct {
	deflate *flate.Writer
	data    []byte // of the segment, before it is packed
	out     output
}

// output collects what a flate.Writer writes.
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
	e := new(Encoder)
	deflate, err := flate.NewWriter(&e.out, level)
	if err != nil {
		panic("planes: flate refuses a constant level: " + err.Error())
	}
	e.deflate = deflate
	return e
}

// Put takes back an encoder that is no longer used.
func (p *Pool) Put(e *Encoder) { p.encoders.Put(e) }

// AppendSegment appends to dst one segment, whose rows lie one after the other, and returns the longer slice and the
// checksum of the segment. The limit is that of iterations.
func (e *Encoder) AppendSegment(dst []byte, h Header, limit int, rows []byte) ([]byte, bandpng.Sum) {
	pixels := len(rows) / h.RowSize() * h.Width
	e.data = binary.LittleEndian.AppendUint32(e.data[:0], uint32(limit)) //nolint:gosec // below 2^31
	for c, channel := range h.Content.channels() {
		planes := channelPlanes[channel]
		start := len(e.data)
		e.data = slices.Grow(e.data, planes*pixels)[:start+planes*pixels]
		h.split(e.data[start:], rows, c, planes)
	}
	return e.pack(dst), bandpng.SumOf(e.data)
}

// split writes the planes of the channel of that number among those that the file has.
func (h Header) split(dst, rows []byte, channel, planes int) {
	pixels := len(dst) / planes
	unused := 32 - 8*planes // bits of a value that the channel does not have
	var above []byte
	for at := 0; at < pixels; at += h.Width {
		row := rows[valueBytes*channel*h.Width:][:valueBytes*h.Width]
		rows = rows[h.RowSize():]
		var left, aboveLeft uint32
		for x := range h.Width {
			value, up := binary.LittleEndian.Uint32(row[valueBytes*x:]), left
			if above != nil {
				up = binary.LittleEndian.Uint32(above[valueBytes*x:])
			}
			guess := left + up - aboveLeft
			if x == 0 {
				guess = up
			} else if above == nil {
				guess = left
			}
			left, aboveLeft = value, up
			e := int32((value-guess)<<unused) >> unused //nolint:gosec // wraps on purpose
			small := uint32(e<<1 ^ e>>31)               //nolint:gosec // wraps on purpose
			for p := range planes {
				dst[p*pixels+at+x] = byte(small >> (8 * (planes - 1 - p)) & 0xff)
			}
		}
		above = row
	}
}

// pack appends the data as blocks of deflate that end on a byte, none marked as the last.
func (e *Encoder) pack(dst []byte) []byte {
	e.out.data = dst
	e.deflate.Reset(&e.out)
	_, err := e.deflate.Write(e.data)
	if err == nil {
		err = e.deflate.Flush()
	}
	if err != nil {
		panic("planes: writing to memory failed: " + err.Error())
	}
	dst, e.out.data = e.out.data, nil // it belongs to the caller
	return dst
}
