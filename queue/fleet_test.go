package queue_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/job"
	"mandelfarm/queue"
)

// workers are those that a process sees.
func workers(t *testing.T, q *queue.Queue) []job.Worker {
	t.Helper()
	all, err := q.Workers(t.Context())
	require.NoError(t, err)
	return all
}

// only waits for a list of one worker that is as it should be.
func only(t *testing.T, q *queue.Queue, what string, check func(job.Worker) bool) (found job.Worker) {
	t.Helper()
	eventually(t, what, func() bool {
		all := workers(t, q)
		if len(all) == 1 && check(all[0]) {
			found = all[0]
			return true
		}
		return false
	})
	return found
}

func workersSayWhatTheyAreAt(t *testing.T, f *farm) {
	t.Helper()
	q, viewer, finish := f.open(t), f.open(t), make(chan struct{})
	q.Introduce(func() job.Worker { return job.Worker{Version: "v1.2.3", Cores: 7} })
	began := time.Now()
	stop := serve(t, q, time.Second, func(context.Context, job.Task, job.Delivery) error {
		<-finish
		return nil
	}, assign(job.Batch, soon))
	band := task(t, 1, job.Batch).Job().BandTask(3)
	enqueue(t, q, band)
	w := only(t, viewer, "the worker has the task", func(w job.Worker) bool { return len(w.Tasks) == 1 })
	require.Equal(t, "v1.2.3", w.Version)
	require.Equal(t, 7, w.Cores)
	require.NotEmpty(t, w.Host)
	require.Contains(t, w.Name, w.Host)
	require.False(t, w.Draining)
	require.WithinDuration(t, began, w.Since, testTimeout)
	require.Equal(t, map[job.Lane]job.Share{job.Batch: {Slots: 4}}, w.Lanes)
	hold := w.Tasks[0]
	require.WithinDuration(t, began, hold.Since, testTimeout)
	hold.Since = time.Time{}
	require.Equal(t, job.Hold{Task: band.Name(), Kind: job.KindBand, Lane: job.Batch, Job: band.ID, Band: 3, Try: 1}, hold)
	close(finish)
	only(t, viewer, "the task is done", func(w job.Worker) bool { return len(w.Tasks) == 0 && w.Lanes[job.Batch].Done == 1 })
	stop()
	require.Empty(t, workers(t, viewer), "who has stopped is gone at once")
}

func drainingWorkersTakeNothingMore(t *testing.T, f *farm) {
	t.Helper()
	q, viewer, finish := f.open(t), f.open(t), make(chan struct{})
	calls := record(func(context.Context, int) error {
		<-finish
		return nil
	})
	serve(t, q, time.Second, calls.handle, assign(job.Batch, soon))
	enqueue(t, q, task(t, 1, job.Batch))
	receive(t, calls.calls, "the first task")
	w := only(t, viewer, "the worker is there", func(job.Worker) bool { return true })
	require.ErrorIs(t, viewer.Drain(t.Context(), "nobody"), job.ErrNoWorker)
	require.NoError(t, viewer.Drain(t.Context(), w.Name))
	w = only(t, viewer, "it drains", func(w job.Worker) bool { return w.Draining })
	require.Len(t, w.Tasks, 1, "it still has what it had")
	require.False(t, w.Takes(job.Batch, time.Now()))
	slots, err := viewer.Slots(t.Context(), "")
	require.NoError(t, err)
	require.Zero(t, slots)

	enqueue(t, viewer, task(t, 2, job.Batch), task(t, 3, job.Batch))
	close(finish)
	only(t, viewer, "it finishes what it had", func(w job.Worker) bool { return len(w.Tasks) == 0 })
	nothing(t, calls.calls, 5*soon, "a task for a worker that drains")
	f.requireCount(t, job.Batch, 2, 0, 0)
	require.NotEmpty(t, workers(t, viewer), "it stays in the list until it is stopped")

	other := record(succeed)
	serve(t, viewer, time.Second, other.handle, assign(job.Batch, soon))
	receive(t, other.calls, "a task")
	receive(t, other.calls, "the other")
}

func workersThatStopSayThatTheyDrain(t *testing.T, f *farm) {
	t.Helper()
	q, viewer := f.open(t), f.open(t)
	calls := record(untilStopped)
	enqueue(t, q, task(t, 1, job.Batch))
	stop := serve(t, q, 4*time.Second, calls.handle, assign(job.Batch, soon))
	receive(t, calls.calls, "the task")
	stopped := make(chan struct{})
	go func() {
		stop()
		close(stopped)
	}()
	only(t, viewer, "it drains while it has its grace", func(w job.Worker) bool { return w.Draining && len(w.Tasks) == 1 })
	receive(t, stopped, "its end")
	require.Empty(t, workers(t, viewer))
}

func workersAtWhichAllFailsAreBlocked(t *testing.T, f *farm) {
	t.Helper()
	sick, sound := f.open(t), f.open(t)
	failing, done := record(func(context.Context, int) error { return errHandler }), record(succeed)
	serve(t, sick, time.Second, failing.handle, assign(job.Batch, soon), assign(job.Control, soon))
	for n := range 5 {
		enqueue(t, sick, task(t, n+1, job.Batch))
		receive(t, failing.calls, "a failure")
	}
	w := only(t, sick, "it is there", func(job.Worker) bool { return true })
	require.True(t, w.Takes(job.Batch, time.Now()), "as long as nobody does better nobody is blocked")

	serve(t, sound, time.Second, done.handle, assign(job.Batch, soon))
	fresh := 10
	eventually(t, "the one at which all fails takes no more", func() bool {
		fresh++
		enqueue(t, sound, task(t, fresh, job.Batch))
		for _, w := range workers(t, sound) {
			if w.Takes(job.Control, time.Now()) {
				return w.Lanes[job.Batch].BlockedUntil.After(time.Now().Add(time.Minute))
			}
		}
		return false
	})
	refused, refusedToo := task(t, 10_000, job.Batch), task(t, 10_001, job.Batch)
	enqueue(t, sick, refused, refusedToo, task(t, 1, job.Control))
	var end <-chan time.Time
	for {
		select {
		case d := <-failing.calls: // what it had begun before, the other's second try, or the first of those
			require.NotContains(t, []string{refused.Name(), refusedToo.Name()}, d.task.Name(), "a task of the lane in which all fails")
			if d.task.Lane == job.Control && end == nil {
				end = time.After(5 * soon)
			}
		case <-end:
			return
		case <-time.After(testTimeout):
			require.Fail(t, "no task of another lane")
		}
	}
}

func backlogsSayWhatWaits(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t, func(c *queue.Config) { c.Limit = 77 })
	began := time.Now()
	enqueue(t, q, task(t, 1, job.Batch), task(t, 2, job.Batch), task(t, 3, job.Control))
	f.abandon(t, job.Batch, 0)
	require.NoError(t, f.rdb.Set(t.Context(), "asynq:{control}:paused", 1, 0).Err())
	workers := []job.Worker{
		{Lanes: map[job.Lane]job.Share{job.Batch: {Slots: 2, Done: 5}}},
		{Lanes: map[job.Lane]job.Share{job.Batch: {Slots: 4, Done: 1}}, Draining: true},
		{Lanes: map[job.Lane]job.Share{job.Batch: {Slots: 8, BlockedUntil: began.Add(time.Hour)}}},
	}
	all, err := q.Backlogs(t.Context(), workers)
	require.NoError(t, err)
	for i := range all {
		if all[i].Pending > 0 {
			require.WithinDuration(t, began, all[i].Oldest, testTimeout)
			all[i].Oldest = time.Time{}
		}
	}
	require.Equal(t, []job.Backlog{
		{Lane: job.Interactive, Limit: 77},
		{Lane: job.Control, Pending: 1, Paused: true, Limit: 77},
		{Lane: job.Batch, Pending: 1, Active: 1, Slots: 2, Done: 6, Limit: 77},
	}, all)
}

func positionsCountFromTheNext(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	tasks := []job.Task{task(t, 1, job.Control), task(t, 2, job.Control), task(t, 3, job.Control)}
	enqueue(t, q, tasks...)
	for i, waiting := range tasks {
		place, err := q.Position(t.Context(), waiting)
		require.NoError(t, err)
		require.Equal(t, i+1, place)
	}
	f.abandon(t, job.Control, 0)
	for i, waiting := range tasks {
		place, err := q.Position(t.Context(), waiting)
		require.NoError(t, err)
		require.Equal(t, i, place, "the first has a worker")
	}
}
