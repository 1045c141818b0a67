package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"mandelfarm/foreign"
	"mandelfarm/internal/logging"
	"mandelfarm/job"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
)

// problem is the body of every error, as RFC 9457 has it. The type is the
// default, about:blank: title is the status's own phrase.
type problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Field  string `json:"field,omitempty"` // path of the field at fault, or name of the parameter
}

// What a request can be wrong about beside its Spec.
var (
	errNoRoute   = errors.New("there is nothing at this path")
	errVersion   = errors.New("there is nothing of another version of the renderer")
	errMethod    = errors.New("this path does not take that method")
	errMediaType = fmt.Errorf("the body must be sent as application/json, several Specs also as "+ndjsonType+", or a file of another program as one of %s",
		strings.Join(foreign.MediaTypes(), ", "))
	errEncoding   = errors.New("the body must be sent as it is: a few bytes of compressed data can be many")
	errTooLarge   = errors.New("the body is too large")
	errNotReady   = errors.New("the picture is not ready")
	errWaited     = errors.New("the picture was not ready in time; it is still being drawn and will be served when asked for again")
	errDamaged    = errors.New("the picture in storage was damaged; it is drawn again")
	errStalled    = errors.New("nothing can be drawn now")
	errNoImage    = errors.New("the job has no picture")
	errMismatch   = errors.New("what is here is none of what If-Match names")
	errFailed     = errors.New("the picture cannot be drawn")
	errBusy       = errors.New("too many clients are connected")
	errHost       = errors.New("the farm is not known by this host name")
	errOrigin     = errors.New("a page of another origin may change nothing here")
	errViewWaited = errors.New("the levels of the picture were not ready in time; they are still being made")
	errNoKey      = errors.New("a key is needed")
	errBadKey     = errors.New("the key is unknown, or good no longer")
	errRole       = errors.New("the key is not good for this")
	errKeysAway   = errors.New("keys cannot be checked now")

	errSearching  = errors.New("another search for a minibrot is under way in this process")
	errLongSearch = errors.New("the search for a minibrot takes too long")
	errLongQuote  = errors.New("finding what the picture costs takes too long")
)

// outcome is what an error becomes.
type outcome struct {
	status     int
	retryAfter int    // seconds; 0 says nothing
	advice     string // appended to the detail
	challenge  string // how to ask, of 401
	public     bool   // its text is for the client's eyes; that of every 4xx is
}

// statuses is the table from errors to outcomes: the first that matches counts.
var statuses = []struct { //nolint:gochecknoglobals // a constant table
	err error
	outcome
}{
	{errNoRoute, outcome{status: http.StatusNotFound}},
	{errVersion, outcome{status: http.StatusNotFound}},
	{errMethod, outcome{status: http.StatusMethodNotAllowed}},
	{errMediaType, outcome{status: http.StatusUnsupportedMediaType}},
	{errEncoding, outcome{status: http.StatusUnsupportedMediaType}},
	{errTooLarge, outcome{status: http.StatusRequestEntityTooLarge}},
	{errMismatch, outcome{status: http.StatusPreconditionFailed}},
	{errUnsatisfiable, outcome{status: http.StatusRequestedRangeNotSatisfiable}},
	{errHost, outcome{status: http.StatusMisdirectedRequest, advice: "; the operator can add it to ALLOWED_HOSTS"}},
	{errOrigin, outcome{status: http.StatusForbidden, advice: "; the operator can add the origin to TRUSTED_ORIGINS"}},
	{errNoKey, outcome{status: http.StatusUnauthorized, challenge: `Bearer realm="mandelfarm"`, advice: "; the operator can make keys, or allow more by ANONYMOUS"}},
	{errBadKey, outcome{status: http.StatusUnauthorized, challenge: `Bearer realm="mandelfarm", error="invalid_token"`}},
	{errRole, outcome{status: http.StatusForbidden}},
	{errKeysAway, outcome{status: http.StatusServiceUnavailable, public: true, retryAfter: 1}},
	{errBusy, outcome{status: http.StatusServiceUnavailable, public: true, retryAfter: 1, advice: "; the operator can raise MAX_CONNECTIONS"}},
	{errNotReady, outcome{status: http.StatusServiceUnavailable, public: true, retryAfter: 1}},
	{errWaited, outcome{status: http.StatusServiceUnavailable, public: true, retryAfter: 5}},
	{errViewWaited, outcome{status: http.StatusServiceUnavailable, public: true, retryAfter: 5}},
	{errDamaged, outcome{status: http.StatusServiceUnavailable, public: true, retryAfter: 1}},
	{errStalled, outcome{status: http.StatusServiceUnavailable, public: true, retryAfter: 30}},
	{errNoImage, outcome{status: http.StatusConflict}},
	{errFailed, outcome{status: http.StatusInternalServerError, public: true}},
	{spec.ErrNoMinibrot, outcome{status: http.StatusUnprocessableEntity}},
	{errLongSearch, outcome{status: http.StatusServiceUnavailable, public: true, retryAfter: 30, advice: "; a lower max_period takes less, and the operator can allow more"}},
	{errLongQuote, outcome{status: http.StatusServiceUnavailable, public: true, retryAfter: 30, advice: "; the operator can allow more"}},
	{errSearching, outcome{status: http.StatusServiceUnavailable, public: true, retryAfter: 2}},
	{job.ErrUnknown, outcome{status: http.StatusNotFound}},
	{job.ErrUnreadable, outcome{status: http.StatusNotFound}},
	{job.ErrNoWorker, outcome{status: http.StatusNotFound}},
	{job.ErrNoMessage, outcome{status: http.StatusNotFound}},
	{job.ErrState, outcome{status: http.StatusConflict}},
	{job.ErrVersion, outcome{status: http.StatusConflict}},
	{job.ErrQueueFull, outcome{status: http.StatusTooManyRequests, retryAfter: 5, advice: "; the operator can raise QUEUE_LIMIT or add workers"}},
	{job.ErrUnavailable, outcome{status: http.StatusServiceUnavailable, retryAfter: 2}},
	{context.Canceled, outcome{status: http.StatusServiceUnavailable, retryAfter: 1}}, // this process is stopping, or nobody is left to read it
	{context.DeadlineExceeded, outcome{status: http.StatusServiceUnavailable, retryAfter: 2}},
}

// classify finds the outcome of an error, and whether its text is for the
// client's eyes.
func classify(err error) (o outcome, public bool) {
	if _, ok := errors.AsType[*spec.FieldError](err); ok {
		return outcome{status: http.StatusBadRequest}, true
	}
	if over, ok := errors.AsType[*budgetError](err); ok {
		return over.outcome(), true
	}
	for _, row := range statuses {
		if errors.Is(err, row.err) {
			return row.outcome, row.public || row.status < 500
		}
	}
	if _, ok := errors.AsType[*storage.Error](err); ok {
		return outcome{status: http.StatusServiceUnavailable, retryAfter: 2}, false
	}
	return outcome{status: http.StatusInternalServerError}, false
}

// ofContent are headers that describe what would have been sent.
var ofContent = []string{"Etag", "Accept-Ranges", "Content-Disposition", "Content-Security-Policy", "Repr-Digest"} //nolint:gochecknoglobals // constants

// fail answers with an error. What is the farm's fault is logged; its text may
// name hosts and keys and is not shown.
func (s *Server) fail(c *gin.Context, err error) {
	p, o := s.describeError(c, err)
	if o.challenge != "" {
		c.Header("WWW-Authenticate", o.challenge)
	}
	if o.retryAfter > 0 {
		c.Header("Retry-After", strconv.Itoa(o.retryAfter))
	}
	body, err := json.Marshal(p)
	if err != nil { // strings and numbers always encode
		body = []byte("{}")
	}
	for _, name := range ofContent {
		delete(c.Writer.Header(), name)
	}
	c.Writer.Header().Del(answeredHeader)
	strict(c)
	c.Header("Cache-Control", "no-store")
	c.Data(o.status, "application/problem+json", body)
	c.Abort()
}

// describeError is what a client is told of an error, which is logged if it is the farm's fault.
func (s *Server) describeError(c *gin.Context, err error) (problem, outcome) {
	o, public := classify(err)
	p := problem{Title: http.StatusText(o.status), Status: o.status, Detail: err.Error() + o.advice}
	if fault, ok := errors.AsType[*spec.FieldError](err); ok {
		p.Field, p.Detail = fault.Field, fault.Error()
	}
	if !public {
		p.Detail = "the farm cannot answer at the moment"
		s.logFailure(c, err)
	}
	return p, o
}

// logFailure logs what is the farm's fault, unless the client has left: that ends what it waits for.
func (s *Server) logFailure(c *gin.Context, err error) {
	ctx, request := named(c), []slog.Attr{slog.String("method", c.Request.Method), slog.String("path", c.Request.URL.Path)}
	logging.Panic(ctx, s.deps.Log, err, request...)
	if ctx.Err() == nil {
		s.deps.Log.LogAttrs(ctx, slog.LevelError, "request failed", append(request, slog.Any("err", err))...)
	}
}
