package api_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/api"
	"mandelfarm/job"
	"mandelfarm/queue"
	"mandelfarm/renderer/spec"
	"mandelfarm/worker"
)

// event is one that a client received.
type event struct{ name, id, data string }

func (e event) status(tb testing.TB) job.Status {
	tb.Helper()
	var st job.Status
	require.NoError(tb, json.Unmarshal([]byte(e.data), &st), "%+v", e)
	return st
}

// viewer is a client of an event stream.
type viewer struct {
	response *http.Response
	events   chan event // closed when the stream ends
	leave    func()
}

// watch connects to an event stream as a client that has seen the event with
// the id last, if that is not empty.
func watch(tb testing.TB, url, last string) *viewer {
	tb.Helper()
	ctx, leave := context.WithCancel(context.WithoutCancel(tb.Context()))
	tb.Cleanup(leave)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/events", http.NoBody)
	require.NoError(tb, err)
	if last != "" {
		request.Header.Set("Last-Event-ID", last)
	}
	response, err := http.DefaultTransport.RoundTrip(request) //nolint:bodyclose // by the goroutine below
	require.NoError(tb, err)
	v := &viewer{response: response, events: make(chan event, 1000), leave: leave}
	go func() {
		defer close(v.events)
		defer response.Body.Close()
		readEvents(response, v.events)
	}()
	return v
}

func readEvents(response *http.Response, events chan<- event) {
	var e event
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		switch name {
		case "event":
			e.name = value
		case "id":
			e.id = value
		case "data":
			e.data = value
		case "":
			if lines.Text() == "" && e.data != "" {
				events <- e
				e = event{}
			}
		}
	}
}

const patient = 20 * time.Second

// next is the next event, which must come.
func (v *viewer) next(tb testing.TB) event {
	tb.Helper()
	select {
	case e, open := <-v.events:
		require.True(tb, open, "the stream ended")
		return e
	case <-time.After(patient):
		require.Fail(tb, "no event came")
		return event{}
	}
}

// until reads events up to the first of a state.
func (v *viewer) until(tb testing.TB, want job.State) event {
	tb.Helper()
	for {
		if e := v.next(tb); e.status(tb).State == want {
			return e
		}
	}
}

// ended requires that the stream ends, and without another event.
func (v *viewer) ended(tb testing.TB) {
	tb.Helper()
	select {
	case e, open := <-v.events:
		require.False(tb, open, "%+v", e)
	case <-time.After(patient):
		require.Fail(tb, "the stream did not end")
	}
}

// openQueue is one more process's connection to the farm's Redis.
func (f *farm) openQueue() *queue.Queue {
	f.t.Helper()
	q, err := queue.Open(f.t.Context(), queue.Config{URL: f.redis, Limit: 1000, Log: discard()})
	require.NoError(f.t, err)
	f.t.Cleanup(func() { _ = q.Close() })
	return q
}

// slowWorker starts a worker on a queue of its own that announces each task,
// and begins to draw when the returned function is called.
func (f *farm) slowWorker() (begin func()) {
	q := f.openQueue()
	w := worker.New(worker.Config{Band: time.Second}, f.workerDependencies(q))
	begun := make(chan struct{})
	handle := func(ctx context.Context, t job.Task, d job.Delivery) error {
		if err := q.Publish(ctx, job.Notice{ID: t.ID, State: job.Running}); err != nil {
			return err
		}
		select {
		case <-begun:
			return w.Handle(ctx, t, d)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	assigned := []queue.Assignment{{Lane: job.Control, Concurrency: 2, Poll: 20 * time.Millisecond}}
	var running sync.WaitGroup
	running.Go(func() { _ = q.Serve(ctx, assigned, 10*time.Millisecond, handle) })
	f.t.Cleanup(func() {
		stop()
		running.Wait()
	})
	return sync.OnceFunc(func() { close(begun) })
}

// otherServer starts an API process with a queue connection of its own.
func (f *farm) otherServer() string {
	f.t.Helper()
	deps := f.dependencies()
	other := f.openQueue()
	deps.Tasks, deps.Notices = other, other
	return serveHTTP(f.t, f.serverOf(f.config, deps))
}

func TestEveryServerTellsEveryClientHowAJobGoes(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	location := f.post(small).header.Get("Location")
	viewers := []*viewer{watch(t, f.url+location, ""), watch(t, f.otherServer()+location, "")}
	for _, v := range viewers {
		assert.Equal(t, http.StatusOK, v.response.StatusCode)
		for name, want := range map[string]string{"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"} {
			assert.Equal(t, want, v.response.Header.Get(name))
		}
		assert.Equal(t, job.Queued, v.next(t).status(t).State, "the present status comes at once")
	}
	begin := f.slowWorker()
	for _, v := range viewers {
		e := v.until(t, job.Running)
		assert.Equal(t, "progress", e.name)
		assert.NotEmpty(t, e.status(t).Worker)
	}
	begin()
	for _, v := range viewers {
		e := v.until(t, job.Done)
		assert.Equal(t, "done", e.name)
		assert.Equal(t, f.get(location).job(t), e.status(t))
		v.ended(t)
	}
}

func TestStreamsEndAsTheirJobsDo(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	canceled := f.post(small).header.Get("Location")
	v := watch(t, f.otherServer()+canceled, "")
	assert.Equal(t, "progress", v.next(t).name)
	require.Equal(t, http.StatusOK, f.ask(http.MethodDelete, canceled, nil).status)
	assert.Equal(t, "canceled", v.next(t).name, "the other server says so")
	v.ended(t)

	failed := f.post(`{"width": 61, "height": 40}`)
	v = watch(t, f.url+failed.header.Get("Location"), "")
	assert.Equal(t, "progress", v.next(t).name)
	id := failed.job(t).ID
	_, err := f.ledger.Finish(t.Context(), id, job.Progress{State: job.Failed, Error: "no ink"})
	require.NoError(t, err)
	require.NoError(t, f.queue.Publish(t.Context(), job.Notice{ID: id, State: job.Failed}))
	last := v.next(t)
	assert.Equal(t, "failed", last.name)
	assert.Equal(t, "no ink", last.status(t).Error)
	v.ended(t)

	late := watch(t, f.url+failed.header.Get("Location"), "")
	assert.Equal(t, last, late.next(t), "who comes late is told as well")
	late.ended(t)
}

func TestStreamsResumeWhereTheyWere(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	other := f.otherServer()
	location := f.post(small).header.Get("Location")
	first := watch(t, f.url+location, "")
	queued := first.next(t)
	first.leave()

	resumed := watch(t, other+location, queued.id)
	forgetful := watch(t, other+location, "of-another-farm")
	assert.Equal(t, queued, forgetful.next(t), "an id is the same on every server")
	f.slowWorker()()
	assert.NotEqual(t, queued.id, resumed.next(t).id, "what a client has seen is not sent again")
	done := forgetful.until(t, job.Done)

	again := watch(t, f.url+location, done.id)
	assert.Equal(t, http.StatusNoContent, again.response.StatusCode, "there is nothing more to say")
	again.ended(t)
}

func TestEventsOfUnknownJobs(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	for _, id := range []string{strings.Repeat("0", 40), "x", strings.Repeat("A", 40), "%00"} {
		a := f.get("/jobs/" + id + "/events")
		assert.Equal(t, http.StatusNotFound, a.problem(t).Status, id)
	}
	location := f.post(small).header.Get("Location")
	f.store.broken.Store(true)
	assert.Equal(t, http.StatusServiceUnavailable, f.get(location+"/events").problem(t).Status, "not known is not unknown")
	f.store.broken.Store(false)
	head := f.ask(http.MethodHead, location+"/events", nil)
	assert.Equal(t, http.StatusOK, head.status)
	assert.Equal(t, "text/event-stream", head.header.Get("Content-Type"))
}

// front is a server as cmd/mandelfarm runs it.
func front(t *testing.T, f *farm) (url string, stop func() error) {
	t.Helper()
	handler := f.server(f.config)
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Second}
	server.RegisterOnShutdown(handler.EndStreams)
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	return "http://" + listener.Addr().String(), sync.OnceValue(func() error {
		ctx, cancel := context.WithTimeout(context.Background(), patient)
		defer cancel()
		err := server.Shutdown(ctx)
		handler.Close()
		if end := <-served; !errors.Is(end, http.ErrServerClosed) {
			err = errors.Join(err, end)
		}
		return err
	})
}

func TestStreamsEndWhenTheServerStops(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	url, stop := front(t, f)
	location := f.post(small).header.Get("Location")
	v := watch(t, url+location, "")
	v.next(t)
	began := time.Now()
	require.NoError(t, stop())
	assert.Less(t, time.Since(began), 5*time.Second)
	v.ended(t)
}

// countingNotices counts subscriptions.
type countingNotices struct {
	api.Notices
	open atomic.Int64
}

func (q *countingNotices) Subscribe(id spec.ID) (<-chan job.Notice, func()) {
	q.open.Add(1)
	notices, end := q.Notices.Subscribe(id)
	return notices, func() {
		q.open.Add(-1)
		end()
	}
}

// TestFiveHundredStreams has 451 of them watch one job, and the others one each.
func TestFiveHundredStreams(t *testing.T) { //nolint:paralleltest // it looks at all goroutines
	f := newFarm(t)
	counted, deps := &countingNotices{Notices: f.queue}, f.dependencies()
	deps.Notices = counted
	url := serveHTTP(t, f.serverOf(f.config, deps))
	const streams, jobs = 500, 50
	locations := []string{f.post(small).header.Get("Location")}
	for i := range jobs - 1 {
		locations = append(locations, f.post(fmt.Sprintf(`{"width": %d, "height": 10}`, 10+i)).header.Get("Location"))
	}
	viewers := make([]*viewer, streams)
	for i := range viewers {
		location := locations[0]
		if i < len(locations) {
			location = locations[i]
		}
		viewers[i] = watch(t, url+location, "")
	}
	for _, v := range viewers {
		assert.Equal(t, job.Queued, v.next(t).status(t).State)
	}
	assert.EqualValues(t, len(locations), counted.open.Load(), "streams about one job share a subscription")

	require.Equal(t, http.StatusOK, f.ask(http.MethodDelete, locations[0], nil).status)
	for i, v := range viewers {
		if i == 0 || i >= len(locations) {
			assert.Equal(t, "canceled", v.next(t).name)
			v.ended(t)
		}
		v.leave()
	}
	require.Eventually(t, func() bool {
		stacks := make([]byte, 4<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		return counted.open.Load() == 0 && !slices.ContainsFunc(bytes.Split(stacks, []byte("\n\n")), func(stack []byte) bool {
			return bytes.Contains(stack, []byte("mandelfarm/api.(*")) && !bytes.Contains(stack, []byte("holdKeys")) // which goes on with the server
		})
	}, patient, 10*time.Millisecond, "what streams started ends with them")
}

func TestRetry(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	location := f.post(small).header.Get("Location")
	retry := func() answer { return f.ask(http.MethodPost, location+"/retry", nil) }
	assert.Equal(t, http.StatusConflict, retry().problem(t).Status, "it is queued")

	require.Equal(t, http.StatusOK, f.ask(http.MethodDelete, location, nil).status)
	again := retry()
	require.Equal(t, http.StatusAccepted, again.status, "%s", again.body)
	assert.Equal(t, location, again.header.Get("Location"))
	assert.Equal(t, job.Queued, again.job(t).State)

	_, err := f.ledger.Finish(t.Context(), again.job(t).ID, job.Progress{State: job.Failed, Error: "no ink"})
	require.NoError(t, err)
	again = retry()
	require.Equal(t, http.StatusAccepted, again.status, "%s", again.body)
	assert.Empty(t, again.job(t).Error, "a new try has not failed")

	begin := f.slowWorker()
	f.until(location, job.Running)
	assert.Equal(t, http.StatusConflict, retry().problem(t).Status, "it is running")
	begin()
	f.until(location, job.Done)
	refused := retry()
	assert.Equal(t, http.StatusConflict, refused.problem(t).Status)
	assert.Contains(t, refused.problem(t).Detail, "done")

	for _, id := range []string{strings.Repeat("0", 40), "x", strings.Repeat("A", 40)} {
		assert.Equal(t, http.StatusNotFound, f.ask(http.MethodPost, "/jobs/"+id+"/retry", nil).problem(t).Status, id)
	}
	assert.Equal(t, http.StatusMethodNotAllowed, f.get(location+"/retry").problem(t).Status)
}

func TestRetryKeepsToTodaysLimits(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	location := f.post(small).header.Get("Location")
	require.Equal(t, http.StatusOK, f.ask(http.MethodDelete, location, nil).status)
	stricter := f.config
	stricter.Limits.Pixels = 100
	a := ask(t, http.MethodPost, f.serve(stricter)+location+"/retry", nil)
	assert.Equal(t, http.StatusBadRequest, a.problem(t).Status)
	assert.Equal(t, job.Canceled, f.get(location).job(t).State)
}
