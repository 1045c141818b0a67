package worker

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"mandelfarm/job"
)

// looks is how many times in an interval a worker looks whether it is its turn
// to reconcile. The lock of the last turn runs out just after the interval's
// end, so a worker that looked only then would miss every second turn.
const looks = 4

// Reconcile compares, every interval until ctx ends, what the ledger owes with
// what the queue holds, and queues the difference. Of all the farm's workers
// one does so in each interval.
func (w *Worker) Reconcile(ctx context.Context, interval time.Duration) {
	tick := time.NewTicker(max(interval/looks, 1))
	defer tick.Stop()
	for {
		mine, err := w.queue.Lock(ctx, "reconcile", interval)
		if err == nil && mine {
			err = w.reconcile(ctx)
		}
		if err != nil && ctx.Err() == nil {
			w.log.LogAttrs(ctx, slog.LevelWarn, "not reconciled", slog.Any("err", err))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// reconcile revives what is owed. A job that cannot be read does not keep it
// from the others; a queue that cannot be reached does.
func (w *Worker) reconcile(ctx context.Context) error {
	var unread []error
	for owed, err := range w.ledger.Open(ctx) {
		if err != nil {
			unread = append(unread, err)
			continue
		}
		// Under the ID that was promised: if it is of another version of the
		// renderer, a worker of that version is to draw it.
		t := job.Task{Kind: job.KindImage, Lane: job.Batch, ID: owed.ID, Spec: owed.Spec}
		if err := w.queue.Revive(ctx, t); err != nil {
			return err
		}
	}
	return errors.Join(unread...)
}
