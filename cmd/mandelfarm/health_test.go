package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
	"mandelfarm/job"
	"mandelfarm/queue"
	"mandelfarm/queue/embedded"
	"mandelfarm/storage"
	"mandelfarm/storage/dir"
)

// diagnosed is what a process says of itself.
func (s *service) diagnosed(tb testing.TB) (status int, d diagnosis) {
	tb.Helper()
	status, body := s.get("/readyz?verbose")
	require.NoError(tb, json.Unmarshal(body, &d), "%d %s", status, body)
	return status, d
}

// failing are the checks that fail, with their reasons.
func failing(d diagnosis) map[string]string {
	found := make(map[string]string)
	for _, f := range d.Checks {
		if !f.OK {
			found[f.Name] = f.Reason
		}
	}
	return found
}

// readiness waits for what /readyz says.
func (s *service) readiness(tb testing.TB, want int) (line string) {
	tb.Helper()
	require.Eventually(tb, func() bool {
		status, body := s.get("/readyz")
		line = string(body)
		return status == want
	}, testTimeout, 20*time.Millisecond)
	return line
}

func TestHealthyProcessesSaySo(t *testing.T) {
	t.Parallel()
	_, settings := servers(t)
	front, back := serve(t, settings, "api"), serve(t, settings, "worker")
	front.awaitJob(t, front.submit(t, `{"width": 20, "height": 10}`), "done", testTimeout)
	for _, process := range []*service{front, back} {
		status, d := process.diagnosed(t)
		assert.Equal(t, http.StatusOK, status)
		assert.True(t, d.Healthy, "%v", d.Trouble)
		assert.Equal(t, 1, d.Workers)
		assert.Len(t, d.Checks, 4)
		for _, f := range d.Checks {
			assert.Positive(t, f.Millis, f.Name)
		}
	}
}

func TestAPIWithoutRedisServesWhatIsStoredAndAcceptsJobs(t *testing.T) {
	t.Parallel()
	redis, settings := servers(t)
	front, back := serve(t, settings, "api"), serve(t, settings, "worker")
	drawn := front.submit(t, `{"width": 20, "height": 10}`)
	front.awaitJob(t, drawn, "done", testTimeout)
	redis.Stop(t)

	assert.Contains(t, back.readiness(t, http.StatusServiceUnavailable), "not ready: redis-writes: ")
	status, body := front.get("/readyz")
	assert.Equal(t, http.StatusOK, status, "%s", body)
	status, d := front.diagnosed(t)
	assert.Equal(t, http.StatusOK, status)
	assert.True(t, d.Ready)
	assert.False(t, d.Healthy)
	assert.Contains(t, failing(d), "redis")
	assert.Contains(t, failing(d), "redis-writes")

	for _, path := range []string{drawn + "/image", drawn, "/jobs", "/healthz"} {
		status, body := front.get(path)
		assert.Equal(t, http.StatusOK, status, "%s: %s", path, body)
	}
	location := front.submit(t, `{"width": 30, "height": 10}`)
	redis.Restart(t)
	front.awaitJob(t, location, "done", testTimeout)
	back.readiness(t, http.StatusOK)
}

// TestRedisThatRefusesWritesIsSeen although it answers a ping.
func TestRedisThatRefusesWritesIsSeen(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, spoil, mend, reason string
	}{
		{"a replica after a failover", "REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE", "promote it"},
		{"no memory left", "CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0", "raise maxmemory"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			redis, settings := servers(t)
			front, back := serve(t, settings, "api"), serve(t, settings, "worker")
			redis.Do(t, test.spoil)
			line := back.readiness(t, http.StatusServiceUnavailable)
			assert.Contains(t, line, test.reason)
			status, _ := front.get("/readyz")
			assert.Equal(t, http.StatusOK, status)
			_, d := front.diagnosed(t)
			assert.False(t, d.Healthy)
			wrong := failing(d)
			require.Len(t, wrong, 1, "a ping is answered")
			assert.Contains(t, wrong["redis-writes"], test.reason)
			redis.Do(t, test.mend)
			back.readiness(t, http.StatusOK)
			for _, line := range []string{"health check fails", "health check passes again"} {
				assert.Eventually(t, func() bool { return strings.Contains(back.Log(), line) }, testTimeout, time.Millisecond, line)
			}
		})
	}
}

func TestNobodyIsReadyWithoutStorage(t *testing.T) {
	t.Parallel()
	bucket := testenv.S3Server(t)
	settings := serverSettings(testenv.Redis(t).URL(), bucket.Config())
	front, back := serve(t, settings, "api"), serve(t, settings, "worker")
	bucket.Kill()
	assert.Contains(t, front.readiness(t, http.StatusServiceUnavailable), "storage: ")
	back.readiness(t, http.StatusServiceUnavailable)
	status, _ := front.get("/healthz")
	assert.Equal(t, http.StatusOK, status)
	bucket.Restart(t)
	front.readiness(t, http.StatusOK)
	back.readiness(t, http.StatusOK)
}

// readOnly is a store that takes no writes.
type readOnly struct{ *dir.Store }

func (readOnly) Ping(context.Context) error { return fmt.Errorf("ping: %w", storage.ErrReadOnly) }

// unreadable is a store that cannot be read.
type unreadable struct{ *dir.Store }

func (unreadable) Get(context.Context, string, int64, int64) (io.ReadCloser, storage.Info, error) {
	return nil, storage.Info{}, errors.New("secret.host.example refuses")
}

// inspect asks the health of a process with a duty.
func inspect(tb testing.TB, q inspected, store pingedStore, d duty, path string) *httptest.ResponseRecorder {
	tb.Helper()
	recorder := httptest.NewRecorder()
	newHealth(q, store, testenv.NewLog(tb).Logger, d).ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, path, nil))
	return recorder
}

// onEmbedded is a queue and a folder.
func onEmbedded(tb testing.TB) (*queue.Queue, *dir.Store) {
	tb.Helper()
	server, err := embedded.Start()
	require.NoError(tb, err)
	tb.Cleanup(server.Close)
	q, err := queue.Open(tb.Context(), queue.Config{URL: server.URL(), Limit: 100, Log: testenv.NewLog(tb).Logger})
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, q.Close()) })
	folder, err := dir.Open(tb.TempDir())
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, folder.Close()) })
	return q, folder
}

func TestReadinessIsWhetherTheDutyCanBeDone(t *testing.T) {
	t.Parallel()
	q, folder := onEmbedded(t)
	for _, test := range []struct {
		name  string
		store pingedStore
		ready map[duty]bool
	}{
		{"all is well", folder, map[duty]bool{onlyServes: true, onlyDraws: true, wholeFarm: true}},
		{"a storage that takes no writes", readOnly{folder}, map[duty]bool{onlyServes: true, onlyDraws: false, wholeFarm: false}},
		{"a storage that cannot be read", unreadable{folder}, map[duty]bool{onlyServes: false, onlyDraws: false, wholeFarm: false}},
	} {
		for d, ready := range test.ready {
			got := inspect(t, q, test.store, d, "/readyz")
			assert.Equal(t, ready, got.Code == http.StatusOK, "%s, %+v: %s", test.name, d, got.Body)
			assert.NotContains(t, got.Body.String(), "secret.host")
			verbose := inspect(t, q, test.store, d, "/readyz?verbose")
			assert.Equal(t, got.Code, verbose.Code)
			assert.NotContains(t, verbose.Body.String(), "secret.host")
		}
	}
}

// wedgedQueue has a lane in which work waits, and a worker that takes none of it.
type wedgedQueue struct {
	*queue.Queue
	lane   job.Backlog
	worker job.Worker
}

func (q wedgedQueue) Workers(context.Context) ([]job.Worker, error) {
	return []job.Worker{q.worker}, nil
}

func (q wedgedQueue) Backlogs(context.Context, []job.Worker) ([]job.Backlog, error) {
	return []job.Backlog{q.lane}, nil
}

func TestWedgedQueueIsUnhealthy(t *testing.T) {
	t.Parallel()
	q, folder := onEmbedded(t)
	long := time.Now().Add(-time.Hour)
	wedged := wedgedQueue{
		Queue: q, lane: job.Backlog{Lane: job.Batch, Pending: 1, Delayed: 2, Active: 4, Oldest: long, Slots: 2},
		worker: job.Worker{Name: "idle", Since: long, Lanes: map[job.Lane]job.Share{job.Batch: {Slots: 2}}},
	}
	var d diagnosis
	require.NoError(t, json.Unmarshal(inspect(t, wedged, folder, onlyServes, "/readyz?verbose").Body.Bytes(), &d))
	assert.True(t, d.Ready, "it is not this process's fault")
	assert.False(t, d.Healthy)
	assert.Equal(t, 3, d.Queued)
	assert.Equal(t, 4, d.Active)
	assert.Equal(t, 1, d.Workers)
	assert.InDelta(t, 3600, d.Oldest, 60)
	require.Len(t, d.Trouble, 1)
	assert.True(t, strings.HasPrefix(d.Trouble[0], "lane batch: "), d.Trouble[0])
}
