package storagetest

import (
	"context"
	"io"
	"iter"
	"strings"
	"sync"

	"mandelfarm/storage"
)

// Counted is a store that notes what is asked of it: for tests of how much that is, which need no clock.
type Counted struct {
	storage.Store

	mu    sync.Mutex
	asked []string
}

// Taken returns what was asked since it was last called: the name of each operation and its key, or for a listing its prefix.
func (c *Counted) Taken() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	taken := c.asked
	c.asked = nil
	return taken
}

func (c *Counted) note(operation, key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, operation+" "+key)
}

// Put notes and passes on.
func (c *Counted) Put(ctx context.Context, key, contentType string, r io.Reader) error {
	c.note("put", key)
	return c.Store.Put(ctx, key, contentType, r)
}

// Create notes and passes on.
func (c *Counted) Create(ctx context.Context, key, contentType string, data []byte) error {
	c.note("create", key)
	return c.Store.Create(ctx, key, contentType, data)
}

// Compose notes and passes on.
func (c *Counted) Compose(ctx context.Context, key, contentType string, parts []storage.Part) error {
	c.note("compose", key)
	return c.Store.Compose(ctx, key, contentType, parts)
}

// Get notes and passes on.
func (c *Counted) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, storage.Info, error) {
	c.note("get", key)
	return c.Store.Get(ctx, key, offset, length)
}

// Stat notes and passes on.
func (c *Counted) Stat(ctx context.Context, key string) (storage.Info, error) {
	c.note("stat", key)
	return c.Store.Stat(ctx, key)
}

// Delete notes and passes on.
func (c *Counted) Delete(ctx context.Context, keys ...string) error {
	c.note("delete", strings.Join(keys, " "))
	return c.Store.Delete(ctx, keys...)
}

// List notes and passes on.
func (c *Counted) List(ctx context.Context, prefix, after string) iter.Seq2[storage.Info, error] {
	c.note("list", prefix)
	return c.Store.List(ctx, prefix, after)
}
