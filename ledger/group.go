package ledger

import (
	"context"
	"sync"

	"mandelfarm/renderer/panics"
)

// maxGroup is how many items are handled together: what a store removes with one request.
const maxGroup = 1000

// group handles together what several ask for while the items before theirs are handled. Who comes alone waits for nobody. The
// zero group with a handler is ready.
type group[T any] struct {
	handle func(ctx context.Context, items []T) error

	mu      sync.Mutex
	busy    bool
	waiting []*member[T]
}

// member is an item that waits.
type member[T any] struct {
	item  T
	err   error
	leads chan struct{} // closed when it is to handle those who wait
	done  chan struct{} // closed when it is handled
}

// do has an item handled, and returns what came of those it was handled with. It waits for them whatever becomes of ctx, which
// is nobody's but the caller's.
func (g *group[T]) do(ctx context.Context, item T) error {
	m := &member[T]{item: item, leads: make(chan struct{}), done: make(chan struct{})}
	g.mu.Lock()
	g.waiting = append(g.waiting, m)
	if !g.busy {
		g.busy = true
		close(m.leads)
	}
	g.mu.Unlock()
	select {
	case <-m.done:
	case <-m.leads:
		g.lead(ctx)
	}
	return m.err
}

// lead handles those who wait, the caller among them, and has the first who came meanwhile go on.
func (g *group[T]) lead(ctx context.Context) {
	g.mu.Lock()
	n := min(len(g.waiting), maxGroup)
	members := g.waiting[:n:n]
	g.waiting = g.waiting[n:]
	g.mu.Unlock()
	items := make([]T, n)
	for i, m := range members {
		items[i] = m.item
	}
	err := g.handleAll(context.WithoutCancel(ctx), items)
	for _, m := range members {
		m.err = err
		close(m.done)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.busy = len(g.waiting) > 0; g.busy {
		close(g.waiting[0].leads)
	}
}

// handleAll makes an error of a panic: others wait for what comes of it.
func (g *group[T]) handleAll(ctx context.Context, items []T) (err error) {
	defer panics.Recover(&err)
	return g.handle(ctx, items)
}
