package queue_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/internal/requestid"
	"mandelfarm/internal/testenv"
	"mandelfarm/job"
	"mandelfarm/queue"
)

// tasksCarryTheirRequest through failures, on to the tasks that a handler queues, and into what is logged meanwhile.
func tasksCarryTheirRequest(t *testing.T, f *farm) {
	t.Helper()
	log := testenv.NewLog(t)
	q := f.open(t, func(cfg *queue.Config) { cfg.Log = log.Logger })
	first, next, alone := task(t, 1, job.Control), task(t, 2, job.Control), task(t, 3, job.Control)
	type delivery struct {
		job.Task
		try     int
		request string
	}
	seen := make(chan delivery, 10)
	serve(t, q, time.Second, func(ctx context.Context, t job.Task, d job.Delivery) error {
		seen <- delivery{t, d.Try, requestid.Of(ctx)}
		if t.ID != first.ID {
			return nil
		}
		if d.Try == 1 {
			return context.DeadlineExceeded
		}
		return q.Enqueue(ctx, next)
	}, assign(job.Control, soon))
	require.NoError(t, q.Enqueue(requestid.With(t.Context(), "r1"), first))
	require.Equal(t, delivery{first, 1, "r1"}, receive(t, seen, "the first try"))
	require.Equal(t, delivery{first, 2, "r1"}, receive(t, seen, "the second"))
	require.Equal(t, delivery{next, 1, "r1"}, receive(t, seen, "what follows"))
	require.NoError(t, q.Enqueue(t.Context(), alone))
	require.Equal(t, delivery{alone, 1, ""}, receive(t, seen, "what follows from no request"))
	failures := log.Lines(`msg="task failed"`)
	require.Len(t, failures, 1)
	require.Contains(t, failures[0], "request=r1 id="+string(first.ID))
}
