package api_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/api"
	"mandelfarm/internal/testenv"
	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// logged is a farm whose requests a test reads of.
type logged struct {
	*farm
	log *testenv.Log
}

// newLogged is a farm with a server of its own, whose log is the test's.
func newLogged(t *testing.T, which api.AccessLog) *logged {
	t.Helper()
	f := &logged{newFarm(t), testenv.NewLog(t)}
	f.url = serveHTTP(t, f.another(which))
	return f
}

func (f *logged) another(which api.AccessLog) *api.Server {
	f.t.Helper()
	cfg, deps := f.config, f.dependencies()
	cfg.AccessLog, deps.Log = which, f.log.Logger
	return f.serverOf(cfg, deps)
}

// line is the one line of requests that contains a text. It is written after the answer.
func (f *logged) line(text string) string {
	f.t.Helper()
	var found []string
	require.Eventually(f.t, func() bool {
		found = slices.DeleteFunc(f.log.Lines(text), func(line string) bool { return !strings.Contains(line, "msg=request ") })
		return len(found) > 0
	}, 30*time.Second, time.Millisecond, text)
	require.Len(f.t, found, 1, text)
	return found[0]
}

func requireLine(t *testing.T, line string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		require.Contains(t, line+" ", " "+part+" ", line)
	}
}

// TestEveryAnswerHasARequestID: the client's if it is sane, otherwise one of its own.
func TestEveryAnswerHasARequestID(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	require.Equal(t, "their-1.id", f.get("/", "Accept", "text/html", "X-Request-Id", "their-1.id").header.Get("X-Request-Id"))
	seen := make(map[string]bool)
	for _, given := range [][]string{
		nil,
		{"X-Request-Id", ""},
		{"X-Request-Id", "two words"},
		{"X-Request-Id", strings.Repeat("x", 65)},
		{"X-Request-Id", "one", "X-Request-Id", "two"},
	} {
		for _, path := range []string{"/jobs", "/nowhere", "/healthz", "/generate/x/1"} {
			id := f.get(path, given...).header.Values("X-Request-Id")
			require.Len(t, id, 1)
			require.Regexp(t, `^[a-z0-9]{12}-[a-z0-9]+$`, id[0])
			require.False(t, seen[id[0]], id[0])
			seen[id[0]] = true
		}
	}
}

// TestAccessLogTellsHowAPictureWasAnswered in every way there is.
func TestAccessLogTellsHowAPictureWasAnswered(t *testing.T) {
	t.Parallel()
	f := newLogged(t, api.LogAll)
	const path = "/generate/64/48"
	promised := f.get(path, "Prefer", "respond-async", "X-Request-Id", "r-promised").job(t)
	requireLine(t, f.line("r-promised"), "method=GET", "route=/generate/:width/:height", "path="+path, "status=202", "answered=promised",
		"client=127.0.0.1", "id="+string(promised.ID))
	f.work()
	f.until("/jobs/"+string(promised.ID), job.Done)
	picture := f.get(path, "X-Request-Id", "r-stored")
	requireLine(t, f.line("r-stored"), "status=200", "answered=storage", "id="+string(promised.ID))
	f.get(path, "X-Request-Id", "r-kept", "X-Forwarded-For", "192.0.2.7")
	requireLine(t, f.line("r-kept"), "answered=memory", "forwarded_for=192.0.2.7")
	f.get(path, "X-Request-Id", "r-known", "If-None-Match", picture.header.Get("ETag"))
	requireLine(t, f.line("r-known"), "status=304", "bytes=0", "answered=not_modified")
	fresh := f.get("/generate/32/24?max_iterations=50", "X-Request-Id", "r-drawn")
	requireLine(t, f.line("r-drawn"), "answered=drawn", `query="max_iterations=50"`, "bytes="+fresh.header.Get("Content-Length"))
	f.get("/jobs/"+string(promised.ID)+"/image", "X-Request-Id", "r-image")
	requireLine(t, f.line("r-image"), "route=/jobs/:id/image", "answered=memory", "id="+string(promised.ID))
}

// TestAccessLogTellsWhoHasLeft, and of nobody else that they have.
func TestAccessLogTellsWhoHasLeft(t *testing.T) {
	t.Parallel()
	f := newLogged(t, api.LogAll)
	for _, path := range []string{"/jobs", "/workers", "/healthz", "/nowhere"} {
		f.get(path, "X-Request-Id", "stays"+strings.ReplaceAll(path, "/", "-"))
		require.NotContains(t, f.line("stays"+strings.ReplaceAll(path, "/", "-")), "client_left")
	}
	ctx, leave := context.WithCancel(t.Context())
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, f.url+"/generate/64/48", http.NoBody)
	require.NoError(t, err)
	request.Header.Set("X-Request-Id", "leaves")
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		if response, err := http.DefaultClient.Do(request); err == nil {
			_ = response.Body.Close()
		}
	}()
	require.Eventually(t, func() bool { // it waits for a picture that nobody draws
		lanes := read[queuesBody](t, f.get("/queues")).Lanes
		return lanes[0].Pending == 1
	}, 30*time.Second, 5*time.Millisecond)
	leave()
	<-gone
	requireLine(t, f.line("leaves"), "client_left=true")
}

// TestAccessLogTellsWhoJoined a search that others had begun.
func TestAccessLogTellsWhoJoined(t *testing.T) {
	t.Parallel()
	f := newLogged(t, api.LogAll)
	var arrived atomic.Int64
	server := f.another(api.LogAll)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived.Add(1)
		server.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		front.Close()
		server.Close()
	})
	const clients = 10
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			assert.Equal(t, http.StatusOK, ask(t, http.MethodGet, front.URL+"/generate/64/48", nil).status)
		})
	}
	require.Eventually(t, func() bool { return arrived.Load() == clients }, 30*time.Second, time.Millisecond)
	f.work()
	all.Wait()
	require.Eventually(t, func() bool { return len(f.log.Lines("msg=request ")) == clients }, 30*time.Second, time.Millisecond)
	require.Len(t, f.log.Lines("answered=drawn"), 1)
	require.NotEmpty(t, f.log.Lines("answered=joined"))
}

// TestAccessLogTellsOfWhatIsNotRoutine whatever is sampled, of everything if asked, and of nothing if not.
func TestAccessLogTellsOfWhatIsNotRoutine(t *testing.T) {
	t.Parallel()
	const routine = 1000 // within four seconds
	for which, want := range map[api.AccessLog]struct{ few, many, failures int }{
		api.LogAll:     {routine, routine, 3},
		api.LogSampled: {100, 400, 3},
		api.LogNone:    {0, 0, 0},
	} {
		t.Run(string(which), func(t *testing.T) {
			t.Parallel()
			f := newLogged(t, which)
			server := f.another(which)
			t.Cleanup(server.Close)
			ask := func(path string, header http.Header) {
				request := httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil)
				request.Header = header
				server.ServeHTTP(httptest.NewRecorder(), request)
			}
			tag := `"` + string(spec.Original(64, 48).ID()) + `"`
			for range routine {
				ask("/generate/64/48", http.Header{"If-None-Match": {tag}})
			}
			for _, path := range []string{"/nowhere", "/generate/1/x", "/jobs/" + strings.Repeat("0", 40)} {
				ask(path, nil)
			}
			n := len(f.log.Lines("answered=not_modified"))
			require.GreaterOrEqual(t, n, want.few)
			require.LessOrEqual(t, n, want.many)
			require.Len(t, f.log.Lines("msg=request "), n+want.failures)
		})
	}
}

// TestEventStreamIsLoggedAtItsEnd, once.
func TestEventStreamIsLoggedAtItsEnd(t *testing.T) {
	t.Parallel()
	f := newLogged(t, api.LogSampled)
	location := f.post(small).header.Get("Location")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.url+location+"/events", nil)
	require.NoError(t, err)
	request.Header.Set("X-Request-Id", "r-stream")
	response, err := http.DefaultTransport.RoundTrip(request)
	require.NoError(t, err)
	defer response.Body.Close()
	first := make([]byte, 10)
	_, err = io.ReadFull(response.Body, first)
	require.NoError(t, err)
	require.Empty(t, f.log.Lines("r-stream"), "it goes on")
	f.work()
	rest, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.True(t, bytes.Contains(rest, []byte("event: done")), "%s", rest)
	requireLine(t, f.line("r-stream"), "route=/jobs/:id/events", "status=200", "id="+strings.TrimPrefix(location, "/jobs/"))
}

// TestFailuresAreLoggedUnderTheRequest, whichever line tells of them.
func TestFailuresAreLoggedUnderTheRequest(t *testing.T) {
	t.Parallel()
	f := newLogged(t, api.LogSampled)
	f.store.broken.Store(true)
	require.Equal(t, http.StatusServiceUnavailable, f.get("/generate/64/48", "X-Request-Id", "r-broken").status)
	requireLine(t, f.line("r-broken"), "status=503")
	failures := f.log.Lines(`msg="request failed"`)
	require.Len(t, failures, 1)
	require.Contains(t, failures[0], "request=r-broken")
}
