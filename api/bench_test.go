package api_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"mandelfarm/access"
	"mandelfarm/api"
	"mandelfarm/internal/logging"
	"mandelfarm/internal/tracing"
	"mandelfarm/metrics"
	"mandelfarm/queue"
)

// discardWriter is a client that takes no time.
type discardWriter struct{ header http.Header }

func (w discardWriter) Header() http.Header         { return w.header }
func (w discardWriter) Write(p []byte) (int, error) { return len(p), nil }
func (w discardWriter) WriteHeader(int)             {}

// BenchmarkFromMemory measures what an answer from memory costs without the
// network: a picture, and a 304 for a client that has it; with metrics, as the farm
// has it, and by what is logged and traced, and whether there is a key.
func BenchmarkFromMemory(b *testing.B) {
	f := newFarm(b)
	f.work()
	picture := f.get("/generate/800/600")
	require.Equal(b, http.StatusOK, picture.status)
	provider := sdk.NewTracerProvider(sdk.WithBatcher(tracetest.NewNoopExporter()))
	tracer := tracing.New(b.Context(), provider, func(err error) { b.Error(err) })
	b.Cleanup(func() { require.NoError(b, tracer.Close(context.Background())) })
	for _, how := range []struct {
		name   string
		log    api.AccessLog
		tracer *tracing.Tracer
		key    string
	}{
		{"log=off", api.LogNone, nil, ""},
		{"log=sampled", api.LogSampled, nil, ""},
		{"log=all", api.LogAll, nil, ""},
		{"log=sampled,traced", api.LogSampled, tracer, ""},
		{"log=sampled,key", api.LogSampled, nil, f.key(access.Read)},
	} {
		cfg, deps := f.config, f.observedDependencies()
		cfg.AccessLog, deps.Tracer, deps.Log = how.log, how.tracer, slog.New(logging.Contextual(slog.NewTextHandler(discardWriter{}, nil)))
		server := f.serverOf(cfg, deps)
		b.Cleanup(server.Close)
		for name, tag := range map[string]string{"200": "", "304": picture.header.Get("ETag")} {
			b.Run(name+"/"+how.name, func(b *testing.B) {
				request := ofMemory(tag)
				if how.key != "" {
					request.Header.Set("Authorization", "Bearer "+how.key)
				}
				server.ServeHTTP(discardWriter{http.Header{}}, request)
				b.ReportAllocs()
				for b.Loop() {
					server.ServeHTTP(discardWriter{http.Header{}}, request)
				}
			})
		}
	}
}

// ofMemory asks for the picture of a client that has one, or none if tag is empty.
func ofMemory(tag string) *http.Request {
	request := httptest.NewRequest(http.MethodGet, "http://localhost:8080/generate/800/600", nil)
	request.Header.Set("Accept-Encoding", "gzip") // no client sends no header at all
	if tag != "" {
		request.Header.Set("If-None-Match", tag)
	}
	return request
}

// BenchmarkObserved measures by how much metrics make such an answer slower: runs of
// requests to a server with them and one without, by turns and in changing order. Of
// the ratios of each two runs it reports the median, so that what disturbs some of
// them does not count.
func BenchmarkObserved(b *testing.B) {
	f := newFarm(b)
	f.work()
	picture := f.get("/generate/800/600")
	require.Equal(b, http.StatusOK, picture.status)
	plain, observed := f.server(f.config), f.observed()
	b.Cleanup(plain.Close)
	b.Cleanup(observed.Close)
	for name, tag := range map[string]string{"200": "", "304": picture.header.Get("ETag")} {
		b.Run(name, func(b *testing.B) {
			var ratios, without []float64
			for b.Loop() {
				first, second := run(plain, tag), run(observed, tag)
				third, fourth := run(observed, tag), run(plain, tag)
				ratios = append(ratios, float64(second)/float64(first), float64(third)/float64(fourth))
				without = append(without, float64(first)/requestsOfRun)
			}
			slices.Sort(ratios)
			slices.Sort(without)
			b.ReportMetric(ratios[len(ratios)/2], "with/without")
			b.ReportMetric(without[len(without)/2], "ns/answer")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// observed is a server with metrics.
func (f *farm) observed() *api.Server { return f.serverOf(f.config, f.observedDependencies()) }

func (f *farm) observedDependencies() api.Dependencies {
	deps, registry := f.dependencies(), metrics.New("", "")
	deps.Observer = registry.Requests(registry.Ended())
	return deps
}

const requestsOfRun = 100

// run is how long some answers take.
func run(server http.Handler, tag string) time.Duration {
	request := ofMemory(tag)
	start := time.Now()
	for range requestsOfRun {
		server.ServeHTTP(discardWriter{http.Header{}}, request)
	}
	return time.Since(start)
}

// waiters is an observer that knows how many clients wait.
type waiters struct {
	api.Observer
	now atomic.Int64
}

func (w *waiters) Waiting(change int) {
	w.now.Add(int64(change))
	w.Observer.Waiting(change)
}

// BenchmarkWaitingClients measures the memory that clients take who wait for a picture: all
// for one, or each for its own. Their ends of the connections, which are in this process
// too, are among it.
func BenchmarkWaitingClients(b *testing.B) {
	const clients = 2000
	for name, path := range map[string]func(i int) string{
		"one picture":  func(int) string { return "/generate/800/600" },
		"own pictures": func(i int) string { return fmt.Sprintf("/generate/%d/600", 1+i) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				b.ReportMetric(waitingMemory(b, clients, path)/clients/1024, "KiB/client")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// waitingMemory is what so many clients take who wait for what nobody draws, in bytes.
func waitingMemory(b *testing.B, clients int, path func(i int) string) float64 {
	b.Helper()
	f := newFarm(b, func(a *api.Config, q *queue.Config) { a.WaitLimit, q.Limit = time.Hour, 1<<20 })
	deps := f.observedDependencies()
	w := &waiters{Observer: deps.Observer}
	deps.Observer = w
	address := strings.TrimPrefix(serveHTTP(b, f.serverOf(f.config, deps)), "http://")
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range clients {
		client, err := new(net.Dialer).DialContext(b.Context(), "tcp", address)
		require.NoError(b, err)
		defer client.Close() // they wait together
		_, err = fmt.Fprintf(client, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path(i))
		require.NoError(b, err)
	}
	require.Eventually(b, func() bool { return w.now.Load() == int64(clients) }, time.Minute, 10*time.Millisecond, "all wait")
	runtime.GC()
	runtime.ReadMemStats(&after)
	return float64(after.HeapInuse) + float64(after.StackInuse) - float64(before.HeapInuse) - float64(before.StackInuse)
}

// BenchmarkIdleStream measures what an event stream costs on which nothing
// happens: memory of the server, and the time to open one.
func BenchmarkIdleStream(b *testing.B) {
	f := newFarm(b)
	location := f.post(small).header.Get("Location")
	address := strings.TrimPrefix(f.url, "http://")
	request := []byte("GET " + location + "/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
	beginning := make([]byte, 500)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for b.Loop() {
		client, err := new(net.Dialer).DialContext(b.Context(), "tcp", address)
		require.NoError(b, err)
		b.Cleanup(func() { _ = client.Close() })
		_, err = client.Write(request)
		require.NoError(b, err)
		_, err = io.ReadFull(client, beginning)
		require.NoError(b, err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	used := after.HeapInuse + after.StackInuse - before.HeapInuse - before.StackInuse
	b.ReportMetric(float64(used)/float64(b.N), "bytes/stream")
}
