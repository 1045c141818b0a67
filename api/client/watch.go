package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strings"
	"time"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// maxLine bounds a line of a stream, which may hold a Spec with very many digits.
const maxLine = 16 << 20

// Watch yields the status of a job: at once, and whenever it has changed, until
// it is final, which is the last. An error ends the sequence too.
func (c *Client) Watch(ctx context.Context, id spec.ID) iter.Seq2[job.Status, error] {
	return func(yield func(job.Status, error) bool) {
		w := watch{client: c, id: id, yield: yield}
		for !w.over {
			err := w.stream(ctx)
			if w.over {
				return
			}
			if err = w.backoff.wait(ctx, err); err != nil {
				yield(job.Status{}, err)
				return
			}
		}
	}
}

// watch is a Watch under way.
type watch struct {
	client  *Client
	id      spec.ID
	yield   func(job.Status, error) bool
	last    string // id of the last event
	over    bool   // the last status was yielded, or the consumer wants no more
	backoff backoff
}

// errCut: a stream ended before the job did.
var errCut = fmt.Errorf("%w: the event stream ended early", ErrUnreachable)

// stream connects, and yields what comes until the stream ends.
func (w *watch) stream(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	request, err := w.client.request(ctx, http.MethodGet, path(w.id)+"/events", nil)
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "text/event-stream")
	if w.last != "" {
		request.Header.Set("Last-Event-ID", w.last)
	}
	quiet := time.AfterFunc(silence, func() { cancel(errSilent) })
	defer quiet.Stop()
	response, err := w.client.send(w.client.http, request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	w.backoff.alive()
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, maxLine)
	for e := (event{}); !w.over && lines.Scan(); {
		quiet.Reset(silence)
		w.backoff.alive()
		if !e.add(lines.Text()) {
			continue
		}
		if err := w.deliver(e); err != nil {
			return err
		}
		e = event{}
	}
	return errors.Join(errCut, lines.Err())
}

// deliver yields the status in an event.
func (w *watch) deliver(e event) error {
	if e.id != "" {
		w.last = e.id
	}
	w.backoff.onward()
	var st job.Status
	if err := json.Unmarshal([]byte(e.data), &st); err != nil {
		return fmt.Errorf("an event of job %s: %w", w.id, err)
	}
	w.over = !w.yield(st, nil) || st.State.Final()
	return nil
}

// event is a server-sent event as its lines come in.
type event struct{ id, data string }

// add takes a line, and reports whether it completes an event with data. Names
// do not matter: the status says it all.
func (e *event) add(line string) bool {
	field, value, _ := strings.Cut(line, ":")
	value = strings.TrimPrefix(value, " ")
	switch field {
	case "id":
		e.id = value
	case "data":
		e.data += value
	}
	return line == "" && e.data != ""
}
