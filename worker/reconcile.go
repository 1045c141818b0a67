package worker

import (
	"context"
	"log/slog"
	"time"

	"mandelfarm/job"
)

// Reconcile compares, every interval until ctx ends, what the ledger owes with
// what the queue holds, and queues the difference. Of all the farm's workers
// one does so in each interval.
func (w *Worker) Reconcile(ctx context.Context, interval time.Duration) {
	tick := time.NewTicker(interval)
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

func (w *Worker) reconcile(ctx context.Context) error {
	for owed, err := range w.ledger.Open(ctx) {
		if err != nil {
			return err
		}
		if err := w.queue.Revive(ctx, job.ImageTask(owed.Spec, job.Batch)); err != nil {
			return err
		}
	}
	return nil
}
