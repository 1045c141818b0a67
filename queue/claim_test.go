package queue_test

import (
	"context"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"mandelfarm/job"
	"mandelfarm/queue"
)

// oneWorkerDrawsAnImage has tasks for the same image in both lanes, and two
// processes at work on both.
func oneWorkerDrawsAnImage(t *testing.T, f *farm) {
	t.Helper()
	var now atomic.Int64
	release := make(chan struct{})
	r := record(func(context.Context, int) error {
		if now.Add(1) > 1 {
			t.Error("two workers draw the same image")
		}
		defer now.Add(-1)
		<-release
		return nil
	})
	queues := []*queue.Queue{f.open(t), f.open(t)}
	for _, q := range queues {
		serve(t, q, time.Second, r.handle, assign(job.Interactive, soon), assign(job.Batch, soon))
	}
	enqueue(t, queues[0], task(t, 1, job.Batch), task(t, 1, job.Interactive))
	first := receive(t, r.calls, "the one")
	nothing(t, r.calls, 3*soon, "the other, meanwhile")
	close(release)
	second := receive(t, r.calls, "the other")
	require.NotEqual(t, first.task.Lane, second.task.Lane)
	require.Equal(t, 1, second.Try, "waiting is no failure")
	eventually(t, "the claim is released", func() bool {
		running, err := queues[0].ProgressOf(t.Context(), first.task.ID)
		return err == nil && len(running) == 0
	})
}

func progressIsWhatTheWorkerSaid(t *testing.T, f *farm) {
	t.Helper()
	q, other := f.open(t), f.open(t)
	r := record(untilStopped)
	stop := serve(t, q, soon, r.handle, assign(job.Batch, soon))
	running, idle := task(t, 1, job.Batch), task(t, 2, job.Batch)
	enqueue(t, q, running)
	d := receive(t, r.calls, "the delivery")
	progress, err := other.ProgressOf(t.Context(), idle.ID, running.ID)
	require.NoError(t, err)
	require.Len(t, progress, 1)
	require.Equal(t, d.Progress(), progress[running.ID])

	// Whoever finds Redis empty says it again.
	require.NoError(t, f.rdb.FlushAll(t.Context()).Err())
	eventually(t, "the claim is restored", func() bool {
		progress, err = other.ProgressOf(t.Context(), running.ID)
		return err == nil && len(progress) == 1
	})
	stop()
	progress, err = other.ProgressOf(t.Context(), running.ID)
	require.NoError(t, err)
	require.Empty(t, progress)
	progress, err = other.ProgressOf(t.Context())
	require.NoError(t, err)
	require.Empty(t, progress)
}

func reviveLeavesTheLivingAlone(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	revive := func(want job.Task) {
		for range 3 {
			require.NoError(t, q.Revive(t.Context(), want))
		}
	}
	waits := task(t, 1, job.Batch)
	enqueue(t, q, waits)
	revive(waits)
	f.requireCount(t, job.Batch, 1, 0, 0)

	f.abandon(t, job.Batch, 0) // between asynq's delivery and the claim
	revive(waits)
	f.requireCount(t, job.Batch, 0, 1, 0)
	attempts := "mandelfarm:attempt:batch:" + string(waits.ID)
	require.NoError(t, f.rdb.Set(t.Context(), attempts, 3, 0).Err()) // it was queued afresh after three attempts
	revive(waits)
	f.requireCount(t, job.Batch, 0, 1, 0)
	require.NoError(t, f.rdb.FlushAll(t.Context()).Err())

	fails, runs := task(t, 2, job.Batch), task(t, 3, job.Batch)
	r := record(func(ctx context.Context, n int) error {
		if n == 1 {
			return errHandler
		}
		return untilStopped(ctx, n)
	})
	stop := serve(t, q, soon, r.handle, assign(job.Batch, never))
	enqueue(t, q, fails)
	receive(t, r.calls, "the failure")
	eventually(t, "it waits for its second try", func() bool {
		_, _, retry := f.count(t, job.Batch)
		return retry == 1
	})
	revive(fails)
	f.requireCount(t, job.Batch, 0, 0, 1)
	enqueue(t, q, runs)
	for receive(t, r.calls, "the one that runs").task.ID != runs.ID {
		continue // the retry may come first
	}
	f.age(t, job.Batch, string(runs.ID), 4*time.Second) // asynq extends a lease every five seconds
	revive(runs)
	stop()
	pending, active, retry := f.count(t, job.Batch)
	require.Equal(t, int64(2), pending+active+retry)
}

func reviveQueuesWhatWasFlushed(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	lost := task(t, 1, job.Batch)
	enqueue(t, q, lost)
	require.NoError(t, f.rdb.FlushAll(t.Context()).Err())
	r := record(succeed)
	serve(t, q, time.Second, r.handle, assign(job.Batch, never))
	require.NoError(t, q.Revive(t.Context(), lost))
	require.Equal(t, lost, receive(t, r.calls, "the task").task)
}

// wrongClocksHoldUpNothing: neither the task of a worker that has died and whose clock was minutes ahead, nor what it has put off.
func wrongClocksHoldUpNothing(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	for _, off := range []time.Duration{-4 * time.Minute, 4 * time.Minute} {
		lost := task(t, 1, job.Batch)
		enqueue(t, q, lost)
		f.abandon(t, job.Batch, off)
		require.NoError(t, q.Revive(t.Context(), lost))
		f.requireCount(t, job.Batch, 1, 1, 0)
		require.NoError(t, f.rdb.FlushAll(t.Context()).Err())
	}

	const retries = "asynq:{batch}:retry"
	off, soonEnough := task(t, 3, job.Batch), task(t, 4, job.Batch)
	for of, in := range map[string]time.Duration{off.Name(): 4 * time.Minute, soonEnough.Name(): time.Minute} {
		require.NoError(t, f.rdb.ZAdd(t.Context(), retries, redis.Z{Member: of, Score: float64(time.Now().Add(in).Unix())}).Err())
	}
	enqueue(t, q, task(t, 5, job.Batch)) // or there is no lane
	require.NoError(t, q.RemoveGhosts(t.Context()))
	due, err := f.rdb.ZRangeByScore(t.Context(), retries, &redis.ZRangeBy{Min: "-inf", Max: strconv.FormatInt(time.Now().Add(30*time.Second).Unix(), 10)}).Result()
	require.NoError(t, err)
	require.Equal(t, []string{off.Name()}, due)
}

// reviveNumbersTheAttempts kills one worker after the other.
func reviveNumbersTheAttempts(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	lost := task(t, 1, job.Batch)
	enqueue(t, q, lost)
	for dead := range int64(3) {
		f.abandon(t, job.Batch, 4*time.Second)
		enqueue(t, q, lost)
		require.NoError(t, q.Revive(t.Context(), lost))
		require.NoError(t, q.Revive(t.Context(), lost), "once more")
		f.requireCount(t, job.Batch, 1, dead+1, 0)
	}
	r := record(succeed)
	stop := serve(t, q, time.Second, r.handle, assign(job.Batch, soon))
	require.Equal(t, 3, receive(t, r.calls, "the fourth attempt").Deaths)
	stop()
	exists, err := f.rdb.Exists(t.Context(), "mandelfarm:attempt:batch:"+string(lost.ID)).Result()
	require.NoError(t, err)
	require.Zero(t, exists, "it has come to an end, and is counted anew")

	// Redis comes back empty, but for a dead worker's task: the lane's name is gone.
	require.NoError(t, f.rdb.FlushAll(t.Context()).Err())
	enqueue(t, q, lost)
	f.abandon(t, job.Batch, 4*time.Second)
	require.NoError(t, f.rdb.Del(t.Context(), "asynq:queues").Err())
	require.NoError(t, q.Revive(t.Context(), lost))
	f.requireCount(t, job.Batch, 1, 1, 0)
}

// killedWorkersAreFoundOut kills a process that draws (SIGKILL). Another has its
// task within ten seconds, with a reconciler that looks every two.
func killedWorkersAreFoundOut(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	lost := task(t, 1, job.Batch)
	enqueue(t, q, lost)
	victim := startWorker(t, f)
	require.NoError(t, q.Revive(t.Context(), lost))
	f.requireCount(t, job.Batch, 0, 1, 0)

	victim.Kill()
	killed := time.Now()
	r := record(succeed)
	serve(t, q, time.Second, r.handle, assign(job.Batch, never))
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	for {
		select {
		case d := <-r.calls:
			require.Equal(t, lost, d.task)
			require.Less(t, time.Since(killed), 10*time.Second)
			return
		case <-tick.C:
			require.NoError(t, q.Revive(t.Context(), lost))
			require.Less(t, time.Since(killed), testTimeout)
		}
	}
}

// longTasksKeepTheirLease waits until asynq has extended one: that is what lets
// a task take longer than a lease.
func longTasksKeepTheirLease(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	r := record(untilStopped)
	serve(t, q, 0, r.handle, assign(job.Batch, soon))
	long := task(t, 1, job.Batch)
	enqueue(t, q, long)
	receive(t, r.calls, "the delivery")
	end := func() float64 {
		score, err := f.rdb.ZScore(t.Context(), "asynq:{batch}:lease", string(long.ID)).Result()
		require.NoError(t, err)
		return score
	}
	first := end()
	eventually(t, "the lease is extended", func() bool { return end() > first })
}
