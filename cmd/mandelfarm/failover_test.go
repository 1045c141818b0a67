package main

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
	"mandelfarm/queue"
)

// TestJobSurvivesTheFailoverOfSentinels: the primary is killed in mid-job, and the
// replica, which has users of least rights as well, takes over.
func TestJobSurvivesTheFailoverOfSentinels(t *testing.T) {
	t.Parallel()
	set := testenv.Sentinel(t)
	for _, server := range []*testenv.RedisServer{set.Primary, set.Replica} {
		server.Do(t, "ACL SETUSER farm on >secret "+queue.Policy())
	}
	for _, server := range set.Sentinels {
		server.Do(t, "ACL SETUSER watcher on >secret "+queue.SentinelPolicy())
	}
	settings := serverSettings(set.URL(), testenv.S3(t))
	settings["REDIS_USERNAME"], settings["REDIS_PASSWORD"] = "farm", "secret"
	settings["REDIS_SENTINEL_USERNAME"], settings["REDIS_SENTINEL_PASSWORD"] = "watcher", "secret"
	survives(t, settings, "3 of 3 Sentinels answer: primary "+set.Primary.Addr+", 1 replicas", set.Primary.Kill)
}

// TestJobSurvivesTheFailoverOfACluster: the node that has the lane of its bands is killed.
func TestJobSurvivesTheFailoverOfACluster(t *testing.T) {
	t.Parallel()
	cluster := testenv.Cluster(t, 3, true)
	cluster.Do(t, "ACL SETUSER farm on >secret "+queue.Policy()+" "+queue.ClusterRules())
	settings := serverSettings(cluster.URL(), testenv.S3(t))
	settings["REDIS_USERNAME"], settings["REDIS_PASSWORD"] = "farm", "secret"
	survives(t, settings, "a cluster of 3 primaries and 3 replicas", cluster.Owner(t, "asynq:{batch}:pending").Kill)
}

// survives fails unless a job whose Redis is struck while it is drawn ends with the right
// bytes, and the farm goes on as before.
func survives(t *testing.T, settings map[string]string, topology string, strike func()) {
	t.Helper()
	settings["BAND_TIME"] = shortBands
	front := serve(t, settings, "api")
	workers := []*service{serve(t, settings, "worker"), serve(t, settings, "worker")}
	_, text := examined(t, settings)
	require.Empty(t, bad(text), text)
	require.Contains(t, text, topology)

	job := front.submit(t, heavy(posterIterations))
	awaitBands(t, 2, workers...)
	strike()
	front.awaitJob(t, job, "done", 3*testTimeout)
	requirePoster(t, front, job)

	require.Eventually(t, func() bool {
		status, _ := front.get("/generate/40/30")
		return status == http.StatusOK
	}, 3*testTimeout, 20*time.Millisecond, "a picture that somebody waits for")
	_, text = examined(t, settings)
	assert.NotEmpty(t, bad(text), "the doctor misses the server that was killed: %s", text)
	for _, process := range append(workers, front) {
		assert.NotContains(t, process.Log(), "NOPERM")
	}
}
