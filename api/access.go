package api

import (
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"

	"mandelfarm/internal/requestid"
	"mandelfarm/renderer/spec"
)

// AccessLog says which requests have a line in the log.
type AccessLog string

// What can be logged of requests. What is routine is answered without any work: from memory, with 304, or to a probe.
const (
	LogNone    AccessLog = "off"
	LogSampled AccessLog = "sampled" // all that is not routine, and up to [sampledLines] of what is
	LogAll     AccessLog = "all"
)

// sampledLines is how many routine requests are logged in a second: all of them on a farm that few look at, and not so
// many that writing them takes more than a thousandth of a core.
const sampledLines = 100

// maxLogged bounds what is logged of a path, a query or a header, in bytes.
const maxLogged = 512

const requestIDHeader = "X-Request-Id"

// record names a request and says so in its answer, notes how that goes, and tells observer and log when it has ended. Time
// since a moment is read from one clock, the present time from two: an answer from memory takes as long as a few dozen such
// readings.
func (s *Server) record(c *gin.Context) {
	e := s.exchanges.Get().(*exchange) //nolint:forcetypeassert // it holds nothing else
	*e = exchange{ResponseWriter: c.Writer, began: time.Since(s.began), ids: e.ids}
	e.Header()[requestIDHeader] = s.name(c.Request.Header, e)
	c.Writer = e
	c.Next()
	took := time.Since(s.began) - e.began
	s.observe(c, took)
	s.access.record(c, e, took)
	c.Writer = e.ResponseWriter
	s.exchanges.Put(e)
}

// name gives an exchange the client's ID of the request, or one of ours, and returns it as the value of a header.
func (s *Server) name(h http.Header, e *exchange) []string {
	value := h[requestIDHeader]
	if len(value) != 1 || !requestid.Valid(value[0]) {
		if len(e.ids) == 0 {
			e.ids = s.requestIDs.Batch()
		}
		value, e.ids = e.ids[:1:1], e.ids[1:]
	}
	e.request = value[0]
	return value
}

// accessLog writes a line for each request, or for some.
type accessLog struct {
	log    *slog.Logger
	which  AccessLog
	sample sample

	proxies proxies
}

func (l *accessLog) record(c *gin.Context, e *exchange, took time.Duration) {
	if l.which == LogNone {
		return
	}
	var skipped int64
	if l.which == LogSampled && isRoutine(c, e) {
		var drawn bool
		if skipped, drawn = l.sample.draw(e.began); !drawn {
			return
		}
	}
	if ctx := named(c); l.log.Enabled(ctx, slog.LevelInfo) {
		l.log.LogAttrs(ctx, slog.LevelInfo, "request", l.attrs(c, e, took, skipped)...)
	}
}

// isRoutine reports whether a request was answered without any work. A failure never is routine.
func isRoutine(c *gin.Context, e *exchange) bool {
	if c.Writer.Status() >= http.StatusBadRequest {
		return false
	}
	if e.answered == FromMemory || e.answered == NotModified {
		return true
	}
	return isPolled(c)
}

// isPolled reports whether a request comes again and again, whoever uses the farm.
func isPolled(c *gin.Context) bool {
	route := c.FullPath()
	return route == healthPath || route == readyPath || route == metricsPath
}

// attrs are what a line says of a request: of a key its ID, and of a link nothing. That of an event stream is written at its end.
func (l *accessLog) attrs(c *gin.Context, e *exchange, took time.Duration, skipped int64) []slog.Attr {
	client := c.Request.RemoteAddr // if it is of no network
	if addr := l.proxies.client(c.Request); addr.IsValid() {
		client = addr.String()
	}
	var key string
	if e.key != nil {
		key = e.key.id
	}
	attrs := append(make([]slog.Attr, 0, 16),
		slog.String("method", c.Request.Method), slog.String("route", c.FullPath()), slog.String("path", abridge(c.Request.URL.Path)),
		slog.Int("status", c.Writer.Status()), slog.Int("bytes", max(0, c.Writer.Size())), slog.Duration("took", took),
		slog.String("client", client))
	for _, given := range []struct{ key, value string }{
		{"key", key},
		{"query", withoutSecrets(c.Request.URL.RawQuery)},
		{"forwarded_for", c.GetHeader("X-Forwarded-For")},
		{"answered", string(e.answered)},
		{"id", string(e.subject(c))},
	} {
		if given.value != "" {
			attrs = append(attrs, slog.String(given.key, abridge(given.value)))
		}
	}
	if skipped > 0 {
		attrs = append(attrs, slog.Int64("skipped", skipped))
	}
	if c.Request.Context().Err() != nil {
		attrs = append(attrs, slog.Bool("client_left", true))
	}
	return attrs
}

// subject is the picture or job that a request was about, from its path if nobody has said.
func (e *exchange) subject(c *gin.Context) spec.ID {
	if e.id != "" {
		return e.id
	}
	id, _ := spec.ParseID(c.Param("id")) // empty if it is none
	return id
}

func abridge(s string) string { return s[:min(len(s), maxLogged)] }

// sample draws so many requests of each second and counts the others. It is safe for concurrent use; when a second ends,
// it may draw one too many or too few.
type sample struct {
	second  atomic.Int64
	drawn   atomic.Int64 // in that second
	skipped atomic.Int64 // since the last that was drawn
}

// draw reports whether a request that came so long after the start is drawn, and how many were not since the last that was.
func (s *sample) draw(now time.Duration) (skipped int64, drawn bool) {
	second := int64(now / time.Second)
	if s.second.Load() != second {
		s.second.Store(second)
		s.drawn.Store(0)
	}
	if s.drawn.Add(1) > sampledLines {
		s.skipped.Add(1)
		return 0, false
	}
	return s.skipped.Swap(0), true
}
