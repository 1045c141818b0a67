package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/preview"
	"mandelfarm/storage"
)

// detail is refine for one job, with all that can be known of it.
func (s *Server) detail(ctx context.Context, st *job.Status) error {
	if st.State.Final() {
		return nil
	}
	if err := s.refine(ctx, st); err != nil {
		return err
	}
	var err error
	if st.Paused, err = s.ledger.Paused(ctx, st.ID); err != nil || st.Bands == 0 {
		return err
	}
	plan, planned, err := s.ledger.Plan(ctx, st.Job)
	if err != nil || !planned {
		return err
	}
	stored, err := s.board.Completions(ctx, st.ID)
	var crew []string
	if err == nil {
		crew, err = s.board.Crew(ctx, st.ID)
	}
	if errors.Is(err, job.ErrUnavailable) { // what is known stays true
		return nil
	}
	p := plan.Progress(st.Spec.Width, stored, time.Now())
	p.StartedAt, p.Paused, p.Failures, p.Error, p.Workers = st.StartedAt, st.Paused, st.Failures, st.Error, crew
	if p.Paused {
		p.ETA = time.Time{}
	}
	st.Progress = p
	return err
}

// hold answers POST /jobs/{id}/pause and /resume.
func (s *Server) hold(pause bool) gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx := c.Request.Context()
		st, err := s.job(c)
		switch {
		case err != nil:
		case st.State.Final():
			err = fmt.Errorf("hold a job that is %s: %w", st.State, job.ErrState)
		case pause:
			err = s.ledger.Pause(ctx, st.ID)
		default:
			if err = s.ledger.Resume(ctx, st.ID); err == nil {
				// If this fails, a worker's reconciler will queue it.
				_ = s.queue.Revive(ctx, st.Task())
			}
		}
		if err == nil {
			err = s.detail(ctx, &st)
		}
		if err != nil {
			s.fail(c, err)
			return
		}
		s.announce(ctx, job.Status{Job: st.Job, Progress: job.Progress{State: job.Running}}) // who watches it looks again
		c.Header("Cache-Control", "no-store")
		c.JSON(http.StatusOK, st)
	}
}

// preview answers GET /jobs/{id}/preview: the picture so far of a large job, from
// when it is planned on. While it is drawn the preview changes with every band;
// its ETag is of its content, so that a client that polls is sent it only then.
func (s *Server) preview(c *gin.Context) {
	st, err := s.job(c)
	var p preview.Picture
	if err == nil {
		p, err = s.picture(c.Request.Context(), st)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	tag := `"` + p.Tag() + `"`
	c.Header("Cache-Control", "no-cache")
	c.Header("ETag", tag)
	if matches(c, tag) {
		c.Status(http.StatusNotModified)
		return
	}
	png, err := p.Compose()
	if err != nil {
		c.Header("ETag", "")
		s.fail(c, err)
		return
	}
	c.Data(http.StatusOK, "image/png", png)
}

// picture collects what the preview of a job is made of.
func (s *Server) picture(ctx context.Context, st job.Status) (preview.Picture, error) {
	p := preview.Picture{Layout: preview.Of(st.Spec)}
	var err error
	p.Ground, err = storage.ReadAll(ctx, s.store, ledger.PreviewKey(st.ID), preview.MaxBytes)
	if errors.Is(err, storage.ErrNotFound) {
		return p, noPreview(st)
	}
	if err != nil || st.State == job.Done { // a job that is done has its last preview stored
		return p, err
	}
	plan, planned, err := s.ledger.Plan(ctx, st.Job)
	if err != nil || !planned {
		return p, err
	}
	p.Bands = plan.Rows()
	p.Strips, err = s.board.Strips(ctx, st.ID)
	if errors.Is(err, job.ErrUnavailable) { // then it is coarse
		err = nil
	}
	return p, err
}

// noPreview says why a job has no preview.
func noPreview(st job.Status) error {
	if st.State.Final() {
		return fmt.Errorf("%w of its own to preview: it was drawn whole, or not begun", errNoImage)
	}
	return errNotReady
}
