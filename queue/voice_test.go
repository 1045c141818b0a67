package queue_test

import (
	"encoding/json"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
	"mandelfarm/job"
	"mandelfarm/queue"
)

// keep has a claim, and what its worker says of itself, stay in Redis for as long as nobody gives them up.
func (f *farm) keep(t *testing.T, held job.Task, worker string) {
	t.Helper()
	for _, key := range []string{"mandelfarm:claim:" + held.Name(), "mandelfarm:worker:" + worker} {
		kept, err := f.rdb.Persist(t.Context(), key).Result()
		require.NoError(t, err)
		require.True(t, kept, key)
	}
}

func (f *farm) isClaimed(t *testing.T, held job.Task) bool {
	t.Helper()
	n, err := f.rdb.Exists(t.Context(), "mandelfarm:claim:"+held.Name()).Result()
	require.NoError(t, err)
	return n == 1
}

// occupied has one worker process, which has a task.
func occupied(t *testing.T, f *farm, q *queue.Queue) (held job.Task, p *testenv.Process, w job.Worker) {
	t.Helper()
	held = task(t, 1, job.Batch)
	enqueue(t, q, held)
	p = startWorker(t, f)
	return held, p, only(t, q, "the worker", func(w job.Worker) bool { return len(w.Tasks) == 1 })
}

// deadWorkersAreBuried: what a killed worker had is begun again without waiting for its claim, which never runs out here.
func deadWorkersAreBuried(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	lost, victim, w := occupied(t, f, q)
	require.NoError(t, q.BuryDead(t.Context()))
	require.True(t, f.isClaimed(t, lost), "it lives")
	left, err := f.rdb.TTL(t.Context(), "mandelfarm:held:"+w.Name).Result()
	require.NoError(t, err)
	require.Positive(t, left, "what it holds is forgotten some time")

	victim.Kill()
	f.keep(t, lost, w.Name)
	eventually(t, "its claim is given up", func() bool {
		require.NoError(t, q.BuryDead(t.Context()))
		return !f.isClaimed(t, lost)
	})
	require.Empty(t, workers(t, q))
	slots, err := q.Slots(t.Context(), "")
	require.NoError(t, err)
	require.Zero(t, slots, "nothing is handed out for it")
	r := record(succeed)
	serve(t, q, time.Second, r.handle, assign(job.Batch, soon))
	eventually(t, "it is queued again", func() bool {
		require.NoError(t, q.Revive(t.Context(), lost))
		select {
		case d := <-r.calls:
			require.Equal(t, lost, d.task)
			return true
		default:
			return false
		}
	})
	eventually(t, "its new worker holds it no more", func() bool {
		held, err := f.rdb.Keys(t.Context(), "mandelfarm:held:*").Result()
		require.NoError(t, err)
		return len(held) == 0
	})
}

// theLivingAreNotBuried: one that is suspended has lost nothing yet, and one of a release without voices cannot be told to be dead.
func theLivingAreNotBuried(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	held, worker, w := occupied(t, f, q)
	require.NoError(t, syscall.Kill(worker.PID(), syscall.SIGSTOP))
	f.keep(t, held, w.Name)
	require.NoError(t, q.BuryDead(t.Context()))
	require.True(t, f.isClaimed(t, held), "it is suspended")

	worker.Kill()
	voiceless, err := json.Marshal(w)
	require.NoError(t, err)
	require.NoError(t, f.rdb.Set(t.Context(), "mandelfarm:worker:"+w.Name, voiceless, 0).Err())
	require.NoError(t, q.BuryDead(t.Context()))
	require.True(t, f.isClaimed(t, held), "it has no voice")
}

// claimsOfOthersAreNotGivenUp with those of the dead: somebody has taken the task over.
func claimsOfOthersAreNotGivenUp(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	held, victim, w := occupied(t, f, q)
	victim.Kill()
	f.keep(t, held, w.Name)
	other, err := json.Marshal(job.Progress{State: job.Running, Worker: "other"})
	require.NoError(t, err)
	require.NoError(t, f.rdb.Set(t.Context(), "mandelfarm:claim:"+held.Name(), other, 0).Err())
	eventually(t, "the worker is buried", func() bool {
		require.NoError(t, q.BuryDead(t.Context()))
		return len(workers(t, q)) == 0
	})
	require.True(t, f.isClaimed(t, held))
}
