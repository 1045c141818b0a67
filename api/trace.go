package api

import (
	"errors"
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"

	"mandelfarm/internal/tracing"
)

// trace makes a span of a request, in the client's trace if it has sent one. That of an event stream ends with it. Probes
// are in no trace.
func (s *Server) trace(c *gin.Context) {
	if isPolled(c) {
		return
	}
	route, e := c.FullPath(), exchangeOf(c)
	ctx, span := s.deps.Tracer.Continue(c.Request.Context(), c.Request.Header.Get, tracing.Server, c.Request.Method+" "+route,
		slog.String("method", c.Request.Method), slog.String("route", route),
		slog.String("path", abridge(c.Request.URL.Path)), slog.String("request", e.request))
	c.Request = c.Request.WithContext(ctx)
	c.Next()
	status := c.Writer.Status()
	span.Set(slog.Int("status", status), slog.String("answered", string(e.answered)), slog.String("id", string(e.subject(c))))
	var err error
	if status >= http.StatusInternalServerError {
		err = errors.New(http.StatusText(status))
	}
	span.End(err)
}
