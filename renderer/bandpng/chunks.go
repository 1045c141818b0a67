package bandpng

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// malformed is an ErrFormat with its reason, which a file is the subject of.
func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: it %s", ErrFormat, fmt.Sprintf(format, args...))
}

// damaged makes an ErrFormat of what reading or inflating a file brought up, unless it is one or comes from the file's
// reader.
func damaged(err error) error {
	var outside *readError
	switch {
	case err == nil, errors.Is(err, ErrFormat):
		return err
	case errors.As(err, &outside):
		return outside.cause
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return malformed("ends too early")
	default:
		return malformed("is damaged: %v", err)
	}
}

// readError is an error of the file's reader on its way through the inflater.
type readError struct{ cause error }

func (e *readError) Error() string { return e.cause.Error() }

// chunks reads a file chunk by chunk. As an io.Reader it is the data of a run of IDAT chunks. Its errors are for damaged.
type chunks struct {
	source *bufio.Reader
	kind   string // of the current chunk
	left   int    // bytes of its data that are not read yet
	crc    uint32 // of what has been read of it
	at     int64  // bytes of the file that have been read
}

func (c *chunks) fill(p []byte) error {
	n, err := io.ReadFull(c.source, p)
	c.at += int64(n)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return malformed("ends too early")
	default:
		return &readError{err}
	}
}

func (c *chunks) readSignature() error {
	var got [len(signature)]byte
	err := c.fill(got[:])
	if err == nil && string(got[:]) != signature {
		return malformed("does not begin like one")
	}
	return err
}

// next reads the beginning of the next chunk. The current one has been read or skipped.
func (c *chunks) next() error {
	var head [8]byte
	if err := c.fill(head[:]); err != nil {
		return err
	}
	size := binary.BigEndian.Uint32(head[:])
	if size > 1<<31-1 {
		return malformed("has a chunk of %d bytes", size)
	}
	for _, letter := range head[4:] {
		if letter|0x20 < 'a' || letter|0x20 > 'z' {
			return malformed("has a chunk of a type that is none")
		}
	}
	c.kind, c.left, c.crc = string(head[4:]), int(size), crc32.ChecksumIEEE(head[4:])
	return nil
}

// read returns the data of the current chunk, which must be at most limit bytes. It holds no more than there are, whatever
// length the chunk claims to have.
func (c *chunks) read(limit int) ([]byte, error) {
	if c.left > limit {
		return nil, malformed("has a chunk %q of %d bytes", c.kind, c.left)
	}
	var data []byte
	for c.left > 0 {
		part := make([]byte, min(c.left, 1<<15))
		if err := c.take(part); err != nil {
			return nil, err
		}
		data = append(data, part...)
	}
	return data, c.check()
}

// skip reads the current chunk and drops it.
func (c *chunks) skip() error {
	part := make([]byte, 1<<12)
	for c.left > 0 {
		if err := c.take(part[:min(c.left, len(part))]); err != nil {
			return err
		}
	}
	return c.check()
}

// take reads some of the current chunk's data.
func (c *chunks) take(p []byte) error {
	if err := c.fill(p); err != nil {
		return err
	}
	c.left -= len(p)
	c.crc = crc32.Update(c.crc, crc32.IEEETable, p)
	return nil
}

// check compares the checksum behind the current chunk's data.
func (c *chunks) check() error {
	var sum [4]byte
	if err := c.fill(sum[:]); err != nil {
		return err
	}
	if binary.BigEndian.Uint32(sum[:]) != c.crc {
		return malformed("is damaged: a chunk %q fails its checksum", c.kind)
	}
	return nil
}

// Read reads the data of IDAT chunks up to a chunk of another type, which is then the current one.
func (c *chunks) Read(p []byte) (int, error) {
	if c.kind != "IDAT" {
		return 0, io.EOF
	}
	for c.left == 0 {
		if err := c.check(); err != nil {
			return 0, err
		}
		if err := c.next(); err != nil {
			return 0, err
		}
		if c.kind != "IDAT" {
			return 0, io.EOF
		}
	}
	n := min(len(p), c.left)
	if err := c.take(p[:n]); err != nil {
		return 0, err
	}
	return n, nil
}
