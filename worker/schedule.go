package worker

import (
	"context"
	"errors"
	"time"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer/spec"
)

// scheduler decides which tasks of planned jobs are in the queue.
type scheduler struct {
	ledger   *ledger.Ledger
	tasks    Tasks
	progress Progress
}

// wanted returns errNothingToDo unless the job is open and not held, and the priority
// that it has by now.
func wanted(ctx context.Context, l *ledger.Ledger, id spec.ID) (job.Priority, error) {
	st, err := l.Status(ctx, id)
	if err != nil && !errors.Is(err, job.ErrUnknown) && !errors.Is(err, job.ErrUnreadable) {
		return "", err
	}
	paused, err := l.Paused(ctx, id)
	if err != nil {
		return "", err
	}
	if st.State.Final() || paused {
		return "", errNothingToDo
	}
	return st.Priority, nil
}

// begin queues the first bands of a plan, and reports whether it has.
func (s *scheduler) begin(ctx context.Context, j job.Job, plan job.Plan) (bool, error) {
	window, err := s.window(ctx, j)
	if err != nil {
		return false, err
	}
	if err := s.progress.Begin(ctx, j.ID, len(plan.Bands), 0); err != nil {
		return false, err
	}
	first, known, err := s.progress.Next(ctx, j.ID, window)
	if err != nil || !known { // forgotten at once: the reconciler looks after the job
		return false, err
	}
	for band := first; band < min(first+window, len(plan.Bands)); band++ {
		if err := s.tasks.Enqueue(ctx, j.BandTask(band)); err != nil {
			return false, err
		}
	}
	return true, nil
}

// follow notes that a band is stored, and queues the next ones, or after the last
// the assembly. A band that is delivered again was followed before, or what that
// has failed to queue is missed soon.
func (s *scheduler) follow(ctx context.Context, j job.Job, plan job.Plan, band int) error {
	stored, fresh, err := s.progress.Stored(ctx, j.ID, time.Now(), band)
	if err != nil {
		return err
	}
	if stored >= len(plan.Bands) {
		return s.tasks.Enqueue(ctx, j.AssembleTask())
	}
	if fresh == 0 {
		return nil
	}
	turns, known, err := s.turns(ctx, j, stored)
	if err != nil || known && turns == 0 {
		return err
	}
	next := 0
	if known {
		next, known, err = s.progress.Next(ctx, j.ID, turns)
	}
	switch {
	case err != nil:
		return err
	case !known:
		if _, err := wanted(ctx, s.ledger, j.ID); err != nil { // canceled this moment
			return err
		}
		return s.advance(ctx, j, plan)
	}
	for band := next; band < min(next+turns, len(plan.Bands)); band++ {
		if err := s.tasks.Enqueue(ctx, j.BandTask(band)); err != nil {
			return err
		}
	}
	return nil
}

// turns is how many bands of a job are to be queued now that one more is stored: one,
// unless the window has become larger or smaller, because workers have come or gone
// or the job has another priority. It reports false if it is not known whose turn it
// is.
func (s *scheduler) turns(ctx context.Context, j job.Job, stored int) (turns int, known bool, err error) {
	window, err := s.window(ctx, j)
	if err != nil {
		return 0, false, err
	}
	next, known, err := s.progress.Next(ctx, j.ID, 0)
	return min(max(window-(next-stored), 0), 2), known, err
}

// Of the bands of a job, so many are in the queue at a time for each slot of the
// workers, so that none waits while the next band is queued, and a few at least.
// Jobs share the workers in proportion to it.
const (
	perSlot     = 2
	perSlotHigh = 4
	perSlotLow  = 1 // enough for all slots if there is nothing else to do
	atLeast     = 4
)

// window is how many bands of a job are in the queue at a time.
func (s *scheduler) window(ctx context.Context, j job.Job) (int, error) {
	slots, err := s.progress.Slots(ctx, j.Pool)
	switch j.Priority {
	case job.High:
		return max(2*atLeast, perSlotHigh*slots), err
	case job.Low:
		return max(atLeast/2, perSlotLow*slots), err
	case job.Normal:
	}
	return max(atLeast, perSlot*slots), err
}

// advance compares what is stored with the plan. It queues those of the next
// missing bands that the queue has lost, or if none is missing the assembly.
func (s *scheduler) advance(ctx context.Context, j job.Job, plan job.Plan) error {
	stored, err := s.ledger.Bands(ctx, j.ID, 0)
	if err != nil {
		return err
	}
	window, err := s.window(ctx, j)
	if err != nil {
		return err
	}
	done, missing := make([]int, 0, len(stored)), []int(nil)
	for band := range plan.Bands {
		if _, ok := stored[band]; ok {
			done = append(done, band)
		} else {
			missing = append(missing, band)
		}
	}
	now, next := missing, len(plan.Bands)
	if len(missing) > window {
		now, next = missing[:window], missing[window]
	}
	if err := s.progress.Begin(ctx, j.ID, len(plan.Bands), next); err != nil {
		return err
	}
	if err := s.remind(ctx, j.ID, done); err != nil {
		return err
	}
	if len(missing) == 0 {
		return s.tasks.Revive(ctx, j.AssembleTask())
	}
	for _, band := range now {
		if err := s.tasks.Revive(ctx, j.BandTask(band)); err != nil {
			return err
		}
	}
	return nil
}

// remind notes which bands are stored if fewer are known to be.
func (s *scheduler) remind(ctx context.Context, id spec.ID, stored []int) error {
	known, _, err := s.progress.Stored(ctx, id, time.Time{})
	if err != nil || known >= len(stored) {
		return err
	}
	_, _, err = s.progress.Stored(ctx, id, time.Time{}, stored...)
	return err
}

// recount notes what is stored anew, and goes on from there.
func (s *scheduler) recount(ctx context.Context, j job.Job, plan job.Plan) error {
	if err := s.progress.Forget(ctx, j.ID); err != nil {
		return err
	}
	return s.advance(ctx, j, plan)
}
