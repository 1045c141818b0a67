package storagetest

import (
	"context"
	"io"
	"iter"
	"strings"

	"mandelfarm/storage"
)

// Intercepted is a store of which every operation passes through Do, which may keep it
// from happening and make it fail. It is named with its keys, or for a listing with its prefix.
type Intercepted struct {
	storage.Store
	Do func(name string, operation func() error) error
}

// Put passes through Do.
func (s Intercepted) Put(ctx context.Context, key, contentType string, r io.Reader) error {
	return s.Do("put "+key, func() error { return s.Store.Put(ctx, key, contentType, r) })
}

// Create passes through Do.
func (s Intercepted) Create(ctx context.Context, key, contentType string, data []byte) error {
	return s.Do("create "+key, func() error { return s.Store.Create(ctx, key, contentType, data) })
}

// Get passes through Do.
func (s Intercepted) Get(ctx context.Context, key string, offset, length int64) (body io.ReadCloser, info storage.Info, err error) {
	err = s.Do("get "+key, func() (err error) {
		body, info, err = s.Store.Get(ctx, key, offset, length)
		return err
	})
	return body, info, err
}

// Stat passes through Do.
func (s Intercepted) Stat(ctx context.Context, key string) (info storage.Info, err error) {
	err = s.Do("stat "+key, func() (err error) {
		info, err = s.Store.Stat(ctx, key)
		return err
	})
	return info, err
}

// Delete passes through Do.
func (s Intercepted) Delete(ctx context.Context, keys ...string) error {
	return s.Do("delete "+strings.Join(keys, " "), func() error { return s.Store.Delete(ctx, keys...) })
}

// List passes through Do.
func (s Intercepted) List(ctx context.Context, prefix, after string) iter.Seq2[storage.Info, error] {
	return func(yield func(storage.Info, error) bool) {
		var found []storage.Info
		err := s.Do("list "+prefix, func() error {
			for info, err := range s.Store.List(ctx, prefix, after) {
				if err != nil {
					return err
				}
				found = append(found, info)
			}
			return nil
		})
		for _, info := range found {
			if !yield(info, nil) {
				return
			}
		}
		if err != nil {
			yield(storage.Info{}, err)
		}
	}
}
