package metrics

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"mandelfarm/storage"
)

// store counts and measures the operations of a store. It changes nothing about them.
type store struct {
	storage.Store
	operations *prometheus.CounterVec
	durations  *prometheus.HistogramVec
}

// Store wraps a store so that its operations are counted and measured.
func (r *Registry) Store(s storage.Store) storage.Store {
	m := &store{
		Store:      s,
		operations: r.counter("storage_operations_total", "Operations of storage, by how they ended. A read is one to an object's end, or to its failure.", "operation", "outcome"),
		durations:  r.histogram("storage_operation_duration_seconds", "Time that an operation of storage took; of a get until its first bytes can be read, of a list without what was done with it.", shortTimes(), "operation"),
	}
	for _, operation := range []string{"put", "create", "compose", "get", "read", "stat", "delete", "list"} {
		for _, label := range []string{"ok", "damaged", "no_space", "read_only", "error"} { // those that alerts are about
			m.operations.WithLabelValues(operation, label)
		}
	}
	return m
}

// outcome is the label of an operation's end.
func outcome(err error) string {
	for _, row := range []struct {
		err   error
		label string
	}{
		{nil, "ok"},
		{storage.ErrNotFound, "not_found"},
		{storage.ErrExists, "exists"},
		{storage.ErrDamaged, "damaged"},
		{storage.ErrNoSpace, "no_space"},
		{storage.ErrReadOnly, "read_only"},
		{storage.ErrInvalidKey, "invalid_key"},
		{context.Canceled, "canceled"},
		{context.DeadlineExceeded, "timeout"},
	} {
		if errors.Is(err, row.err) {
			return row.label
		}
	}
	return "error"
}

// done counts and measures an operation.
func (s *store) done(operation string, took time.Duration, err error) {
	s.operations.WithLabelValues(operation, outcome(err)).Inc()
	s.durations.WithLabelValues(operation).Observe(took.Seconds())
}

// Put implements [storage.Store].
func (s *store) Put(ctx context.Context, key, contentType string, r io.Reader) error {
	start := time.Now()
	err := s.Store.Put(ctx, key, contentType, r)
	s.done("put", time.Since(start), err)
	return err
}

// Create implements [storage.Store].
func (s *store) Create(ctx context.Context, key, contentType string, data []byte) error {
	start := time.Now()
	err := s.Store.Create(ctx, key, contentType, data)
	s.done("create", time.Since(start), err)
	return err
}

// Compose implements [storage.Store].
func (s *store) Compose(ctx context.Context, key, contentType string, parts []storage.Part) error {
	start := time.Now()
	err := s.Store.Compose(ctx, key, contentType, parts)
	s.done("compose", time.Since(start), err)
	return err
}

// Get implements [storage.Store].
func (s *store) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, storage.Info, error) {
	start := time.Now()
	body, info, err := s.Store.Get(ctx, key, offset, length)
	s.done("get", time.Since(start), err)
	if err == nil {
		body = &reading{ReadCloser: body, store: s}
	}
	return body, info, err
}

// Stat implements [storage.Store].
func (s *store) Stat(ctx context.Context, key string) (storage.Info, error) {
	start := time.Now()
	info, err := s.Store.Stat(ctx, key)
	s.done("stat", time.Since(start), err)
	return info, err
}

// Delete implements [storage.Store].
func (s *store) Delete(ctx context.Context, keys ...string) error {
	start := time.Now()
	err := s.Store.Delete(ctx, keys...)
	s.done("delete", time.Since(start), err)
	return err
}

// List implements [storage.Store].
func (s *store) List(ctx context.Context, prefix, after string) iter.Seq2[storage.Info, error] {
	return func(yield func(storage.Info, error) bool) {
		var failed error
		took, since := time.Duration(0), time.Now()
		for info, err := range s.Store.List(ctx, prefix, after) {
			took += time.Since(since)
			failed = err
			if !yield(info, err) {
				break
			}
			since = time.Now()
		}
		s.done("list", took, failed)
	}
}

// reading counts how reading an object ends: a damaged one may show only at its last byte.
type reading struct {
	io.ReadCloser
	store *store
	ended bool
}

// Read implements [io.Reader].
func (r *reading) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	if err != nil && !r.ended {
		r.ended = true
		failure := err
		if errors.Is(err, io.EOF) {
			failure = nil
		}
		r.store.operations.WithLabelValues("read", outcome(failure)).Inc()
	}
	return n, err
}
