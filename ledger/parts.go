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

// Plan returns the plan of a job; false if it has none (yet).
func (l *Ledger) Plan(ctx context.Context, j job.Job) (job.Plan, bool, error) {
	var p job.Plan
	err := l.read(ctx, planKey(j.ID), &p)
	if errors.Is(err, storage.ErrNotFound) {
		return p, false, nil
	}
	if err == nil {
		err = p.Check(j.Spec.Height)
	}
	if err != nil {
		return p, false, fmt.Errorf("plan of job %s: %w", j.ID, err)
	}
	return p, true, nil
}

// StorePlan records the plan of a job, and returns the one that stands: the
// first that anybody recorded.
func (l *Ledger) StorePlan(ctx context.Context, j job.Job, p job.Plan) (job.Plan, error) {
	err := l.create(ctx, planKey(j.ID), p)
	if errors.Is(err, storage.ErrExists) {
		p, _, err = l.Plan(ctx, j)
	}
	if err != nil {
		return p, fmt.Errorf("store plan of job %s: %w", j.ID, err)
	}
	return p, nil
}

// Bands returns which bands of a job are stored, with their sizes in bytes.
func (l *Ledger) Bands(ctx context.Context, id spec.ID) (map[int]int64, error) {
	stored := make(map[int]int64)
	for info, err := range l.store.List(ctx, bandPrefix(id), "") {
		if err != nil {
			return nil, fmt.Errorf("bands of job %s: %w", id, err)
		}
		if n, ok := parseNumber(info.Key, bandPrefix(id)); ok {
			stored[n] = info.Size
		}
	}
	return stored, nil
}

// Planned reports whether a job has a plan.
func (l *Ledger) Planned(ctx context.Context, id spec.ID) (bool, error) {
	return l.exists(ctx, planKey(id))
}

// RemoveParts removes what was needed only to make the image: bands and plan. The
// preview stays. Calling it again does no harm.
//
// The plan goes first: whoever stores a band and still finds the plan after that
// knows that the band is removed here.
func (l *Ledger) RemoveParts(ctx context.Context, id spec.ID) error {
	if err := l.removeParts(ctx, id); err != nil {
		return fmt.Errorf("remove parts of job %s: %w", id, err)
	}
	return nil
}

func (l *Ledger) removeParts(ctx context.Context, id spec.ID) error {
	if err := l.store.Delete(ctx, planKey(id)); err != nil {
		return err
	}
	bands, err := l.Bands(ctx, id)
	if err != nil || len(bands) == 0 {
		return err
	}
	keys := make([]string, 0, len(bands))
	for n := range bands {
		keys = append(keys, bandKey(id, n))
	}
	return l.store.Delete(ctx, keys...)
}

// WithParts yields the jobs that have stored bands, and those that are marked as
// paused. After an error none follow.
func (l *Ledger) WithParts(ctx context.Context) iter.Seq2[spec.ID, error] {
	return func(yield func(spec.ID, error) bool) {
		var last spec.ID
		for _, prefix := range []string{jobsPrefix, pausedPrefix} {
			for info, err := range l.store.List(ctx, prefix, "") {
				if err != nil {
					yield("", fmt.Errorf("list parts of jobs: %w", err))
					return
				}
				id, ok := parsePartKey(info.Key)
				if !ok || id == last {
					continue
				}
				if last = id; !yield(id, nil) {
					return
				}
			}
		}
	}
}

// Pause holds a job: no more of it is begun until it is resumed. Pausing a job
// that is paused changes nothing.
func (l *Ledger) Pause(ctx context.Context, id spec.ID) error {
	return l.mark(ctx, pausedKey(id))
}

// Resume lets a paused job go on.
func (l *Ledger) Resume(ctx context.Context, id spec.ID) error {
	return l.store.Delete(ctx, pausedKey(id))
}

// Paused reports whether a job is held.
func (l *Ledger) Paused(ctx context.Context, id spec.ID) (bool, error) {
	return l.exists(ctx, pausedKey(id))
}

func (l *Ledger) exists(ctx context.Context, key string) (bool, error) {
	_, err := l.store.Stat(ctx, key)
	if errors.Is(err, storage.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
