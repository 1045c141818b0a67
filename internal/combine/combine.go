// Package combine does together what several ask for at the same time: one write for many, where each of them would take one
// alone (group commit).
package combine

import (
	"context"
	"slices"
	"sync"
	"time"

	"mandelfarm/renderer/panics"
)

// Combiner handles together what several ask for while the items before theirs are handled. Who comes alone waits for nobody. It is
// safe for concurrent use.
type Combiner[T any] struct {
	most   int
	linger time.Duration
	limit  time.Duration
	handle func(ctx context.Context, items []T) error

	mu      sync.Mutex
	busy    bool
	several bool // were handled last
	waiting []*member[T]
}

// New is a combiner that calls handle with so many items at a time at most. While several come at a time it lingers before it takes those who
// wait: clients that were answered together ask again within a moment, of whom the first would be handled alone. The context of handle is nobody's
// who asks, and ends after the limit, because others wait for it.
func New[T any](most int, linger, limit time.Duration, handle func(ctx context.Context, items []T) error) *Combiner[T] {
	return &Combiner[T]{most: most, linger: linger, limit: limit, handle: handle}
}

// member is an item that waits.
type member[T any] struct {
	item  T
	err   error
	leads chan struct{} // closed when it is to handle those who wait
	done  chan struct{} // closed when it is handled
}

// Do has an item handled, and returns what came of those it was handled with, or why ctx ended before. Then the item is not handled, unless that has
// begun: it goes on, because the items are others' as well.
func (c *Combiner[T]) Do(ctx context.Context, item T) error {
	m := &member[T]{item: item, leads: make(chan struct{}), done: make(chan struct{})}
	c.mu.Lock()
	c.waiting = append(c.waiting, m)
	if !c.busy {
		c.busy = true
		close(m.leads)
	}
	c.mu.Unlock()
	select {
	case <-m.done:
	case <-m.leads:
		c.lead(ctx)
	case <-ctx.Done():
		if !c.leave(m) {
			return context.Cause(ctx)
		}
		c.lead(ctx)
	}
	return m.err
}

// leave has a member wait no longer, and reports whether it leads: then it goes on, or nobody would.
func (c *Combiner[T]) leave(m *member[T]) (leads bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-m.leads:
		return true
	default:
	}
	c.waiting = slices.DeleteFunc(c.waiting, func(other *member[T]) bool { return other == m })
	return false
}

// lead handles those who wait, the caller among them, and has the first who came meanwhile go on.
func (c *Combiner[T]) lead(ctx context.Context) {
	c.mu.Lock()
	if c.several && c.linger > 0 && len(c.waiting) < c.most {
		c.mu.Unlock()
		<-time.After(c.linger)
		c.mu.Lock()
	}
	n := min(len(c.waiting), c.most)
	c.several = n > 1
	members := c.waiting[:n:n]
	c.waiting = c.waiting[n:]
	c.mu.Unlock()
	items := make([]T, n)
	for i, m := range members {
		items[i] = m.item
	}
	err := c.handleAll(ctx, items)
	for _, m := range members {
		m.err = err
		close(m.done)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busy = len(c.waiting) > 0; c.busy {
		close(c.waiting[0].leads)
	}
}

// handleAll makes an error of a panic: others wait for what comes of it.
func (c *Combiner[T]) handleAll(ctx context.Context, items []T) (err error) {
	defer panics.Recover(&err)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.limit)
	defer cancel()
	return c.handle(ctx, items)
}
