package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// handBack is what becomes of a task for a worker of another version: it is handed back, so that one takes it. Its job fails
// when there has been none for so long that none is to be expected; reason says what keeps this worker from it.
func (w *Worker) handBack(ctx context.Context, t job.Task, d job.Delivery, reason error) (Outcome, error) {
	forsaken, err := w.isForsaken(ctx, t)
	if err != nil {
		return Foreign, errors.Join(reason, err)
	}
	if !forsaken {
		return Foreign, reason
	}
	p := d.Progress()
	p.State = job.Failed
	p.Error = fmt.Sprintf("it was accepted for another version of the renderer than %s, and no worker of that has been there for %s: submit it again", spec.Version, w.cfg.VersionWait)
	w.deps.Log.LogAttrs(ctx, slog.LevelError, "gave up", slog.String("task", t.Name()), slog.String("err", p.Error))
	t.Layout = 0 // its record is read
	return GaveUp, w.finish(ctx, attempt{task: t, delivery: d, err: reason}, p)
}

// isForsaken reports whether a task is of a job that waits for workers of another version, and has waited long enough. A kind
// that this worker does not know may be of a newer program, whose word on it counts.
func (w *Worker) isForsaken(ctx context.Context, t job.Task) (bool, error) {
	if w.cfg.VersionWait <= 0 || t.Lane == job.Interactive || !slices.Contains(job.Kinds(), t.Kind) {
		return false, nil
	}
	now := time.Now()
	gone, err := w.others.goneFor(ctx, now, w.cfg.VersionWait)
	if err != nil || gone < w.cfg.VersionWait {
		return false, err
	}
	st, err := w.deps.Ledger.Status(ctx, t.ID)
	if errors.Is(err, job.ErrUnknown) || errors.Is(err, job.ErrUnreadable) || errors.Is(err, job.ErrVersion) {
		return false, nil
	}
	return err == nil && now.Sub(st.AcceptedAt) >= w.cfg.VersionWait, err
}

// others are the workers of other versions of the renderer. It is safe for concurrent use.
type others struct {
	workers func(ctx context.Context) ([]job.Worker, error)

	mu            sync.Mutex
	since, looked time.Time // when none was there for the first time in a row, and for the last
}

// lookAgain is how often a process may be expected to look at least: tasks that are handed back come to any of many workers again.
const lookAgain = time.Minute

// goneFor is for how long none has been there. Who has not looked for long, which is a quarter of the time that matters, begins
// anew: one may have come and gone.
func (o *others) goneFor(ctx context.Context, now time.Time, matters time.Duration) (time.Duration, error) {
	workers, err := o.workers(ctx)
	if err != nil {
		return 0, err
	}
	there := slices.ContainsFunc(workers, func(w job.Worker) bool { return w.RendererVersion != spec.Version })
	o.mu.Lock()
	defer o.mu.Unlock()
	if there || now.Sub(o.looked) > max(lookAgain, matters/4) {
		o.since = now
	}
	o.looked = now
	return now.Sub(o.since), nil
}
