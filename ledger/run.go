package ledger

import (
	"cmp"
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
	of     job.Job // of whose record no more than the ID may be known, if its layout is [layoutResult]
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
func (l *Ledger) last(ctx context.Context, j job.Job) (run, error) {
	return l.latest(ctx, run{of: j})
}

// latest reads the last run of a job of which a run is known to have begun.
//
// How a run ended may have become unreadable. As its end never changes, and nobody
// knows which it was, the job is asked for again then.
func (l *Ledger) latest(ctx context.Context, known run) (run, error) {
	number, err := l.numberFrom(ctx, known.of.ID, known.number)
	if err != nil {
		return run{}, err
	}
	r, err := l.ended(ctx, run{of: known.of, number: number})
	if !errors.Is(err, errUnreadable) {
		return r, err
	}
	next, damage := r.next(), err
	if err := l.begin(ctx, next); err != nil {
		return run{}, err
	}
	l.damages.mended(ctx, KindResult, r.endKey(), damage)
	return l.latest(ctx, next)
}

// isFirst reports whether it is the first run of a job that is not of old, so that entries of the index are its marker and its end.
func (r run) isFirst() bool { return r.number == 0 && r.of.Layout != layoutResult }

// endKey is where the end of a run is on record.
func (r run) endKey() string {
	switch {
	case !r.isFirst():
		return resultKey(r.of.ID, r.number)
	case r.of.Layout == layoutGroup:
		return endGroupKey(r.of)
	}
	return recentKey(r.of)
}

// ended returns a run with how it ended, or Queued if it has not, of the job as it is laid out by now.
func (l *Ledger) ended(ctx context.Context, r run) (run, error) {
	var err error
	if r.isFirst() {
		r.of, r.Progress, err = l.standing(ctx, r.of)
	}
	if err == nil && (!r.isFirst() || r.of.Layout == layoutEntry) {
		r.Progress, err = l.ownResult(ctx, r)
	}
	return r, err
}

// result reads how a run ended, or Queued if it has not.
func (l *Ledger) result(ctx context.Context, r run) (job.Progress, error) {
	r, err := l.ended(ctx, r)
	return r.Progress, err
}

// ownResult is result for a run that has not ended with a group.
func (l *Ledger) ownResult(ctx context.Context, r run) (job.Progress, error) {
	if !r.isFirst() {
		return l.readResult(ctx, r)
	}
	e, damage := l.readEntry(ctx, recentKey(r.of))
	switch {
	case damage == nil && e.Run == 0 && e.State.Final():
		return e.Progress, nil
	case errors.Is(damage, storage.ErrNotFound):
		return job.Progress{State: job.Queued}, nil
	case damage != nil && !errors.Is(damage, errUnreadable):
		return job.Progress{}, damage
	}
	p, err := l.readResult(ctx, r) // the entry shows a later run, or is damaged
	if err == nil && !p.State.Final() {
		err = cmp.Or(damage, errUnreadable)
	}
	return p, err
}

// readResult is result for a run whose end is no index entry.
func (l *Ledger) readResult(ctx context.Context, r run) (job.Progress, error) {
	var p job.Progress
	err := l.read(ctx, resultKey(r.of.ID, r.number), &p)
	if errors.Is(err, storage.ErrNotFound) {
		return job.Progress{State: job.Queued}, nil
	}
	if err == nil && !p.State.Final() {
		err = fmt.Errorf("%w: it ended as %q", errUnreadable, p.State)
	}
	return p, err
}

// createResult records the end of a run, unless that is done.
func (l *Ledger) createResult(ctx context.Context, r run) error {
	err := l.create(ctx, resultKey(r.of.ID, r.number), r.Progress)
	if errors.Is(err, storage.ErrExists) {
		return nil
	}
	return err
}

// next is the run after this one.
func (r run) next() run {
	return run{of: r.of, number: r.number + 1, Progress: job.Progress{State: job.Queued}}
}

// begin begins a run other than the first, if nobody has. Its marker is stored before, so that there is
// no run without.
func (l *Ledger) begin(ctx context.Context, r run) error {
	if r.number == 1 && r.of.Layout == layoutEntry {
		if err := l.makeRoom(ctx, r.of); err != nil {
			return err
		}
	}
	if err := l.mark(ctx, openKey(r.of.ID, r.number)); err != nil {
		return err
	}
	err := l.store.Create(ctx, startKey(r.of.ID, r.number), binaryType, nil)
	if errors.Is(err, storage.ErrExists) {
		return nil
	}
	return err
}

// makeRoom keeps the end of the first run beside the index entry, which is to show the next one.
func (l *Ledger) makeRoom(ctx context.Context, j job.Job) error {
	first := run{of: j}
	var err error
	first.Progress, err = l.result(ctx, first)
	if err == nil && first.State.Final() {
		err = l.createResult(ctx, first)
	}
	if err != nil && !errors.Is(err, errUnreadable) {
		return err
	}
	return l.store.Delete(ctx, openEntryKey(j)) // or it would be taken for the next one's
}

// owe makes sure that the job is owed, given its last run: that one if it has not
// ended, or the next.
func (l *Ledger) owe(ctx context.Context, last run) (job.Progress, error) {
	queued := job.Progress{State: job.Queued}
	if !last.State.CanBecome(job.Queued) {
		return queued, l.markOpen(ctx, last)
	}
	if err := l.store.Delete(ctx, pausedKey(last.of.ID)); err != nil { // asking again is asking for it
		return queued, err
	}
	next := last.next()
	if err := l.begin(ctx, next); err != nil {
		return queued, err
	}
	return queued, l.index(ctx, next)
}

// markOpen stores the marker of a run that has not ended.
func (l *Ledger) markOpen(ctx context.Context, r run) error {
	if r.isFirst() {
		return l.indexOpen(ctx, r.of)
	}
	return l.mark(ctx, openKey(r.of.ID, r.number))
}

// finish ends the last run of a job with p, unless it has ended, and returns how it did.
// The marker goes last: whoever meets it completes what was not done before.
func (l *Ledger) finish(ctx context.Context, j job.Job, p job.Progress) (job.Progress, error) {
	j, err := l.alone(ctx, j)
	if err != nil {
		return p, err
	}
	ended, err := l.end(ctx, j, p)
	if err != nil {
		return p, err
	}
	if !j.AcceptedAt.IsZero() && !ended.isFirst() {
		if err := l.index(ctx, ended); err != nil {
			return p, err
		}
	}
	return ended.Progress, l.removals.Do(ctx, markerKey(j, ended.number))
}

// end records the end of the last run, unless it has ended, and returns the run as
// it did.
func (l *Ledger) end(ctx context.Context, j job.Job, p job.Progress) (run, error) {
	if j.Layout == layoutEntry {
		first, err := l.endFirst(ctx, run{of: j, Progress: p})
		if !errors.Is(err, storage.ErrExists) {
			return first, err
		}
	}
	number, err := l.number(ctx, j.ID)
	if err != nil {
		return run{}, err
	}
	r := run{of: j, number: number, Progress: p}
	if !r.isFirst() {
		err = l.create(ctx, r.endKey(), p)
		if !errors.Is(err, storage.ErrExists) {
			return r, err
		}
	}
	r, err = l.ended(ctx, r)
	switch {
	case errors.Is(err, errUnreadable):
		_, err = l.latest(ctx, r) // begins the next run
	case err == nil && !r.State.Final(): // its end has been removed this moment
	default:
		return r, err
	}
	if err != nil {
		return r, err
	}
	return l.end(ctx, r.of, p)
}

// endFirst ends the first run by its index entry, with one request. The error is [storage.ErrExists] if that has an entry, of
// its end or of a later run. A failure is kept twice: nothing else would tell of it, and a picture tells that a job is done.
func (l *Ledger) endFirst(ctx context.Context, first run) (run, error) {
	err := l.create(ctx, first.endKey(), entryOf(first))
	if err == nil && first.State != job.Done {
		err = l.createResult(ctx, first)
	}
	return first, err
}
