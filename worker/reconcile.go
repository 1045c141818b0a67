package worker

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer/spec"
)

// looks is how many times in an interval a worker looks whether it is its turn
// to reconcile. The lock of the last turn runs out just after the interval's
// end, so a worker that looked only then would miss every second turn.
const looks = 4

// Reconcile compares, every interval until ctx ends, what the ledger owes with
// what the queue holds, and queues the difference. Of all the farm's workers
// one does so in each interval.
func (w *Worker) Reconcile(ctx context.Context, interval time.Duration) {
	w.takeTurns(ctx, "reconcile", interval, w.reconcile)
}

// takeTurns does something every interval until ctx ends, if it is this worker
// that has the turn.
func (w *Worker) takeTurns(ctx context.Context, name string, interval time.Duration, do func(context.Context) error) {
	tick := time.NewTicker(max(interval/looks, 1))
	defer tick.Stop()
	for {
		mine, err := w.farm.Lock(ctx, name, interval)
		if err == nil && mine {
			err = protect(func() error { return do(ctx) })
		}
		if err != nil && ctx.Err() == nil {
			w.log.LogAttrs(ctx, slog.LevelWarn, "turn not completed", slog.String("turn", name), slog.Any("err", err))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// closeLooks is how many jobs are looked at closely in one turn: some hundred
// requests to storage. With more of them under way, turns go round.
const closeLooks = 64

// reconcile revives what is owed. A job that cannot be read does not keep it
// from the others; a queue that cannot be reached does.
func (w *Worker) reconcile(ctx context.Context) error {
	suspects, err := w.suspects(ctx)
	if err != nil {
		return err
	}
	first, _ := slices.BinarySearchFunc(suspects, w.seen, func(m ledger.Marker, seen spec.ID) int {
		if m.ID <= seen {
			return -1
		}
		return 1
	})
	var unread []error
	for i := range min(len(suspects), closeLooks) {
		m := suspects[(first+i)%len(suspects)]
		w.seen = m.ID
		j, owed, err := w.ledger.Owed(ctx, m)
		if err != nil {
			unread = append(unread, err)
			continue
		}
		if !owed {
			continue
		}
		if err := w.resume(ctx, j); err != nil {
			return err
		}
	}
	return errors.Join(unread...)
}

// suspects are the jobs that may be owed something nobody is going to do, by ID:
// all that are marked as open but those that wait for a worker, which most do
// where there are many.
func (w *Worker) suspects(ctx context.Context) ([]ledger.Marker, error) {
	const chunk = 1000
	var marked, suspects []ledger.Marker
	sift := func() error {
		others, err := w.notWaiting(ctx, marked)
		suspects = append(suspects, others...)
		marked = marked[:0]
		return err
	}
	for m, err := range w.ledger.Markers(ctx) {
		if err != nil {
			return nil, err
		}
		if marked = append(marked, m); len(marked) < chunk {
			continue
		}
		if err := sift(); err != nil {
			return nil, err
		}
	}
	err := sift()
	slices.SortFunc(suspects, func(a, b ledger.Marker) int { return cmp.Compare(a.ID, b.ID) })
	return suspects, err
}

// notWaiting returns those of marked whose job's own task does not wait in the
// queue.
func (w *Worker) notWaiting(ctx context.Context, marked []ledger.Marker) ([]ledger.Marker, error) {
	if len(marked) == 0 {
		return nil, nil
	}
	tasks := make([]job.Task, len(marked))
	for i, m := range marked {
		tasks[i] = job.Job{ID: m.ID}.Task()
	}
	tasks, err := w.farm.NotWaiting(ctx, tasks...)
	if err != nil {
		return nil, err
	}
	suspicious := make(map[spec.ID]bool, len(tasks))
	for _, t := range tasks {
		suspicious[t.ID] = true
	}
	var others []ledger.Marker
	for _, m := range marked {
		if suspicious[m.ID] {
			others = append(others, m)
		}
	}
	return others, nil
}

// resume queues what a job that is owed lacks: its own task, or if it is planned
// its next bands. Tasks are under the ID that was promised: if it is of another
// version of the renderer, a worker of that version is to draw it.
func (w *Worker) resume(ctx context.Context, j job.Job) error {
	paused, err := w.ledger.Paused(ctx, j.ID)
	if paused || err != nil {
		return err
	}
	plan, planned, err := w.ledger.Plan(ctx, j)
	if err != nil {
		return err
	}
	if !planned {
		return w.farm.Revive(ctx, j.Task())
	}
	return w.advance(ctx, j, plan)
}
