package worker

import (
	"context"
	"log/slog"
	"time"

	"mandelfarm/internal/logging"
	"mandelfarm/renderer/panics"
)

// What is done in turns.
const (
	turnReconcile = "reconcile"
	turnSweep     = "sweep"
	turnTell      = "tell"
)

// Turns lists what one worker at a time does for the farm.
func Turns() []string { return []string{turnReconcile, turnSweep, turnTell} }

// attempts is how many times in an interval a worker tries to have the turn. The lock
// of the last turn runs out just after the interval's end, so a worker that tried
// only then would miss every second turn.
const attempts = 4

// takeTurns does something every interval until ctx ends, if it is this worker
// that has the turn.
func (w *Worker) takeTurns(ctx context.Context, name string, interval time.Duration, do func(context.Context) error) {
	tick := time.NewTicker(max(interval/attempts, 1))
	defer tick.Stop()
	for {
		if err := w.takeTurn(ctx, name, interval, do); err != nil {
			logging.Panic(ctx, w.deps.Log, err, slog.String("turn", name))
			if ctx.Err() == nil {
				w.deps.Log.LogAttrs(ctx, slog.LevelWarn, "turn not completed", slog.String("turn", name), slog.Any("err", err))
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// takeTurn does something if it is this worker's turn.
func (w *Worker) takeTurn(ctx context.Context, name string, interval time.Duration, do func(context.Context) error) (err error) {
	defer panics.Recover(&err)
	mine, err := w.deps.Locks.Lock(ctx, name, interval)
	if err != nil || !mine {
		return err
	}
	start := time.Now()
	err = careful(ctx, do)
	w.deps.Observer.Turn(name, time.Since(start), err)
	return err
}

// careful makes an error of a panic.
func careful(ctx context.Context, do func(context.Context) error) (err error) {
	defer panics.Recover(&err)
	return do(ctx)
}
