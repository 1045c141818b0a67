package queue_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/job"
)

// pooled is a job of a pool.
func pooled(t *testing.T, n int, pool job.Pool) job.Job {
	t.Helper()
	j := task(t, n, job.Control).Job()
	j.Pool = pool
	return j
}

func poolsHaveWorkersOfTheirOwn(t *testing.T, f *farm) {
	t.Helper()
	const pool = "large-memory"
	plain, own := f.open(t), f.open(t)
	ordinary, special := record(succeed), record(succeed)
	serve(t, plain, time.Second, ordinary.handle, assign(job.Control, soon), assign(job.Batch, soon))
	j, other := pooled(t, 1, pool), pooled(t, 2, "another")
	enqueue(t, plain, j.Task(), j.BandTask(0), other.Task(), task(t, 3, job.Control))
	require.Equal(t, job.Control, receive(t, ordinary.calls, "the task of no pool").task.Lane)
	nothing(t, ordinary.calls, 5*soon, "a task of a pool")

	serve(t, own, time.Second, special.handle, assign(job.Control.In(pool), soon), assign(job.Batch.In(pool), soon))
	got := map[job.Lane]bool{}
	for range 2 {
		got[receive(t, special.calls, "a task of the pool").task.Lane] = true
	}
	require.Equal(t, map[job.Lane]bool{"control@large-memory": true, "batch@large-memory": true}, got)
	nothing(t, special.calls, 5*soon, "a task of another pool, or none")

	for pool, want := range map[job.Pool]int{"": 4, pool: 4, "another": 0} {
		eventually(t, "the slots of pool "+string(pool), func() bool {
			slots, err := plain.Slots(t.Context(), pool)
			return err == nil && slots == want
		})
	}
	eventually(t, "both workers, and one says its pool", func() bool {
		all := workers(t, plain)
		return len(all) == 2 && all[0].Pool != all[1].Pool && all[0].Pool+all[1].Pool == pool
	})
	stats, err := plain.Stats(t.Context())
	require.NoError(t, err)
	lanes := map[job.Lane]int{}
	for _, lane := range stats.Lanes {
		lanes[lane.Lane] = lane.Tasks["pending"]
	}
	require.Equal(t, map[job.Lane]int{
		job.Interactive: 0, job.Control: 0, job.Batch: 0, "control@another": 1, "batch@large-memory": 0, "control@large-memory": 0,
	}, lanes)
}

func jobsOfPoolsAreFoundAndCanceled(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	j := pooled(t, 1, "large-memory")
	enqueue(t, q, j.Task())
	place, err := q.Position(t.Context(), j.Task())
	require.NoError(t, err)
	require.Equal(t, 1, place)
	// Who lists what is owed knows no more than its ID.
	owed := job.Job{ID: j.ID}.Task()
	others, err := q.NotWaiting(t.Context(), owed)
	require.NoError(t, err)
	require.Empty(t, others)
	require.NoError(t, q.Revive(t.Context(), j.Task()))
	f.requireCount(t, j.Task().Lane, 1, 0, 0)

	require.NoError(t, q.Cancel(t.Context(), j))
	f.requireCount(t, j.Task().Lane, 0, 0, 0)
	others, err = q.NotWaiting(t.Context(), owed)
	require.NoError(t, err)
	require.Len(t, others, 1)
}
