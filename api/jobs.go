package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"mandelfarm/job"
	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

// submit answers POST /jobs?priority=&title=&tag=&pool=&webhook=&webhook_progress=&width=&height=.
func (s *Server) submit(c *gin.Context) {
	query, terms, err := s.readWish(c)
	var kind string
	var body []byte
	if err == nil {
		kind, body, err = s.readTyped(c, jsonType, ndjsonType)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	if items, isBatch, err := splitBatch(kind, body, s.cfg.MaxBatch); isBatch {
		s.submitBatch(c, items, err, query, terms)
		return
	}
	picture, err := parsePicture(kind, body, query)
	if err == nil {
		err = s.cfg.Limits.Check(picture.Spec)
	}
	var st job.Status
	if err == nil {
		st, err = s.accept(c.Request.Context(), picture.Spec, terms, s.payment(c, picture.Spec))
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.accepted(c, st, picture.Losses)
}

// readWish reads the query of a submission, and what it says of the job beside the picture.
func (s *Server) readWish(c *gin.Context) (query url.Values, terms job.Terms, err error) {
	if query, err = parseQuery(c.Request.URL); err != nil {
		return query, terms, err
	}
	once := maps.Clone(query)
	delete(once, "tag") // the one that may be given several times
	if err = checkNames(once, "priority", "title", "pool", "webhook", "webhook_progress", "width", "height"); err != nil {
		return query, terms, err
	}
	terms, err = s.readTerms(query)
	terms.Client = s.clientOnRecord(c)
	return query, terms, err
}

// payment takes what a picture costs from somebody's budget; nil if there is nothing to pay.
type payment func() error

// payment is how whoever asks pays for a picture.
func (s *Server) payment(c *gin.Context, wanted spec.Spec) payment {
	if s.budgets(c).Cost.Quota == 0 {
		return nil
	}
	return func() error { return s.pay(c, wanted) }
}

// accept makes a job of a Spec: recorded first, queued second. It refuses only
// before anything is recorded. What has no picture is paid for by pay.
func (s *Server) accept(ctx context.Context, wanted spec.Spec, terms job.Terms, pay payment) (job.Status, error) {
	id := wanted.ID()
	p, err := s.admit(ctx, wanted, terms.Pool, pay)
	if err != nil {
		return job.Status{}, err
	}
	var st job.Status
	if p == nil && terms.Webhook.URL == "" && renderer.IsQuick(wanted) {
		st, err = s.acceptSmall(ctx, wanted, terms)
	} else {
		st, err = s.deps.Ledger.AcceptAs(ctx, wanted, terms)
	}
	if err == nil {
		s.deps.Observer.Accepted()
	}
	if err == nil && st.State == job.Done && p == nil {
		st, err = s.whole(ctx, st)
	}
	if err != nil || st.State == job.Done {
		return st, err
	}
	if p != nil && p.data != nil { // drawn for a synchronous request before; of a large one a worker makes sure
		now := p.stored.Modified.UTC()
		st.Progress, err = s.deps.Ledger.FinishKnown(ctx, st.Job, job.Progress{State: job.Done, FinishedAt: now, Bytes: p.stored.Size})
		if err == nil {
			s.deps.Observer.Ended(st.State)
			s.announce(ctx, st)
		}
		return st, err
	}
	if st.Group != "" { // which is queued as a whole
		return st, nil
	}
	if err := hint(ctx, func(ctx context.Context) error { return s.deps.Shares.Submit(ctx, st.Job) }); err != nil {
		// The job is on record: a worker's reconciler will queue it.
		s.deps.Log.LogAttrs(ctx, slog.LevelWarn, "accepted job not queued yet", slog.String("id", string(id)), slog.Any("err", err))
	}
	return st, nil
}

// admit makes sure that there is room for a job and that its picture is paid for, unless it has one. Storage is asked for that
// only where it matters: if there is room and nothing to pay, a picture that is not in memory is left for the worker to find.
func (s *Server) admit(ctx context.Context, wanted spec.Spec, pool job.Pool, pay payment) (*picture, error) {
	id := wanted.ID()
	if p := s.pictures.kept(id); p != nil {
		return p, nil
	}
	full := s.full(ctx, pool)
	if full == nil && pay == nil {
		return nil, nil //nolint:nilnil // it is not known
	}
	p, _, err := s.pictures.stored(ctx, id, wanted.Format)
	if p != nil || err != nil && !errors.Is(err, errDamaged) {
		return p, err
	}
	if full != nil && !s.isOpen(ctx, id) {
		return nil, full
	}
	if pay == nil {
		return nil, nil //nolint:nilnil // there is none
	}
	return nil, pay()
}

// whole makes sure that the picture of a job that is done is as it was stored. If it is not, the job is owed once more.
func (s *Server) whole(ctx context.Context, st job.Status) (job.Status, error) {
	_, _, err := s.pictures.stored(ctx, st.ID, st.Spec.Format)
	if errors.Is(err, errDamaged) {
		return s.deps.Ledger.AcceptAs(ctx, st.Spec, st.Terms)
	}
	return st, err
}

// announce tells those who watch a job how it ended. Those who are not reached
// find out later, by themselves.
func (s *Server) announce(ctx context.Context, st job.Status) {
	n := job.Notice{ID: st.ID, State: st.State, Error: st.Error}
	if err := hint(ctx, func(ctx context.Context) error { return s.deps.Notices.Publish(ctx, n) }); err != nil {
		s.deps.Log.LogAttrs(ctx, slog.LevelWarn, "notice not sent", slog.String("id", string(st.ID)), slog.Any("err", err))
	}
}

// full is job.ErrQueueFull if the control lane of a pool is full. If Redis cannot say that there is room: the ledger takes the job.
func (s *Server) full(ctx context.Context, pool job.Pool) error {
	err := hint(ctx, func(ctx context.Context) error { return s.deps.Tasks.Room(ctx, job.Control.In(pool)) })
	if !errors.Is(err, job.ErrQueueFull) {
		return nil
	}
	return err
}

// isOpen reports whether a job is one of those that wait, or are being worked on.
func (s *Server) isOpen(ctx context.Context, id spec.ID) bool {
	st, err := s.deps.Ledger.Status(ctx, id)
	return err == nil && !st.State.Final()
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
		if st.Progress, err = s.deps.Ledger.FinishKnown(ctx, st.Job, end); err != nil {
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
		st, err = s.again(c.Request.Context(), st, s.payment(c, st.Spec))
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.accepted(c, st, nil)
}

// again accepts the Spec of a job that has no picture anew, within the limits of
// today.
func (s *Server) again(ctx context.Context, st job.Status, pay payment) (job.Status, error) {
	if !st.State.CanRetry() {
		return st, fmt.Errorf("retry a job that is %s: %w", st.State, job.ErrState)
	}
	if st.Spec.ID() != st.ID {
		return st, fmt.Errorf("%w: the job is from another version of the farm; submit its Spec again", job.ErrVersion)
	}
	if err := s.cfg.Limits.Check(st.Spec); err != nil {
		return st, err
	}
	if pay == nil { // its picture is looked for all the same: somebody may have waited for it since
		pay = func() error { return nil }
	}
	return s.accept(ctx, st.Spec, st.Terms, pay)
}
