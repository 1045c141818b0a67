package main

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/job"
	"mandelfarm/queue"
	"mandelfarm/renderer/parity"
	"mandelfarm/renderer/spec"
)

// miscomputing is a worker that takes tasks of jobs, and draws one picture of those that
// workers are compared by wrongly. It works until the test ends or the returned function
// is called.
func miscomputing(t *testing.T, redisURL string) (q *queue.Queue, stop func()) {
	t.Helper()
	q, err := queue.Open(t.Context(), queue.Config{URL: redisURL, Limit: 1, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	require.NoError(t, err)
	q.Introduce(func() job.Worker { return job.Worker{Version: version(), RendererVersion: spec.Version} })
	q.Draws(func(ctx context.Context) (map[string]string, error) {
		drawn, err := parity.Draw(ctx, 1)
		drawn["deep"] = "wrong"
		return drawn, err
	})
	ctx, cancel := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	serving.Go(func() {
		assigned := []queue.Assignment{{Lane: job.Control, Concurrency: 1, Poll: 20 * time.Millisecond}}
		assert.NoError(t, q.Serve(ctx, assigned, time.Second, func(context.Context, job.Task, job.Delivery) error { return nil }))
	})
	stop = sync.OnceFunc(func() {
		cancel()
		serving.Wait()
		assert.NoError(t, q.Close())
	})
	t.Cleanup(stop)
	return q, stop
}

// compared is what the doctor says of the workers of a farm.
func compared(t *testing.T, settings map[string]string) (code int, text string) {
	t.Helper()
	cmd := command(t, settings, "doctor", "--parity")
	out, _ := cmd.CombinedOutput() // the code says it
	return cmd.ProcessState.ExitCode(), string(out)
}

// TestWorkerThatDrawsOtherwiseIsNamed, takes nothing more, and what it has drawn is
// known; the others go on.
func TestWorkerThatDrawsOtherwiseIsNamed(t *testing.T) {
	t.Parallel()
	_, settings := servers(t)
	front := serve(t, settings, "api")
	wrong, stop := miscomputing(t, settings["REDIS_URL"])
	id := strings.TrimSpace(asked(t, front.url, "", "submit", "--width", "20", "--height", "10"))
	require.Eventually(t, func() bool { return len(front.history(t, id)) > 0 }, testTimeout, 10*time.Millisecond, "it takes the task")
	first := serve(t, settings, "worker")
	front.awaitJob(t, "/jobs/"+id, "done", testTimeout)
	second := serve(t, settings, "worker")
	require.Eventually(t, func() bool { return len(front.workers(t, first, second)) == 2 }, testTimeout, 10*time.Millisecond)

	code, text := compared(t, settings)
	assert.Equal(t, exitFailure, code)
	require.Len(t, bad(text), 1, text)
	assert.Contains(t, bad(text)[0], wrong.Name()+" on ")
	assert.Contains(t, bad(text)[0], "draws otherwise than most: deep. It takes nothing for 24h0m0s")
	assert.Equal(t, 3, strings.Count(text, "draws as most do"), "both workers and this machine: %s", text)
	require.Contains(t, text, "drawn there      job "+id+": image by "+wrong.Name()+"\n")
	require.Eventually(t, func() bool { return wrong.Blocked()[job.Control] }, testTimeout, 10*time.Millisecond)
	require.Eventually(t, func() bool {
		return strings.Contains(asked(t, front.url, "", "workers"), "because it draws otherwise than most: deep")
	}, testTimeout, 10*time.Millisecond, "and says so")
	for _, w := range front.workers(t, first, second) {
		assert.True(t, w.Takes(job.Control, time.Now()))
	}
	require.Eventually(t, func() bool {
		_, body := front.get("/operations")
		return strings.Contains(string(body), `"action":"block","target":"`+wrong.Name())
	}, testTimeout, 50*time.Millisecond, "it is on record")

	stop()
	code, text = compared(t, settings)
	assert.Equal(t, 0, code, text)
	assert.Equal(t, 3, strings.Count(text, "draws as most do"), text)
}

// TestWorkersThatDifferWithoutAMajority are named and go on: nobody knows who is wrong.
func TestWorkersThatDifferWithoutAMajority(t *testing.T) {
	t.Parallel()
	_, settings := servers(t)
	wrong, _ := miscomputing(t, settings["REDIS_URL"])
	require.Eventually(t, func() bool {
		_, text := compared(t, settings)
		return strings.Contains(text, "this machine: no majority draws the same deep") && strings.Contains(text, wrong.Name()+": no majority")
	}, testTimeout, time.Second)
	assert.False(t, wrong.Blocked()[job.Control])
}
