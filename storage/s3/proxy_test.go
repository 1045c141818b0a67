package s3_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
	"mandelfarm/storage"
	"mandelfarm/storage/s3"
)

// proxy stands between a store and the server: it notes the requests, and loses
// the answers that the test wants lost.
type proxy struct {
	mu       sync.Mutex
	requests []string
	lose     int
	// before is called before a request is passed on, one at a time.
	before func(req *http.Request)
	// answered makes other answers of those of the server.
	answered func(resp *http.Response) error
}

// behind returns cfg with the proxy in front of its server.
func (p *proxy) behind(t *testing.T, cfg s3.Config) s3.Config {
	t.Helper()
	target, err := url.Parse(cfg.Endpoint)
	require.NoError(t, err)
	transport := &http.Transport{}
	forward := &httputil.ReverseProxy{
		Transport: transport,
		ModifyResponse: func(resp *http.Response) error {
			p.mu.Lock()
			edit := p.answered
			p.mu.Unlock()
			if edit == nil {
				return nil
			}
			return edit(resp)
		},
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host // It is signed.
		},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if !p.note(req) {
			forward.ServeHTTP(w, req)
			return
		}
		forward.ServeHTTP(httptest.NewRecorder(), req)
		panic(http.ErrAbortHandler)
	}))
	t.Cleanup(func() {
		server.Close()
		transport.CloseIdleConnections()
	})
	cfg.Endpoint = server.URL
	return cfg
}

// note reports whether the answer is to be lost.
func (p *proxy) note(req *http.Request) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = append(p.requests, req.Method)
	if p.before != nil {
		p.before(req)
	}
	p.lose--
	return p.lose >= 0
}

// take returns the methods of the requests since it was last called.
func (p *proxy) take() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	taken := strings.Join(p.requests, ",")
	p.requests = nil
	return taken
}

// call has f called before requests are passed on, nothing if it is nil.
func (p *proxy) call(f func(req *http.Request)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.before = f
}

// answer has f edit the answers of the server.
func (p *proxy) answer(f func(resp *http.Response) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answered = f
}

func (p *proxy) loseAnswers(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lose = n
}

// TestRoundTrips counts the requests that the package documentation promises.
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	var p proxy
	cfg := p.behind(t, testenv.S3(t))
	s := open(t, cfg)
	require.Equal(t, "HEAD,PUT", p.take(), "Open makes the bucket")
	open(t, cfg)
	require.Equal(t, "HEAD", p.take(), "Open finds the bucket")

	ctx, small := t.Context(), make([]byte, 8<<10)
	many := make([]string, 1000)
	for i := range many {
		many[i] = fmt.Sprintf("none/%d", i)
	}
	for _, test := range []struct {
		name string
		do   func() error
		want string
	}{
		{"Put", func() error { return s.Put(ctx, "a", "", bytes.NewReader(small)) }, "PUT"},
		{"Create", func() error { return s.Create(ctx, "b", "", small) }, "PUT"},
		{"Get", func() error { _, err := storage.ReadAll(ctx, s, "a", 1<<20); return err }, "GET"},
		{"Stat", func() error { _, err := s.Stat(ctx, "a"); return err }, "HEAD"},
		{"List", func() error {
			for _, err := range s.List(ctx, "", "") {
				return err
			}
			return nil
		}, "GET"},
		{"Delete", func() error { return s.Delete(ctx, "a") }, "DELETE"},
		{"Delete many", func() error { return s.Delete(ctx, many...) }, "POST"},
		{"Delete none", func() error { return s.Delete(ctx) }, ""},
		{"Put of 8 MiB", func() error { return s.Put(ctx, "c", "", bytes.NewReader(make([]byte, 8<<20))) }, "PUT"},
		{"Put of 20 MiB", func() error { return s.Put(ctx, "c", "", bytes.NewReader(make([]byte, 20<<20))) }, "POST,PUT,PUT,PUT,HEAD,POST,HEAD"},
		{"Stat of 20 MiB", func() error { _, err := s.Stat(ctx, "c"); return err }, "HEAD,GET"},
		{"Get of 20 MiB", func() error { return storage.Verify(ctx, s, "c") }, "GET"},
	} {
		require.NoError(t, test.do(), test.name)
		require.Equal(t, test.want, p.take(), test.name)
	}
	other := open(t, cfg)
	p.take()
	require.NoError(t, storage.Verify(ctx, other, "c"))
	require.Equal(t, "GET,GET", p.take(), "Get of 20 MiB by somebody else")
	require.ErrorIs(t, s.Create(ctx, "b", "", small), storage.ErrExists)
	require.Equal(t, "PUT", p.take(), "Create that loses")
}

// TestPingStoresAnObject, but not every time.
func TestPingStoresAnObject(t *testing.T) {
	t.Parallel()
	var p proxy
	cfg := p.behind(t, testenv.S3(t))
	s := open(t, cfg)
	p.take()
	for _, want := range []string{"PUT,DELETE", "HEAD", "HEAD"} {
		require.NoError(t, s.Ping(t.Context()))
		require.Equal(t, want, p.take())
	}
	other := open(t, cfg)
	require.NoError(t, other.Put(t.Context(), "a", "", strings.NewReader("x")))
	p.take()
	require.NoError(t, other.Ping(t.Context()))
	require.Equal(t, "HEAD", p.take(), "a Put is proof enough")
	objects, err := client(t, cfg).ListObjectsV2(cfg.Bucket, "", "", "", "", 10)
	require.NoError(t, err)
	require.Len(t, objects.Contents, 1, "it removes what it stores")
}

// TestAbortedUploads has somebody else abort an upload before it is completed,
// to which the server answers that it is complete if there is an object. Put
// looks, and does not take its word.
func TestAbortedUploads(t *testing.T) {
	t.Parallel()
	var p proxy
	direct := testenv.S3(t)
	s, core := open(t, p.behind(t, direct)), client(t, direct)
	abort := func(req *http.Request) {
		id := req.URL.Query().Get("uploadId")
		if req.Method == http.MethodPost && id != "" {
			key := strings.TrimPrefix(req.URL.Path, "/"+direct.Bucket+"/")
			if err := core.AbortMultipartUpload(context.WithoutCancel(req.Context()), direct.Bucket, key, id); err != nil {
				t.Errorf("abort: %v", err)
			}
		}
	}
	large := bytes.Repeat([]byte("large"), 2<<20)
	for _, old := range [][]byte{nil, []byte("old"), bytes.ToUpper(large), large} {
		p.call(nil)
		require.NoError(t, s.Delete(t.Context(), "a"))
		if old != nil {
			require.NoError(t, s.Put(t.Context(), "a", "", bytes.NewReader(old)))
		}
		p.call(abort)
		err := s.Put(t.Context(), "a", "", bytes.NewReader(large))
		var failure *storage.Error
		require.ErrorAs(t, err, &failure, "with %d bytes there before", len(old))
		require.Equal(t, "put", failure.Op)
		if old == nil {
			_, err = s.Stat(t.Context(), "a")
			require.ErrorIs(t, err, storage.ErrNotFound)
			continue
		}
		require.NoError(t, storage.Verify(t.Context(), s, "a"), "what was there stays")
		got, err := storage.ReadAll(t.Context(), s, "a", 1<<30)
		require.NoError(t, err)
		require.True(t, bytes.Equal(old, got))
	}
}

// TestReplacedUploads has somebody else store or delete the object as soon as an
// upload is complete. The upload was stored, and Put says so.
func TestReplacedUploads(t *testing.T) {
	t.Parallel()
	var p proxy
	direct := testenv.S3(t)
	s, other := open(t, p.behind(t, direct)), open(t, direct)
	large := bytes.Repeat([]byte("large"), 2<<20)
	for _, change := range []func(ctx context.Context) error{
		func(ctx context.Context) error { return other.Put(ctx, "a", "", strings.NewReader("small")) },
		func(ctx context.Context) error { return other.Put(ctx, "a", "", bytes.NewReader(large)) },
		func(ctx context.Context) error { return other.Delete(ctx, "a") },
	} {
		require.NoError(t, other.Put(t.Context(), "a", "", strings.NewReader("old")))
		heads := 0
		p.call(func(req *http.Request) {
			if req.Method != http.MethodHead {
				return
			}
			if heads++; heads == 2 { // The first is before the upload is completed.
				if err := change(context.WithoutCancel(req.Context())); err != nil {
					t.Errorf("change: %v", err)
				}
			}
		})
		require.NoError(t, s.Put(t.Context(), "a", "", bytes.NewReader(large)))
		p.call(nil)
		require.Equal(t, 2, heads)
	}
}

// TestCreateSurvivesALostAnswer loses the answer to a Create that has stored its
// object. The repetition is refused, but it is the creator's own object that is
// in its way.
func TestCreateSurvivesALostAnswer(t *testing.T) {
	t.Parallel()
	var p proxy
	s := open(t, p.behind(t, testenv.S3(t)))
	p.take()
	p.loseAnswers(1)
	require.NoError(t, s.Create(t.Context(), "a", "", []byte("mine")))
	require.Equal(t, "PUT,PUT,HEAD", p.take())

	p.loseAnswers(1)
	require.ErrorIs(t, s.Create(t.Context(), "a", "", []byte("another's")), storage.ErrExists)
	require.NoError(t, s.Put(t.Context(), "a", "", strings.NewReader("replaced")))
	p.loseAnswers(1)
	require.ErrorIs(t, s.Create(t.Context(), "a", "", []byte("mine")), storage.ErrExists)
}

// TestRequestsAreRepeated loses answers to operations that may be.
func TestRequestsAreRepeated(t *testing.T) {
	t.Parallel()
	var p proxy
	s := open(t, p.behind(t, testenv.S3(t)))
	for _, do := range []func() error{
		func() error { return s.Put(t.Context(), "a", "", strings.NewReader("data")) },
		func() error { _, err := storage.ReadAll(t.Context(), s, "a", 100); return err },
		func() error { _, err := s.Stat(t.Context(), "a"); return err },
		func() error { return s.Delete(t.Context(), "a") },
	} {
		p.loseAnswers(2)
		require.NoError(t, do())
	}
}
