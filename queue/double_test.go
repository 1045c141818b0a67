package queue_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/job"
)

// workersWithoutWorkAreIdle, unless something waits for them.
func workersWithoutWorkAreIdle(t *testing.T, f *farm) {
	t.Helper()
	q, viewer, finish := f.open(t), f.open(t), make(chan struct{})
	eventuallyIdle := func(what string, want int) {
		t.Helper()
		eventually(t, what, func() bool {
			idle, err := viewer.Idle(t.Context(), "")
			require.NoError(t, err)
			return idle == want
		})
	}
	eventuallyIdle("nobody is there", 0)
	serve(t, q, time.Second, func(context.Context, job.Task, job.Delivery) error {
		<-finish
		return nil
	}, assign(job.Batch, soon))
	eventuallyIdle("all are idle", 4)
	enqueue(t, q, part(t, 1, 1))
	enqueue(t, q, part(t, 1, 1).Double())
	eventuallyIdle("two have a task, though of the same band", 2)
	for band := range 5 {
		enqueue(t, q, part(t, 2, band))
	}
	eventuallyIdle("there are more tasks than workers", 0)
	close(finish)
	eventuallyIdle("all are done", 4)
}

func doublesAreNoted(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	id, other := task(t, 1, job.Control).ID, task(t, 2, job.Control).ID
	require.NoError(t, q.NoteDouble(t.Context(), id, job.Double{Band: 3, Twice: 1.25}))
	require.NoError(t, q.NoteDouble(t.Context(), id, job.Double{Band: 12}))
	doubles, err := q.DoublesOf(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, map[int]float64{3: 1.25, 12: 0}, doubles)
	doubles, err = q.DoublesOf(t.Context(), other)
	require.NoError(t, err)
	require.Empty(t, doubles)
	require.NoError(t, q.Forget(t.Context(), id))
	doubles, err = q.DoublesOf(t.Context(), id)
	require.NoError(t, err)
	require.Empty(t, doubles)
}
