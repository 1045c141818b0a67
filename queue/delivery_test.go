package queue_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
	"mandelfarm/job"
	"mandelfarm/queue"
	"mandelfarm/renderer/spec"
)

func workerCommand(tb testing.TB, f *farm) *exec.Cmd {
	tb.Helper()
	access, err := json.Marshal(f.access)
	require.NoError(tb, err)
	return exec.Command(os.Args[0], "worker", f.url, string(access))
}

func tasksArriveAsTheyWereSent(t *testing.T, f *farm) {
	t.Helper()
	s, err := spec.Parse([]byte(`{"width": 3, "height": 2, "center": {"re": "-1.2e-500", "im": "0.1"}, "rotation": 30}`))
	require.NoError(t, err)
	r := record(succeed)
	q := f.open(t)
	before := time.Now().Truncate(time.Millisecond)
	serve(t, f.open(t), time.Second, r.handle, assign(job.Interactive, soon), assign(job.Control, soon), assign(job.Batch, soon))
	for _, lane := range job.Lanes() {
		want := job.ImageTask(s, lane)
		enqueue(t, q, want)
		got := receive(t, r.calls, "the delivery")
		require.Equal(t, want, got.task)
		require.Equal(t, 1, got.Try)
		require.False(t, got.Last())
		require.WithinRange(t, got.StartedAt, before, time.Now())
		require.NotEmpty(t, got.Worker)
		eventually(t, "the task is gone", func() bool {
			p, a, r := f.count(t, lane)
			return p+a+r == 0
		})
		enqueue(t, q, want) // its ID is free again
		receive(t, r.calls, "the next delivery")
	}
	nothing(t, r.calls, soon, "a task was delivered twice")
}

// theSameTaskIsQueuedOnce has many ask for one image, on several processes,
// before and while it is drawn.
func theSameTaskIsQueuedOnce(t *testing.T, f *farm) {
	t.Helper()
	queues := []*queue.Queue{f.open(t), f.open(t), f.open(t)}
	want := task(t, 1, job.Interactive)
	ask := func() {
		var all sync.WaitGroup
		for i := range 100 {
			all.Go(func() { enqueue(t, queues[i%len(queues)], want) })
		}
		all.Wait()
	}
	ask()
	release := make(chan struct{})
	r := record(func(context.Context, int) error { <-release; return nil })
	for _, q := range queues {
		serve(t, q, time.Second, r.handle, assign(job.Interactive, soon))
	}
	receive(t, r.calls, "the delivery")
	ask()
	nothing(t, r.calls, soon, "a second delivery")
	close(release)
	eventually(t, "the task is gone", func() bool {
		p, a, r := f.count(t, job.Interactive)
		return p+a+r == 0
	})
	nothing(t, r.calls, soon, "a second delivery")
}

func distinctTasksAreAllDelivered(t *testing.T, f *farm) {
	t.Helper()
	const n = 200
	q := f.open(t)
	r := record(succeed)
	for range 2 {
		serve(t, f.open(t), time.Second, r.handle, assign(job.Interactive, never), assign(job.Batch, never))
	}
	want := make(map[spec.ID]bool)
	for i := range n {
		want[task(t, 1+i, job.Batch).ID] = true
	}
	var senders sync.WaitGroup
	for sender := range 10 {
		senders.Go(func() {
			for i := sender; i < n; i += 10 {
				enqueue(t, q, task(t, 1+i, []job.Lane{job.Interactive, job.Batch}[i%2]))
			}
		})
	}
	senders.Wait()
	for range n {
		got := receive(t, r.calls, "a delivery")
		require.True(t, want[got.task.ID], "%s was not sent, or delivered before", got.task.ID)
		delete(want, got.task.ID)
	}
}

func lanesKeepToTheirConcurrency(t *testing.T, f *farm) {
	t.Helper()
	var now, most atomic.Int64
	release := make(chan struct{})
	r := record(func(context.Context, int) error {
		most.Store(max(most.Load(), now.Add(1)))
		defer now.Add(-1)
		<-release
		return nil
	})
	q := f.open(t)
	for i := range 10 {
		enqueue(t, q, task(t, 1+i, job.Batch))
	}
	serve(t, q, time.Second, r.handle, queue.Assignment{Lane: job.Batch, Concurrency: 3, Poll: soon})
	for range 3 {
		receive(t, r.calls, "the first three")
	}
	nothing(t, r.calls, 2*soon, "a fourth task at a time")
	close(release)
	for range 7 {
		receive(t, r.calls, "the others")
	}
	require.LessOrEqual(t, most.Load(), int64(3))
}

func roomEndsAtTheLimit(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t, func(c *queue.Config) { c.Limit = 3 })
	for i := range 3 {
		require.NoError(t, q.Room(t.Context(), job.Batch), "%d tasks wait", i)
		enqueue(t, q, task(t, 1+i, job.Batch))
	}
	require.ErrorIs(t, q.Room(t.Context(), job.Batch), job.ErrQueueFull)
	require.NoError(t, q.Room(t.Context(), job.Interactive), "another lane")
	enqueue(t, q, task(t, 9, job.Batch)) // those who have been promised an image need not ask
	r := record(succeed)
	serve(t, q, time.Second, r.handle, assign(job.Batch, soon))
	eventually(t, "there is room again", func() bool { return q.Room(t.Context(), job.Batch) == nil })
}

// failuresAreTriedAgainLaterAndLater goes through all tries. It does not wait for
// each, but looks when it is due and has it due at once.
func failuresAreTriedAgainLaterAndLater(t *testing.T, f *farm) {
	t.Helper()
	r := record(func(context.Context, int) error { return errHandler })
	q := f.open(t)
	serve(t, q, time.Second, r.handle, assign(job.Batch, soon))
	want := task(t, 1, job.Batch)
	enqueue(t, q, want)
	for try := 1; try <= 5; try++ {
		d := receive(t, r.calls, fmt.Sprintf("try %d", try))
		require.Equal(t, want, d.task)
		require.Equal(t, try, d.Try)
		require.Equal(t, 5, d.MaxTries)
		require.Equal(t, try == 5, d.Last())
		if d.Last() {
			break
		}
		due := f.hasten(t, want)
		delay := time.Second << (try - 1)
		require.WithinRange(t, due, d.at.Add(delay-time.Second), time.Now().Add(delay), "try %d", try+1)
	}
	eventually(t, "the task is dropped", func() bool {
		p, a, r := f.count(t, job.Batch)
		return p+a+r == 0
	})
	enqueue(t, q, want) // its ID is not taken
	require.Equal(t, 1, receive(t, r.calls, "a fresh task").Try)
}

// hasten waits until a task has failed, and makes its next try due. It returns
// when it would have been, to the second.
func (f *farm) hasten(t *testing.T, failed job.Task) (due time.Time) {
	t.Helper()
	const key = "asynq:{batch}:retry"
	eventually(t, "the task waits for its next try", func() bool {
		score, err := f.rdb.ZScore(t.Context(), key, string(failed.ID)).Result()
		due = time.Unix(int64(score), 0)
		return err == nil
	})
	require.NoError(t, f.rdb.ZAddXX(t.Context(), key, redis.Z{Member: string(failed.ID)}).Err())
	return due
}

func thePanickingHandlerIsTriedAgain(t *testing.T, f *farm) {
	t.Helper()
	r := record(func(_ context.Context, n int) error {
		if n == 1 {
			panic("a bug")
		}
		return nil
	})
	log := testenv.NewLog(t)
	q := f.open(t, func(c *queue.Config) { c.Log = log.Logger })
	serve(t, q, time.Second, r.handle, assign(job.Interactive, soon))
	enqueue(t, q, task(t, 1, job.Interactive))
	receive(t, r.calls, "the panic")
	enqueue(t, q, task(t, 2, job.Interactive))
	tries := map[spec.ID]int{}
	for range 2 {
		d := receive(t, r.calls, "another delivery")
		tries[d.task.ID] = d.Try
	}
	require.Equal(t, map[spec.ID]int{task(t, 1, job.Batch).ID: 2, task(t, 2, job.Batch).ID: 1}, tries)
	log.RequirePanic(t, "thePanickingHandlerIsTriedAgain")
}

func otherVersionsAreNoFailure(t *testing.T, f *farm) {
	t.Helper()
	r := record(func(_ context.Context, n int) error {
		if n <= 2 {
			return fmt.Errorf("%w: it is Tuesday", job.ErrVersion)
		}
		return nil
	})
	q := f.open(t)
	serve(t, q, time.Second, r.handle, assign(job.Batch, soon))
	enqueue(t, q, task(t, 1, job.Batch))
	for range 3 {
		require.Equal(t, 1, receive(t, r.calls, "a delivery").Try)
	}
	eventually(t, "only who has done it has worked on it", func() bool {
		history, err := q.HistoryOf(t.Context(), task(t, 1, job.Batch).ID)
		require.NoError(t, err)
		return len(history) == 1 && !history[0].EndedAt.IsZero() && history[0].Error == ""
	})
}

// payloadsOfOtherVersionsWait has a task that this version cannot read. Another
// may, so it is not dropped.
func payloadsOfOtherVersionsWait(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	enqueue(t, q, task(t, 1, job.Batch))
	key := "asynq:{batch}:t:" + string(task(t, 1, job.Batch).ID)
	message, err := f.rdb.HGet(t.Context(), key, "msg").Result()
	require.NoError(t, err)
	other := strings.Replace(message, `"mandelbrot"`, `"mandelbulb"`, 1) // of the same length
	require.NotEqual(t, message, other)
	require.NoError(t, f.rdb.HSet(t.Context(), key, "msg", other).Err())
	r := record(succeed)
	serve(t, q, time.Second, r.handle, assign(job.Batch, soon))
	eventually(t, "the task waits", func() bool {
		_, _, retry := f.count(t, job.Batch)
		return retry == 1
	})
	require.Empty(t, r.calls)
}

func handlersThatTakeTooLongFail(t *testing.T, f *farm) {
	t.Helper()
	ends := make(chan error, 10)
	r := record(func(ctx context.Context, n int) error {
		if n > 1 {
			return nil
		}
		<-ctx.Done()
		ends <- ctx.Err()
		return context.Cause(ctx)
	})
	q := f.open(t, func(c *queue.Config) { c.Timeout = soon })
	serve(t, q, time.Second, r.handle, assign(job.Batch, soon))
	enqueue(t, q, task(t, 1, job.Batch))
	require.Equal(t, 1, receive(t, r.calls, "the first try").Try)
	require.ErrorIs(t, receive(t, ends, "its end"), context.DeadlineExceeded)
	require.Equal(t, 2, receive(t, r.calls, "the second try").Try)
}

func cancelTakesWhatIsQueued(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	queued, lost, other := task(t, 1, job.Control), task(t, 2, job.Control), task(t, 3, job.Control)
	enqueue(t, q, lost)
	f.abandon(t, job.Control, time.Minute)
	require.NoError(t, q.Revive(t.Context(), lost))
	enqueue(t, q, queued, other)
	f.requireCount(t, job.Control, 3, 1, 0)
	for _, canceled := range []job.Task{queued, lost, task(t, 4, job.Control)} {
		require.NoError(t, q.Cancel(t.Context(), canceled.Job()))
	}
	f.requireCount(t, job.Control, 1, 1, 0)

	// A Redis that came back empty does not know the names of the lanes.
	require.NoError(t, f.rdb.FlushAll(t.Context()).Err())
	require.NoError(t, q.Cancel(t.Context(), queued.Job()))
	enqueue(t, q, queued)
	require.NoError(t, q.Cancel(t.Context(), queued.Job()))
	f.requireCount(t, job.Control, 0, 0, 0)
}

func withdrawTakesWhatNoWorkerHas(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	begun, queued, other := task(t, 1, job.Interactive), task(t, 2, job.Interactive), task(t, 3, job.Interactive)
	enqueue(t, q, begun)
	f.abandon(t, job.Interactive, time.Minute) // by a worker that lives, as far as can be seen
	enqueue(t, q, queued, other)
	for _, c := range []struct {
		task job.Task
		want bool
	}{{queued, true}, {queued, false}, {begun, false}, {task(t, 4, job.Interactive), false}} {
		withdrawn, err := q.Withdraw(t.Context(), c.task)
		require.NoError(t, err)
		require.Equal(t, c.want, withdrawn, c.task.Name())
	}
	f.requireCount(t, job.Interactive, 1, 1, 0)
}

func cancelStopsWhatRuns(t *testing.T, f *farm) {
	t.Helper()
	q, worker := f.open(t), f.open(t)
	hearing(t, worker)
	causes := make(chan error, 10)
	r := record(func(ctx context.Context, _ int) error {
		<-ctx.Done()
		causes <- context.Cause(ctx)
		return context.Cause(ctx)
	})
	serve(t, worker, time.Second, r.handle, assign(job.Batch, soon))
	canceled, other := task(t, 1, job.Batch), task(t, 2, job.Batch)
	enqueue(t, q, canceled, other)
	receive(t, r.calls, "the one")
	receive(t, r.calls, "and the other")
	began := time.Now()
	require.NoError(t, q.Cancel(t.Context(), canceled.Job()))
	require.ErrorIs(t, receive(t, causes, "the end"), job.ErrCanceled)
	require.Less(t, time.Since(began), time.Second)
	eventually(t, "the task is gone", func() bool {
		_, active, retry := f.count(t, job.Batch)
		return active == 1 && retry == 0
	})
	nothing(t, causes, soon, "another was stopped")
}

func cancelSparesSynchronousRequests(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	hearing(t, q)
	release := make(chan struct{})
	ends := make(chan error, 1)
	r := record(func(ctx context.Context, _ int) error {
		select {
		case <-ctx.Done():
		case <-release:
		}
		ends <- ctx.Err()
		return nil
	})
	serve(t, q, time.Second, r.handle, assign(job.Interactive, soon))
	asked := task(t, 1, job.Interactive)
	enqueue(t, q, asked)
	receive(t, r.calls, "the delivery")
	require.NoError(t, q.Cancel(t.Context(), asked.Job()))
	hearing(t, q) // it has heard of the cancellation before
	close(release)
	require.NoError(t, receive(t, ends, "the end"))
}
