package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/singleflight"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
)

// picture is a stored image. Small ones come with their bytes; of large ones
// only the place is known.
type picture struct {
	info      storage.Info
	mediaType string
	data      []byte // nil if the image is larger than smallImage
	length    string // of data, as a header says it
}

const (
	// smallImage is the largest image that is held in memory whole, in bytes.
	// It is far above a browser's picture and far below a poster.
	smallImage = 4 << 20
	// recheck is how often a waiter looks by itself, in case a notice or the
	// worker on its task was lost.
	recheck = 2 * time.Second
)

// finder finds pictures: in memory, in storage, or by having them drawn.
type finder struct {
	ctx     context.Context //nolint:containedctx // searches outlive the request that began them, not the server
	store   storage.Store
	queue   Queue
	limit   time.Duration
	cache   *otter.Cache[spec.ID, *picture] // nil keeps nothing
	shared  singleflight.Group              // searches under way, by kind and ID
	ongoing *sync.WaitGroup
}

func newFinder(ctx context.Context, cfg Config, store storage.Store, q Queue, ongoing *sync.WaitGroup) (*finder, error) {
	f := &finder{ctx: ctx, store: store, queue: q, limit: cfg.WaitLimit, ongoing: ongoing}
	if cfg.CacheBytes == 0 {
		return f, nil
	}
	cache, err := otter.New(&otter.Options[spec.ID, *picture]{
		MaximumWeight: uint64(max(0, cfg.CacheBytes)),
		Weigher: func(_ spec.ID, p *picture) uint32 {
			const overhead = 512                  // of an entry: key, list nodes, headers
			return uint32(len(p.data)) + overhead //nolint:gosec // at most smallImage
		},
	})
	if err != nil {
		return nil, fmt.Errorf("cache of pictures: %w", err)
	}
	f.cache = cache
	return f, nil
}

// stored finds a picture in memory or storage; nil if it is in neither.
func (f *finder) stored(ctx context.Context, id spec.ID, format spec.FileFormat) (*picture, error) {
	if f.cache != nil {
		if p, ok := f.cache.GetIfPresent(id); ok {
			return p, nil
		}
	}
	return f.look(ctx, id, format)
}

// look is fetch, once for all who look at the same time.
func (f *finder) look(ctx context.Context, id spec.ID, format spec.FileFormat) (*picture, error) {
	return f.share(ctx, "stored:"+string(id), func(ctx context.Context) (*picture, error) {
		return f.fetch(ctx, id, format)
	})
}

// fetch looks in storage, and keeps what it finds.
func (f *finder) fetch(ctx context.Context, id spec.ID, format spec.FileFormat) (*picture, error) {
	body, info, err := f.store.Get(ctx, ledger.ImageKey(id, format), 0, -1)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, nil //nolint:nilnil // not there is an answer, not an error
	}
	if err != nil {
		return nil, err
	}
	defer body.Close()
	p := &picture{info: info, mediaType: format.MediaType()}
	if info.Size > smallImage {
		return p, nil
	}
	p.data, p.length = make([]byte, info.Size), strconv.FormatInt(info.Size, 10)
	if _, err := io.ReadFull(body, p.data); err != nil {
		return nil, fmt.Errorf("read picture %s: %w", id, err)
	}
	if f.cache != nil {
		f.cache.Set(id, p)
	}
	return p, nil
}

// draw finds a picture, having it drawn if need be, and waits for it until ctx
// ends or the wait limit is reached (errWaited).
func (f *finder) draw(ctx context.Context, asked *target) (*picture, error) {
	p, err := f.stored(ctx, asked.id, asked.spec.Format)
	if p != nil || err != nil {
		return p, err
	}
	return f.await(ctx, asked)
}

// await has a picture drawn and waits for it.
func (f *finder) await(ctx context.Context, asked *target) (*picture, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, f.limit, errWaited)
	defer cancel()
	for {
		p, err := f.share(ctx, "draw:"+string(asked.id), func(ctx context.Context) (*picture, error) {
			return f.order(ctx, job.ImageTask(asked.spec, job.Interactive))
		})
		if !errors.Is(err, errWaited) || ctx.Err() != nil {
			return p, err
		}
		// The search had begun before this request: its time is up, ours is not.
	}
}

// share runs search once for all who ask for the same key at the same time. It
// goes on, within the wait limit, when those who wait for it leave.
func (f *finder) share(ctx context.Context, key string, search func(context.Context) (*picture, error)) (*picture, error) {
	f.ongoing.Add(1)
	results := f.shared.DoChan(key, func() (p any, err error) { //nolint:contextcheck // it outlives the request
		defer recoverAs(&err)
		ctx, cancel := context.WithTimeoutCause(f.ctx, f.limit, errWaited)
		defer cancel()
		return search(ctx)
	})
	finished := make(chan singleflight.Result, 1)
	go func() {
		defer f.ongoing.Done()
		finished <- <-results
	}()
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case r := <-finished:
		p, _ := r.Val.(*picture)
		return p, r.Err
	}
}

// recoverAs makes an error of a panic: outside a request's own goroutine it
// would end the process.
func recoverAs(err *error) {
	if cause := recover(); cause != nil {
		*err = fmt.Errorf("%w: %v\n%s", errPanic, cause, debug.Stack())
	}
}

// order queues the task and waits for its picture. It listens before it
// queues, and looks again after: whenever the picture is stored, either the
// look or the notice tells.
func (f *finder) order(ctx context.Context, t job.Task) (*picture, error) {
	notices, unsubscribe := f.queue.Subscribe(t.ID)
	defer unsubscribe()
	if err := f.queue.Room(ctx, t.Lane); err != nil {
		return nil, err
	}
	if err := f.queue.Enqueue(ctx, t); err != nil {
		return nil, err
	}
	tick := time.NewTicker(recheck)
	defer tick.Stop()
	for {
		p, err := f.fetch(ctx, t.ID, t.Spec.Format)
		if p != nil || err != nil {
			return p, err
		}
		if err := f.listen(ctx, t, notices, tick.C); err != nil {
			return nil, err
		}
	}
}

// listen returns when the picture of t may be stored. It fails when there will
// be none, and when ctx ends.
func (f *finder) listen(ctx context.Context, t job.Task, notices <-chan job.Notice, tick <-chan time.Time) error {
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case n := <-notices:
			switch n.State {
			case job.Queued, job.Running: // on its way
			case job.Failed:
				return fmt.Errorf("%w: %s", errFailed, n.Error)
			case job.Done, job.Canceled, "": // there, perhaps; or a notice may have been missed
				return nil
			}
		case <-tick:
			err := f.queue.Revive(ctx, t)
			if errors.Is(err, job.ErrUnavailable) {
				err = nil // Redis may come back while there is time
			}
			return err
		}
	}
}
