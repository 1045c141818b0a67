package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"mandelfarm/foreign"
	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// submit answers POST /jobs?priority=&title=&tag=&pool=&webhook=&webhook_progress=&width=&height=.
func (s *Server) submit(c *gin.Context) {
	query, err := parseQuery(c.Request.URL)
	if err == nil {
		once := maps.Clone(query)
		delete(once, "tag") // the one that may be given several times
		err = checkNames(once, "priority", "title", "pool", "webhook", "webhook_progress", "width", "height")
	}
	var terms job.Terms
	if err == nil {
		terms, err = s.readTerms(query)
		terms.Client = s.clientOnRecord(c)
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
	st, err := s.accept(c.Request.Context(), picture.Spec, terms, func() error { return s.pay(c, picture.Spec) })
	if err != nil {
		s.fail(c, err)
		return
	}
	s.accepted(c, st, picture.Losses)
}

// free is how what nobody has asked for is paid.
func free() error { return nil }

// accept makes a job of a Spec: recorded first, queued second. It refuses only
// before anything is recorded. What has no picture is paid for by pay.
func (s *Server) accept(ctx context.Context, wanted spec.Spec, terms job.Terms, pay func() error) (job.Status, error) {
	id := wanted.ID()
	p, _, err := s.pictures.stored(ctx, id, wanted.Format)
	if err != nil && !errors.Is(err, errDamaged) {
		return job.Status{}, err
	}
	if p == nil {
		if err := s.room(ctx, id, terms.Pool); err != nil {
			return job.Status{}, err
		}
		if err := pay(); err != nil {
			return job.Status{}, err
		}
	}
	st, err := s.deps.Ledger.AcceptAs(ctx, wanted, terms)
	if err == nil {
		s.deps.Observer.Accepted()
	}
	if err != nil || st.State == job.Done {
		return st, err
	}
	if p != nil && p.data != nil { // drawn for a synchronous request before; of a large one a worker makes sure
		now := p.stored.Modified.UTC()
		st.Progress, err = s.deps.Ledger.Finish(ctx, id, job.Progress{State: job.Done, FinishedAt: now, Bytes: p.stored.Size})
		if err == nil {
			s.deps.Observer.Ended(st.State)
			s.announce(ctx, st)
		}
		return st, err
	}
	if err := hint(ctx, func(ctx context.Context) error { return s.deps.Tasks.Submit(ctx, st.Job) }); err != nil {
		// The job is on record: a worker's reconciler will queue it.
		s.deps.Log.LogAttrs(ctx, slog.LevelWarn, "accepted job not queued yet", slog.String("id", string(id)), slog.Any("err", err))
	}
	return st, nil
}

// announce tells those who watch a job how it ended. Those who are not reached
// find out later, by themselves.
func (s *Server) announce(ctx context.Context, st job.Status) {
	n := job.Notice{ID: st.ID, State: st.State, Error: st.Error}
	if err := hint(ctx, func(ctx context.Context) error { return s.deps.Notices.Publish(ctx, n) }); err != nil {
		s.deps.Log.LogAttrs(ctx, slog.LevelWarn, "notice not sent", slog.String("id", string(st.ID)), slog.Any("err", err))
	}
}

// room fails with job.ErrQueueFull if the control lane of a pool is full and id is not
// one of those in it. If Redis cannot say there is room: the ledger takes the job.
func (s *Server) room(ctx context.Context, id spec.ID, pool job.Pool) error {
	full := hint(ctx, func(ctx context.Context) error { return s.deps.Tasks.Room(ctx, job.Control.In(pool)) })
	if !errors.Is(full, job.ErrQueueFull) {
		return nil
	}
	st, err := s.deps.Ledger.Status(ctx, id)
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
	return s.deps.Ledger.Status(c.Request.Context(), id)
}

// hintTimeout is how long Redis may take for what decides nothing about the answer: the
// job is on record, or can be.
const hintTimeout = time.Second

// hint asks Redis for something that is as well done later, by somebody else.
func hint(ctx context.Context, ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, hintTimeout)
	defer cancel()
	return ask(ctx)
}

// cancel answers DELETE /jobs/{id}.
func (s *Server) cancel(c *gin.Context) {
	if purge, err := wantsPurge(c); purge || err != nil {
		s.purge(c, err)
		return
	}
	st, err := s.job(c)
	if err == nil && st.State.CanBecome(job.Canceled) {
		err = s.log(c, job.Operation{Action: job.ActionCancel, Target: string(st.ID)})
	}
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
		if st.Progress, err = s.deps.Ledger.Finish(ctx, st.ID, end); err != nil {
			return st, err
		}
		s.deps.Observer.Ended(st.State)
	}
	if st.State != job.Canceled {
		return st, fmt.Errorf("cancel a job that is %s: %w", st.State, job.ErrState)
	}
	if err := s.deps.Tasks.Cancel(ctx, st.Job); err != nil {
		// It is canceled all the same: whoever draws it will find that out.
		s.deps.Log.LogAttrs(ctx, slog.LevelWarn, "canceled job not stopped", slog.String("id", string(st.ID)), slog.Any("err", err))
	}
	s.announce(ctx, st)
	return st, nil
}

// retry answers POST /jobs/{id}/retry.
func (s *Server) retry(c *gin.Context) {
	st, err := s.job(c)
	if err == nil {
		st, err = s.again(c.Request.Context(), st, func() error { return s.pay(c, st.Spec) })
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.accepted(c, st, nil)
}

// again accepts the Spec of a job that has no picture anew, within the limits of
// today.
func (s *Server) again(ctx context.Context, st job.Status, pay func() error) (job.Status, error) {
	if !st.State.CanRetry() {
		return st, fmt.Errorf("retry a job that is %s: %w", st.State, job.ErrState)
	}
	if st.Spec.ID() != st.ID {
		return st, fmt.Errorf("%w: the job is from another version of the farm; submit its Spec again", job.ErrVersion)
	}
	if err := s.cfg.Limits.Check(st.Spec); err != nil {
		return st, err
	}
	return s.accept(ctx, st.Spec, st.Terms, pay)
}
