package worker

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"mandelfarm/job"
	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

// Live is where a worker says how far it is with what takes long. It may be emptied at
// any time.
type Live interface {
	// RowsDrawn notes how much of a band is drawn. What is noted of a band does not become less.
	RowsDrawn(ctx context.Context, id spec.ID, d job.Drawing) error
	// PrepassAt notes how far the prepass of a picture is, 0 to 1; it is forgotten soon unless noted again.
	PrepassAt(ctx context.Context, id spec.ID, done float64) error
}

// tellInterval is the time between two words on how far something is.
const tellInterval = time.Second

// teller lets those who look at a job see how far its tasks are. What it says is a hint: a
// word that is lost is followed by the next.
type teller struct {
	live    Live
	notices Notices
}

// whileAt calls tell every tellInterval until the returned function is called, which waits
// for the last call, and has those who watch the job look.
func (t *teller) whileAt(ctx context.Context, id spec.ID, tell func(context.Context) error) (end func()) {
	return t.every(ctx, func(ctx context.Context) {
		if tell(ctx) == nil {
			_ = t.notices.Publish(ctx, job.Notice{ID: id, State: job.Running})
		}
	})
}

// every calls do every tellInterval until the returned function is called, which waits for
// the last call.
func (t *teller) every(ctx context.Context, do func(context.Context)) (end func()) {
	ctx, stop := context.WithCancel(ctx)
	var telling sync.WaitGroup
	telling.Go(func() {
		tick := time.NewTicker(tellInterval)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				do(ctx)
			}
		}
	})
	return func() {
		stop()
		telling.Wait()
	}
}

// band has those who look at a job see how many rows of a band are drawn with the
// returned options, until end is called.
func (t *teller) band(ctx context.Context, id spec.ID, band int, opt renderer.Options) (told renderer.Options, end func()) {
	var rows atomic.Int64
	since, drawn := time.Now(), opt.Progress
	opt.Progress = func(n int, work renderer.Work) {
		rows.Add(int64(n))
		drawn(n, work)
	}
	return opt, t.whileAt(ctx, id, func(ctx context.Context) error {
		return t.live.RowsDrawn(ctx, id, job.Drawing{Band: band, Rows: int(rows.Load()), Since: since})
	})
}

// prepass has those who look at a job see how far its prepass is, as progress is told,
// until end is called.
func (t *teller) prepass(ctx context.Context, id spec.ID) (progress func(done float64), end func()) {
	var at atomic.Uint64 // as bits
	var told atomic.Bool
	stop := t.whileAt(ctx, id, func(ctx context.Context) error {
		told.Store(true)
		return t.live.PrepassAt(ctx, id, min(math.Float64frombits(at.Load()), almost))
	})
	return func(done float64) { at.Store(math.Float64bits(done)) }, func() {
		stop()
		if told.Load() {
			_ = t.live.PrepassAt(ctx, id, 1)
		}
	}
}

// almost is how far a prepass is at most while it is computed: what follows the reference
// orbit is not measured.
const almost = 0.99
