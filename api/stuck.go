package api

import (
	"context"
	"errors"
	"time"

	"mandelfarm/job"
	"mandelfarm/renderer"
)

const (
	// stuckFactor is how many times as long as expected a task may take before it is
	// called stuck: estimates are off by a few times on a machine that is busy.
	stuckFactor = 10
	// stuckLeast is below what nothing is called stuck.
	stuckLeast = time.Minute
	// quickTask is what any task is expected to take at least.
	quickTask = 5 * time.Second
	// assemblyRate is how many pixels of a picture are assembled per second, at least.
	assemblyRate = 10e6
)

// stuck lists the tasks that workers have had for far longer than was expected, and
// the lanes in which work waits and nothing is done.
func (s *Server) stuck(ctx context.Context, workers []job.Worker, lanes []job.Backlog) ([]job.Stuck, error) {
	now, found := time.Now(), []job.Stuck{}
	for _, w := range workers {
		for _, hold := range w.Tasks {
			age := now.Sub(hold.Since)
			if age < stuckLeast {
				continue
			}
			expected, err := s.expected(ctx, hold)
			if err != nil {
				return nil, err
			}
			if age > stuckFactor*expected {
				found = append(found, stuckTask(w.Name, hold, expected))
			}
		}
	}
	for _, lane := range lanes {
		if advice := job.Wedged(lane, workers, now); advice != "" {
			found = append(found, job.Stuck{Lane: lane.Lane, Since: lane.Oldest, Advice: advice})
		}
	}
	return found, nil
}

func stuckTask(worker string, h job.Hold, expected time.Duration) job.Stuck {
	return job.Stuck{
		Task: h.Task, Kind: h.Kind, Lane: h.Lane, Job: h.Job, Worker: worker, Since: h.Since, Expected: expected.Seconds(),
		Advice: "see whether the machine of worker " + worker + " is overloaded; if not, end the process, and others take its tasks up in seconds",
	}
}

// expected is how long a task should take. That of a deep view may have to find its
// reference orbit first.
func (s *Server) expected(ctx context.Context, h job.Hold) (time.Duration, error) {
	st, err := s.deps.Ledger.Status(ctx, h.Job)
	if errors.Is(err, job.ErrUnknown) { // a picture that somebody waits for
		return max(quickTask, s.cfg.WaitLimit), nil
	}
	if err != nil {
		return 0, err
	}
	expected := quickTask
	switch h.Kind {
	case job.KindBand:
		plan, planned, err := s.deps.Ledger.Plan(ctx, st.Job)
		if err != nil {
			return 0, err
		}
		if planned && h.Band < len(plan.Bands) {
			expected = max(expected, time.Duration(plan.Bands[h.Band].Seconds*float64(time.Second)))
		}
	case job.KindAssemble:
		pixels := float64(st.Spec.Width) * float64(st.Spec.Height)
		expected = max(expected, time.Duration(pixels/assemblyRate*float64(time.Second)))
	case job.KindWebhook, job.KindGroup:
	case job.KindImage:
		if renderer.IsDeep(st.Spec) {
			expected += s.cfg.Limits.Reference / stuckFactor // it is the most that is allowed
		}
	}
	return expected, nil
}
