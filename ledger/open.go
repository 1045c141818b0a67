package ledger

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
)

// Open yields every job that is owed an image, in no useful order, each once: the
// jobs of [Ledger.Markers] that are [Ledger.Owed], those of groups among them.
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
			for _, j := range l.owedBy(ctx, m) {
				if !yield(j.Job, j.Err) {
					return
				}
			}
		}
	}
}

// owedBy are the jobs that are owed by a marker, or why that is not known.
func (l *Ledger) owedBy(ctx context.Context, m Marker) (jobs []Accepted) {
	if !m.group {
		j, owed, err := l.Owed(ctx, m)
		if owed || err != nil {
			jobs = []Accepted{{Status: job.Status{Job: j}, Err: err}}
		}
		return jobs
	}
	g, owed, err := l.OwedGroup(ctx, m)
	if err != nil {
		return []Accepted{{Err: err}}
	}
	for _, j := range g.Jobs {
		if owed {
			jobs = append(jobs, Accepted{Status: job.Status{Job: j}})
		}
	}
	return jobs
}

// Marker is what says that a job may be owed: cheap to list, to be looked into
// with [Ledger.Owed].
type Marker struct {
	ID     spec.ID // of the job, or of the group
	number int
	key    string
	group  bool
}

// Jobs is how many jobs it stands for.
func (m Marker) Jobs() int {
	if m.group {
		return groupSize(m.ID)
	}
	return 1
}

// IsGroup reports whether it is that of a group, see [Ledger.OwedGroup].
func (m Marker) IsGroup() bool { return m.group }

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
// record that cannot be read. It removes the marker of a run that has ended. A run that has a marker but has not
// begun is not owed yet; its marker may be needed any moment.
func (l *Ledger) Owed(ctx context.Context, m Marker) (job.Job, bool, error) {
	record, last, err := l.status(ctx, m.ID)
	switch {
	case notOurs(err):
		return job.Job{}, false, nil
	case err != nil:
		return job.Job{}, false, fmt.Errorf("job %s: %w", m.ID, err)
	case m.number < last.number, m.number == last.number && last.State.Final():
		if err := l.indexed(ctx, last); err != nil { // whoever ended it may have died before
			return job.Job{}, false, err
		}
		return job.Job{}, false, l.store.Delete(ctx, m.key)
	}
	return record, m.number == last.number, l.straighten(ctx, m, last)
}

// straighten replaces the marker of an open run that is not in its place: that of a job whose record was lost, and has
// another time of acceptance since.
func (l *Ledger) straighten(ctx context.Context, m Marker, last run) error {
	if m.number != last.number || m.key == markerKey(last.of, last.number) || last.of.Layout == layoutGroup && m.key == openEntryKey(last.of) {
		return nil
	}
	if err := l.markOpen(ctx, last); err != nil {
		return err
	}
	return l.store.Delete(ctx, m.key)
}

// Wanted returns the record of a job as it is by now, and whether a task of it is to be done, because the job is open and not
// held. A job of which nothing is on record is wanted by whoever has queued the task. For a job that is open for the first
// time, as the ledger has returned it, that takes one request.
func (l *Ledger) Wanted(ctx context.Context, j job.Job) (now job.Job, wanted bool, err error) {
	if j.Layout == layoutEntry {
		e, err := l.readEntry(ctx, openEntryKey(j))
		if err == nil {
			return e.job(), !e.Paused, nil
		}
		if !errors.Is(err, storage.ErrNotFound) && !errors.Is(err, errUnreadable) && !errors.Is(err, job.ErrVersion) {
			return j, false, fmt.Errorf("job %s: %w", j.ID, err)
		}
	}
	st, err := l.Status(ctx, j.ID)
	switch {
	case errors.Is(err, job.ErrUnknown) || errors.Is(err, job.ErrUnreadable):
		j.Layout = layoutResult // which is that of what is on record without a job
		st.Job = j
	case err != nil:
		return j, false, err
	}
	paused, err := l.Paused(ctx, j.ID)
	return st.Job, err == nil && !st.State.Final() && !paused, err
}
