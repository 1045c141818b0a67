package api

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"mandelfarm/api/openapi"
)

// TestRoutesAreThoseOfTheDocument: none is missing on either side, and HEAD is
// taken wherever GET is.
func TestRoutesAreThoseOfTheDocument(t *testing.T) {
	t.Parallel()
	var described struct {
		Paths map[string]map[string]json.RawMessage
	}
	require.NoError(t, json.Unmarshal(openapi.JSON("test"), &described))
	want := make(map[string]bool)
	for path, operations := range described.Paths {
		for method := range operations {
			if method == "parameters" {
				continue
			}
			want[strings.ToUpper(method)+" "+path] = true
			if method == "get" {
				want[http.MethodHead+" "+path] = true
			}
		}
	}
	got := make(map[string]bool)
	s := &Server{deps: Dependencies{Health: http.NotFoundHandler(), Metrics: http.NotFoundHandler(), Observer: nobody{}}}
	for _, route := range s.routes(gin.HandlersChain{}).Routes() {
		// Gin takes a whole segment for a parameter: the handler of tiles cuts the ending.
		path := strings.Replace(route.Path, ":file", ":y.png", 1)
		got[route.Method+" "+regexp.MustCompile(`:(\w+)`).ReplaceAllString(path, "{$1}")] = true
	}
	require.Equal(t, want, got)
}
