package worker

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"mandelfarm/job"
)

// TestStoppedTasksHaveOutcomesOfTheirOwn, whatever failed because of the stop.
func TestStoppedTasksHaveOutcomesOfTheirOwn(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for name, test := range map[string]struct {
		cause, err error
		found      Outcome
		want       Outcome
	}{
		"a failure":                      {nil, broken, Repeated, Repeated},
		"a stop":                         {broken, broken, Repeated, Interrupted},
		"a canceled job":                 {job.ErrCanceled, broken, Repeated, Canceled},
		"done before it was canceled":    {job.ErrCanceled, nil, Completed, Completed},
		"nothing to do, then a stop":     {broken, errNothingToDo, Completed, Completed},
		"a failure for the last time":    {nil, broken, GaveUp, GaveUp},
		"storage was away, then stopped": {broken, broken, NoStorage, Interrupted},
	} {
		ctx, cancel := context.WithCancelCause(t.Context())
		if test.cause != nil {
			cancel(test.cause)
		}
		a := attempt{err: test.err, ended: ctx.Err()}
		require.Equal(t, test.want, a.outcome(ctx, test.found), name)
		cancel(nil)
	}
}
