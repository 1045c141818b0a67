package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"mandelfarm/internal/logging"
	"mandelfarm/job"
	"mandelfarm/renderer/panics"
	"mandelfarm/renderer/spec"
)

const (
	// feedGap is the least time between two events of a stream, and between two
	// readings of a job that answer notices: those that come faster share one.
	feedGap = 100 * time.Millisecond
	// A job of which no notice comes is read anyhow, in case one was lost: soon
	// after it has changed, and ever more rarely while it does not.
	rereadSoon   = 5 * time.Second
	rereadRarely = 30 * time.Second
)

// feed reads the jobs that event streams are about, when there is word of them.
// However many streams of this process are about a job, it is read once for
// all, by a goroutine that lives while there is a stream.
type feed struct {
	ctx     context.Context //nolint:containedctx // ends all streams; a reading serves several requests
	read    func(context.Context, spec.ID) (job.Status, error)
	notices Notices
	log     *slog.Logger
	ongoing *sync.WaitGroup

	mu     sync.Mutex
	topics map[spec.ID]*topic
}

// topic is a job that somebody watches.
type topic struct {
	viewers map[*viewer]struct{} // guarded by the feed's mutex
	joined  chan struct{}        // capacity 1: somebody is waiting for a first update
	end     context.CancelFunc
}

// viewer is one stream.
type viewer struct {
	updates chan update // capacity 1: the newest that was not taken
	last    string      // tag of the last update offered; the topic's goroutine's own
}

// update is what one reading of a job gave. Viewers share it.
type update struct {
	state job.State
	tag   string // equal for equal statuses, whichever process read them
	data  []byte // the status in JSON
	err   error  // there is no status; only a viewer's first update may be one
}

func newFeed(ctx context.Context, deps Dependencies, ongoing *sync.WaitGroup,
	read func(context.Context, spec.ID) (job.Status, error),
) *feed {
	return &feed{ctx: ctx, read: read, notices: deps.Notices, log: deps.Log, ongoing: ongoing, topics: make(map[spec.ID]*topic)}
}

// join returns a channel of updates about a job, and its end. The first comes
// from a reading that began after join was called, the others when the status
// has changed. One that is not taken in time is replaced by the next.
func (f *feed) join(id spec.ID) (<-chan update, func()) {
	v := &viewer{updates: make(chan update, 1)}
	f.mu.Lock()
	defer f.mu.Unlock()
	t := f.topics[id]
	if t == nil {
		ctx, end := context.WithCancel(f.ctx)
		t = &topic{viewers: make(map[*viewer]struct{}), joined: make(chan struct{}, 1), end: end}
		f.topics[id] = t
		f.ongoing.Go(func() { f.follow(ctx, id, t) })
	}
	t.viewers[v] = struct{}{}
	select {
	case t.joined <- struct{}{}:
	default: // the reading that is due will do
	}
	return v.updates, func() { f.leave(id, t, v) }
}

func (f *feed) leave(id spec.ID, t *topic, v *viewer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if delete(t.viewers, v); len(t.viewers) == 0 {
		t.end()
		delete(f.topics, id)
	}
}

// present are the viewers that a reading which begins now is for.
func (f *feed) present(t *topic) []*viewer {
	f.mu.Lock()
	defer f.mu.Unlock()
	viewers := make([]*viewer, 0, len(t.viewers))
	for v := range t.viewers {
		viewers = append(viewers, v)
	}
	return viewers
}

// follow reads a job whenever it may have changed, until ctx ends.
func (f *feed) follow(ctx context.Context, id spec.ID, t *topic) {
	notices, unsubscribe := f.notices.Subscribe(id)
	defer unsubscribe()
	heard := notices // nil for feedGap after a reading
	pause, last := rereadSoon, ""
	gap, reread := time.NewTimer(feedGap), time.NewTimer(pause)
	defer gap.Stop()
	defer reread.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-gap.C:
			heard = notices
			continue
		case <-t.joined:
		case <-heard:
		case <-reread.C:
			pause = min(2*pause, rereadRarely)
		}
		viewers := f.present(t)
		u := f.readUpdate(ctx, id)
		if u.tag != last {
			pause, last = rereadSoon, u.tag
		}
		for _, v := range viewers {
			v.offer(u)
		}
		heard = nil
		gap.Reset(feedGap)
		reread.Reset(pause)
	}
}

// readUpdate reads a job.
func (f *feed) readUpdate(ctx context.Context, id spec.ID) (u update) {
	defer func() { logging.Panic(ctx, f.log, u.err, slog.String("id", string(id))) }()
	defer panics.Recover(&u.err)
	st, err := f.read(ctx, id)
	if err != nil {
		return update{err: err}
	}
	data, err := json.Marshal(st)
	hash := sha256.Sum256(data)
	return update{state: st.State, tag: hex.EncodeToString(hash[:8]), data: data, err: err}
}

// offer puts an update in the place of one that was not taken, unless it says
// nothing new. A reading that failed is of interest only to those who know
// nothing yet: for the others there will be another.
func (v *viewer) offer(u update) {
	if v.last != "" && (u.err != nil || u.tag == v.last) {
		return
	}
	v.last = u.tag
	select {
	case <-v.updates:
	default:
	}
	v.updates <- u // only this goroutine sends
}
