package queue_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
	"mandelfarm/job"
	"mandelfarm/queue"
)

const (
	// tasksPerWorker is the target of docs/deployment.md's autoscaler, and BATCH_TASKS of its workers.
	tasksPerWorker = 2
	// tolerance is how far from its target Kubernetes lets the work of each worker be before it changes their number.
	tolerance = 0.1
)

// TestEveryPriorityGetsMoreWorkers up to the most there may be: however many work on one large job, the autoscaler
// sees more work than they can do at a time.
func TestEveryPriorityGetsMoreWorkers(t *testing.T) {
	t.Parallel()
	const most = 20
	for _, priority := range job.Priorities() {
		t.Run(string(priority), func(t *testing.T) {
			t.Parallel()
			f := farmAt(t, testenv.Redis(t).URL())
			q := f.open(t)
			offer(t, q, jobOf(t, 1, "a", priority), 1000, 1)
			require.Positive(t, f.scaled(t), "the first worker is started")
			r := record(untilStopped)
			for n := 1; n < most; n++ {
				serve(t, f.open(t), time.Millisecond, r.handle, queue.Assignment{Lane: job.Batch, Concurrency: tasksPerWorker, Poll: soon})
				for range tasksPerWorker {
					receive(t, r.calls, "a band")
				}
				enough := float64(tasksPerWorker*n) * (1 + tolerance)
				eventually(t, "another worker is wanted", func() bool {
					require.NoError(t, q.HandOut(t.Context())) // as whoever reconciles does, again and again
					return float64(f.scaled(t)) > enough
				})
			}
		})
	}
}
