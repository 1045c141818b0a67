package main

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
	"mandelfarm/job"
	"mandelfarm/queue"
)

// TestAPITakesNoTurnsOfWorkers: the lock of a turn is a worker's as soon as there is one, though an api tries for it as often.
func TestAPITakesNoTurnsOfWorkers(t *testing.T) {
	t.Parallel()
	redis := testenv.Redis(t)
	open := func() *queue.Queue {
		q, err := queue.Open(t.Context(), queue.Config{URL: redis.URL(), Log: slog.New(slog.DiscardHandler)})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, q.Close()) })
		return q
	}
	api, working := vacancy{open()}, open()
	mine, err := api.Lock(t.Context(), "first", time.Minute)
	require.NoError(t, err)
	require.True(t, mine)

	ctx, stop := context.WithCancel(t.Context())
	var serving sync.WaitGroup
	serving.Go(func() {
		assert.NoError(t, working.Serve(ctx, []queue.Assignment{{Lane: job.Batch, Concurrency: 1, Poll: time.Second}}, time.Second, nil))
	})
	require.Eventually(t, func() bool {
		staffed, err := working.Staffed(t.Context())
		return err == nil && staffed
	}, testTimeout, 20*time.Millisecond)
	mine, err = api.Lock(t.Context(), "second", time.Minute)
	require.NoError(t, err)
	require.False(t, mine)
	stop()
	serving.Wait()
	mine, err = api.Lock(t.Context(), "second", time.Minute)
	require.NoError(t, err)
	require.True(t, mine)
}

// awaitTasks waits until a list in Redis, which an autoscaler looks at, holds so many tasks.
func awaitTasks(t *testing.T, redis *testenv.RedisServer, list string, n int) {
	t.Helper()
	require.Eventually(t, func() bool { return redis.Number(t, "LLEN "+list) == n }, testTimeout, 20*time.Millisecond, "%s does not hold %d tasks", list, n)
}

// TestWhatIsOwedIsQueuedWithoutWorkers after Redis has lost it, so that whoever scales workers from none sees it: a small
// job, and what is left of a large one whose worker is gone. Then there is no more to see.
func TestWhatIsOwedIsQueuedWithoutWorkers(t *testing.T) {
	t.Parallel()
	redis, settings := servers(t)
	front := serve(t, settings, "api")
	small := front.submit(t, `{"width": 101, "height": 51}`)
	awaitTasks(t, redis, "asynq:{control}:pending", 1)
	redis.Kill()
	redis.Restart(t)
	awaitTasks(t, redis, "asynq:{control}:pending", 1)

	doomed := serve(t, settings, "worker", "--band-time", shortBands)
	front.awaitJob(t, small, "done", testTimeout)
	large := front.submit(t, heavy(posterIterations))
	awaitBands(t, 3, doomed)
	doomed.Kill()
	redis.Kill()
	redis.Restart(t)
	awaitTasks(t, redis, "asynq:{batch}:pending", 4)

	worker := serve(t, settings, "worker", "--band-time", shortBands)
	front.awaitJob(t, large, "done", 2*testTimeout)
	requirePoster(t, front, large)
	requireOnce(t, doomed, worker)
	require.NoError(t, worker.Stop(testTimeout))
	for _, list := range []string{"asynq:{control}:pending", "asynq:{control}:active", "asynq:{batch}:pending", "asynq:{batch}:active"} {
		assert.Zero(t, redis.Number(t, "LLEN "+list), list)
	}
}

// TestTheLastBandsAreQueuedWithoutWorkers, all of which are handed out at once, which is when workers that are idle are looked for.
func TestTheLastBandsAreQueuedWithoutWorkers(t *testing.T) {
	t.Parallel()
	redis, settings := servers(t)
	front := serve(t, settings, "api")
	doomed := serve(t, settings, "worker", "--band-time", shortBands)
	large := front.submit(t, heavy(posterIterations))
	require.Eventually(t, func() bool {
		p := front.progress(t, large)
		return p.Bands > 0 && p.Bands-p.BandsDone <= 4
	}, 2*testTimeout, 10*time.Millisecond)
	doomed.Kill()
	require.Eventually(t, func() bool { return redis.Number(t, "LLEN asynq:{batch}:pending") > 0 }, testTimeout, 20*time.Millisecond, "its bands are not queued")
	for range 2 { // turns
		require.Equal(t, 1, redis.Number(t, "LPUSH asynq:{control}:active a-ghost"))
		awaitTasks(t, redis, "asynq:{control}:active", 0)
	}
	serve(t, settings, "worker", "--band-time", shortBands)
	front.awaitJob(t, large, "done", 2*testTimeout)
	requirePoster(t, front, large)
	assert.NotContains(t, front.Log(), "turn not completed")
}

// TestGhostsGoWithoutWorkers: they would keep one there for ever.
func TestGhostsGoWithoutWorkers(t *testing.T) {
	t.Parallel()
	redis, settings := servers(t)
	front := serve(t, settings, "api")
	small := front.submit(t, `{"width": 101, "height": 51}`)
	awaitTasks(t, redis, "asynq:{control}:pending", 1)
	require.Equal(t, 1, redis.Number(t, "LPUSH asynq:{control}:active a-ghost"))
	awaitTasks(t, redis, "asynq:{control}:active", 0)
	assert.Equal(t, http.StatusOK, front.order(t, http.MethodDelete, small))
	awaitTasks(t, redis, "asynq:{control}:pending", 0)
}

// TestMessagesAreQueuedWithoutWorkers when it is time for them.
func TestMessagesAreQueuedWithoutWorkers(t *testing.T) {
	t.Parallel()
	redis, settings := servers(t)
	url, got := webhookReceiver(t, func(*http.Request) int { return http.StatusNoContent })
	settings = withWebhooks(settings, url)
	front := serve(t, settings, "api")
	id := strings.TrimSpace(asked(t, front.url, `{"width": 60, "height": 40}`, "submit", "-", "--webhook", url))
	require.Equal(t, http.StatusOK, front.order(t, http.MethodDelete, "/jobs/"+id))
	awaitTasks(t, redis, "asynq:{webhooks}:pending", 1)
	serve(t, settings, "worker")
	require.Equal(t, job.EventCanceled, next(t, got).event.Type)
}
