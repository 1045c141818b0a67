package queue_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/job"
	"mandelfarm/queue"
)

// ill is a handler that succeeds until it does not, and counts the different tasks that
// have failed with it.
type ill struct {
	err    atomic.Pointer[error]
	failed atomic.Int32
	done   atomic.Int32
}

func (h *ill) handle(context.Context, job.Task, job.Delivery) error {
	if err := h.err.Load(); err != nil {
		h.failed.Add(1)
		return *err
	}
	h.done.Add(1)
	return nil
}

func (h *ill) fallIll(err error) { h.err.Store(&err) }

// tried is more tasks than are needed to block a worker.
const tried = 8

// feed queues new tasks until a condition holds.
func feed(t *testing.T, q *queue.Queue, first int, what string, condition func() bool) {
	t.Helper()
	eventually(t, what, func() bool {
		enqueue(t, q, task(t, first, job.Batch))
		first++
		return condition()
	})
}

func blocked(q *queue.Queue) bool { return q.Blocked()[job.Batch] }

// outagesOfOneWorkerBlockIt: storage that fails for it alone is its own fault.
func outagesOfOneWorkerBlockIt(t *testing.T, f *farm) {
	t.Helper()
	sick, sound := f.open(t), f.open(t)
	bad, good := new(ill), new(ill)
	bad.fallIll(fmt.Errorf("%w: access denied", job.ErrOutage))
	serve(t, sick, time.Second, bad.handle, assign(job.Batch, soon))
	serve(t, sound, time.Second, good.handle, assign(job.Batch, soon))
	feed(t, sound, 1, "it is blocked", func() bool { return blocked(sick) })
	require.False(t, blocked(sound))
	eventually(t, "it says so, and why", func() bool {
		for _, w := range workers(t, sound) {
			if share := w.Lanes[job.Batch]; share.BlockedBecause != "" {
				require.Contains(t, share.BlockedBecause, "access denied")
				return true
			}
		}
		return false
	})

	good.fallIll(errHandler)
	good.failed.Store(0)
	feed(t, sound, 100_000, "the other falls ill too", func() bool { return good.failed.Load() > tried })
	require.False(t, blocked(sound), "the last one is never blocked")
}

// outagesOfAllBlockNobody, though all have done tasks before.
func outagesOfAllBlockNobody(t *testing.T, f *farm) {
	t.Helper()
	processes, handlers := []*queue.Queue{f.open(t), f.open(t)}, []*ill{new(ill), new(ill)}
	for i, q := range processes {
		serve(t, q, time.Second, handlers[i].handle, assign(job.Batch, soon))
	}
	feed(t, processes[0], 1, "both have done some", func() bool { return handlers[0].done.Load() > 0 && handlers[1].done.Load() > 0 })
	for _, h := range handlers {
		h.fallIll(job.ErrOutage)
	}
	feed(t, processes[0], 100_000, "both have failed at many", func() bool { return handlers[0].failed.Load() > tried && handlers[1].failed.Load() > tried })
	for _, q := range processes {
		require.False(t, blocked(q))
	}
}

func workersAreBlockedByOrder(t *testing.T, f *farm) {
	t.Helper()
	q, viewer := f.open(t), f.open(t)
	calls := record(succeed)
	serve(t, q, time.Second, calls.handle, assign(job.Batch, soon), assign(job.Control, soon))
	w := only(t, viewer, "it is there", func(job.Worker) bool { return true })
	require.NoError(t, viewer.Block(t.Context(), w.Name, "it draws otherwise", time.Hour))
	w = only(t, viewer, "it is blocked", func(w job.Worker) bool { return !w.Takes(job.Batch, time.Now()) && !w.Takes(job.Control, time.Now()) })
	require.Equal(t, "it draws otherwise", w.Lanes[job.Batch].BlockedBecause)
	require.WithinDuration(t, w.Lanes[job.Batch].BlockedSince.Add(time.Hour), w.Lanes[job.Batch].BlockedUntil, time.Millisecond)
	require.False(t, w.Draining)
	enqueue(t, viewer, task(t, 1, job.Batch))
	nothing(t, calls.calls, 5*soon, "a task for a worker that is blocked")
}

func workersDrawWhatTheyAreComparedBy(t *testing.T, f *farm) {
	t.Helper()
	viewer, broken := f.open(t), f.open(t)
	drawings := new(atomic.Int32)
	for _, hash := range []string{"1", "2"} {
		q := f.open(t)
		q.Draws(func(context.Context) (map[string]string, error) {
			drawings.Add(1)
			return map[string]string{"set": hash}, nil
		})
		serve(t, q, time.Second, doNothing, assign(job.Batch, soon))
	}
	broken.Draws(func(context.Context) (map[string]string, error) { return nil, errHandler })
	serve(t, broken, time.Second, doNothing, assign(job.Batch, soon))
	var all []job.Worker
	eventually(t, "all are there", func() bool {
		all = workers(t, viewer)
		return len(all) == 3
	})
	for round := range 2 {
		examination, err := viewer.Examine(t.Context(), all)
		require.NoError(t, err)
		var answers map[string]queue.Answer
		eventually(t, "all have answered", func() bool {
			answers, err = viewer.Answers(t.Context(), examination, all)
			require.NoError(t, err)
			return len(answers) == 3
		})
		require.Equal(t, errHandler.Error(), answers[broken.Name()].Error)
		delete(answers, broken.Name())
		got := map[string]bool{}
		for _, a := range answers {
			got[a.Drawn["set"]] = true
		}
		require.Equal(t, map[string]bool{"1": true, "2": true}, got)
		require.Equal(t, int32(2*(round+1)), drawings.Load(), "once for each examination")
	}
}

func doNothing(context.Context, job.Task, job.Delivery) error { return nil }
