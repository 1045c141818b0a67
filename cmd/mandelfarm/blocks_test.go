package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/job"
)

// revocable are settings of a worker whose key to the bucket may not write any more
// once it is revoked.
func revocable(t *testing.T, settings map[string]string) (of map[string]string, revoke func()) {
	t.Helper()
	target, err := url.Parse(settings["S3_ENDPOINT"])
	require.NoError(t, err)
	var revoked atomic.Bool
	forward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host // it is signed
	}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if revoked.Load() && r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Content-Type", "application/xml")
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `<Error><Code>AccessDenied</Code><Message>Access Denied.</Message></Error>`)
			return
		}
		forward.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	of = maps.Clone(settings)
	of["S3_ENDPOINT"] = server.URL
	return of, func() { revoked.Store(true) }
}

// workers are those that the farm lists, by their process.
func (s *service) workers(t *testing.T, processes ...*service) map[*service]job.Worker {
	t.Helper()
	found := make(map[*service]job.Worker)
	for line := range strings.Lines(asked(t, s.url, "", "workers", "--json")) {
		var w job.Worker
		require.NoError(t, json.Unmarshal([]byte(line), &w))
		for _, p := range processes {
			if strings.HasPrefix(w.Name, fmt.Sprintf("%s-%d-", w.Host, p.PID())) {
				found[p] = w
			}
		}
	}
	return found
}

// TestWorkerAtWhichTasksFailThatOthersDoIsBlocked and named, on record too, though it
// can store nothing itself; its tasks are done by the other, which is not.
func TestWorkerAtWhichTasksFailThatOthersDoIsBlocked(t *testing.T) {
	t.Parallel()
	_, settings := servers(t)
	theirs, revoke := revocable(t, settings)
	front, sound, sick := serve(t, settings, "api"), serve(t, settings, "worker"), serve(t, theirs, "worker")
	revoke()
	var jobs []string
	submit := func() { jobs = append(jobs, front.submit(t, fmt.Sprintf(`{"width": %d, "height": 20}`, 20+len(jobs)))) }
	var blocked job.Worker
	require.Eventually(t, func() bool {
		submit()
		blocked = front.workers(t, sick)[sick]
		return !blocked.Lanes[job.Control].BlockedUntil.IsZero()
	}, 2*testTimeout, 50*time.Millisecond, "the one that may not store is blocked")
	share := blocked.Lanes[job.Control]
	assert.Greater(t, share.BlockedUntil.Sub(share.BlockedSince), time.Minute)
	assert.Contains(t, share.BlockedBecause, "tasks fail here that others do, the last (image) with: ")
	assert.Contains(t, share.BlockedBecause, "Access Denied")
	assert.Contains(t, asked(t, front.url, "", "workers"), "blocked in lane control until")
	assert.Contains(t, sick.Log(), "this worker takes no tasks of a lane for a while")
	_, scraped := sick.get("/metrics")
	assert.Contains(t, string(scraped), `mandelfarm_worker_blocked{lane="control"} 1`)
	assert.Contains(t, string(scraped), `mandelfarm_worker_blocked{lane="batch"} 0`)
	_, scraped = sound.get("/metrics")
	assert.Contains(t, string(scraped), `mandelfarm_worker_blocked{lane="control"} 0`)

	for range 20 {
		submit()
	}
	for _, j := range jobs {
		front.awaitJob(t, j, "done", testTimeout)
	}
	assert.Equal(t, len(jobs), drawings(sound))
	assert.True(t, front.workers(t, sound)[sound].Takes(job.Control, time.Now()))
	require.Eventually(t, func() bool {
		_, body := front.get("/operations")
		return strings.Contains(string(body), `"action":"block","target":"`+blocked.Name+`","detail":"lane control until `)
	}, testTimeout, 50*time.Millisecond, "it is on record")
	_, body := front.get("/operations")
	assert.Equal(t, 1, strings.Count(string(body), `"action":"block"`), "once: %s", body)
}
