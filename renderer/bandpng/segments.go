package bandpng

import (
	"bufio"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
)

// ChunkFrame is what a chunk has beside its data: length, type and checksum, in bytes.
const ChunkFrame = 12

// Segments reads a file of this package segment by segment. It takes no others: in them nothing says where a row can be
// begun.
type Segments struct {
	Header Header

	reader Reader
	height int // of a segment, in rows
	left   int // rows
}

// NewSegments reads a file up to its first segment, of so many rows each. Errors of the format wrap ErrFormat; others are r's.
func NewSegments(r io.Reader, height int) (*Segments, error) {
	s := &Segments{reader: Reader{chunks: chunks{source: bufio.NewReaderSize(r, 1<<15)}}, height: height}
	err := s.reader.readHead()
	if err == nil {
		var start []byte
		if start, err = s.reader.chunks.read(len(zlibHeader)); err == nil && string(start) != zlibHeader {
			err = malformed("has no segments")
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read PNG: %w", damaged(err))
	}
	s.Header, s.left = s.reader.Header, s.reader.Header.Height
	return s, nil
}

// Next returns the pixels of the next segment, which are the caller's, and where in the file its chunk begins. After the last
// it returns io.EOF and where that ends.
func (s *Segments) Next() (at int64, pixels []byte, err error) {
	at = s.reader.chunks.at
	if s.left == 0 {
		return at, nil, io.EOF
	}
	rows := min(s.height, s.left)
	s.left -= rows
	if pixels, err = s.next(rows); err != nil {
		return at, nil, fmt.Errorf("read PNG: segment at %d: %w", at, damaged(err))
	}
	return at, pixels, nil
}

func (s *Segments) next(rows int) ([]byte, error) {
	if err := s.reader.chunks.next(); err != nil {
		return nil, err
	}
	if s.reader.chunks.kind != "IDAT" {
		return nil, malformed("has not as many segments as it says")
	}
	data, err := s.reader.chunks.read(maxChunk)
	if err != nil {
		return nil, err
	}
	return s.Header.inflate(data, rows)
}

// Unpack returns the pixels of a segment of so many rows, whose chunk is given.
func (h Header) Unpack(chunk []byte, rows int) ([]byte, error) {
	size := len(chunk) - ChunkFrame
	if size < 0 || int64(binary.BigEndian.Uint32(chunk)) != int64(size) || string(chunk[4:8]) != "IDAT" ||
		crc32.ChecksumIEEE(chunk[4:8+size]) != binary.BigEndian.Uint32(chunk[8+size:]) {
		return nil, malformed("has a segment that is damaged")
	}
	pixels, err := h.inflate(chunk[8:8+size], rows)
	return pixels, damaged(err)
}

// inflate undoes compression and filters. The first row has none above, and all are zero there.
func (h Header) inflate(data []byte, rows int) ([]byte, error) {
	stride := h.Format.Stride(h.Width)
	if stride > maxStride {
		return nil, malformed("has rows of more than %d bytes", maxStride)
	}
	inflater := flate.NewReader(bytes.NewReader(data))
	defer inflater.Close()
	pixels, above := make([]byte, rows*stride), make([]byte, stride)
	var filter [1]byte
	for row := range rows {
		line := pixels[row*stride : (row+1)*stride]
		if _, err := io.ReadFull(inflater, filter[:]); err != nil {
			return nil, err
		}
		if _, err := io.ReadFull(inflater, line); err != nil {
			return nil, err
		}
		if err := unfilter(filter[0], line, above, h.Format.pixelBytes()); err != nil {
			return nil, err
		}
		above = line
	}
	return pixels, nil
}
