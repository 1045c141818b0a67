package queue

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"mandelfarm/job"
)

const poll = time.Minute

// TestGate puts questions after answers of every kind. Held means that a question
// waits for its poll.
func TestGate(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		answer error // to the question before
		held   time.Duration
	}{
		{"a task", nil, 0},
		{"no task", redis.Nil, poll},
		{"a failure", errors.New("OOM command not allowed when used memory > 'maxmemory'"), poll},
		{"an unknown script", scriptError{}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				g := newGate(job.Batch, nil, poll)
				require.ErrorIs(t, ask(t, g, test.answer), test.answer)
				began := time.Now()
				require.NoError(t, ask(t, g, nil))
				require.Equal(t, test.held, time.Since(began))
			})
		})
	}
}

// scriptError is how Redis says that it does not know a script.
type scriptError struct{}

func (scriptError) Error() string { return "NOSCRIPT No matching script" }
func (scriptError) RedisError()   {}

func TestGateOpensForAWakeUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		wakes := make(chan struct{}, 1)
		g := newGate(job.Batch, wakes, poll)
		require.ErrorIs(t, ask(t, g, redis.Nil), redis.Nil)
		wakes <- struct{}{} // before the question is asked, even
		began := time.Now()
		require.NoError(t, ask(t, g, nil))
		require.Zero(t, time.Since(began))
	})
}

func TestGateLetsOtherCommandsPass(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(job.Batch, nil, poll)
		require.ErrorIs(t, ask(t, g, redis.Nil), redis.Nil)
		began := time.Now()
		for _, cmd := range []*redis.Cmd{
			redis.NewCmd(t.Context(), "ping"),
			redis.NewCmd(t.Context(), "evalsha", "sha", 2, pendingKey(job.Interactive), pausedKey(job.Interactive)),
			redis.NewCmd(t.Context(), "evalsha", "sha", 2, leaseKey(job.Batch), pendingKey(job.Batch)),
		} {
			require.NoError(t, g.ProcessHook(func(context.Context, redis.Cmder) error { return nil })(t.Context(), cmd))
		}
		require.Zero(t, time.Since(began))
	})
}

func TestGateHasNoTasksAfterItsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(job.Batch, nil, poll)
		require.ErrorIs(t, ask(t, g, redis.Nil), redis.Nil)
		time.AfterFunc(time.Second, g.end)
		began := time.Now()
		hook := g.ProcessHook(func(context.Context, redis.Cmder) error {
			t.Error("Redis was asked")
			return nil
		})
		for range 2 {
			cmd := question(t)
			require.ErrorIs(t, hook(t.Context(), cmd), redis.Nil)
			require.ErrorIs(t, cmd.Err(), redis.Nil)
		}
		require.Equal(t, time.Second, time.Since(began))
	})
}

func question(t *testing.T) *redis.Cmd {
	t.Helper()
	return redis.NewCmd(t.Context(), "evalsha", "sha", 4, pendingKey(job.Batch), pausedKey(job.Batch), "active", "lease", 0)
}

// ask puts asynq's question for work through the gate, to a Redis that answers so.
func ask(t *testing.T, g *gate, answer error) error {
	t.Helper()
	return g.ProcessHook(func(context.Context, redis.Cmder) error { return answer })(t.Context(), question(t))
}
