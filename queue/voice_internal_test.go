package queue

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"mandelfarm/job"
	"mandelfarm/queue/embedded"
)

// farmWithTheDead is a queue in whose Redis a dead worker still has a claim.
func farmWithTheDead(t *testing.T, name string) *Queue {
	t.Helper()
	server, err := embedded.Start()
	require.NoError(t, err)
	t.Cleanup(server.Close)
	q, err := Open(t.Context(), Config{URL: server.URL(), Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, q.Close()) })
	says, err := json.Marshal(announced{Worker: job.Worker{Name: name}, Voiced: true})
	require.NoError(t, err)
	claim, err := json.Marshal(job.Progress{State: job.Running, Worker: name})
	require.NoError(t, err)
	require.NoError(t, pipeline(t.Context(), q.rdb, func(p redis.Pipeliner) {
		p.ZAdd(t.Context(), slotsKey, redis.Z{Score: float64(time.Now().Add(time.Hour).Unix()), Member: slots(1, "", name)})
		p.Set(t.Context(), workerKey(name), says, 0)
		p.Set(t.Context(), claimKey("task"), claim, 0)
		p.SAdd(t.Context(), heldKey(name), "task")
	}))
	return q
}

// isHeld reports whether the dead worker has its claim.
func isHeld(t *testing.T, q *Queue) bool {
	t.Helper()
	n, err := q.rdb.Exists(t.Context(), claimKey("task")).Result()
	require.NoError(t, err)
	return n == 1
}

// hear waits until a process has its voice.
func hear(t *testing.T, q *Queue, name string) {
	t.Helper()
	require.Eventually(t, func() bool {
		n, err := q.voices(t.Context(), []string{name})
		require.NoError(t, err)
		return n[voiceChannel(name)] > 0
	}, 20*time.Second, 10*time.Millisecond)
}

// TestWhoIsNotHeardBuriesNobody: its connection is lost, and so may be those of the others.
func TestWhoIsNotHeardBuriesNobody(t *testing.T) {
	t.Parallel()
	q := farmWithTheDead(t, "dead")
	hear(t, q, q.name)
	name := q.name
	q.name = "nobody listens for this one"
	require.NoError(t, q.BuryDead(t.Context()))
	require.True(t, isHeld(t, q))
	q.name = name
	require.NoError(t, q.BuryDead(t.Context()))
	require.False(t, isHeld(t, q))
}

// returning has a worker be heard again once it was found to be silent.
type returning struct{ raise func() }

func (returning) DialHook(next redis.DialHook) redis.DialHook { return next }

func (returning) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (r returning) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		if cmd.Name() == "pubsub" {
			r.raise()
		}
		return err
	}
}

// TestWhoIsHeardAgainIsNotBuried: it has connected anew.
func TestWhoIsHeardAgainIsNotBuried(t *testing.T) {
	t.Parallel()
	q := farmWithTheDead(t, "back")
	hear(t, q, q.name)
	q.rdb.AddHook(returning{raise: sync.OnceFunc(func() {
		voice := q.rdb.Subscribe(t.Context(), voiceChannel("back"))
		t.Cleanup(func() { require.NoError(t, voice.Close()) })
		_, err := voice.Receive(t.Context())
		require.NoError(t, err)
	})})
	require.NoError(t, q.BuryDead(t.Context()))
	require.True(t, isHeld(t, q))
}
