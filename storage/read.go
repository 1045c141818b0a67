package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// errClosed is what a read after Close gets.
var errClosed = errors.New("storage: reader is closed")

// ReadAll returns the whole object under key, which must have at most limit
// bytes. It is for small objects: a longer one is [ErrTooLarge] after its size is
// known and before any of it is held. What it returns is what was stored: a damaged
// object is [ErrDamaged], a missing one [ErrNotFound].
func ReadAll(ctx context.Context, s Store, key string, limit int64) ([]byte, error) {
	body, info, err := s.Get(ctx, key, 0, -1)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	if info.Size > limit {
		return nil, &Error{Op: "read", Key: key, Err: fmt.Errorf("%w: %d bytes, at most %d are allowed", ErrTooLarge, info.Size, limit)}
	}
	data := make([]byte, info.Size)
	if _, err := io.ReadFull(body, data); err != nil {
		return nil, err
	}
	return data, nil
}

// NewReadSeeker returns a reader of the object that info describes, for callers
// such as [net/http.ServeContent] that want to seek. Seeking costs nothing: each
// run of reads after a seek is one Get, opened by the first Read and closed by
// the next seek that moves, or by Close. ctx governs all of them.
//
// When the object is replaced by one of another size or checksum, the next Get
// fails rather than mix the two. Info of a listing, and of a store that keeps no
// checksums, tells sizes alone.
//
// A run of reads from the beginning to the end is checked, as a Get of the whole
// object is: if it is damaged, the last Read fails with [ErrDamaged] and hands
// out nothing. After a seek to anywhere else the bytes are not checked. The
// reader is for one goroutine. Reads after Close fail.
func NewReadSeeker(ctx context.Context, s Store, info Info) io.ReadSeekCloser {
	open := func(offset int64) (io.ReadCloser, error) {
		body, now, err := s.Get(ctx, info.Key, offset, -1)
		if err != nil {
			return nil, err
		}
		if now.Size != info.Size || info.Checksum != "" && now.Checksum != info.Checksum {
			_ = body.Close()
			return nil, &Error{Op: "read", Key: info.Key, Err: fmt.Errorf("object changed: %d bytes %s, was %d bytes %s",
				now.Size, now.Checksum, info.Size, info.Checksum)}
		}
		return body, nil
	}
	return &readSeeker{open: open, size: info.Size}
}

// readSeeker is a position in an object, and the body of the Get that the reads
// at this position come from, nil when there is none yet.
type readSeeker struct {
	open   func(offset int64) (io.ReadCloser, error)
	size   int64
	offset int64
	body   io.ReadCloser
	closed bool
}

// Read reads on at the current position.
func (r *readSeeker) Read(p []byte) (int, error) {
	switch {
	case r.closed:
		return 0, errClosed
	case r.offset >= r.size:
		return 0, io.EOF
	case len(p) == 0:
		return 0, nil
	}
	if r.body == nil {
		body, err := r.open(r.offset)
		if err != nil {
			return 0, err
		}
		r.body = body
	}
	n, err := r.body.Read(p)
	r.offset += int64(n)
	return n, err
}

// Seek moves the position. Past the end is allowed, before the start is not.
func (r *readSeeker) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekStart:
	case io.SeekCurrent:
		offset += r.offset
	case io.SeekEnd:
		offset += r.size
	default:
		return 0, fmt.Errorf("storage: seek: whence %d", whence)
	}
	if offset < 0 {
		return 0, fmt.Errorf("storage: seek: offset %d is before the start", offset)
	}
	if offset == r.offset {
		return offset, nil
	}
	r.offset = offset
	return offset, r.release()
}

// Close releases the open Get, if any.
func (r *readSeeker) Close() error {
	r.closed = true
	return r.release()
}

func (r *readSeeker) release() error {
	if r.body == nil {
		return nil
	}
	body := r.body
	r.body = nil
	return body.Close()
}
