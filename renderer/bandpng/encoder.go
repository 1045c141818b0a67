package bandpng

import (
	"encoding/binary"
	"hash/crc32"
	"sync"
)

// Encoder compresses segments. It holds the filtered rows of one segment, and some tables.
type Encoder struct {
	block  block
	search search
}

// Pool lends encoders. Its zero value is ready for use, by any number of goroutines.
type Pool struct{ encoders sync.Pool }

// Get returns an encoder for the caller's own use until Put.
func (p *Pool) Get() *Encoder {
	if e, ok := p.encoders.Get().(*Encoder); ok {
		return e
	}
	return &Encoder{}
}

// Put takes back an encoder that is no longer used.
func (p *Pool) Put(e *Encoder) { p.encoders.Put(e) }

// AppendSegment appends to dst the chunks of one segment, whose rows lie in pix one after the other, each of
// f.Stride(width) bytes. It returns the longer slice and the checksum of the segment.
func (e *Encoder) AppendSegment(dst []byte, f Format, width int, pix []byte) ([]byte, Sum) {
	stride := f.Stride(width)
	rows := len(pix) / stride
	b := &e.block
	b.reset(f.pixelBytes(), rows*(stride+1))
	var sum Sum
	var above []byte
	for row := range rows {
		line := pix[row*stride : (row+1)*stride]
		sum = sum.Then(b.addRow(f, line, above))
		above = line
	}
	start := len(dst)
	dst = append(dst, "\x00\x00\x00\x00IDAT"...)
	if f.searched() {
		dst = e.search.appendTo(dst, b.data)
	} else {
		dst = b.appendTo(dst)
	}
	return closeChunks(dst, start, maxChunk), sum
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
