package api_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// discardWriter is a client that takes no time.
type discardWriter struct{ header http.Header }

func (w discardWriter) Header() http.Header         { return w.header }
func (w discardWriter) Write(p []byte) (int, error) { return len(p), nil }
func (w discardWriter) WriteHeader(int)             {}

// BenchmarkFromMemory measures what an answer from memory costs without the
// network: a picture, and a 304 for a client that has it; and with metrics, as the
// farm has it.
func BenchmarkFromMemory(b *testing.B) {
	f := newFarm(b)
	f.work()
	picture := f.get("/generate/800/600")
	require.Equal(b, http.StatusOK, picture.status)
	server := f.server(f.config)
	b.Cleanup(server.Close)
	for name, tag := range map[string]string{"200": "", "304": picture.header.Get("ETag")} {
		b.Run(name, func(b *testing.B) {
			request := httptest.NewRequest(http.MethodGet, "http://localhost:8080/generate/800/600", nil)
			if tag != "" {
				request.Header.Set("If-None-Match", tag)
			}
			server.ServeHTTP(discardWriter{http.Header{}}, request)
			b.ReportAllocs()
			for b.Loop() {
				server.ServeHTTP(discardWriter{http.Header{}}, request)
			}
		})
	}
}

// BenchmarkIdleStream measures what an event stream costs on which nothing
// happens: memory of the server, and the time to open one.
func BenchmarkIdleStream(b *testing.B) {
	f := newFarm(b)
	location := f.post(small).header.Get("Location")
	address := strings.TrimPrefix(f.url, "http://")
	request := []byte("GET " + location + "/events HTTP/1.1\r\nHost: farm\r\n\r\n")
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
