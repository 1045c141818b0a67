package worker_test

import (
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/storage"
	"mandelfarm/worker"
)

// stuckStore takes no band.
type stuckStore struct{ storage.Store }

func (s stuckStore) Put(ctx context.Context, key, contentType string, r io.Reader) error {
	if !strings.Contains(key, "/bands/") {
		return s.Store.Put(ctx, key, contentType, r)
	}
	<-ctx.Done()
	return &storage.Error{Op: "put", Key: key, Err: ctx.Err()}
}

// TestAWorkerGivesWay when another has stored the band that it draws: one that was given it as the second at once, and
// the first when its band is overdue.
func TestAWorkerGivesWay(t *testing.T) {
	t.Parallel()
	for after, again := range map[time.Duration]bool{time.Second: true, 2 * time.Second: false} {
		synctest.Test(t, func(t *testing.T) {
			b := newBundle(t)
			j, _ := large(t, b, 3)
			stuck := worker.New(worker.Config{Band: time.Second, Threads: 1},
				dependencies(t, ledger.New(stuckStore{b.store.Store}, ledger.Options{}), b.queue))
			task, start, done := j.BandTask(1), time.Now(), make(chan error, 1)
			task.Again = again
			go func() { done <- stuck.Handle(t.Context(), task, last()) }()
			synctest.Wait()
			drawBands(t, b, j, 1)
			require.NoError(t, <-done)
			require.Equal(t, after, time.Since(start))
			requireState(t, b, j.Spec, job.Queued)
			require.Equal(t, map[int]bool{1: true}, b.queue.stored)
		})
	}
}

// TestASecondWorkersFailureIsNoneOfTheJob: the first one still has the band.
func TestASecondWorkersFailureIsNoneOfTheJob(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	j, _ := large(t, b, 3)
	w, _ := buggy(t, b, panicsAt("put", "/bands/"))
	require.NoError(t, w.Handle(t.Context(), j.BandTask(1).Double(), last()))
	requireState(t, b, j.Spec, job.Queued)
}

// TestIdleWorkersAreGivenOverdueBands, once all are handed out.
func TestIdleWorkersAreGivenOverdueBands(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	j, plan := large(t, b, 3)
	drawBands(t, b, j, 0)
	b.queue.idle, b.queue.drawing = 2, []job.Drawing{{Band: 2, Since: time.Now().Add(-time.Hour)}}
	require.NoError(t, b.Handle(t.Context(), j.Task(), first()))
	require.NotContains(t, b.queue.revived, j.BandTask(2).Double(), "others wait to be handed out")

	b.queue.next = len(plan.Bands)
	for range 2 {
		b.queue.revived = nil
		require.NoError(t, b.Handle(t.Context(), j.Task(), first()))
		require.Equal(t, []job.Task{j.BandTask(1), j.BandTask(2), j.BandTask(2).Double()}, b.queue.revived)
	}
	require.Len(t, b.queue.doubles, 1)
}
