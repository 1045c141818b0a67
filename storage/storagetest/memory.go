package storagetest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"mandelfarm/storage"
)

// Memory is a store in memory, for tests of what is stored and in which order. It does not compose.
type Memory struct {
	mu      sync.Mutex
	objects map[string][]byte
}

// NewMemory is one that is empty.
func NewMemory() *Memory { return &Memory{objects: make(map[string][]byte)} }

// Put stores all that r yields.
func (m *Memory) Put(_ context.Context, key, _ string, r io.Reader) error {
	data, err := io.ReadAll(r)
	m.mu.Lock()
	defer m.mu.Unlock()
	if err == nil {
		m.objects[key] = data
	}
	return err
}

// Create stores what is not there.
func (m *Memory) Create(_ context.Context, key, _ string, data []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.objects[key]; ok {
		return &storage.Error{Op: "create", Key: key, Err: storage.ErrExists}
	}
	m.objects[key] = data
	return nil
}

// Compose is what it cannot do.
func (m *Memory) Compose(context.Context, string, string, []storage.Part) error {
	return errors.ErrUnsupported
}

// Get reads from an offset on.
func (m *Memory) Get(ctx context.Context, key string, offset, _ int64) (io.ReadCloser, storage.Info, error) {
	info, err := m.Stat(ctx, key)
	if err != nil {
		return nil, info, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return io.NopCloser(bytes.NewReader(m.objects[key][offset:])), info, nil
}

// Stat says what is there.
func (m *Memory) Stat(_ context.Context, key string) (storage.Info, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	data, ok := m.objects[key]
	if !ok {
		return storage.Info{}, &storage.Error{Op: "stat", Key: key, Err: storage.ErrNotFound}
	}
	return storage.Info{Key: key, Size: int64(len(data))}, nil
}

// Delete removes what is there.
func (m *Memory) Delete(_ context.Context, keys ...string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, key := range keys {
		delete(m.objects, key)
	}
	return nil
}

// List yields what is there at the time.
func (m *Memory) List(_ context.Context, prefix, after string) iter.Seq2[storage.Info, error] {
	return func(yield func(storage.Info, error) bool) {
		m.mu.Lock()
		found := slices.Sorted(maps.Keys(m.objects))
		m.mu.Unlock()
		for _, key := range found {
			if strings.HasPrefix(key, prefix) && key > after && !yield(storage.Info{Key: key}, nil) {
				return
			}
		}
	}
}
