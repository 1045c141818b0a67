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

// running is what the queue knows of those of ids that have been begun: nothing, if
// Redis cannot say.
func (s *Server) running(ctx context.Context, ids ...spec.ID) (map[spec.ID]job.Progress, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var known map[spec.ID]job.Progress
	err := hint(ctx, func(ctx context.Context) (err error) {
		known, err = s.deps.Progress.ProgressOf(ctx, ids...)
		return err
	})
	if errors.Is(err, job.ErrUnavailable) {
		return nil, nil
	}
	return known, err
}

// read reads all there is to know of a job.
//
// What is only known of an open job is read first, and the record after. It is
// dropped when the end is on record. So what belongs to a job that is open on record
// is as it was, and no reader sees a job fall back from its last band to the queue.
func (s *Server) read(ctx context.Context, id spec.ID) (job.Status, error) {
	for {
		seen, err := s.look(ctx, id)
		if err != nil {
			return job.Status{}, err
		}
		st, err := s.deps.Ledger.Status(ctx, id)
		if err != nil || st.State.Final() {
			return st, err
		}
		st.Progress = seen.Progress
		if !seen.planned {
			return st, s.place(ctx, &st)
		}
		counted, err := s.count(ctx, &st)
		if counted || err != nil {
			return st, err
		}
		// The job has ended in the meantime, most likely.
	}
}

// hints are what is known of a job beside its record.
type hints struct {
	job.Progress
	planned bool
}

// look reads the hints of a job: what the queue knows before what is stored, because
// a planner has stored the plan when it lets go of the job.
func (s *Server) look(ctx context.Context, id spec.ID) (hints, error) {
	seen := hints{Progress: job.Progress{State: job.Queued}}
	running, err := s.running(ctx, id)
	if err != nil {
		return seen, err
	}
	if p, ok := running[id]; ok {
		seen.Progress = p
	}
	if seen.planned, err = s.deps.Ledger.Planned(ctx, id); err != nil {
		return seen, err
	}
	seen.Paused, err = s.deps.Ledger.Paused(ctx, id)
	return seen, err
}

// count completes the status of a job that is drawn in bands. How many of them are
// stored is counted in storage, so that every process says the same and none less
// than was said before, whatever Redis has lost, or not been told yet. That knows
// since when they are stored, and of the first of them that they are.
//
// It reports false if the job has no plan any more. That goes before the bands do: if
// it is there after they were counted, none was missing.
func (s *Server) count(ctx context.Context, st *job.Status) (bool, error) {
	known, err := s.bandsOf(ctx, st.ID)
	if err != nil {
		return false, err
	}
	stored, err := s.stored(ctx, st.ID, known.times)
	if err != nil {
		return false, err
	}
	plan, planned, err := s.deps.Ledger.Plan(ctx, st.Job)
	if err != nil || !planned {
		return false, err
	}
	p := plan.Progress(st.Spec.Width, stored, known.drawing, time.Now())
	p.StartedAt, p.Paused, p.Failures, p.Error, p.Workers = plan.MadeAt, st.Paused, st.Failures, st.Error, known.workers
	if p.Paused {
		p.ETA = time.Time{}
	}
	st.Progress = p
	return true, nil
}

// bands is what the queue knows of the bands of a job.
type bands struct {
	drawing []job.Drawing    // how much of them is drawn
	times   []job.Completion // since when they are stored
	workers []string         // who is on them
}

// bandsOf is nothing if Redis cannot say. What is drawn of a band is forgotten when that
// is stored: read before, it counts once or twice, and never not at all.
func (s *Server) bandsOf(ctx context.Context, id spec.ID) (b bands, err error) {
	err = hint(ctx, func(ctx context.Context) (err error) {
		if b.drawing, err = s.deps.Progress.DrawingOf(ctx, id); err != nil {
			return err
		}
		if b.times, err = s.deps.Progress.Completions(ctx, id); err != nil {
			return err
		}
		b.workers, err = s.deps.Progress.WorkersOf(ctx, id)
		return err
	})
	if errors.Is(err, job.ErrUnavailable) {
		err = nil
	}
	return b, err
}

// stored returns which bands of a job are stored, given those of which it is known
// since when: first those of which it is not, and then in the order of their times.
func (s *Server) stored(ctx context.Context, id spec.ID, times []job.Completion) ([]job.Completion, error) {
	known := make(map[int]bool, len(times))
	for _, c := range times {
		known[c.Band] = true
	}
	first := 0 // before it nothing is news
	for known[first] {
		first++
	}
	listed, err := s.deps.Ledger.Bands(ctx, id, first)
	var all []job.Completion
	for band := range listed {
		if !known[band] {
			all = append(all, job.Completion{Band: band})
		}
	}
	return append(all, times...), err
}

func holding(pause bool) job.Action {
	if pause {
		return job.ActionPause
	}
	return job.ActionResume
}

// hold answers POST /jobs/{id}/pause and /resume.
func (s *Server) hold(pause bool) gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx := c.Request.Context()
		st, err := s.job(c)
		if err == nil && st.State.Final() {
			err = fmt.Errorf("hold a job that is %s: %w", st.State, job.ErrState)
		}
		if err == nil {
			err = s.log(c, job.Operation{Action: holding(pause), Target: string(st.ID)})
		}
		switch {
		case err != nil:
		case pause:
			err = s.deps.Ledger.Pause(ctx, st.ID)
		default:
			if err = s.deps.Ledger.Resume(ctx, st.ID); err == nil {
				// If this fails, a worker's reconciler will queue it.
				_ = s.deps.Shares.Submit(ctx, st.Job)
			}
		}
		if err == nil {
			st, err = s.read(ctx, st.ID)
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
