package ledger

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// SetPriority changes the priority of a job. Of two that do so at the same time, the
// later one stands. The error is [job.ErrVersion] if the job is of another version.
func (l *Ledger) SetPriority(ctx context.Context, j job.Job, p job.Priority) (job.Job, error) {
	j.Priority = p
	if err := l.setPriority(ctx, j); err != nil {
		return j, fmt.Errorf("set priority of job %s: %w", j.ID, err)
	}
	return j, nil
}

func (l *Ledger) setPriority(ctx context.Context, j job.Job) error {
	if j.Spec.ID() != j.ID {
		return job.ErrVersion
	}
	j, err := l.alone(ctx, j)
	if err != nil {
		return err
	}
	if err := l.replace(ctx, jobKey(j.ID), recordOf(j)); err != nil {
		return err
	}
	last, err := l.last(ctx, j)
	if err != nil {
		return err
	}
	return l.index(ctx, last)
}

// WithPrefix yields the IDs of jobs that begin so, in their order. After an error none
// follow.
func (l *Ledger) WithPrefix(ctx context.Context, prefix string) iter.Seq2[spec.ID, error] {
	return func(yield func(spec.ID, error) bool) {
		for after := ""; ; {
			id, err := l.firstAfter(ctx, prefix, after)
			if err != nil {
				yield("", fmt.Errorf("jobs whose ID begins with %s: %w", prefix, err))
				return
			}
			if id == "" || !yield(id, nil) {
				return
			}
			after = jobsPrefix + string(id) + "0" // what follows the slash: nothing more of this job
		}
	}
}

// firstAfter is the first job whose ID begins so, of which something has a key after
// one; empty if there is none.
func (l *Ledger) firstAfter(ctx context.Context, prefix, after string) (spec.ID, error) {
	for info, err := range l.store.List(ctx, jobsPrefix+prefix, after) {
		if err != nil {
			return "", err
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(info.Key, jobsPrefix), "/")
		if id, err := spec.ParseID(name); err == nil {
			return id, nil
		}
	}
	return "", nil
}

// PausedJobs returns the jobs that are held.
func (l *Ledger) PausedJobs(ctx context.Context) (map[spec.ID]bool, error) {
	paused := make(map[spec.ID]bool)
	for info, err := range l.store.List(ctx, pausedPrefix, "") {
		if err != nil {
			return nil, fmt.Errorf("list paused jobs: %w", err)
		}
		paused[spec.ID(strings.TrimPrefix(info.Key, pausedPrefix))] = true
	}
	return paused, nil
}
