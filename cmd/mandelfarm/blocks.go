package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"mandelfarm/job"
	"mandelfarm/ledger"
)

// blockWatch puts on record which workers are blocked. Any worker does so for all: the
// one that is blocked may be so because it cannot store.
type blockWatch struct {
	workers func(ctx context.Context) ([]job.Worker, error)
	ledger  *ledger.Ledger
	log     *slog.Logger

	recorded map[string]time.Time // until when, by what was recorded
}

// watchInterval is how soon it is on record that a worker is blocked.
const watchInterval = 2 * time.Second

// watch looks until ctx ends.
func (b *blockWatch) watch(ctx context.Context) {
	b.recorded = make(map[string]time.Time)
	tick := time.NewTicker(watchInterval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			b.look(ctx, time.Now())
		case <-ctx.Done():
			return
		}
	}
}

// look records the blocks that are news. What cannot be recorded is tried again, and
// if Redis cannot say there are none.
func (b *blockWatch) look(ctx context.Context, now time.Time) {
	for what, until := range b.recorded {
		if until.Before(now) {
			delete(b.recorded, what)
		}
	}
	all, err := b.workers(ctx)
	if err != nil {
		return
	}
	for _, w := range all {
		for lane, share := range w.Lanes {
			if share.BlockedUntil.After(now) {
				b.record(ctx, w.Name, lane, share)
			}
		}
	}
}

func (b *blockWatch) record(ctx context.Context, worker string, lane job.Lane, share job.Share) {
	what := fmt.Sprintf("%s %s %d", worker, lane, share.BlockedSince.UnixMilli())
	if _, known := b.recorded[what]; known {
		return
	}
	err := b.ledger.LogSeen(ctx, job.Operation{
		At: share.BlockedSince, Action: job.ActionBlock, Target: worker,
		Detail: fmt.Sprintf("lane %s until %s: %s", lane, share.BlockedUntil.Format(time.RFC3339), share.BlockedBecause),
	})
	if err != nil {
		b.log.LogAttrs(ctx, slog.LevelDebug, "block of a worker not recorded", slog.String("worker", worker), slog.Any("err", err))
		return
	}
	b.recorded[what] = share.BlockedUntil
}
