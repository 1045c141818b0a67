package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// ErrUnreachable says that nobody answers at the farm's address, or the connection broke.
var ErrUnreachable = errors.New("the farm cannot be reached")

// unreachable marks an error of the connection, unless it is ctx that ended.
func unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return fmt.Errorf("%w: %w", ErrUnreachable, err)
}

// Error is a refusal: the problem document (RFC 9457) of an answer, or what can
// be said of an answer without one.
type Error struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Field  string `json:"field,omitempty"` // path of the Spec's field at fault, or name of the parameter
	// RetryAfter is when to ask again, if the farm says so.
	RetryAfter time.Duration `json:"-"`

	foreign bool // not from a farm but from a proxy, say
}

// Error is the detail, with the status where that says more.
func (e *Error) Error() string {
	if e.Detail == "" || e.foreign {
		return fmt.Sprintf("the farm answers %d %s", e.Status, http.StatusText(e.Status))
	}
	return e.Detail
}

// Is reports whether the refusal is one of package job's errors, or
// [spec.ErrNoMinibrot].
func (e *Error) Is(target error) bool {
	if e.foreign {
		return false
	}
	switch e.Status {
	case http.StatusNotFound:
		return target == job.ErrUnknown
	case http.StatusConflict:
		return target == job.ErrState
	case http.StatusTooManyRequests:
		return target == job.ErrQueueFull
	case http.StatusUnprocessableEntity:
		return target == spec.ErrNoMinibrot
	}
	return false
}

// Temporary reports whether the same request may succeed later.
func (e *Error) Temporary() bool {
	return e.Status >= http.StatusInternalServerError || e.Status == http.StatusTooManyRequests
}

// maxProblem bounds what is read of a refusal.
const maxProblem = 64 << 10

// readError makes an error of an answer that is no success.
func readError(response *http.Response) *Error {
	e := &Error{}
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	data, err := io.ReadAll(io.LimitReader(response.Body, maxProblem))
	if err != nil || kind != "application/problem+json" || json.Unmarshal(data, e) != nil {
		*e = Error{foreign: true}
	}
	e.Status = response.StatusCode
	if e.Title == "" {
		e.Title = http.StatusText(e.Status)
	}
	if seconds, err := strconv.ParseUint(response.Header.Get("Retry-After"), 10, 16); err == nil {
		e.RetryAfter = time.Duration(seconds) * time.Second
	}
	return e
}

// passing reports whether err may go away by itself.
func passing(err error) bool {
	if refusal, ok := errors.AsType[*Error](err); ok {
		return refusal.Temporary()
	}
	return errors.Is(err, ErrUnreachable)
}
