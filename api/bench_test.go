package api_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

// discardWriter is a client that takes no time.
type discardWriter struct{ header http.Header }

func (w discardWriter) Header() http.Header         { return w.header }
func (w discardWriter) Write(p []byte) (int, error) { return len(p), nil }
func (w discardWriter) WriteHeader(int)             {}

// BenchmarkFromMemory measures what an answer from memory costs without the
// network: a picture, and a 304 for a client that has it.
func BenchmarkFromMemory(b *testing.B) {
	f := newFarm(b)
	f.work()
	picture := f.get("/generate/800/600")
	require.Equal(b, http.StatusOK, picture.status)
	server := f.server(f.config)
	b.Cleanup(server.Close)
	for name, tag := range map[string]string{"200": "", "304": picture.header.Get("ETag")} {
		b.Run(name, func(b *testing.B) {
			request := httptest.NewRequest(http.MethodGet, "/generate/800/600", nil)
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
