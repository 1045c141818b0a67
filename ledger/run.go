package ledger

import (
	"context"
	"errors"
	"fmt"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
)

// run is one time that a job is owed: from its acceptance, which is run 0, or
// from a retry on, until its end. Progress says how it ended, or Queued.
//
// Nothing of a run is ever changed or removed but its open marker, and that only
// when the run has ended for good. So whoever acts on what they saw a moment ago
// does no harm.
type run struct {
	id     spec.ID
	number int
	job.Progress
}

// number is that of a job's last run. Runs are numbered without gaps, and none is
// removed: so a job that was never asked for again costs one request.
func (l *Ledger) number(ctx context.Context, id spec.ID) (int, error) {
	return l.numberFrom(ctx, id, 0)
}

// numberFrom is number for a job of which a run is known to have begun.
func (l *Ledger) numberFrom(ctx context.Context, id spec.ID, begun int) (int, error) {
	absent := begun + 1
	for step := 1; ; step *= 2 {
		ok, err := l.exists(ctx, startKey(id, absent))
		if err != nil {
			return 0, err
		}
		if !ok {
			break
		}
		begun, absent = absent, absent+step
	}
	for absent-begun > 1 {
		middle := (begun + absent) / 2
		ok, err := l.exists(ctx, startKey(id, middle))
		if err != nil {
			return 0, err
		}
		if ok {
			begun = middle
		} else {
			absent = middle
		}
	}
	return begun, nil
}

// last reads a job's last run.
func (l *Ledger) last(ctx context.Context, id spec.ID) (run, error) {
	return l.latest(ctx, run{id: id})
}

// latest reads the last run of a job of which a run is known to have begun.
//
// How a run ended may have become unreadable. As its end never changes, and nobody
// knows which it was, the job is asked for again then.
func (l *Ledger) latest(ctx context.Context, known run) (run, error) {
	number, err := l.numberFrom(ctx, known.id, known.number)
	if err != nil {
		return run{}, err
	}
	r := run{id: known.id, number: number}
	r.Progress, err = l.result(ctx, r)
	if !errors.Is(err, errUnreadable) {
		return r, err
	}
	next, damage := r.next(), err
	if err := l.begin(ctx, next); err != nil {
		return run{}, err
	}
	l.damages.mended(ctx, KindResult, resultKey(r.id, r.number), damage)
	return l.latest(ctx, next)
}

// result reads how a run ended, or Queued if it has not.
func (l *Ledger) result(ctx context.Context, r run) (job.Progress, error) {
	var p job.Progress
	err := l.read(ctx, resultKey(r.id, r.number), &p)
	if errors.Is(err, storage.ErrNotFound) {
		return job.Progress{State: job.Queued}, nil
	}
	if err == nil && !p.State.Final() {
		err = fmt.Errorf("%w: it ended as %q", errUnreadable, p.State)
	}
	return p, err
}

// next is the run after this one.
func (r run) next() run {
	return run{id: r.id, number: r.number + 1, Progress: job.Progress{State: job.Queued}}
}

// begin begins a run, if nobody has. Its marker is stored before, so that there is
// no run without.
func (l *Ledger) begin(ctx context.Context, r run) error {
	if err := l.mark(ctx, openKey(r.id, r.number)); err != nil {
		return err
	}
	err := l.store.Create(ctx, startKey(r.id, r.number), binaryType, nil)
	if errors.Is(err, storage.ErrExists) {
		return nil
	}
	return err
}

// owe makes sure that the job is owed, given its last run: that one if it has not
// ended, or the next.
func (l *Ledger) owe(ctx context.Context, j job.Job, last run) (job.Progress, error) {
	queued := job.Progress{State: job.Queued}
	if !last.State.CanBecome(job.Queued) {
		return queued, l.mark(ctx, openKey(last.id, last.number))
	}
	if err := l.Resume(ctx, last.id); err != nil { // asking again is asking for it
		return queued, err
	}
	next := last.next()
	if err := l.begin(ctx, next); err != nil {
		return queued, err
	}
	return queued, l.index(ctx, j, next)
}

// finish ends the last run with p, unless it has ended, and returns how it did.
// The marker goes last: whoever meets it completes what was not done before.
func (l *Ledger) finish(ctx context.Context, id spec.ID, p job.Progress) (job.Progress, error) {
	ended, err := l.end(ctx, id, p)
	if err != nil {
		return p, err
	}
	if err := l.show(ctx, ended); err != nil {
		return p, err
	}
	return ended.Progress, l.store.Delete(ctx, openKey(ended.id, ended.number))
}

// end records the end of the last run, unless it has ended, and returns the run as
// it did.
func (l *Ledger) end(ctx context.Context, id spec.ID, p job.Progress) (run, error) {
	number, err := l.number(ctx, id)
	if err != nil {
		return run{}, err
	}
	r := run{id: id, number: number, Progress: p}
	err = l.create(ctx, resultKey(r.id, r.number), p)
	if !errors.Is(err, storage.ErrExists) {
		return r, err
	}
	r.Progress, err = l.result(ctx, r)
	if !errors.Is(err, errUnreadable) {
		return r, err
	}
	if _, err = l.latest(ctx, r); err != nil { // begins the next run
		return r, err
	}
	return l.end(ctx, id, p)
}
