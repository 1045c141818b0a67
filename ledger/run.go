package ledger

import (
	"context"
	"errors"

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

// number is that of a job's last run.
func (l *Ledger) number(ctx context.Context, id spec.ID) (number int, err error) {
	prefix := startPrefix(id)
	for info, err := range l.store.List(ctx, prefix, "") {
		if err != nil {
			return 0, err
		}
		if n, ok := parseNumber(info.Key, prefix); ok {
			number = max(number, n)
		}
	}
	return number, nil
}

// last reads a job's last run.
func (l *Ledger) last(ctx context.Context, id spec.ID) (run, error) {
	number, err := l.number(ctx, id)
	if err != nil {
		return run{}, err
	}
	r := run{id: id, number: number}
	r.Progress, err = l.result(ctx, r)
	return r, err
}

// result reads how a run ended, or Queued if it has not.
func (l *Ledger) result(ctx context.Context, r run) (job.Progress, error) {
	var p job.Progress
	err := l.read(ctx, resultKey(r.id, r.number), &p)
	if errors.Is(err, storage.ErrNotFound) {
		return job.Progress{State: job.Queued}, nil
	}
	return p, err
}

// owe makes sure that the job is owed, given its last run: that one if it has not
// ended, or the next. The marker is stored before the run begins, so that there
// is none without.
func (l *Ledger) owe(ctx context.Context, last run) (job.Progress, error) {
	queued := job.Progress{State: job.Queued}
	if !last.State.CanBecome(job.Queued) {
		return queued, l.mark(ctx, openKey(last.id, last.number))
	}
	next := run{id: last.id, number: last.number + 1}
	if err := l.Resume(ctx, last.id); err != nil { // asking again is asking for it
		return queued, err
	}
	if err := l.mark(ctx, openKey(next.id, next.number)); err != nil {
		return queued, err
	}
	err := l.store.Create(ctx, startKey(next.id, next.number), binaryType, nil)
	if errors.Is(err, storage.ErrExists) { // somebody else has asked for it again
		err = nil
	}
	return queued, err
}

// finish ends the last run with p, unless it has ended, and returns how it did.
func (l *Ledger) finish(ctx context.Context, id spec.ID, p job.Progress) (job.Progress, error) {
	number, err := l.number(ctx, id)
	if err != nil {
		return p, err
	}
	r := run{id: id, number: number}
	err = l.create(ctx, resultKey(r.id, r.number), p)
	if errors.Is(err, storage.ErrExists) {
		p, err = l.result(ctx, r)
	}
	if err != nil {
		return p, err
	}
	return p, l.store.Delete(ctx, openKey(r.id, r.number))
}
