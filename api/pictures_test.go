package api

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"mandelfarm/job"
)

// TestNoticesOfProgressAreNoReasonToLookForThePicture gives a waiter every state:
// those of an open job leave it waiting.
func TestNoticesOfProgressAreNoReasonToLookForThePicture(t *testing.T) {
	t.Parallel()
	for _, last := range append(job.States(), "") {
		notices, ended := make(chan job.Notice), make(chan error, 1)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { ended <- new(pictures).listen(ctx, job.Task{}, notices, nil) }()
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
		case job.Done, job.Canceled, "":
			require.NoError(t, <-ended, "%q is reason to look", last)
		}
		cancel()
	}
}
