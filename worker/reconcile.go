package worker

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer/spec"
)

// reconciler queues what is owed and nobody is going to do.
type reconciler struct {
	ledger    *ledger.Ledger
	tasks     Tasks
	shares    Shares
	scheduler *scheduler
	observer  Observer

	seen spec.ID // the last job that was examined
}

// maxExamined is how many jobs are examined in one turn: some hundred
// requests to storage. With more of them under way, turns go round.
const maxExamined = 64

// reconcile revives what is owed. A job that cannot be read does not keep it
// from the others; a queue that cannot be reached does.
func (r *reconciler) reconcile(ctx context.Context) error {
	suspects, err := r.suspects(ctx)
	if err != nil {
		return err
	}
	first, _ := slices.BinarySearchFunc(suspects, r.seen, func(m ledger.Marker, seen spec.ID) int {
		if m.ID <= seen {
			return -1
		}
		return 1
	})
	var unread []error
	for i := range min(len(suspects), maxExamined) {
		m := suspects[(first+i)%len(suspects)]
		r.seen = m.ID
		resume, err := r.look(ctx, m)
		if err != nil {
			unread = append(unread, err)
			continue
		}
		if err := resume(ctx); err != nil {
			return err
		}
	}
	return errors.Join(unread...)
}

// look looks what is owed by a marker, and returns what queues it.
func (r *reconciler) look(ctx context.Context, m ledger.Marker) (resume func(context.Context) error, err error) {
	if m.IsGroup() {
		g, owed, err := r.ledger.OwedGroup(ctx, m)
		return func(ctx context.Context) error {
			if !owed {
				return nil
			}
			return r.shares.SubmitGroup(ctx, g)
		}, err
	}
	j, owed, err := r.ledger.Owed(ctx, m)
	return func(ctx context.Context) error {
		if !owed {
			return nil
		}
		return r.resume(ctx, j)
	}, err
}

// suspects are the jobs that may be owed something nobody is going to do, by ID:
// all that are marked as open but those that wait for a worker, which most do
// where there are many.
func (r *reconciler) suspects(ctx context.Context) ([]ledger.Marker, error) {
	const chunk = 1000
	var marked, suspects []ledger.Marker
	open, begun := 0, 0
	sift := func() error {
		others, err := r.notWaiting(ctx, marked)
		open, begun = open+countJobs(marked), begun+countJobs(others)
		suspects = append(suspects, others...)
		marked = marked[:0]
		return err
	}
	for m, err := range r.ledger.Markers(ctx) {
		if err != nil {
			return nil, err
		}
		if marked = append(marked, m); len(marked) < chunk {
			continue
		}
		if err := sift(); err != nil {
			return nil, err
		}
	}
	err := sift()
	if err == nil {
		r.observer.Open(open-begun, begun)
	}
	slices.SortFunc(suspects, func(a, b ledger.Marker) int { return cmp.Compare(a.ID, b.ID) })
	return suspects, err
}

// countJobs is how many jobs markers stand for.
func countJobs(markers []ledger.Marker) (jobs int) {
	for _, m := range markers {
		jobs += m.Jobs()
	}
	return jobs
}

// notWaiting returns those of marked whose job's own task does not wait in the
// queue.
func (r *reconciler) notWaiting(ctx context.Context, marked []ledger.Marker) ([]ledger.Marker, error) {
	if len(marked) == 0 {
		return nil, nil
	}
	tasks := make([]job.Task, len(marked))
	for i, m := range marked {
		tasks[i] = job.Job{ID: m.ID}.Task()
	}
	tasks, err := r.tasks.NotWaiting(ctx, tasks...)
	if err != nil {
		return nil, err
	}
	suspicious := make(map[spec.ID]bool, len(tasks))
	for _, t := range tasks {
		suspicious[t.ID] = true
	}
	var others []ledger.Marker
	for _, m := range marked {
		if suspicious[m.ID] {
			others = append(others, m)
		}
	}
	return others, nil
}

// resume queues what a job that is owed lacks: its own task, or if it is planned
// its next bands. Tasks are under the ID that was promised: if it is of another
// version of the renderer, a worker of that version is to draw it.
func (r *reconciler) resume(ctx context.Context, j job.Job) error {
	paused, err := r.ledger.Paused(ctx, j.ID)
	if paused || err != nil {
		return err
	}
	plan, planned, err := r.ledger.Plan(ctx, j)
	if err != nil {
		return err
	}
	if !planned {
		return r.shares.Submit(ctx, j)
	}
	return r.scheduler.advance(ctx, j, plan)
}
