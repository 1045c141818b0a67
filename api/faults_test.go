package api_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/api"
	"mandelfarm/internal/testenv"
	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

func defaultsWithoutCache() api.Config {
	cfg := api.DefaultConfig()
	cfg.Loopback = true
	cfg.CacheBytes = 0
	return cfg
}

func TestFullQueueIsSaidAndNothingIsTaken(t *testing.T) {
	t.Parallel()
	f := newFarm(t, queueLimit(1), waitLimit(2*time.Second))
	require.Equal(t, http.StatusAccepted, f.post(small).status)
	full := f.post(`{"width": 61, "height": 40}`)
	assert.Equal(t, http.StatusTooManyRequests, full.problem(t).Status)
	assert.Contains(t, full.problem(t).Detail, "QUEUE_LIMIT")
	assert.NotEmpty(t, full.header.Get("Retry-After"))
	assert.Equal(t, http.StatusAccepted, f.post(small).status, "a job that is in the queue is no news to it")

	require.Equal(t, http.StatusServiceUnavailable, f.get("/generate/100/100").status, "queued, nobody draws")
	assert.Equal(t, http.StatusTooManyRequests, f.get("/generate/101/100").problem(t).Status)

	owed := 0
	for _, err := range f.ledger.Open(t.Context()) {
		require.NoError(t, err)
		owed++
	}
	assert.Equal(t, 1, owed, "what was refused is not on record")
}

func TestWithoutRedisPicturesAreServedAndJobsAccepted(t *testing.T) {
	t.Parallel()
	redis := testenv.Redis(t)
	f := newFarm(t, onRedis(redis.URL()))
	stored := spec.Original(100, 100)
	require.NoError(t, f.ledger.Image(stored.ID(), spec.PNG).Store(t.Context(), strings.NewReader("picture")))
	redis.Stop(t)

	a := f.get("/generate/100/100")
	assert.Equal(t, "picture", string(a.body))
	missing := f.get("/generate/101/100")
	assert.Equal(t, http.StatusServiceUnavailable, missing.problem(t).Status)
	assert.NotEmpty(t, missing.header.Get("Retry-After"))
	assert.NotContains(t, missing.problem(t).Detail, "127.0.0.1", "the farm's insides are not the client's business")

	accepted := f.post(small)
	require.Equal(t, http.StatusAccepted, accepted.status, "%s", accepted.body)
	location := accepted.header.Get("Location")
	assert.Equal(t, job.Queued, f.get(location).job(t).State)
	redis.Restart(t)
	f.work()
	f.until(location, job.Done)
}

func TestBrokenStorageIsNotAMissingPicture(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	f.store.broken.Store(true)
	a := f.get("/generate/100/100")
	assert.Equal(t, http.StatusServiceUnavailable, a.problem(t).Status)
	assert.NotContains(t, a.problem(t).Detail, "EOF")
	assert.Equal(t, http.StatusServiceUnavailable, f.post(small).problem(t).Status)
	f.store.broken.Store(false)
	f.untouched()
}

// injectedPanic is the bug in every place of this test; its name is looked for in the log.
func injectedPanic() { panic("boom") }

// buggyTasks panics, or fails, where the real queue would be asked for room or to cancel.
type buggyTasks struct {
	api.Tasks
	bug func() error
}

func (q buggyTasks) Room(context.Context, job.Lane) error  { return q.bug() }
func (q buggyTasks) Cancel(context.Context, job.Job) error { return q.bug() }

// buggyProgress panics where the real queue would be asked how far jobs are.
type buggyProgress struct{ api.Progress }

func (buggyProgress) ProgressOf(context.Context, ...spec.ID) (map[spec.ID]job.Progress, error) {
	injectedPanic()
	return nil, nil
}

// TestPanicsCostOneRequest in a handler, in a search that requests share and in what event streams share. Clients get
// nothing but 500, and the log the stack, once.
func TestPanicsCostOneRequest(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		method, path string
		requests     int
	}{
		"handler": {http.MethodDelete, "%s", 1},
		"search":  {http.MethodGet, "/generate/100/100", 5},
		"feed":    {http.MethodGet, "%s/events", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, log := newFarm(t), testenv.NewLog(t)
			path := strings.ReplaceAll(test.path, "%s", f.post(small).header.Get("Location"))
			deps := f.dependencies()
			together := make(chan struct{}) // all requests wait for one search
			deps.Log, deps.Progress = log.Logger, buggyProgress{f.queue}
			deps.Tasks = buggyTasks{f.queue, func() error { <-together; injectedPanic(); return nil }}
			front := serveHTTP(t, f.serverOf(f.config, deps))
			time.AfterFunc(100*time.Millisecond, func() { close(together) })
			var asking sync.WaitGroup
			for range test.requests {
				asking.Go(func() {
					a := ask(t, test.method, front+path, nil)
					assert.Equal(t, http.StatusInternalServerError, a.problem(t).Status)
					assert.NotContains(t, string(a.body), "boom")
					assert.NotContains(t, string(a.body), "injectedPanic")
				})
			}
			asking.Wait()
			log.RequirePanic(t, "injectedPanic")
			assert.Equal(t, http.StatusOK, ask(t, http.MethodGet, front+"/healthz", nil).status, "still answering")
		})
	}
}

// TestInternalMattersAreNotShown.
func TestInternalMattersAreNotShown(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	deps := f.dependencies()
	deps.Tasks = buggyTasks{f.queue, func() error { return errors.New("internal matters") }}
	a := ask(t, http.MethodGet, serveHTTP(t, f.serverOf(f.config, deps))+"/generate/100/100", nil)
	assert.Equal(t, http.StatusInternalServerError, a.problem(t).Status)
	assert.NotContains(t, string(a.body), "matters")
}

func TestFailedDrawingIsToldToThoseWhoWait(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	s := spec.Original(110, 100)
	go func() { // stands in for a worker that gives up
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for t.Context().Err() == nil {
			_ = f.queue.Publish(t.Context(), job.Notice{ID: s.ID(), State: job.Failed, Error: "no ink"})
			<-tick.C
		}
	}()
	a := f.get("/generate/110/100")
	assert.Equal(t, http.StatusInternalServerError, a.problem(t).Status)
	assert.Contains(t, a.problem(t).Detail, "no ink")
}
