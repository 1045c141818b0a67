package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
)

// Audit compares with the records of all jobs what is only derived from them, and
// mends it: a job that is open and has no marker gets one, and an index entry that
// is missing or says something else is written again. The record of a job that is
// damaged is made anew from its index entry. Crashes leave hardly any of that, but
// media and operators lose what they like. What a group that has ended says of a job that was removed goes as well.
//
// A job that cannot be looked at does not keep Audit from the others. The error is
// the first of those.
func (l *Ledger) Audit(ctx context.Context) error {
	marked := make(map[string]bool) // by the keys of markers
	for m, err := range l.Markers(ctx) {
		if err != nil {
			return fmt.Errorf("audit: %w", err)
		}
		marked[m.key] = true
	}
	var first error
	for id, err := range l.jobs(ctx) {
		if err != nil {
			return fmt.Errorf("audit: %w", err)
		}
		if err := l.audit(ctx, id, marked); err != nil && first == nil {
			first = fmt.Errorf("audit job %s: %w", id, err)
		}
	}
	return cmp.Or(first, l.auditGroups(ctx))
}

// auditGroups takes out of groups that have ended the jobs that are not on record as theirs any more: some may have been accepted anew since.
func (l *Ledger) auditGroups(ctx context.Context) error {
	for key, err := range l.entries(ctx, recentPrefix) {
		if err != nil {
			return fmt.Errorf("audit: %w", err)
		}
		if key.in == nil {
			continue
		}
		id, at := parsePlace(key.entry)
		of, err := l.readJob(ctx, id)
		switch {
		case errors.Is(err, storage.ErrNotFound) || err == nil && of.Group != key.in.ID:
			err = l.takeOut(ctx, endGroupKey(job.Job{Group: key.in.ID, AcceptedAt: at}), id)
		case errors.Is(err, errUnreadable) || errors.Is(err, job.ErrVersion):
			err = nil
		}
		if err != nil {
			return fmt.Errorf("audit group %s: %w", key.in.ID, err)
		}
	}
	return nil
}

// audit looks after one job, given the markers that were seen; a job that was accepted
// since then has one all the same. A marker that is stored though the job has ended
// meanwhile does no harm.
func (l *Ledger) audit(ctx context.Context, id spec.ID, marked map[string]bool) error {
	j, last, err := l.status(ctx, id)
	if errors.Is(err, job.ErrUnreadable) {
		return l.recover(ctx, id)
	}
	if notOurs(err) {
		return nil
	}
	if err != nil {
		return err
	}
	ownMarker := j.Layout == layoutGroup && marked[openEntryKey(j)]
	if key := markerKey(j, last.number); last.State == job.Queued && !marked[key] && !ownMarker {
		if err := l.mendMarker(ctx, last, key); err != nil {
			return err
		}
	}
	return l.indexed(ctx, last)
}

// mendMarker marks a run as open that has no marker.
func (l *Ledger) mendMarker(ctx context.Context, last run, key string) error {
	if there, err := l.exists(ctx, key); there || err != nil {
		return err
	}
	if err := l.markOpen(ctx, last); err != nil {
		return err
	}
	l.damages.mended(ctx, KindMarker, key, errMissing)
	return nil
}

// recover makes the record of a job anew from its index entry, if there is one. It
// is looked after the next time, or by whoever meets its marker.
func (l *Ledger) recover(ctx context.Context, id spec.ID) error {
	key, ok, err := l.findEntry(ctx, id)
	if err != nil || !ok {
		return err
	}
	e, err := l.entryAt(ctx, key)
	if errors.Is(err, errUnreadable) || errors.Is(err, storage.ErrNotFound) || errors.Is(err, job.ErrVersion) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := l.replace(ctx, jobKey(id), e.jobRecord); err != nil {
		return err
	}
	l.damages.mended(ctx, KindJob, jobKey(id), job.ErrUnreadable)
	return nil
}

// jobs yields the IDs of the jobs on record. After an error none follow.
func (l *Ledger) jobs(ctx context.Context) iter.Seq2[spec.ID, error] {
	return func(yield func(spec.ID, error) bool) {
		for info, err := range l.store.List(ctx, jobsPrefix, "") {
			if err != nil {
				yield("", err)
				return
			}
			if id, ok := parseJobKey(info.Key); ok && !yield(id, nil) {
				return
			}
		}
	}
}
