package queue_test

import (
	"context"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"mandelfarm/job"
	"mandelfarm/queue"
)

// scaled is how much work the autoscaler of docs/deployment.md sees where there are no messages to webhooks: the sum of the
// lengths of the lists that it is told to watch. That its formula is that sum is a test of deploy/validate.
func (f *farm) scaled(t *testing.T) (work int64) {
	t.Helper()
	manifest, err := os.ReadFile("../deploy/kubernetes/components/keda/scaledobject.yaml")
	require.NoError(t, err)
	lists := regexp.MustCompile(`(?m)^ +listName: (\S+)$`).FindAllSubmatch(manifest, -1)
	require.Len(t, lists, 2*len(job.Lanes())+2)
	for _, list := range lists {
		length, err := f.rdb.LLen(t.Context(), string(list[1])).Result()
		require.NoError(t, err)
		work += length
	}
	return work
}

// loseLease takes the lease of a task away, as Redis does when it evicts.
func (f *farm) loseLease(t *testing.T, lane job.Lane, id string) {
	t.Helper()
	removed, err := f.rdb.ZRem(t.Context(), "asynq:{"+string(lane)+"}:lease", id).Result()
	require.NoError(t, err)
	require.EqualValues(t, 1, removed)
}

// exorcise has ghosts removed until condition holds.
func exorcise(t *testing.T, q *queue.Queue, what string, condition func() bool) {
	t.Helper()
	require.Eventually(t, func() bool {
		require.NoError(t, q.RemoveGhosts(t.Context()))
		return condition()
	}, testTimeout, 20*time.Millisecond, what)
}

// ghostsAreRemoved: of a worker that died and whose lease is lost, in each lane, and of a task that is lost but for
// its lease. What they were to do is had by queueing it again.
func ghostsAreRemoved(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	lost := make([]job.Task, 0, len(job.Lanes()))
	for _, lane := range job.Lanes() {
		ghost := task(t, 1, lane)
		enqueue(t, q, ghost)
		f.abandon(t, lane, 4*time.Second)
		f.loseLease(t, lane, ghost.Name())
		lost = append(lost, ghost)
	}
	bodiless := task(t, 2, job.Batch)
	enqueue(t, q, bodiless)
	f.abandon(t, job.Batch, 61*time.Second) // its lease ran out long enough ago
	require.NoError(t, f.rdb.Del(t.Context(), "asynq:{batch}:t:"+bodiless.Name()).Err())
	require.EqualValues(t, 4, f.scaled(t))

	exorcise(t, q, "the scaler counts nothing", func() bool { return f.scaled(t) == 0 })
	require.EqualValues(t, 4, q.Counts().Ghosts)
	for _, lane := range job.Lanes() {
		leases, err := f.rdb.Exists(t.Context(), "asynq:{"+string(lane)+"}:lease").Result()
		require.NoError(t, err)
		require.Zero(t, leases)
	}

	r := record(succeed)
	serve(t, q, time.Second, r.handle, assign(job.Interactive, soon), assign(job.Control, soon), assign(job.Batch, soon))
	for _, ghost := range append(lost, bodiless) {
		enqueue(t, q, ghost) // its ID is free
		require.Equal(t, ghost, receive(t, r.calls, "the task").task)
	}
}

// whatIsWorkedOnIsNoGhost, even if its lease is lost; nor is what a worker has just been given, what has died and asynq
// will find, and what waits anew beside a ghost of the same ID.
func whatIsWorkedOnIsNoGhost(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	release := make(chan struct{})
	r := record(func(ctx context.Context, _ int) error {
		select {
		case <-release:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
	serve(t, f.open(t), time.Second, r.handle, assign(job.Control, soon))
	leased, unleased := task(t, 1, job.Control), task(t, 2, job.Control)
	second := job.Job{ID: task(t, 3, job.Control).ID, Spec: task(t, 3, job.Control).Spec}.BandTask(7)
	second.Lane = job.Control
	enqueue(t, q, leased, unleased)
	f.abandonedOnce(t, q, second)
	for range 3 {
		receive(t, r.calls, "a delivery")
	}
	f.loseLease(t, job.Control, unleased.Name())
	f.loseLease(t, job.Control, second.Name()+".1")

	taken, dead, again := task(t, 4, job.Batch), task(t, 5, job.Batch), task(t, 6, job.Batch)
	enqueue(t, q, taken)
	f.abandon(t, job.Batch, 0)
	enqueue(t, q, dead)
	f.abandon(t, job.Batch, 61*time.Second)
	require.NoError(t, f.rdb.RPush(t.Context(), "asynq:{batch}:active", again.Name(), "a-ghost").Err())
	enqueue(t, q, again)
	require.EqualValues(t, 8, f.scaled(t))

	exorcise(t, q, "the two ghosts are gone", func() bool { return q.Counts().Ghosts == 2 })
	f.requireCount(t, job.Batch, 1, 2, 0)
	f.requireCount(t, job.Control, 0, 3, 0)
	state, err := f.rdb.HGet(t.Context(), "asynq:{batch}:t:"+again.Name(), "state").Result()
	require.NoError(t, err)
	require.Equal(t, "pending", state)

	close(release)
	eventually(t, "the tasks are done", func() bool {
		_, active, _ := f.count(t, job.Control)
		return active == 0
	})
	nothing(t, r.calls, soon, "a task was delivered twice")
}

// abandonedOnce queues a task whose first worker has died, and of which nothing else is left.
func (f *farm) abandonedOnce(t *testing.T, q *queue.Queue, abandoned job.Task) {
	t.Helper()
	require.NoError(t, f.rdb.HSet(t.Context(), "asynq:{control}:t:"+abandoned.Name(), "state", "active").Err())
	require.NoError(t, q.Revive(t.Context(), abandoned))
	require.NoError(t, f.rdb.Del(t.Context(), "asynq:{control}:t:"+abandoned.Name()).Err())
	_, err := f.rdb.ZScore(t.Context(), "asynq:{control}:lease", abandoned.Name()).Result()
	require.ErrorIs(t, err, redis.Nil)
}
