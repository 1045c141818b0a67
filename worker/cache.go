package worker

import (
	"context"
	"errors"
	"math"
	"sync/atomic"

	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/singleflight"

	"mandelfarm/renderer"
	"mandelfarm/renderer/panics"
)

// prepasses keeps those that are used, up to a number of bytes. One that is larger is
// not kept. It has a prepass made once for all who ask for it at the same time.
type prepasses struct {
	cache  *otter.Cache[string, *renderer.Prepass] // by key; nil keeps nothing
	making singleflight.Group                      // by key

	hits, misses atomic.Int64
}

// CacheStats is how prepasses in memory are used.
type CacheStats struct {
	Hits, Misses int64 // of those that were asked for, how many were there
	Bytes        int64 // that those take which are there, roughly
}

func (c *prepasses) stats() CacheStats {
	s := CacheStats{Hits: c.hits.Load(), Misses: c.misses.Load()}
	if c.cache != nil {
		s.Bytes = int64(c.cache.WeightedSize()) * kilobyte //nolint:gosec // far below
	}
	return s
}

// The cache weighs in kilobytes, so that a weight has room for what a machine has.
const kilobyte = 1 << 10

func newPrepasses(limit int64) *prepasses {
	if limit < kilobyte {
		return &prepasses{}
	}
	return &prepasses{cache: otter.Must(&otter.Options[string, *renderer.Prepass]{
		MaximumWeight: uint64(limit / kilobyte),
		Weigher: func(_ string, p *renderer.Prepass) uint32 {
			return uint32(min((p.Size()+kilobyte-1)/kilobyte, math.MaxUint32)) //nolint:gosec // within bounds
		},
	})}
}

// errLeft: the context of whoever made it has ended.
var errLeft = errors.New("nobody makes it any more")

// get returns the prepass with a key. One that is not kept is made, by the first who
// asks, under that one's context. If that ends, another takes over.
func (c *prepasses) get(ctx context.Context, key string, maker func() (*renderer.Prepass, error)) (*renderer.Prepass, error) {
	if p := c.kept(key); p != nil {
		c.hits.Add(1)
		return p, nil
	}
	c.misses.Add(1)
	for {
		var mine atomic.Bool
		made := c.making.DoChan(key, func() (any, error) {
			mine.Store(true)
			return c.make(ctx, key, maker)
		})
		select {
		case r := <-made:
			if errors.Is(r.Err, errLeft) && ctx.Err() == nil {
				continue
			}
			p, _ := r.Val.(*renderer.Prepass)
			return p, r.Err
		case <-ctx.Done():
			if mine.Load() {
				<-made // soon
			}
			return nil, context.Cause(ctx)
		}
	}
}

// kept returns a prepass that is kept, or nil.
func (c *prepasses) kept(key string) *renderer.Prepass {
	if c.cache == nil {
		return nil
	}
	p, _ := c.cache.GetIfPresent(key)
	return p
}

// make makes a prepass and keeps it, unless somebody has this very moment.
func (c *prepasses) make(ctx context.Context, key string, maker func() (*renderer.Prepass, error)) (p *renderer.Prepass, err error) {
	defer panics.Recover(&err)
	if p = c.kept(key); p != nil {
		return p, nil
	}
	p, err = maker()
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, errors.Join(errLeft, err)
	case err == nil && c.cache != nil:
		c.cache.Set(key, p)
	}
	return p, err
}
