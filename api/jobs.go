package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"mandelfarm/foreign"
	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer/spec"
)

// submit answers POST /jobs?priority=&width=&height=.
func (s *Server) submit(c *gin.Context) {
	query, err := parseQuery(c.Request.URL)
	var priority job.Priority
	if err == nil {
		priority, err = readPriority(query)
	}
	var picture foreign.Picture
	if err == nil {
		picture, err = s.readPicture(c, query)
	}
	if err == nil {
		err = s.cfg.Limits.Check(picture.Spec)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	st, err := s.accept(c.Request.Context(), picture.Spec, priority)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.accepted(c, st, picture.Losses)
}

// readPriority reads the priority that a submission asks for; empty is normal.
func readPriority(query url.Values) (job.Priority, error) {
	p := job.Priority(query.Get("priority"))
	switch {
	case p == job.Normal:
		return "", nil
	case p == "" || slices.Contains(job.Priorities(), p):
		return p, nil
	}
	return "", &spec.FieldError{Field: "priority", Reason: fmt.Sprintf("must be one of %q", job.Priorities())}
}

// accept makes a job of a Spec: recorded first, queued second. It refuses only
// before anything is recorded.
func (s *Server) accept(ctx context.Context, wanted spec.Spec, priority job.Priority) (job.Status, error) {
	id := wanted.ID()
	p, err := s.finder.stored(ctx, id, wanted.Format)
	if err != nil {
		return job.Status{}, err
	}
	if p == nil {
		if err := s.room(ctx, id); err != nil {
			return job.Status{}, err
		}
	}
	st, err := s.ledger.AcceptAs(ctx, wanted, priority)
	if err != nil || st.State == job.Done {
		return st, err
	}
	if p != nil { // drawn for a synchronous request before
		now := p.info.Modified.UTC()
		st.Progress, err = s.ledger.Finish(ctx, id, job.Progress{State: job.Done, FinishedAt: now, Bytes: p.info.Size})
		if err == nil {
			s.announce(ctx, st)
		}
		return st, err
	}
	if err := s.queue.Enqueue(ctx, st.Task()); err != nil {
		// The job is on record: a worker's reconciler will queue it.
		s.log.LogAttrs(ctx, slog.LevelWarn, "accepted job not queued yet", slog.String("id", string(id)), slog.Any("err", err))
	}
	return st, nil
}

// announce tells those who watch a job how it ended. Those who are not reached
// find out later, by themselves.
func (s *Server) announce(ctx context.Context, st job.Status) {
	if err := s.queue.Publish(ctx, job.Notice{ID: st.ID, State: st.State, Error: st.Error}); err != nil {
		s.log.LogAttrs(ctx, slog.LevelWarn, "notice not sent", slog.String("id", string(st.ID)), slog.Any("err", err))
	}
}

// room fails with job.ErrQueueFull if the control lane is full and id is not one
// of those in it. If Redis cannot say there is room: the ledger takes the job.
func (s *Server) room(ctx context.Context, id spec.ID) error {
	full := s.queue.Room(ctx, job.Control)
	if !errors.Is(full, job.ErrQueueFull) {
		return nil
	}
	st, err := s.ledger.Status(ctx, id)
	if err == nil && !st.State.Final() {
		return nil
	}
	return full
}

// status answers GET /jobs/{id}.
func (s *Server) status(c *gin.Context) {
	id, err := spec.ParseID(c.Param("id"))
	if err != nil {
		s.fail(c, job.ErrUnknown)
		return
	}
	st, err := s.read(c.Request.Context(), id)
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, st)
}

// job reads what the record says of the job a request names.
func (s *Server) job(c *gin.Context) (job.Status, error) {
	id, err := spec.ParseID(c.Param("id"))
	if err != nil {
		return job.Status{}, job.ErrUnknown
	}
	return s.ledger.Status(c.Request.Context(), id)
}

// read reads all there is to know of a job.
func (s *Server) read(ctx context.Context, id spec.ID) (job.Status, error) {
	st, err := s.ledger.Status(ctx, id)
	if err == nil {
		err = s.detail(ctx, &st)
	}
	return st, err
}

// refine asks the queue what it knows of open jobs. Jobs whose work nobody has
// begun, or of which Redis cannot say, stay queued.
func (s *Server) refine(ctx context.Context, jobs ...*job.Status) error {
	var open []spec.ID
	for _, st := range jobs {
		if !st.State.Final() {
			open = append(open, st.ID)
		}
	}
	if len(open) == 0 {
		return nil
	}
	running, err := s.queue.Progress(ctx, open...)
	if err != nil && !errors.Is(err, job.ErrUnavailable) {
		return err
	}
	for _, st := range jobs {
		if p, ok := running[st.ID]; ok && !st.State.Final() {
			st.Progress = p
		}
	}
	return nil
}

// cancel answers DELETE /jobs/{id}.
func (s *Server) cancel(c *gin.Context) {
	st, err := s.job(c)
	if err == nil && st.State != job.Canceled {
		st, err = s.stopJob(c.Request.Context(), st)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, st)
}

// stopJob records that a job is canceled, and then stops whoever is on it.
func (s *Server) stopJob(ctx context.Context, st job.Status) (job.Status, error) {
	var err error
	if st.State.CanBecome(job.Canceled) {
		end := job.Progress{State: job.Canceled, FinishedAt: time.Now().UTC().Truncate(time.Millisecond)}
		if st.Progress, err = s.ledger.Finish(ctx, st.ID, end); err != nil {
			return st, err
		}
	}
	if st.State != job.Canceled {
		return st, fmt.Errorf("cancel a job that is %s: %w", st.State, job.ErrState)
	}
	if err := s.queue.Cancel(ctx, st.ID); err != nil {
		// It is canceled all the same: whoever draws it will find that out.
		s.log.LogAttrs(ctx, slog.LevelWarn, "canceled job not stopped", slog.String("id", string(st.ID)), slog.Any("err", err))
	}
	s.announce(ctx, st)
	return st, nil
}

// retry answers POST /jobs/{id}/retry.
func (s *Server) retry(c *gin.Context) {
	st, err := s.job(c)
	if err == nil {
		st, err = s.again(c.Request.Context(), st)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.accepted(c, st, nil)
}

// again accepts the Spec of a job that has no picture anew, within the limits of
// today.
func (s *Server) again(ctx context.Context, st job.Status) (job.Status, error) {
	if !st.State.CanRetry() {
		return st, fmt.Errorf("retry a job that is %s: %w", st.State, job.ErrState)
	}
	if st.Spec.ID() != st.ID {
		return st, fmt.Errorf("%w: the job is from another version of the farm; submit its Spec again", job.ErrVersion)
	}
	if err := s.cfg.Limits.Check(st.Spec); err != nil {
		return st, err
	}
	return s.accept(ctx, st.Spec, st.Priority)
}

// jobImage answers GET /jobs/{id}/image.
func (s *Server) jobImage(c *gin.Context) {
	id, err := spec.ParseID(c.Param("id"))
	if err != nil {
		s.fail(c, job.ErrUnknown)
		return
	}
	if known(c, etag(id)) {
		return
	}
	st, err := s.job(c)
	var p *picture
	if err == nil {
		p, err = s.finder.stored(c.Request.Context(), id, st.Spec.Format)
	}
	if err == nil && p == nil {
		err = absent(st)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	name := fileName(st.Spec, id)
	if s.presign != nil && c.Request.Method == http.MethodGet { // a HEAD would need a signature of its own
		s.redirect(c, ledger.ImageKey(id, st.Spec.Format), name)
		return
	}
	c.Header("Content-Disposition", fmt.Sprintf("inline; filename=%q", name))
	s.serve(c, etag(id), p)
}

// redirect sends a client to storage for a picture that is there.
func (s *Server) redirect(c *gin.Context, key, name string) {
	signed, err := s.presign.Presign(c.Request.Context(), key, s.cfg.Presign, name)
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Cache-Control", "no-store") // the URL runs out
	c.Redirect(http.StatusTemporaryRedirect, signed)
}

// absent says why a job has no picture.
func absent(st job.Status) error {
	switch st.State {
	case job.Queued, job.Running:
		return errNotReady
	case job.Failed:
		return fmt.Errorf("%w: it failed: %s", errNoImage, st.Error)
	case job.Canceled:
		return fmt.Errorf("%w: it was canceled", errNoImage)
	case job.Done:
		return fmt.Errorf("%w: it was removed from storage; submit the Spec again", errNoImage)
	}
	return errNoImage
}

const (
	defaultPage = 50
	maxPage     = 200
)

// listing is the body of GET /jobs.
type listing struct {
	Jobs []job.Status `json:"jobs"`
	Next string       `json:"next,omitempty"` // cursor of the next page
}

// list answers GET /jobs?state=&limit=&cursor=.
func (s *Server) list(c *gin.Context) {
	query, err := parseQuery(c.Request.URL)
	if err != nil {
		s.fail(c, err)
		return
	}
	state, limit, err := listOptions(query)
	if err != nil {
		s.fail(c, err)
		return
	}
	page, err := s.page(c.Request.Context(), query.Get("cursor"), limit, state)
	if errors.Is(err, ledger.ErrCursor) {
		err = &spec.FieldError{Field: "cursor", Reason: ledger.ErrCursor.Error()}
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Cache-Control", "no-store")
	if page.Next != "" {
		query.Set("cursor", page.Next)
		c.Header("Link", "</jobs?"+query.Encode()+`>; rel="next"`)
	}
	c.JSON(http.StatusOK, page)
}

// listOptions reads the parameters of a listing other than the cursor.
func listOptions(query url.Values) (state job.State, limit int, err error) {
	limit = defaultPage
	for name, values := range query {
		value := values[0]
		if len(values) > 1 {
			return state, limit, &spec.FieldError{Field: name, Reason: "must be given once"}
		}
		switch name {
		case "cursor":
		case "state":
			var ok bool
			if state, ok = job.ParseState(value); !ok {
				return state, limit, &spec.FieldError{Field: name, Reason: fmt.Sprintf("must be one of %q", job.States())}
			}
		case "limit":
			if limit, err = strconv.Atoi(value); err != nil || limit < 1 || limit > maxPage {
				return state, limit, &spec.FieldError{Field: name, Reason: fmt.Sprintf("must be from 1 to %d", maxPage)}
			}
		default:
			return state, limit, &spec.FieldError{Field: name, Reason: "is not a known parameter"}
		}
	}
	return state, limit, nil
}

// page reads a page of jobs of one state, or of all if it is empty. Whether an
// open job is running is known only after its page is read, so a page of those
// may be short.
func (s *Server) page(ctx context.Context, cursor string, limit int, state job.State) (listing, error) {
	recorded, err := s.ledger.List(ctx, cursor, limit, func(st job.Status) bool {
		return state == "" || st.State == state || !st.State.Final() && !state.Final()
	})
	if err != nil {
		return listing{}, err
	}
	found := make([]*job.Status, len(recorded.Jobs))
	for i := range recorded.Jobs {
		found[i] = &recorded.Jobs[i]
	}
	if err := s.refine(ctx, found...); err != nil {
		return listing{}, err
	}
	out := listing{Jobs: []job.Status{}, Next: recorded.Next}
	for _, st := range found {
		if state == "" || st.State == state {
			out.Jobs = append(out.Jobs, *st)
		}
	}
	return out, nil
}

// parseQuery is strict where net/url drops what it cannot read.
func parseQuery(u *url.URL) (url.Values, error) {
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, &spec.FieldError{Reason: "the query is not well formed"}
	}
	return values, nil
}
