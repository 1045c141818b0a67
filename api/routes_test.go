package api

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"testing/fstest"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"mandelfarm/ledger"
	"mandelfarm/storage/dir"
)

// noNews is of keys that do not change.
type noNews struct{}

func (noNews) PublishKeys(context.Context) error      { return nil }
func (noNews) KeysChanged() (<-chan struct{}, func()) { return nil, func() {} }

// TestMiddlewareSeesEveryRequest and how it ends: answered, refused, unknown or panicked.
func TestMiddlewareSeesEveryRequest(t *testing.T) {
	t.Parallel()
	store, err := dir.Open(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	deps := Dependencies{
		Page: Page{Assets: fstest.MapFS{}}, Log: slog.New(slog.DiscardHandler), Ledger: ledger.New(store, ledger.Options{}), Keys: noNews{},
	}
	deps.Health = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/readyz" {
			panic("boom")
		}
	})
	s, err := New(t.Context(), DefaultConfig(), deps)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	var seen []string
	record := func(c *gin.Context) {
		c.Next()
		seen = append(seen, c.Request.Method+" "+c.FullPath()+" "+strconv.Itoa(c.Writer.Status()))
	}
	router := s.routes(append(gin.HandlersChain{record}, s.middleware()...))
	for _, request := range [][3]string{
		{"localhost", "GET", "/healthz"},
		{"localhost", "GET", "/readyz"},
		{"localhost", "PUT", "/jobs"},
		{"localhost", "GET", "/nowhere"},
		{"localhost", "GET", "/jobs/none"},
		{"localhost", "GET", "/generate/1/x"},
		{"evil.test", "GET", "/jobs"},
	} {
		w := httptest.NewRecorder()
		router.ServeHTTP(w, httptest.NewRequest(request[1], "http://"+request[0]+request[2], nil))
		require.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
	}
	require.Equal(t, []string{
		"GET /healthz 200", "GET /readyz 500", "PUT  405", "GET  404", "GET /jobs/:id 404", "GET /generate/:width/:height 404", "GET /jobs 421",
	}, seen)
}
