package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

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
	running, err := s.deps.Progress.ProgressOf(ctx, open...)
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

// detail is refine for one job, with all that can be known of it.
func (s *Server) detail(ctx context.Context, st *job.Status) error {
	if st.State.Final() {
		return nil
	}
	if err := s.refine(ctx, st); err != nil {
		return err
	}
	var err error
	if st.Paused, err = s.deps.Ledger.Paused(ctx, st.ID); err != nil || st.Bands == 0 {
		return err
	}
	plan, planned, err := s.deps.Ledger.Plan(ctx, st.Job)
	if err != nil || !planned {
		return err
	}
	// What is drawn of a band is forgotten when that is stored: read before, it counts once or twice, and never not at all.
	drawing, err := s.deps.Progress.DrawingOf(ctx, st.ID)
	var stored []job.Completion
	if err == nil {
		stored, err = s.deps.Progress.Completions(ctx, st.ID)
	}
	var workers []string
	if err == nil {
		workers, err = s.deps.Progress.WorkersOf(ctx, st.ID)
	}
	if errors.Is(err, job.ErrUnavailable) { // what is known stays true
		return nil
	}
	p := plan.Progress(st.Spec.Width, stored, drawing, time.Now())
	p.StartedAt, p.Paused, p.Failures, p.Error, p.Workers = st.StartedAt, st.Paused, st.Failures, st.Error, workers
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
			err = s.deps.Ledger.Pause(ctx, st.ID)
		default:
			if err = s.deps.Ledger.Resume(ctx, st.ID); err == nil {
				// If this fails, a worker's reconciler will queue it.
				_ = s.deps.Tasks.Revive(ctx, st.Task())
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
