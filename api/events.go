package api

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// heartbeat is below the minute or so after which proxies close a connection that
// is silent. It finds out clients that are gone, too.
const heartbeat = 15 * time.Second

// streamHead begins every stream: how long a client waits before it connects
// again, in milliseconds.
const streamHead = "retry: 1000\n\n"

// events answers GET /jobs/{id}/events with server-sent events.
func (s *Server) events(c *gin.Context) {
	id, err := spec.ParseID(c.Param("id"))
	if err != nil {
		s.fail(c, job.ErrUnknown)
		return
	}
	updates, leave := s.feed.join(id)
	defer leave()
	first, err := s.await(c.Request.Context(), updates)
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Cache-Control", "no-store")
	seen := c.GetHeader("Last-Event-ID")
	if first.state.Final() && first.tag == seen {
		c.Status(http.StatusNoContent) // tells an EventSource not to come back
		return
	}
	c.Header("Content-Type", "text/event-stream")
	c.Header("X-Accel-Buffering", "no") // nginx would hold events back
	c.Status(http.StatusOK)
	if c.Request.Method == http.MethodHead {
		return
	}
	s.stream(c.Request.Context(), newEventStream(c.Writer), first, updates, seen)
}

// await returns the first update of a stream.
func (s *Server) await(ctx context.Context, updates <-chan update) (update, error) {
	select {
	case u := <-updates:
		return u, u.err
	case <-ctx.Done():
		return update{}, ctx.Err()
	case <-s.feed.ctx.Done():
		return update{}, s.feed.ctx.Err()
	}
}

// stream sends updates until one is final, the client leaves or the server
// stops. A client that has seen the first does not get it again.
func (s *Server) stream(ctx context.Context, out *eventStream, first update, updates <-chan update, seen string) {
	if out.send([]byte(streamHead)) != nil {
		return
	}
	gap, beat := time.NewTimer(feedGap), time.NewTicker(heartbeat)
	defer gap.Stop()
	defer beat.Stop()
	var next <-chan update // nil for feedGap after an event
	for u := first; ; {
		if u.tag != seen {
			if out.send(u.event()) != nil || u.state.Final() {
				return
			}
			seen, next = u.tag, nil
			gap.Reset(feedGap)
			beat.Reset(heartbeat)
		}
		select {
		case <-ctx.Done():
			return
		case <-s.feed.ctx.Done():
			return
		case <-gap.C:
			next = updates
		case u = <-next:
		case <-beat.C:
			if out.send([]byte(": still here\n\n")) != nil {
				return
			}
		}
	}
}

// event is an update as it is sent: named progress while the job is open, and
// by its state at the end.
func (u update) event() []byte {
	name := "progress"
	if u.state.Final() {
		name = string(u.state)
	}
	return bytes.Join([][]byte{[]byte("event: " + name + "\nid: " + u.tag + "\ndata: "), u.data, []byte("\n\n")}, nil)
}

// eventStream sends to a client at once what is given to it.
type eventStream struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

func newEventStream(w http.ResponseWriter) *eventStream {
	return &eventStream{w: w, control: http.NewResponseController(w)}
}

func (s *eventStream) send(data []byte) error {
	if _, err := s.w.Write(data); err != nil {
		return err
	}
	return s.control.Flush()
}
