//go:build linux

package main

import (
	"context"
	"io"
	"iter"
	"strings"
	"sync/atomic"
	"time"

	"mandelfarm/storage"
)

// counted is a store whose operations are counted, and whose bands take their time.
type counted struct {
	storage.Store
	band       time.Duration
	operations atomic.Int64
	bands      atomic.Int64
}

// Put takes as long as drawing what it stores would, if that is a band.
func (s *counted) Put(ctx context.Context, key, contentType string, r io.Reader) error {
	s.operations.Add(1)
	if strings.Contains(key, "/bands/") {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(s.band):
		}
		defer s.bands.Add(1)
	}
	return s.Store.Put(ctx, key, contentType, r)
}

// Create implements [storage.Store].
func (s *counted) Create(ctx context.Context, key, contentType string, data []byte) error {
	s.operations.Add(1)
	return s.Store.Create(ctx, key, contentType, data)
}

// Compose counts one: S3 takes several, for a poster and not for a band.
func (s *counted) Compose(ctx context.Context, key, contentType string, parts []storage.Part) error {
	s.operations.Add(1)
	return s.Store.Compose(ctx, key, contentType, parts)
}

// Get implements [storage.Store].
func (s *counted) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, storage.Info, error) {
	s.operations.Add(1)
	return s.Store.Get(ctx, key, offset, length)
}

// Stat implements [storage.Store].
func (s *counted) Stat(ctx context.Context, key string) (storage.Info, error) {
	s.operations.Add(1)
	return s.Store.Stat(ctx, key)
}

// Delete implements [storage.Store].
func (s *counted) Delete(ctx context.Context, keys ...string) error {
	s.operations.Add(1)
	return s.Store.Delete(ctx, keys...)
}

// List counts a request for each page of S3.
func (s *counted) List(ctx context.Context, prefix, after string) iter.Seq2[storage.Info, error] {
	const page = 1000
	return func(yield func(storage.Info, error) bool) {
		n := 0
		for info, err := range s.Store.List(ctx, prefix, after) {
			if n++; n%page == 0 {
				s.operations.Add(1)
			}
			if !yield(info, err) {
				break
			}
		}
		s.operations.Add(1)
	}
}
