package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// Verify reads the object whole and returns nil if it is what was stored. It
// fails with ErrNotFound, with ErrDamaged, or with what kept it from reading,
// which says nothing of the object. Where the store keeps no checksums
// ([Info]), it finds only what cannot be read.
func Verify(ctx context.Context, s Store, key string) error {
	body, _, err := s.Get(ctx, key, 0, -1)
	if err != nil {
		return err
	}
	defer body.Close()
	_, err = io.Copy(io.Discard, body)
	return err
}

// Checked returns body, which yields the whole object that info describes, as a
// reader that checks it against info's size and checksum, in the way that
// [Store] promises of a Get. It is for those who implement one. Without a
// checksum in info the size alone is checked.
func Checked(body io.ReadCloser, info Info) io.ReadCloser {
	return &checked{body: body, info: info}
}

// checked adds up what it hands out. The checksum is compared before the last
// bytes are handed out and not after, so that a damaged object is never seen
// whole; since the size is known, this needs no memory.
type checked struct {
	body io.ReadCloser
	info Info
	sum  Sum
	err  error // io.EOF or the damage, once the end is reached
}

// Read reads on. When that completes the object it compares the checksums, and
// in case of damage keeps back what it has read.
func (c *checked) Read(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.body.Read(p)
	_, _ = c.sum.Write(p[:n]) // never fails
	if c.sum.Size() < c.info.Size && !errors.Is(err, io.EOF) {
		return n, err
	}
	if damage := c.damage(); damage != nil {
		c.err = &Error{Op: "read", Key: c.info.Key, Err: damage}
		return 0, c.err
	}
	c.err = io.EOF
	return n, err
}

// damage says what is wrong with the bytes, which are all there are.
func (c *checked) damage() error {
	if c.sum.Size() != c.info.Size {
		return fmt.Errorf("%w: it ends after %d of %d bytes", ErrDamaged, c.sum.Size(), c.info.Size)
	}
	if want := c.info.Checksum; want != "" && !c.sum.has(want) {
		return fmt.Errorf("%w: its CRC-32C is %s, stored was %s", ErrDamaged, c.sum.Checksum(), want)
	}
	return nil
}

// Close closes the body.
func (c *checked) Close() error { return c.body.Close() }
