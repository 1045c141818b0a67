package main

import (
	"context"
	"errors"
	"io"
	"iter"
	"log/slog"

	"mandelfarm/internal/tracing"
	"mandelfarm/storage"
)

// tracedStore makes a span of every operation on a store that is within a trace. Reading what Get has opened is part of
// its span, and so is what is done between the objects of a listing.
type tracedStore struct{ store storage.Store }

// traced is the store, traced if there is a tracer.
func traced(store storage.Store, t *tracing.Tracer) storage.Store {
	if t == nil {
		return store
	}
	return tracedStore{store}
}

func startStorage(ctx context.Context, operation, key string) (context.Context, tracing.Span) {
	return tracing.Start(ctx, tracing.Client, "storage "+operation, slog.String("key", key))
}

// absence is no failure: to ask whether something is there is to expect that it is not.
func failure(err error) error {
	if errors.Is(err, storage.ErrNotFound) || errors.Is(err, storage.ErrExists) {
		return nil
	}
	return err
}

// Put implements [storage.Store].
func (s tracedStore) Put(ctx context.Context, key, contentType string, r io.Reader) error {
	ctx, span := startStorage(ctx, "put", key)
	err := s.store.Put(ctx, key, contentType, r)
	span.End(failure(err))
	return err
}

// Create implements [storage.Store].
func (s tracedStore) Create(ctx context.Context, key, contentType string, data []byte) error {
	ctx, span := startStorage(ctx, "create", key)
	err := s.store.Create(ctx, key, contentType, data)
	span.End(failure(err))
	return err
}

// Compose implements [storage.Store].
func (s tracedStore) Compose(ctx context.Context, key, contentType string, parts []storage.Part) error {
	ctx, span := startStorage(ctx, "compose", key)
	span.Set(slog.Int("parts", len(parts)))
	err := s.store.Compose(ctx, key, contentType, parts)
	span.End(failure(err))
	return err
}

// Get implements [storage.Store].
func (s tracedStore) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, storage.Info, error) {
	ctx, span := startStorage(ctx, "get", key)
	body, info, err := s.store.Get(ctx, key, offset, length)
	if err != nil {
		span.End(failure(err))
		return nil, info, err
	}
	return &tracedBody{ReadCloser: body, span: span}, info, nil
}

// tracedBody ends the span of a Get when it is closed.
type tracedBody struct {
	io.ReadCloser
	span   tracing.Span
	failed error
}

// Read implements [io.Reader].
func (b *tracedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		b.failed = err
	}
	return n, err
}

// Close implements [io.Closer].
func (b *tracedBody) Close() error {
	err := b.ReadCloser.Close()
	b.span.End(errors.Join(b.failed, err))
	return err
}

// Stat implements [storage.Store].
func (s tracedStore) Stat(ctx context.Context, key string) (storage.Info, error) {
	ctx, span := startStorage(ctx, "stat", key)
	info, err := s.store.Stat(ctx, key)
	span.End(failure(err))
	return info, err
}

// Delete implements [storage.Store].
func (s tracedStore) Delete(ctx context.Context, keys ...string) error {
	ctx, span := tracing.Start(ctx, tracing.Client, "storage delete", slog.Int("keys", len(keys)))
	err := s.store.Delete(ctx, keys...)
	span.End(err)
	return err
}

// List implements [storage.Store].
func (s tracedStore) List(ctx context.Context, prefix, after string) iter.Seq2[storage.Info, error] {
	return func(yield func(storage.Info, error) bool) {
		ctx, span := startStorage(ctx, "list", prefix)
		var failed error
		defer func() { span.End(failed) }()
		for info, err := range s.store.List(ctx, prefix, after) {
			failed = err
			if !yield(info, err) {
				return
			}
		}
	}
}
