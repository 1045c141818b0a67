package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
)

// picture is a stored image. Small ones come with their bytes; of large ones
// only the place is known.
type picture struct {
	stored    ledger.Stored
	mediaType []string // as a header says it
	data      []byte   // nil if the image is larger than smallImage
	length    []string // of the image, as a header says it
	drawn     []string // how a worker has drawn it, as a header says it; nil if this process does not know
}

const (
	// smallImage is the largest image that is held in memory whole, in bytes.
	// It is far above a browser's picture and far below a poster.
	smallImage = 4 << 20
	// recheck is how often a waiter looks by itself, in case a notice or the
	// worker on its task was lost.
	recheck = 2 * time.Second
)

// pictures finds pictures: in memory, in storage, or by having them drawn.
type pictures struct {
	ctx     context.Context //nolint:containedctx // searches outlive the request that began them, not the server
	deps    Dependencies
	limit   time.Duration
	cache   *otter.Cache[spec.ID, *picture] // nil keeps nothing
	ongoing *sync.WaitGroup

	mu       sync.Mutex
	searches map[string]*search // under way, by kind and ID
}

func newPictures(ctx context.Context, cfg Config, deps Dependencies, ongoing *sync.WaitGroup) *pictures {
	all := &pictures{ctx: ctx, deps: deps, limit: cfg.WaitLimit, ongoing: ongoing, searches: make(map[string]*search)}
	if cfg.CacheBytes <= 0 {
		return all
	}
	all.cache = otter.Must(&otter.Options[spec.ID, *picture]{
		MaximumWeight: uint64(cfg.CacheBytes),
		Weigher: func(_ spec.ID, p *picture) uint32 {
			const overhead = 512                  // of an entry: key, list nodes, headers
			return uint32(len(p.data)) + overhead //nolint:gosec // at most smallImage
		},
	})
	return all
}

// kept is a picture in memory; nil if it is not there.
func (all *pictures) kept(id spec.ID) *picture {
	if all.cache == nil {
		return nil
	}
	p, _ := all.cache.GetIfPresent(id)
	return p
}

// stored finds a picture in memory or storage; nil if it is in neither.
func (all *pictures) stored(ctx context.Context, id spec.ID, format spec.FileFormat) (*picture, Answer, error) {
	if p := all.kept(id); p != nil {
		return p, FromMemory, nil
	}
	return all.fetchOnce(ctx, id, format)
}

// forget drops a picture from the memory of this process. Others may serve it for a
// while yet.
func (all *pictures) forget(id spec.ID) {
	if all.cache != nil {
		all.cache.Invalidate(id)
	}
}

// fetchOnce is fetch, once for all who ask at the same time.
func (all *pictures) fetchOnce(ctx context.Context, id spec.ID, format spec.FileFormat) (*picture, Answer, error) {
	p, joined, err := all.share(ctx, "stored:"+string(id), func(ctx context.Context) (*picture, error) {
		return all.fetch(ctx, id, format)
	})
	return p, unless(joined, FromStorage), err
}

// unless is how a search was answered that this request has begun itself, or joined.
func unless(joined bool, how Answer) Answer {
	if joined {
		return Joined
	}
	return how
}

// fetch looks in storage, and keeps what it finds. What is damaged is removed, and the
// error is errDamaged then: it is to be drawn again.
func (all *pictures) fetch(ctx context.Context, id spec.ID, format spec.FileFormat) (*picture, error) {
	image := all.deps.Ledger.Image(id, format)
	p, err := read(ctx, image, format)
	if errors.Is(err, storage.ErrDamaged) { // or it was on the way here
		p, err = read(ctx, image, format)
	}
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return nil, nil //nolint:nilnil // not there is an answer, not an error
	case errors.Is(err, storage.ErrDamaged):
		return nil, all.drop(ctx, image, err)
	case err != nil:
		return nil, fmt.Errorf("read picture %s: %w", id, err)
	}
	if all.cache != nil && p.data != nil {
		all.cache.Set(id, p)
	}
	return p, nil
}

// storedFor is stored, for a request that may want less than all of the picture.
func (all *pictures) storedFor(ctx context.Context, r *http.Request, id spec.ID, format spec.FileFormat) (p *picture, how Answer, err error) {
	if wantsLess(r) {
		p, how, err = all.described(ctx, id, format)
	}
	if p != nil || err != nil {
		return p, how, err
	}
	return all.stored(ctx, id, format)
}

// described finds a large picture in storage without reading it, for a request that wants less than all of it; nil if the
// picture is in memory, small, or not there.
func (all *pictures) described(ctx context.Context, id spec.ID, format spec.FileFormat) (*picture, Answer, error) {
	if all.kept(id) != nil {
		return nil, "", nil
	}
	p, joined, err := all.share(ctx, "described:"+string(id), func(ctx context.Context) (*picture, error) {
		stored, there, err := all.deps.Ledger.Image(id, format).Find(ctx)
		if err != nil || !there || stored.Size <= smallImage {
			return nil, err
		}
		return newPicture(stored, format), nil
	})
	return p, unless(joined, FromStorage), err
}

// newPicture is a stored picture whose bytes are not in memory.
func newPicture(stored ledger.Stored, format spec.FileFormat) *picture {
	return &picture{stored: stored, mediaType: []string{format.MediaType()}, length: []string{strconv.FormatInt(stored.Size, 10)}}
}

// read reads a picture, whole if it is small.
func read(ctx context.Context, image ledger.Object, format spec.FileFormat) (*picture, error) {
	body, stored, err := image.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	p := newPicture(stored, format)
	if stored.Size > smallImage {
		return p, nil
	}
	p.data = make([]byte, stored.Size)
	_, err = io.ReadFull(body, p.data)
	return p, err
}

// drop removes a picture that is damaged. It returns errDamaged.
func (all *pictures) drop(ctx context.Context, image ledger.Object, damage error) error {
	all.deps.Log.LogAttrs(ctx, slog.LevelError, "damaged picture removed", slog.String("key", image.String()), slog.Any("err", damage))
	if err := all.deps.Ledger.Discard(ctx, image); err != nil {
		return err
	}
	return errDamaged
}

// recheck looks whether a picture that did not come whole is damaged, and if so
// removes it.
func (all *pictures) recheck(ctx context.Context, image ledger.Object) error {
	_, there, err := image.FindWhole(ctx)
	if there || err != nil {
		return err
	}
	return all.drop(ctx, image, errors.New("it was read twice"))
}

// await has a picture drawn and waits for it.
func (all *pictures) await(ctx context.Context, asked *target) (*picture, Answer, error) {
	all.deps.Observer.Waiting(1)
	defer all.deps.Observer.Waiting(-1)
	ctx, cancel := context.WithTimeoutCause(ctx, all.limit, errWaited)
	defer cancel()
	for {
		p, joined, err := all.share(ctx, "draw:"+string(asked.id), func(ctx context.Context) (*picture, error) {
			return all.order(ctx, job.ImageTask(asked.spec, job.Interactive))
		})
		// If the search had begun before this request, its time may be up and ours not.
		if end, _ := ctx.Deadline(); !errors.Is(err, errWaited) || !time.Now().Before(end) {
			return p, unless(joined, Drawn), err
		}
	}
}

// order queues the task and waits for its picture. It listens before it
// queues, and looks again after: whenever the picture is stored, either the
// look or the notice tells. If everybody leaves who waits, the task is withdrawn.
func (all *pictures) order(ctx context.Context, t job.Task) (*picture, error) {
	notices, unsubscribe := all.deps.Notices.Subscribe(t.ID)
	defer unsubscribe()
	if err := all.deps.Tasks.Room(ctx, t.Lane); err != nil {
		return nil, err
	}
	defer func() {
		if errors.Is(context.Cause(ctx), errAbandoned) {
			all.withdraw(context.WithoutCancel(ctx), t)
		}
	}()
	if err := all.deps.Tasks.Enqueue(ctx, t); err != nil {
		return nil, err
	}
	p, err := all.watch(ctx, t, notices)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx) // wherever the end of the wait was met
	}
	return p, err
}

// watch returns the picture of a task that is queued as soon as it is there.
func (all *pictures) watch(ctx context.Context, t job.Task, notices <-chan job.Notice) (*picture, error) {
	tick := time.NewTicker(recheck)
	defer tick.Stop()
	var heard job.Notice
	for {
		p, err := all.fetch(ctx, t.ID, t.Spec.Format)
		if p != nil || err != nil && !errors.Is(err, errDamaged) {
			return all.signed(t.ID, p, heard.Drawn), err
		}
		if heard, err = all.listen(ctx, t, notices, tick.C); err != nil {
			return nil, err
		}
	}
}

// signed is a picture that says how it was drawn, which is kept so.
func (all *pictures) signed(id spec.ID, p *picture, by job.Drawn) *picture {
	if p == nil || by.Worker == "" {
		return p
	}
	signed := *p
	signed.drawn = serverTiming(by)
	if all.cache != nil && p.data != nil {
		all.cache.Set(id, &signed)
	}
	return &signed
}

// withdraw takes a task out of the queue that no worker has begun. Others may wait for the picture at other processes: they
// hear it, and queue the task again.
func (all *pictures) withdraw(ctx context.Context, t job.Task) {
	err := hint(ctx, func(ctx context.Context) error {
		withdrawn, err := all.deps.Tasks.Withdraw(ctx, t)
		if !withdrawn || err != nil {
			return err
		}
		return all.deps.Notices.Publish(ctx, job.Notice{ID: t.ID, State: job.Canceled})
	})
	if err != nil { // it is drawn for nobody
		all.deps.Log.LogAttrs(ctx, slog.LevelWarn, "task not withdrawn", slog.String("id", string(t.ID)), slog.Any("err", err))
	}
}

// listen returns when the picture of t may be stored, with the notice that says so. It fails when there will
// be none, and when ctx ends.
func (all *pictures) listen(ctx context.Context, t job.Task, notices <-chan job.Notice, tick <-chan time.Time) (n job.Notice, err error) {
	for {
		select {
		case <-ctx.Done():
			return n, context.Cause(ctx)
		case n = <-notices:
			switch n.State {
			case job.Queued:
				if n.Error != "" {
					return n, fmt.Errorf("%w: %s", errStalled, n.Error)
				}
			case job.Running: // on its way
			case job.Failed:
				return n, fmt.Errorf("%w: %s", errFailed, n.Error)
			case job.Done, "": // there, perhaps; or a notice may have been missed
				return n, nil
			case job.Canceled: // or withdrawn by another process, for which nobody waits there
				return n, all.revive(ctx, t)
			}
		case <-tick:
			return job.Notice{}, all.revive(ctx, t)
		}
	}
}

// revive has a task queued again if it was lost.
func (all *pictures) revive(ctx context.Context, t job.Task) error {
	err := all.deps.Tasks.Revive(ctx, t)
	if errors.Is(err, job.ErrUnavailable) {
		return nil // Redis may come back while there is time
	}
	return err
}
