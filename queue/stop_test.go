package queue_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
	"mandelfarm/job"
)

// onRedis is a farm on a real server.
func onRedis(tb testing.TB) *farm {
	tb.Helper()
	return farmAt(tb, testenv.Redis(tb).URL())
}

func softStopWaits(t *testing.T, f *farm) {
	t.Helper()
	q, other := f.open(t), f.open(t)
	release := make(chan struct{})
	ends := make(chan error, 1)
	r := record(func(ctx context.Context, _ int) error {
		<-release
		ends <- ctx.Err()
		return nil
	})
	stop := serve(t, q, time.Minute, r.handle, assign(job.Batch, soon))
	enqueue(t, q, task(t, 1, job.Batch))
	receive(t, r.calls, "the task under way")
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		stop()
	}()
	nothing(t, stopped, soon, "stopped before the task is done")
	enqueue(t, other, task(t, 2, job.Batch))
	nothing(t, r.calls, 2*soon, "a task that was taken while stopping")
	close(release)
	require.NoError(t, receive(t, ends, "the end of the task"))
	receive(t, stopped, "the end")
	f.requireCount(t, job.Batch, 1, 0, 0)
}

// hardStopHandsBack: the task is another worker's at once, though that worker
// looks by itself in ten minutes only, and it is the same try. The handler has
// ended before, so that its claim is not in the way of who is faster.
func hardStopHandsBack(t *testing.T, f *farm) {
	t.Helper()
	first, second := f.open(t), f.open(t)
	hearing(t, second)
	early := make(chan int64, 1)
	r := record(func(ctx context.Context, _ int) error {
		<-ctx.Done()
		early <- f.rdb.LLen(context.WithoutCancel(ctx), "asynq:{batch}:pending").Val()
		return context.Cause(ctx)
	})
	stop := serve(t, first, soon, r.handle, assign(job.Batch, soon))
	want := task(t, 1, job.Batch)
	enqueue(t, first, want)
	receive(t, r.calls, "the first delivery")
	next := record(succeed)
	serve(t, second, time.Second, next.handle, assign(job.Batch, never))
	began := time.Now()
	stop()
	require.Zero(t, receive(t, early, "the end of the handler"), "tasks handed back before")
	d := receive(t, next.calls, "the delivery to the other")
	require.Equal(t, want, d.task)
	require.Equal(t, 1, d.Try)
	require.Less(t, time.Since(began), 2*time.Second)
}

// serveReturnsAfterItsHandlers, even those that are slow to obey.
func serveReturnsAfterItsHandlers(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	var returned atomic.Bool
	release := make(chan struct{})
	r := record(func(ctx context.Context, _ int) error {
		<-ctx.Done()
		<-release
		returned.Store(true)
		return context.Cause(ctx)
	})
	stop := serve(t, q, time.Millisecond, r.handle, assign(job.Interactive, soon))
	enqueue(t, q, task(t, 1, job.Interactive))
	receive(t, r.calls, "the delivery")
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		stop()
	}()
	eventually(t, "the task is handed back", func() bool {
		pending, _, _ := f.count(t, job.Interactive)
		return pending == 1
	})
	nothing(t, stopped, soon, "stopped before the handler has returned")
	close(release)
	receive(t, stopped, "the end")
	require.True(t, returned.Load())
}

// TestStopWithoutRedis ends in reasonable time, whatever Redis does.
func TestStopWithoutRedis(t *testing.T) {
	t.Parallel()
	server := testenv.Redis(t)
	f := &farm{url: server.URL()}
	q := f.open(t)
	r := record(untilStopped)
	stop := serve(t, q, soon, r.handle, assign(job.Interactive, soon), assign(job.Batch, soon))
	enqueue(t, q, task(t, 1, job.Batch))
	receive(t, r.calls, "the delivery")
	server.Kill()
	began := time.Now()
	stop()
	require.Less(t, time.Since(began), 10*time.Second)
}
