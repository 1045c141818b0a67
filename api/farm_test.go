package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/api"
	"mandelfarm/api/openapi/openapitest"
	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/queue"
	"mandelfarm/queue/embedded"
	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
	"mandelfarm/storage/dir"
	"mandelfarm/storage/storagetest"
	"mandelfarm/worker"
)

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// farm is a whole farm in the test's process: API, queue and folder.
type farm struct {
	t      testing.TB
	url    string
	config api.Config
	redis  string // its URL
	queue  *queue.Queue
	store  *watchedStore
	ledger *ledger.Ledger
}

// watchedStore counts the pictures that are stored and remembers what is read of them, and can be made to fail.
type watchedStore struct {
	storage.Store
	pictures atomic.Int64
	broken   atomic.Bool // nothing can be read, and nothing be created
	damaged  atomic.Bool // every part of an object is, but for the whole
	reads    storeReads
}

// storeRead is a reading of a picture: what was opened, and how much of it was read.
type storeRead struct {
	key                  string
	offset, length, read int64
}

// storeReads are all readings.
type storeReads struct {
	mu  sync.Mutex
	all []*storeRead
}

func (r *storeReads) add(one *storeRead) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, one)
}

// take returns the readings since it was called last.
func (r *storeReads) take() []storeRead {
	r.mu.Lock()
	defer r.mu.Unlock()
	var taken []storeRead
	for _, one := range r.all {
		taken = append(taken, *one)
	}
	r.all = nil
	return taken
}

// watchedBody counts the bytes that are read.
type watchedBody struct {
	io.ReadCloser
	of    *storeReads
	count *int64
}

func (b watchedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.of.mu.Lock()
	defer b.of.mu.Unlock()
	*b.count += int64(n)
	return n, err
}

func (s *watchedStore) Put(ctx context.Context, key, contentType string, r io.Reader) error {
	err := s.Store.Put(ctx, key, contentType, r)
	if err == nil && strings.HasPrefix(key, "renders/") {
		s.pictures.Add(1)
	}
	return err
}

func (s *watchedStore) Create(ctx context.Context, key, contentType string, data []byte) error {
	if s.broken.Load() {
		return &storage.Error{Op: "create", Key: key, Err: io.ErrUnexpectedEOF}
	}
	return s.Store.Create(ctx, key, contentType, data)
}

func (s *watchedStore) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, storage.Info, error) {
	if s.broken.Load() {
		return nil, storage.Info{}, &storage.Error{Op: "get", Key: key, Err: io.ErrUnexpectedEOF}
	}
	if s.damaged.Load() && length >= 0 {
		return nil, storage.Info{}, &storage.Error{Op: "get", Key: key, Err: storage.ErrDamaged}
	}
	body, info, err := s.Store.Get(ctx, key, offset, length)
	if err == nil && strings.HasPrefix(key, "renders/") {
		reading := &storeRead{key, offset, length, 0}
		s.reads.add(reading)
		body = watchedBody{body, &s.reads, &reading.read}
	}
	return body, info, err
}

// option adjusts the farm before it starts.
type option func(*api.Config, *queue.Config)

func waitLimit(d time.Duration) option {
	return func(a *api.Config, _ *queue.Config) { a.WaitLimit = d }
}

func queueLimit(n int) option {
	return func(_ *api.Config, q *queue.Config) { q.Limit = n }
}

func onRedis(url string) option {
	return func(_ *api.Config, q *queue.Config) { q.URL = url }
}

// newFarm starts a farm without a worker.
func newFarm(tb testing.TB, options ...option) *farm {
	tb.Helper()
	folder, err := dir.Open(tb.TempDir())
	require.NoError(tb, err)
	a, q := api.DefaultConfig(), queue.Config{Limit: 1000, Log: discard()}
	a.Loopback = true
	for _, adjust := range options {
		adjust(&a, &q)
	}
	if q.URL == "" {
		redis, err := embedded.Start()
		require.NoError(tb, err)
		tb.Cleanup(redis.Close)
		q.URL = redis.URL()
	}
	f := &farm{t: tb, redis: q.URL, store: &watchedStore{Store: &storagetest.Counted{Store: folder}}}
	f.ledger = ledger.New(f.store, ledger.Options{})
	f.queue, err = queue.Open(tb.Context(), q)
	require.NoError(tb, err)
	tb.Cleanup(func() {
		_ = f.queue.Close()
		_ = folder.Close()
	})
	f.config = a
	f.url = f.serve(a)
	return f
}

// serve starts one more API process, so to speak, and returns its URL.
func (f *farm) serve(cfg api.Config) string {
	f.t.Helper()
	return serveHTTP(f.t, f.server(cfg))
}

func (f *farm) server(cfg api.Config) *api.Server {
	f.t.Helper()
	return f.serverOf(cfg, f.dependencies())
}

// serverOf is a server of which a test has changed something.
func (f *farm) serverOf(cfg api.Config, deps api.Dependencies) *api.Server {
	f.t.Helper()
	server, err := api.New(context.WithoutCancel(f.t.Context()), cfg, deps)
	require.NoError(f.t, err)
	return server
}

func (f *farm) dependencies() api.Dependencies {
	return api.Dependencies{
		Ledger: f.ledger, Tasks: f.queue, Shares: f.queue, Notices: f.queue, Progress: f.queue, Fleet: f.queue, Keys: f.queue, Spender: f.queue,
		Health: http.HandlerFunc(healthy), Metrics: http.HandlerFunc(healthy), Page: testPage(), Log: discard(),
	}
}

// healthy answers probes.
func healthy(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	_, _ = io.WriteString(w, "ok")
}

// serveHTTP puts a server on a port until the test ends.
func serveHTTP(tb testing.TB, server *api.Server) string {
	tb.Helper()
	front := httptest.NewServer(server)
	tb.Cleanup(func() {
		front.Close()
		server.Close()
	})
	return front.URL
}

func (f *farm) workerDependencies(q *queue.Queue) worker.Dependencies {
	return worker.Dependencies{Ledger: f.ledger, Tasks: q, Shares: q, Progress: q, Live: q, Fleet: q, Previews: q, Notices: q, Locks: q, Log: discard()}
}

// work starts a worker, which ends with the test.
func (f *farm) work() {
	ctx, stop := context.WithCancel(context.Background())
	w := worker.New(worker.Config{Band: time.Second}, f.workerDependencies(f.queue))
	assigned := []queue.Assignment{
		{Lane: job.Interactive, Concurrency: 2, Poll: 50 * time.Millisecond},
		{Lane: job.Control, Concurrency: 2, Poll: 50 * time.Millisecond},
		{Lane: job.Batch, Concurrency: 2, Poll: 50 * time.Millisecond},
	}
	var running sync.WaitGroup
	running.Go(func() { _ = f.queue.Serve(ctx, assigned, 10*time.Millisecond, w.Handle) })
	running.Go(func() { w.Reconcile(ctx, 100*time.Millisecond) })
	f.t.Cleanup(func() {
		stop()
		running.Wait()
	})
}

// answer is a response read to its end.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// problem is the body of an error.
type problem struct {
	Title, Detail, Field string
	Status               int
}

func (a answer) problem(tb testing.TB) problem {
	tb.Helper()
	require.Equal(tb, "application/problem+json", a.header.Get("Content-Type"), "%d %s", a.status, a.body)
	var p problem
	require.NoError(tb, json.Unmarshal(a.body, &p))
	require.Equal(tb, a.status, p.Status)
	return p
}

func (a answer) job(tb testing.TB) job.Status {
	tb.Helper()
	var st job.Status
	require.NoError(tb, json.Unmarshal(a.body, &st), "%d %s", a.status, a.body)
	return st
}

// ask sends a request; header holds pairs of name and value.
func (f *farm) ask(method, path string, body io.Reader, header ...string) answer {
	f.t.Helper()
	return ask(f.t, method, f.url+path, body, header...)
}

func (f *farm) get(path string, header ...string) answer {
	f.t.Helper()
	return f.ask(http.MethodGet, path, nil, header...)
}

func (f *farm) post(s string) answer {
	f.t.Helper()
	return f.ask(http.MethodPost, "/jobs", strings.NewReader(s), "Content-Type", "application/json")
}

// ask sends a request, and fails unless the answer is as the OpenAPI document has
// it, whatever the test is about.
func ask(tb testing.TB, method, url string, body io.Reader, header ...string) answer {
	tb.Helper()
	request, err := http.NewRequestWithContext(tb.Context(), method, url, body)
	require.NoError(tb, err)
	for i := 0; i < len(header); i += 2 {
		request.Header.Add(header[i], header[i+1])
	}
	request.Host = request.Header.Get("Host")
	response, err := http.DefaultTransport.RoundTrip(request)
	require.NoError(tb, err)
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	require.NoError(tb, err)
	api.Answered(data)
	require.NoError(tb, document(tb).CheckAnswer(request, openapitest.Answer{Status: response.StatusCode, Header: response.Header, Body: data}))
	return answer{response.StatusCode, response.Header, data}
}

// until polls a job until it is in a state.
func (f *farm) until(location string, want job.State) job.Status {
	f.t.Helper()
	var st job.Status
	require.Eventually(f.t, func() bool {
		st = f.get(location).job(f.t)
		return st.State == want
	}, 20*time.Second, 10*time.Millisecond, "%s did not become %s", location, want)
	return st
}

// backlog is what a lane holds, which is nothing if there is no such lane yet.
func (f *farm) backlog(lane job.Lane) job.Backlog {
	f.t.Helper()
	backlogs, err := f.queue.Backlogs(f.t.Context(), nil)
	require.NoError(f.t, err)
	for _, b := range backlogs {
		if b.Lane == lane {
			return b
		}
	}
	return job.Backlog{Lane: lane}
}

// untouched fails unless nothing is stored and nothing queued.
func (f *farm) untouched() {
	f.t.Helper()
	for info, err := range f.store.List(f.t.Context(), "", "") {
		require.NoError(f.t, err)
		require.Fail(f.t, "something is stored", info.Key)
	}
	for _, lane := range job.Lanes() {
		q, err := queue.Open(f.t.Context(), queue.Config{URL: f.redis, Limit: 1, Log: discard()})
		require.NoError(f.t, err)
		require.NoError(f.t, q.Room(f.t.Context(), lane), "something is queued")
		require.NoError(f.t, q.Close())
	}
}

// drawn is the picture of a Spec as the renderer alone makes it.
func drawn(tb testing.TB, s spec.Spec) []byte {
	tb.Helper()
	var png bytes.Buffer
	require.NoError(tb, renderer.Write(tb.Context(), &png, s, renderer.Options{}))
	return png.Bytes()
}

// testPage is a small page with all that a page may have.
func testPage() api.Page {
	return api.Page{
		Document: `<title>{title}</title><meta content="{picture}">{modules}<link href="{assets}/a.css">`,
		Assets: fstest.MapFS{
			"a.css": {Data: []byte("p { color: red }")}, "b.js": {Data: []byte("export {}")}, "c.svg": {Data: []byte("<svg/>")},
			"d.webmanifest": {Data: []byte("{}")}, "offline.js": {Data: []byte("self")},
		},
	}
}
