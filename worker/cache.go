package worker

import (
	"container/list"
	"context"
	"errors"
	"sync"

	"mandelfarm/renderer"
)

// groundworks keeps those that were used last, up to a number of bytes. One that
// is larger is not kept. It has a groundwork made once for all who ask for it at
// the same time.
type groundworks struct {
	limit int64 // bytes

	mu     sync.Mutex
	size   int64                    // of those that are kept
	recent list.List                // of *renderer.Prepass, the last used first
	kept   map[string]*list.Element // of recent, by key
	making map[string]*making       // by key
}

// making is a groundwork that somebody makes.
type making struct {
	done chan struct{} // closed at the end
	g    *renderer.Prepass
	err  error
}

func newGroundworks(limit int64) *groundworks {
	return &groundworks{limit: limit, kept: make(map[string]*list.Element), making: make(map[string]*making)}
}

// errLeft: whoever made it went away, or panicked.
var errLeft = errors.New("nobody makes it any more")

// get returns the groundwork with a key. One that is not kept is made, by the
// first who asks. If that one's context ends, another takes over.
func (c *groundworks) get(ctx context.Context, key string, maker func() (*renderer.Prepass, error)) (*renderer.Prepass, error) {
	for {
		g, m, mine := c.find(key)
		if g != nil {
			return g, nil
		}
		if mine {
			return c.run(ctx, key, m, maker)
		}
		select {
		case <-m.done:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		if !errors.Is(m.err, errLeft) {
			return m.g, m.err
		}
	}
}

// find returns a groundwork that is kept, or one that is being made, by the caller
// if it is the first.
func (c *groundworks) find(key string) (g *renderer.Prepass, m *making, mine bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.kept[key]; ok {
		c.recent.MoveToFront(e)
		return value(e), nil, false
	}
	if m, ok := c.making[key]; ok {
		return nil, m, false
	}
	m = &making{done: make(chan struct{}), err: errLeft}
	c.making[key] = m
	return nil, m, true
}

// run makes a groundwork and lets those know who wait for it.
func (c *groundworks) run(ctx context.Context, key string, m *making, maker func() (*renderer.Prepass, error)) (*renderer.Prepass, error) {
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.making, key)
		if m.g != nil {
			c.keep(key, m.g)
		}
		close(m.done)
	}()
	g, err := maker()
	if err == nil || ctx.Err() == nil {
		m.g, m.err = g, err
	}
	return g, err
}

// keep adds a groundwork and drops those that there is no room for then.
func (c *groundworks) keep(key string, g *renderer.Prepass) {
	if g.Size() > c.limit {
		return
	}
	c.kept[key] = c.recent.PushFront(g)
	c.size += g.Size()
	for c.size > c.limit {
		last := value(c.recent.Back())
		c.recent.Remove(c.recent.Back())
		delete(c.kept, last.Key())
		c.size -= last.Size()
	}
}

func value(e *list.Element) *renderer.Prepass {
	return e.Value.(*renderer.Prepass) //nolint:forcetypeassert // holds nothing else
}
