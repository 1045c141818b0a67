package storage

import (
	"context"
	"fmt"
	"io"
)

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
