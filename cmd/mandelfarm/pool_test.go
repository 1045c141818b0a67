package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/api/client"
	"mandelfarm/job"
)

// waiting is how many tasks wait in each lane, and those alone.
func (s *service) waiting(t *testing.T) map[job.Lane]int {
	t.Helper()
	var queues client.Queues
	require.NoError(t, json.Unmarshal([]byte(asked(t, s.url, "", "queues", "--json")), &queues))
	pending := make(map[job.Lane]int)
	for _, lane := range queues.Lanes {
		if lane.Pending > 0 {
			pending[lane.Lane] = lane.Pending
		}
	}
	return pending
}

// TestJobsOfAPoolAreDrawnByItsWorkersAlone, large ones and small ones, after a Redis that
// came back empty too; others are drawn meanwhile.
func TestJobsOfAPoolAreDrawnByItsWorkersAlone(t *testing.T) {
	t.Parallel()
	redis, settings := servers(t)
	settings["BAND_TIME"] = shortBands
	front, plain := serve(t, settings, "api", "--pools", "large-memory,gpu"), serve(t, settings, "worker")
	large := strings.TrimSpace(asked(t, front.url, heavy(2000), "submit", "--pool", "large-memory", "-"))
	small := strings.TrimSpace(asked(t, front.url, "", "submit", "--pool", "large-memory", "--width", "20", "--height", "10"))
	owed := map[job.Lane]int{"control@large-memory": 2}
	require.Equal(t, owed, front.waiting(t))
	redis.FlushAll(t)
	require.Eventually(t, func() bool { return assert.ObjectsAreEqual(owed, front.waiting(t)) }, testTimeout, 50*time.Millisecond,
		"what is owed is queued where it was")
	status, _ := front.get("/generate/30/20")
	require.Equal(t, 200, status)
	other := strings.TrimSpace(asked(t, front.url, "", "submit", "--width", "40", "--height", "10"))
	front.awaitJob(t, "/jobs/"+other, "done", testTimeout)
	assert.Equal(t, 2, drawings(plain))
	assert.Equal(t, owed, front.waiting(t), "nobody else has taken them")
	assert.Contains(t, asked(t, front.url, "", "status", large), "pool      large-memory")

	own := serve(t, settings, "worker", "--pool", "large-memory")
	for _, id := range []string{large, small} {
		front.awaitJob(t, "/jobs/"+id, "done", testTimeout)
	}
	assert.Equal(t, 2, drawings(plain), "its workers alone")
	assert.Empty(t, bandsDrawn(plain))
	assert.Greater(t, len(bandsDrawn(own)), 2)
	assert.Contains(t, asked(t, front.url, "", "workers"), "pool large-memory")
	require.NoError(t, plain.Stop(testTimeout))
	status, _ = front.get("/metrics")
	require.Equal(t, 200, status)
	_, scraped := own.get("/metrics")
	assert.Contains(t, string(scraped), `mandelfarm_tasks_total{kind="band",lane="batch@large-memory",outcome="done"}`)
}

func TestPoolsThatAreNoneAreRefused(t *testing.T) {
	t.Parallel()
	_, settings := servers(t)
	front := serve(t, settings, "api", "--pools", "large-memory,gpu")
	without := serve(t, map[string]string{"DATA": t.TempDir()})
	for _, test := range []struct {
		farm       *service
		pool, says string
	}{
		{front, "large-memroy", "pool: must be large-memory or gpu, as POOLS of the farm's API says"},
		{front, "Large Memory", "--pool: must be of 1 to 32 of the characters a-z, 0-9 and -, the first a letter"},
		{without, "gpu", "pool: must not be given: this farm has no pools"},
	} {
		r := ask(t, test.farm.url, "", "submit", "--width", "20", "--height", "10", "--pool", test.pool)
		assert.Equal(t, exitUsage, r.code)
		assert.Contains(t, r.stderr, test.says)
	}
	for _, args := range [][]string{{"worker", "--pool", "Large"}, {"api", "--pools", "gpu,Large"}} {
		cmd := command(t, settings, args...)
		out, _ := cmd.CombinedOutput() // the code says it
		assert.Equal(t, exitUsage, cmd.ProcessState.ExitCode())
		assert.Contains(t, string(out), "want what is of 1 to 32 of the characters a-z, 0-9 and -")
	}
}
