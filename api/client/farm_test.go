package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"mandelfarm/api"
	"mandelfarm/api/client"
	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/queue"
	"mandelfarm/queue/embedded"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage/dir"
	"mandelfarm/web"
	"mandelfarm/worker"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		http.DefaultClient.CloseIdleConnections()
		os.Exit(code)
	}))
}

// farm is a whole farm in this process, at url.
type farm struct {
	url    string
	config api.Config
	ledger *ledger.Ledger
	queue  *queue.Queue
	ends   []func()
}

// startFarm starts a farm without a worker.
func startFarm(folder string, limit int) (_ *farm, err error) {
	f := &farm{config: api.DefaultConfig()}
	f.config.Loopback = true
	defer func() {
		if err != nil {
			f.end()
		}
	}()
	store, err := dir.Open(folder)
	if err != nil {
		return nil, err
	}
	f.ends = append(f.ends, func() { _ = store.Close() })
	redis, err := embedded.Start()
	if err != nil {
		return nil, err
	}
	f.ends = append(f.ends, redis.Close)
	f.ledger = ledger.New(store, ledger.Options{})
	if f.queue, err = queue.Open(context.Background(), queue.Config{URL: redis.URL(), Limit: limit, Log: quietly()}); err != nil {
		return nil, err
	}
	f.ends = append(f.ends, func() { _ = f.queue.Close() })
	f.url, err = f.serve(nil)
	return f, err
}

func quietly() *slog.Logger { return slog.New(slog.DiscardHandler) }

// serve starts an API, which sends clients to storage if there is who presigns URLs.
func (f *farm) serve(by ledger.Presigner) (string, error) {
	server, err := api.New(context.Background(), f.config, api.Dependencies{
		Ledger: f.ledger, Tasks: f.queue, Shares: f.queue, Notices: f.queue, Progress: f.queue, Fleet: f.queue, Keys: f.queue, Spender: f.queue, Presigner: by,
		Health: http.NotFoundHandler(), Page: api.Page{Document: web.Document(), Assets: web.Assets()}, Log: quietly(),
	})
	if err != nil {
		return "", err
	}
	front := httptest.NewServer(server)
	f.ends = append(f.ends, func() {
		server.EndStreams()
		front.Close()
		server.Close()
	})
	return front.URL, nil
}

// end stops everything, the last first.
func (f *farm) end() {
	for i := range f.ends {
		f.ends[len(f.ends)-1-i]()
	}
}

// work starts a worker.
func (f *farm) work() {
	ctx, stop := context.WithCancel(context.Background())
	w := worker.New(worker.Config{Band: time.Second}, worker.Dependencies{
		Ledger: f.ledger, Tasks: f.queue, Shares: f.queue, Progress: f.queue, Live: f.queue, Previews: f.queue, Notices: f.queue, Locks: f.queue, Log: quietly(),
	})
	var running sync.WaitGroup
	running.Go(func() {
		_ = f.queue.Serve(ctx, []queue.Assignment{{Lane: job.Control, Concurrency: 1, Poll: 20 * time.Millisecond}}, time.Millisecond, w.Handle)
	})
	f.ends = append(f.ends, func() {
		stop()
		running.Wait()
	})
}

// newFarm starts a farm that ends with the test.
func newFarm(tb testing.TB) *farm {
	tb.Helper()
	f, err := startFarm(tb.TempDir(), 1000)
	require.NoError(tb, err)
	tb.Cleanup(f.end)
	return f
}

// connect is a client of its own, whose connections end with the test.
func connect(tb testing.TB, baseURL string) *client.Client {
	tb.Helper()
	transport := &http.Transport{}
	tb.Cleanup(transport.CloseIdleConnections)
	c, err := client.New(baseURL, &http.Client{Transport: transport})
	require.NoError(tb, err)
	return c
}

// spec is a small picture, another one for every width.
func parse(tb testing.TB, width int) spec.Spec {
	tb.Helper()
	s, err := spec.Parse(fmt.Appendf(nil, `{"width": %d, "height": 40}`, width))
	require.NoError(tb, err)
	return s
}

// proxy is an unreliable way to a farm.
type proxy struct {
	url string

	mu       sync.Mutex
	cuts     []int64         // after how many bytes the next answers break off
	refusals int             // how many of the next requests are answered 502
	requests []*http.Request // all that came
}

func newProxy(tb testing.TB, farmURL string) *proxy {
	tb.Helper()
	target, err := url.Parse(farmURL)
	require.NoError(tb, err)
	p := &proxy{}
	transport := &http.Transport{}
	reverse := &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport:      transport,
		FlushInterval:  -1,
		ErrorLog:       slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
		ModifyResponse: p.cut,
	}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.refuse(r) {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		reverse.ServeHTTP(w, r)
	}))
	tb.Cleanup(func() {
		front.CloseClientConnections()
		front.Close()
		transport.CloseIdleConnections()
	})
	p.url = front.URL
	return p
}

func (p *proxy) refuse(r *http.Request) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = append(p.requests, r)
	p.refusals--
	return p.refusals >= 0
}

func (p *proxy) cut(response *http.Response) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.cuts) > 0 {
		response.Body = &cutBody{ReadCloser: response.Body, left: p.cuts[0]}
		p.cuts = p.cuts[1:]
	}
	return nil
}

// headers returns what the requests so far had in a header.
func (p *proxy) headers(name string) (values []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.requests {
		values = append(values, r.Header.Get(name))
	}
	return values
}

// cutBody breaks after some bytes.
type cutBody struct {
	io.ReadCloser
	left int64
}

func (b *cutBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errors.New("cut")
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}
