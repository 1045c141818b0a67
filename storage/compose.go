package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
)

// Part is a run of bytes of an object that is composed: either some bytes, or some of
// a stored object.
type Part struct {
	Data   []byte // the bytes, if Key is empty
	Key    string // of the object that has them
	Offset int64  // in the object, at which they begin
	Sum    Sum    // of the bytes, which says how many they are
}

// Bytes is a part of data.
func Bytes(data []byte) Part { return Part{Data: data, Sum: SumOf(data)} }

// PartsSum is the sum of an object that is composed of parts.
func PartsSum(parts []Part) Sum {
	var all Sum
	for _, p := range parts {
		all = all.Then(p.Sum)
	}
	return all
}

// PartError says which part of an object that is to be composed cannot be used, and
// why: it is missing, damaged, or cannot be read.
type PartError struct {
	Part int // index among the parts
	Err  error
}

func (e *PartError) Error() string { return fmt.Sprintf("part %d: %v", e.Part, e.Err) }

// Unwrap returns why.
func (e *PartError) Unwrap() error { return e.Err }

// Concatenated reads parts one after the other from r, and checks each: of one that is
// not what its sum says the last bytes are not handed out. It is what stores compose by
// that let the bytes pass through. Its errors are of type [*PartError].
func Concatenated(ctx context.Context, r Reader, parts []Part) io.ReadCloser {
	return &concatenated{from: r, ctx: ctx, parts: parts}
}

type concatenated struct {
	from  Reader
	ctx   context.Context //nolint:containedctx // io.Reader has no ctx parameter; it lives as long as one Compose
	parts []Part
	next  int           // the part to open when body is nil
	body  io.ReadCloser // of the part before
	err   error         // which every Read from now on fails with
}

// Read reads on, in the next part if one has ended.
func (c *concatenated) Read(p []byte) (int, error) {
	for c.err == nil {
		if c.body == nil {
			c.open()
			continue
		}
		n, err := c.body.Read(p)
		if errors.Is(err, io.EOF) {
			err, c.body = c.Close(), nil
		}
		if err != nil {
			c.err = &PartError{Part: c.next - 1, Err: err}
		}
		if n > 0 || len(p) == 0 {
			return n, nil
		}
	}
	return 0, c.err
}

// open opens the next part, or ends.
func (c *concatenated) open() {
	if c.next == len(c.parts) {
		c.err = io.EOF
		return
	}
	body, err := c.parts[c.next].open(c.ctx, c.from)
	if err != nil {
		c.err = &PartError{Part: c.next, Err: err}
		return
	}
	c.body = body
	c.next++
}

// open returns a reader of the part's bytes, which checks them.
func (p Part) open(ctx context.Context, r Reader) (io.ReadCloser, error) {
	if p.Key == "" {
		return io.NopCloser(bytes.NewReader(p.Data)), nil
	}
	body, _, err := r.Get(ctx, p.Key, p.Offset, p.Sum.Size())
	if err != nil {
		return nil, err
	}
	return Checked(body, Info{Key: p.Key, Size: p.Sum.Size(), Checksum: p.Sum.Checksum()}), nil
}

// Close closes what is open.
func (c *concatenated) Close() error {
	if c.body == nil {
		return nil
	}
	return c.body.Close()
}
