package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"mandelfarm/internal/logging"
	"mandelfarm/job"
	"mandelfarm/renderer/panics"
)

// groupAtOnce is how many images of a group are drawn at a time: they wait for storage, mostly.
const groupAtOnce = 16

// group does the task of a group.
func (w *Worker) group(ctx context.Context, t job.Task, d job.Delivery) error {
	start := time.Now()
	outcome, err := w.drawGroup(ctx, t, d)
	w.deps.Observer.Task(t, d, outcome, time.Since(start))
	return err
}

// drawGroup draws all images of a group and ends it. It is for what goes well: at the first failure that is the group's own, or if a
// worker has died with it, the group is dissolved, and by the tasks of its jobs it is found out which of them is the cause.
func (w *Worker) drawGroup(ctx context.Context, t job.Task, d job.Delivery) (Outcome, error) {
	g, wanted, err := w.deps.Ledger.WantedGroup(ctx, t)
	var ends []job.Progress
	if err == nil && wanted && d.Deaths == 0 {
		if ends, err = w.drawMembers(ctx, g, d); err == nil {
			err = w.finishGroup(ctx, g, ends)
		}
	}
	switch {
	case err == nil && (!wanted || len(ends) > 0):
		return Completed, nil
	case errors.Is(ctx.Err(), context.Canceled):
		return Interrupted, fmt.Errorf("draw group %s: %w", t.ID, context.Cause(ctx))
	case outage(err):
		for _, j := range g.Jobs {
			_ = w.awaitStorage(ctx, attempt{task: j.Task(), err: err}) // which says what is returned here
		}
		return NoStorage, fmt.Errorf("%w: %w", job.ErrOutage, err)
	case !wanted:
		return Foreign, err
	}
	return w.dissolve(ctx, g, err)
}

// drawMembers draws the images of a group, and returns how each of its jobs has ended.
func (w *Worker) drawMembers(ctx context.Context, g job.Group, d job.Delivery) ([]job.Progress, error) {
	ends := make([]job.Progress, len(g.Jobs))
	var spent atomic.Int64
	drawing, ctx := errgroup.WithContext(ctx)
	drawing.SetLimit(groupAtOnce)
	for i, j := range g.Jobs {
		drawing.Go(func() (err error) {
			defer panics.Recover(&err)
			if err := j.Task().Verify(); err != nil {
				return err
			}
			size, work, err := w.drawer.draw(ctx, j.Task())
			spent.Add(int64(work.Cost))
			ends[i] = d.Progress()
			ends[i].State, ends[i].Bytes, ends[i].FinishedAt = job.Done, size, time.Now().UTC().Truncate(time.Millisecond)
			return err
		})
	}
	err := drawing.Wait()
	if err == nil {
		_ = w.deps.Shares.Settle(ctx, g.Job(), time.Duration(spent.Load()).Seconds()-g.Estimate()) // or what its client is charged stays the estimate
	}
	return ends, err
}

// finishGroup records that all jobs of a group are done, and announces it, unless the group has been dissolved: then each of them finds its image.
func (w *Worker) finishGroup(ctx context.Context, g job.Group, ends []job.Progress) error {
	stands, err := w.deps.Ledger.FinishGroup(ctx, g, ends)
	if err != nil || !stands {
		return err
	}
	var telling errgroup.Group
	telling.SetLimit(groupAtOnce)
	for _, j := range g.Jobs {
		w.deps.Observer.Ended(job.Done)
		telling.Go(func() error {
			w.announce(ctx, job.Notice{ID: j.ID, State: job.Done})
			return nil
		})
	}
	return telling.Wait()
}

// dissolve has each job of a group be done by a task of its own, which the reconciler submits.
func (w *Worker) dissolve(ctx context.Context, g job.Group, reason error) (Outcome, error) {
	logging.Panic(ctx, w.deps.Log, reason, slog.String("group", string(g.ID)))
	w.deps.Log.LogAttrs(ctx, slog.LevelWarn, "group dissolved", slog.String("group", string(g.ID)), slog.Any("err", reason))
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), recordLimit)
		defer cancel()
	}
	if err := w.deps.Ledger.DissolveGroup(ctx, g); err != nil {
		return Repeated, err
	}
	return Completed, nil
}
