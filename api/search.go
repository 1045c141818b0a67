package api

import (
	"context"
	"errors"
	"log/slog"

	"mandelfarm/internal/logging"
	"mandelfarm/renderer/panics"
)

// search is one for a picture, for all who ask at the same time. Its result is there when it is done.
type search struct {
	done   chan struct{}
	result *picture
	err    error

	// The rest is guarded by the lock of pictures.
	waiting int  // requests
	wanted  bool // by a client that was told to come back
	abandon context.CancelCauseFunc
}

// errAbandoned ends a search that everybody has left.
var errAbandoned = errors.New("nobody waits for the picture any more")

// share runs find once for all who ask for the same key at the same time, in the name of the first. It goes on, within the
// wait limit, when those leave who will come back, and ends when all are gone for good. It reports whether another has begun it.
func (all *pictures) share(ctx context.Context, key string, find func(context.Context) (*picture, error)) (p *picture, joined bool, err error) {
	s, joined := all.join(ctx, key, find)
	select {
	case <-ctx.Done():
		all.leave(ctx, key, s)
		return nil, joined, context.Cause(ctx)
	case <-s.done:
		return s.result, joined, s.err
	}
}

// join returns the search under way for a key, which it begins if there is none.
func (all *pictures) join(ctx context.Context, key string, find func(context.Context) (*picture, error)) (s *search, joined bool) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if s = all.searches[key]; s != nil {
		s.waiting++
		return s, true
	}
	ctx, abandon := context.WithCancelCause(context.WithoutCancel(ctx))
	s = &search{done: make(chan struct{}), waiting: 1, abandon: abandon}
	all.searches[key] = s
	all.ongoing.Go(func() {
		defer close(s.done)
		defer all.end(key, s)
		s.result, s.err = all.search(ctx, key, find)
	})
	return s, false
}

// search calls find, within the wait limit. A panic costs the search, not the process.
func (all *pictures) search(ctx context.Context, key string, find func(context.Context) (*picture, error)) (p *picture, err error) {
	defer func() { logging.Panic(ctx, all.deps.Log, err, slog.String("search", key)) }()
	defer panics.Recover(&err)
	ctx, cancel := context.WithTimeoutCause(ctx, all.limit, errWaited)
	defer cancel()
	defer context.AfterFunc(all.ctx, cancel)() //nolint:contextcheck // it ends with the server, not with the request
	return find(ctx)
}

// leave is for a request that does not wait any longer: because the client has left if its context was canceled, and else
// because the client has waited long enough for now.
func (all *pictures) leave(ctx context.Context, key string, s *search) {
	all.mu.Lock()
	defer all.mu.Unlock()
	s.waiting--
	s.wanted = s.wanted || !errors.Is(context.Cause(ctx), context.Canceled)
	if s.waiting == 0 && !s.wanted {
		s.abandon(errAbandoned)
		all.remove(key, s)
	}
}

// end makes room for another search.
func (all *pictures) end(key string, s *search) {
	all.mu.Lock()
	defer all.mu.Unlock()
	s.abandon(nil)
	all.remove(key, s)
}

func (all *pictures) remove(key string, s *search) {
	if all.searches[key] == s { // and not one that was begun after all had left this
		delete(all.searches, key)
	}
}
