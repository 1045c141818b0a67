package ledger

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
)

// Plan returns the plan of a job; false if it has none (yet). One that cannot be
// read is as good as none. It is dropped, and the bands with it, since a plan that is
// made again may be cut otherwise.
func (l *Ledger) Plan(ctx context.Context, j job.Job) (job.Plan, bool, error) {
	p, err := l.readPlan(ctx, j)
	switch {
	case err == nil:
		return p, true, nil
	case errors.Is(err, storage.ErrNotFound):
		return job.Plan{}, false, nil
	case errors.Is(err, errUnreadable):
		damage := err
		if err = l.removeParts(ctx, j.ID); err == nil {
			l.damages.mended(ctx, KindPlan, planKey(j.ID), damage)
			return job.Plan{}, false, nil
		}
	}
	return job.Plan{}, false, fmt.Errorf("plan of job %s: %w", j.ID, err)
}

func (l *Ledger) readPlan(ctx context.Context, j job.Job) (job.Plan, error) {
	var p job.Plan
	if err := l.read(ctx, planKey(j.ID), &p); err != nil {
		return p, err
	}
	if err := p.Check(j.Spec.Height); err != nil {
		return p, fmt.Errorf("%w: %w", errUnreadable, err)
	}
	return p, nil
}

// StorePlan records the plan of a job, and returns the one that stands: the
// first that anybody recorded.
func (l *Ledger) StorePlan(ctx context.Context, j job.Job, p job.Plan) (job.Plan, error) {
	if err := p.Check(j.Spec.Height); err != nil {
		return p, fmt.Errorf("store plan of job %s: %w", j.ID, err)
	}
	err := l.create(ctx, planKey(j.ID), p)
	if err == nil {
		return p, nil
	}
	if !errors.Is(err, storage.ErrExists) {
		return p, fmt.Errorf("store plan of job %s: %w", j.ID, err)
	}
	standing, planned, err := l.Plan(ctx, j)
	if planned || err != nil {
		return standing, err
	}
	return l.StorePlan(ctx, j, p) // it was unreadable, or is removed this moment
}

// Bands returns which bands of a job are stored, of the one numbered first and those
// after it, with their sizes in bytes.
func (l *Ledger) Bands(ctx context.Context, id spec.ID, first int) (map[int]int64, error) {
	stored, after := make(map[int]int64), ""
	if first > 0 {
		after = bandKey(id, first-1)
	}
	for info, err := range l.store.List(ctx, bandPrefix(id), after) {
		if err != nil {
			return nil, fmt.Errorf("bands of job %s: %w", id, err)
		}
		if n, ok := parseNumber(info.Key, bandPrefix(id)); ok {
			stored[n] = info.Size
		}
	}
	return stored, nil
}

// Planned reports whether a job has a plan, as far as can be seen without reading
// it.
func (l *Ledger) Planned(ctx context.Context, id spec.ID) (bool, error) {
	_, err := l.store.Stat(ctx, planKey(id))
	if errors.Is(err, storage.ErrNotFound) || errors.Is(err, storage.ErrDamaged) {
		return false, nil
	}
	return err == nil, err
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
	bands, err := l.Bands(ctx, id, 0)
	if err != nil || len(bands) == 0 {
		return err
	}
	keys := make([]string, 0, len(bands))
	for n := range bands {
		keys = append(keys, bandKey(id, n))
	}
	return l.store.Delete(ctx, keys...)
}

// RemoveImage removes an image and the levels that were made of it.
func (l *Ledger) RemoveImage(ctx context.Context, image Object) error {
	keys := []string{image.key}
	name, _, _ := strings.Cut(strings.TrimPrefix(image.key, imagePrefix), ".")
	if id, err := spec.ParseID(name); err == nil {
		for info, err := range l.store.List(ctx, jobPrefix(id)+levelsFolder, "") {
			if err != nil {
				return fmt.Errorf("levels of job %s: %w", id, err)
			}
			keys = append(keys, info.Key)
		}
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
	if err := l.mark(ctx, pausedKey(id)); err != nil {
		return err
	}
	return l.showPause(ctx, id)
}

// Resume lets a paused job go on.
func (l *Ledger) Resume(ctx context.Context, id spec.ID) error {
	if err := l.store.Delete(ctx, pausedKey(id)); err != nil {
		return err
	}
	return l.showPause(ctx, id)
}

// showPause has the index entry say whether a job is held whose first run is open: that entry is what workers read.
func (l *Ledger) showPause(ctx context.Context, id spec.ID) error {
	j, last, err := l.status(ctx, id)
	if notOurs(err) {
		return nil
	}
	if err != nil || !last.isFirst() || last.State.Final() {
		return err
	}
	if j, err = l.alone(ctx, j); err != nil || j.Layout == layoutGroup { // which has ended this moment
		return err
	}
	return l.indexOpen(ctx, j)
}

// Paused reports whether a job is held.
func (l *Ledger) Paused(ctx context.Context, id spec.ID) (bool, error) {
	return l.exists(ctx, pausedKey(id))
}
