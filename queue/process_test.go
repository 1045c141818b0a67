package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/stretchr/testify/require"

	"mandelfarm/job"
	"mandelfarm/renderer/panics"
)

// TestVerdicts is the table of what becomes of a task when its handler returns.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	other := errors.New("out of paint")
	version := fmt.Errorf("%w: no", job.ErrVersion)
	stopping, stop := context.WithCancelCause(t.Context())
	stop(errStopping)
	for _, test := range []struct {
		name    string
		ctx     context.Context //nolint:containedctx // a column of the table
		try     int
		age     time.Duration
		err     error
		ends    bool // asynq forgets the task
		failure bool // it counts
	}{
		{"done", t.Context(), 1, 0, nil, true, false},
		{"failed", t.Context(), 1, 0, other, false, true},
		{"failed for the last time but one", t.Context(), maxTries - 1, time.Hour, other, false, true},
		{"failed for the last time", t.Context(), maxTries, 0, other, true, true},
		{"panicked", t.Context(), 1, 0, &panics.Error{Cause: "a bug"}, false, true},
		{"canceled by whom?", t.Context(), 1, 0, context.Canceled, false, true},
		{"busy", t.Context(), maxTries, time.Hour, errBusy, false, false},
		{"of another version", t.Context(), maxTries, versionTimeout / 2, version, false, false},
		{"of another version for long", t.Context(), 1, 2 * versionTimeout, version, true, false},
		{"interrupted", stopping, 1, 0, errStopping, false, false},
		{"interrupted on its last try", stopping, maxTries, time.Hour, errStopping, false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := &server{queue: &Queue{log: slog.New(slog.NewTextHandler(t.Output(), nil))}}
			queued := strconv.FormatInt(time.Now().Add(-test.age).UnixMilli(), 10)
			at := asynq.NewTaskWithHeaders("image", nil, map[string]string{queuedAt: queued})
			got := s.judge(test.ctx, at, job.Delivery{Try: test.try, MaxTries: maxTries}, test.err)
			require.ErrorIs(t, got, test.err)
			require.Equal(t, test.ends, got == nil || errors.Is(got, asynq.RevokeTask), "verdict: %v", got)
			if got != nil {
				require.Equal(t, test.failure, isFailure(test.err))
			}
		})
	}
}

func TestTasksOfUnknownAgeAreOld(t *testing.T) {
	t.Parallel()
	require.Greater(t, age(asynq.NewTask("image", nil)), versionTimeout)
}

func TestRetriesComeLaterAndLater(t *testing.T) {
	t.Parallel()
	for failures, seconds := range []int{1, 2, 4, 8, 16, 32, 60, 60, 60} {
		want := time.Duration(seconds) * time.Second
		require.Equal(t, want, retryDelay(failures, errors.New("failed"), nil))
		require.Equal(t, time.Second, retryDelay(failures, errBusy, nil))
	}
	require.Equal(t, maxDelay, retryDelay(1<<40, errors.New("failed"), nil))
}

// TestClaimDelayIsOverBeforeAClaimRunsOut: else a worker that died just after its
// lease was extended would be found out one look later.
func TestClaimDelayIsOverBeforeAClaimRunsOut(t *testing.T) {
	t.Parallel()
	require.Less(t, claimDelay, claimTTL-claimRenewal)
}
