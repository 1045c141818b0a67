package worker

import (
	"context"
	"time"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer/spec"
)

// scheduler decides which tasks of planned jobs are in the queue.
type scheduler struct {
	ledger   *ledger.Ledger
	tasks    Tasks
	shares   Shares
	progress Progress
	fleet    Fleet
	now      func() time.Time
}

// begin offers the bands of a plan.
func (s *scheduler) begin(ctx context.Context, j job.Job, plan job.Plan) error {
	if err := s.progress.Begin(ctx, j.ID, len(plan.Bands)); err != nil {
		return err
	}
	_, err := s.shares.Offer(ctx, j, plan.Offer(0, len(plan.Bands), false))
	return err
}

// follow notes that a band is stored, and after the last queues the assembly.
func (s *scheduler) follow(ctx context.Context, j job.Job, plan job.Plan, band int) error {
	stored, err := s.progress.Stored(ctx, j.ID, s.now(), band)
	if err == nil && stored >= len(plan.Bands) {
		err = s.tasks.Enqueue(ctx, j.AssembleTask())
	}
	return err
}

// advance compares what is stored with the plan. It offers the bands that are missing, unless that is done, and
// queues those that were handed out and that the queue has lost; or if none is missing, the assembly. When all are handed
// out, idle workers may draw some of them as well.
func (s *scheduler) advance(ctx context.Context, j job.Job, plan job.Plan) error {
	done, missing, err := s.compare(ctx, j, plan)
	if err != nil {
		return err
	}
	if err := s.progress.Begin(ctx, j.ID, len(plan.Bands)); err != nil {
		return err
	}
	if err := s.remind(ctx, j.ID, done); err != nil {
		return err
	}
	if len(done) == len(plan.Bands) {
		return s.tasks.Revive(ctx, j.AssembleTask())
	}
	if len(missing) == 0 {
		return nil // the next turn sees them all
	}
	next, err := s.shares.Offer(ctx, j, plan.Offer(missing[0], missing[len(missing)-1]+1, len(done) > 0))
	if err != nil {
		return err
	}
	for _, band := range missing {
		if band >= next {
			break
		}
		if err := s.tasks.Revive(ctx, j.BandTask(band)); err != nil {
			return err
		}
	}
	if next > missing[len(missing)-1] {
		return s.double(ctx, j, plan, missing)
	}
	return nil
}

// compare returns which bands of a plan are stored, and which are missing. What was noted as stored while storage was asked is neither, since
// the answer may be older: a worker that was given it again would find it stored.
func (s *scheduler) compare(ctx context.Context, j job.Job, plan job.Plan) (done, missing []int, err error) {
	before, err := s.progress.Completions(ctx, j.ID)
	if err != nil {
		return nil, nil, err
	}
	stored, err := s.ledger.Bands(ctx, j.ID, 0)
	if err != nil {
		return nil, nil, err
	}
	after, err := s.progress.Completions(ctx, j.ID)
	if err != nil {
		return nil, nil, err
	}
	meanwhile := map[int]bool{}
	for _, c := range after {
		meanwhile[c.Band] = true
	}
	for _, c := range before {
		delete(meanwhile, c.Band)
	}
	for band := range plan.Bands {
		if _, ok := stored[band]; ok {
			done = append(done, band)
		} else if !meanwhile[band] {
			missing = append(missing, band)
		}
	}
	return done, missing, nil
}

// remind notes which bands are stored if fewer are known to be.
func (s *scheduler) remind(ctx context.Context, id spec.ID, stored []int) error {
	known, err := s.progress.Stored(ctx, id, time.Time{})
	if err != nil || known >= len(stored) {
		return err
	}
	_, err = s.progress.Stored(ctx, id, time.Time{}, stored...)
	return err
}

// recount notes what is stored anew, and goes on from there.
func (s *scheduler) recount(ctx context.Context, j job.Job, plan job.Plan) error {
	if err := s.progress.Forget(ctx, j.ID); err != nil {
		return err
	}
	return s.advance(ctx, j, plan)
}
