package ledger

import (
	"context"
	"fmt"
	"iter"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// Open yields every job that is owed an image, in no useful order, each once: the
// jobs of [Ledger.Markers] that are [Ledger.Owed].
//
// A job whose record is damaged is passed over. A job that cannot be looked at is
// yielded as an error, and others follow. After an error of the listing itself none
// do.
func (l *Ledger) Open(ctx context.Context) iter.Seq2[job.Job, error] {
	return func(yield func(job.Job, error) bool) {
		for m, err := range l.Markers(ctx) {
			if err != nil {
				yield(job.Job{}, err)
				return
			}
			if j, owed, err := l.Owed(ctx, m); (owed || err != nil) && !yield(j, err) {
				return
			}
		}
	}
}

// Marker is what says that a job may be owed: cheap to list, to be looked into
// with [Ledger.Owed].
type Marker struct {
	ID     spec.ID
	number int
}

// Markers yields the markers there are, in the order of their keys. After an
// error none follow.
func (l *Ledger) Markers(ctx context.Context) iter.Seq2[Marker, error] {
	return func(yield func(Marker, error) bool) {
		for info, err := range l.store.List(ctx, openPrefix, "") {
			if err != nil {
				yield(Marker{}, fmt.Errorf("list open jobs: %w", err))
				return
			}
			if m, ok := parseOpenKey(info.Key); ok && !yield(m, nil) {
				return
			}
		}
	}
}

// Owed returns the job of a marker and whether it is owed, which nothing is under a
// record that cannot be read. It removes the marker of a run that has ended.
func (l *Ledger) Owed(ctx context.Context, m Marker) (job.Job, bool, error) {
	return l.owed(ctx, run{id: m.ID, number: m.number})
}

// owed reads the job of a run that has a marker, and whether the run is owed. It
// removes the marker if the run has ended. A run that has a marker but has not
// begun is not owed yet; its marker may be needed any moment.
func (l *Ledger) owed(ctx context.Context, marked run) (job.Job, bool, error) {
	record, last, err := l.status(ctx, marked.id)
	switch {
	case notOurs(err):
		return job.Job{}, false, nil
	case err != nil:
		return job.Job{}, false, fmt.Errorf("job %s: %w", marked.id, err)
	case marked.number < last.number, marked.number == last.number && last.State.Final():
		if err := l.index(ctx, record, last); err != nil { // whoever ended it may have died before
			return job.Job{}, false, err
		}
		return job.Job{}, false, l.store.Delete(ctx, openKey(marked.id, marked.number))
	}
	return record, marked.number == last.number, nil
}
