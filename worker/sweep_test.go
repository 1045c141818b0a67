package worker_test

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
	"mandelfarm/worker"
)

// sweep has a worker sweep once.
func sweep(t *testing.T, b *bundle, cfg worker.Config) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	w := worker.New(cfg, dependencies(t, b.ledger, b.queue))
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.Sweep(ctx, time.Hour)
	}()
	<-time.After(time.Minute)
	cancel()
	<-done
}

// TestSweepRemovesWhatJobsHaveLeft: of those that are done at once, of those that
// failed after a week, of those that are owed never.
func TestSweepRemovesWhatJobsHaveLeft(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for name, test := range map[string]struct {
		state job.State
		ago   time.Duration
		keep  bool
	}{
		"open":          {job.Queued, 0, true},
		"done":          {job.Done, 0, false},
		"failed":        {job.Failed, 6 * day, true},
		"long failed":   {job.Failed, 8 * day, false},
		"canceled":      {job.Canceled, 6 * day, true},
		"long canceled": {job.Canceled, 8 * day, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBundle(t)
				j, plan := large(t, b, 3)
				drawBands(t, b, j, 0, 2)
				require.NoError(t, b.ledger.Pause(t.Context(), j.ID))
				if test.state.Final() {
					_, err := b.ledger.Finish(t.Context(), j.ID, job.Progress{State: test.state, FinishedAt: time.Now().Add(-test.ago)})
					require.NoError(t, err)
				}
				sweep(t, b, worker.Config{Band: time.Second})
				bands, err := b.ledger.Bands(t.Context(), j.ID, 0)
				require.NoError(t, err)
				_, planned, err := b.ledger.Plan(t.Context(), j)
				require.NoError(t, err)
				paused, err := b.ledger.Paused(t.Context(), j.ID)
				require.NoError(t, err)
				require.Equal(t, test.keep, planned)
				require.Equal(t, test.keep, paused)
				require.Equal(t, test.keep, len(bands) == 2, "%d of %d bands", len(bands), len(plan.Bands))
			})
		})
	}
}

func TestSweepRemovesPartsOfNoJob(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBundle(t)
		id := plain(t, 5, 5).ID()
		require.NoError(t, b.ledger.Band(id, 3).Store(t.Context(), bytes.NewReader([]byte("x"))))
		sweep(t, b, worker.Config{Band: time.Second})
		bands, err := b.ledger.Bands(t.Context(), id, 0)
		require.NoError(t, err)
		require.Empty(t, bands)
	})
}

// aged is a store whose images are as old as their size in hours.
type aged struct{ storage.Store }

func (s aged) List(ctx context.Context, prefix, after string) iter.Seq2[storage.Info, error] {
	return func(yield func(storage.Info, error) bool) {
		for info, err := range s.Store.List(ctx, prefix, after) {
			info.Modified = time.Now().Add(-time.Duration(info.Size) * time.Hour)
			if !yield(info, err) {
				return
			}
		}
	}
}

// TestSweepCapsImages by age and by size, the oldest first.
func TestSweepCapsImages(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		cfg  worker.Config
		want []int // sizes left
	}{
		"no cap":       {worker.Config{}, []int{10, 20, 30, 40}},
		"age":          {worker.Config{ImagesMaxAge: 25 * time.Hour}, []int{10, 20}},
		"size":         {worker.Config{ImagesMaxBytes: 60}, []int{10, 20, 30}},
		"both":         {worker.Config{ImagesMaxAge: 35 * time.Hour, ImagesMaxBytes: 59}, []int{10, 20}},
		"room for all": {worker.Config{ImagesMaxAge: 41 * time.Hour, ImagesMaxBytes: 100}, []int{10, 20, 30, 40}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBundle(t)
				ids := make(map[int]spec.ID)
				for _, size := range []int{40, 10, 30, 20} {
					ids[size] = plain(t, size, 1).ID()
					require.NoError(t, b.ledger.Image(ids[size], spec.PNG).Store(t.Context(), bytes.NewReader(make([]byte, size))))
				}
				b.store.Store = aged{b.store.Store}
				test.cfg.Band = time.Second
				sweep(t, b, test.cfg)
				var left []int
				for _, size := range []int{10, 20, 30, 40} {
					if _, err := b.ledger.Image(ids[size], spec.PNG).Stat(t.Context()); err == nil {
						left = append(left, size)
					}
				}
				require.Equal(t, test.want, left)
			})
		})
	}
}

// TestSweepHasUploadsAborted that are a day old, whatever else fails.
func TestSweepHasUploadsAborted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBundle(t)
		var before []time.Time
		start := time.Now()
		sweep(t, b, worker.Config{Band: time.Second, Abandoned: func(_ context.Context, limit time.Time) error {
			before = append(before, limit)
			return errors.New("not today")
		}})
		require.Len(t, before, 1)
		require.WithinDuration(t, start.Add(-24*time.Hour), before[0], time.Minute)
	})
}
