package api_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/access"
	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
	"mandelfarm/storage/storagetest"
)

// requireProblem requires that a request is answered with a problem of a status, which says so.
func requireProblem(t *testing.T, a answer, status int, says string) {
	t.Helper()
	p := a.problem(t)
	require.Equal(t, status, p.Status, "%s", p.Detail)
	require.Contains(t, p.Detail, says)
}

// TestWhoWaitsHearsWhyNothingIsDrawn.
func TestWhoWaitsHearsWhyNothingIsDrawn(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	s := spec.Original(111, 100)
	go func() { // stands in for a worker that cannot store anything
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for t.Context().Err() == nil {
			_ = f.queue.Publish(t.Context(), job.Notice{ID: s.ID(), State: job.Queued, Error: "no room"})
			<-tick.C
		}
	}()
	requireProblem(t, f.get("/generate/111/100"), http.StatusServiceUnavailable, "nothing can be drawn now: no room")
}

// TestLevelsThatAreNotReadyInTime: the picture that they are made of cannot be read.
func TestLevelsThatAreNotReadyInTime(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	f.work()
	location, _ := f.done(poster)
	deps, config := f.dependencies(), f.config
	deps.Ledger = ledger.New(hangingStore{f.store}, ledger.Options{})
	config.WaitLimit = 100 * time.Millisecond
	f.url = serveHTTP(t, f.serverOf(config, deps))
	requireProblem(t, f.get(location+"/image_files/9/0_0.png"), http.StatusServiceUnavailable, "the levels of the picture were not ready in time")
}

// TestKeysThatCannotBeReadAreNotWrong.
func TestKeysThatCannotBeReadAreNotWrong(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	key := f.key(access.Operate)
	deps := f.dependencies()
	deps.Ledger = ledger.New(storagetest.Intercepted{Store: f.store, Do: func(name string, operation func() error) error {
		if strings.HasPrefix(name, "list keys/") {
			return &storage.Error{Op: "list", Key: "keys/", Err: errors.New("away")}
		}
		return operation()
	}}, ledger.Options{})
	f.url = serveHTTP(t, f.serverOf(f.config, deps))
	requireProblem(t, f.get("/jobs", bearer(key)...), http.StatusServiceUnavailable, "keys cannot be checked now")
}

// TestJobsOfOtherVersionsAreNotRetried.
func TestJobsOfOtherVersionsAreNotRetried(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	id := strings.Repeat("ab", 20)
	f.put("jobs/"+id+"/job.json", `{"version":"0","id":"`+id+`","spec":{"width":61,"height":40},"accepted_at":"2026-01-02T03:04:05Z"}`)
	f.put("jobs/"+id+"/result.json", `{"state":"failed","error":"no ink"}`)
	a := f.ask(http.MethodPost, "/jobs/"+id+"/retry", nil)
	requireProblem(t, a, http.StatusConflict, "renderer version differs")
	assert.Contains(t, a.problem(t).Detail, "submit its Spec again")
}
