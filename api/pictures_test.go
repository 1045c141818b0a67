package api

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"mandelfarm/job"
)

// revivedTasks counts what is queued again.
type revivedTasks struct {
	Tasks
	revived int
}

func (t *revivedTasks) Revive(context.Context, job.Task) error {
	t.revived++
	return nil
}

// TestNoticesOfProgressAreNoReasonToLookForThePicture gives a waiter every state:
// those of an open job leave it waiting.
func TestNoticesOfProgressAreNoReasonToLookForThePicture(t *testing.T) {
	t.Parallel()
	for _, last := range append(job.States(), "") {
		notices, ended := make(chan job.Notice), make(chan error, 1)
		tasks := new(revivedTasks)
		waiter := &pictures{deps: Dependencies{Tasks: tasks}}
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			_, err := waiter.listen(ctx, job.Task{}, notices, nil)
			ended <- err
		}()
		for range 3 {
			notices <- job.Notice{State: job.Running} // taken, or this would block
			notices <- job.Notice{State: job.Queued}
		}
		notices <- job.Notice{State: last, Error: "no ink"}
		switch last {
		case job.Queued: // with a reason why it cannot be drawn now
			require.ErrorIs(t, <-ended, errStalled)
		case job.Running:
			cancel()
			require.ErrorIs(t, <-ended, context.Canceled)
		case job.Failed:
			require.ErrorContains(t, <-ended, "no ink")
		case job.Done, "":
			require.NoError(t, <-ended, "%q is reason to look", last)
		case job.Canceled:
			require.NoError(t, <-ended)
			require.Equal(t, 1, tasks.revived, "another process had nobody who waits")
		}
		cancel()
	}
}
