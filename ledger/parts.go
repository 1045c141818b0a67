package ledger

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"mandelfarm/job"
	"mandelfarm/renderer"
	"mandelfarm/storage"
)

// Keys of what a large job leaves on its way. They are of the image and not of a
// run: what one run has drawn, a retry need not.
func planKey(id renderer.ID) string    { return "jobs/" + string(id) + "/plan.json" }
func bandPrefix(id renderer.ID) string { return "jobs/" + string(id) + "/bands/" }
func pausedKey(id renderer.ID) string  { return "paused/" + string(id) }

// PreviewKey is where the coarse picture of a planned job is stored.
func PreviewKey(id renderer.ID) string { return "jobs/" + string(id) + "/preview.png" }

// BandKey is where the compressed rows of a band are stored.
func BandKey(id renderer.ID, band int) string { return bandPrefix(id) + fmt.Sprintf("%06d", band) }

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
func (l *Ledger) Bands(ctx context.Context, id renderer.ID) (map[int]int64, error) {
	stored := make(map[int]int64)
	for info, err := range l.store.List(ctx, bandPrefix(id), "") {
		if err != nil {
			return nil, fmt.Errorf("bands of job %s: %w", id, err)
		}
		if n, err := strconv.Atoi(strings.TrimPrefix(info.Key, bandPrefix(id))); err == nil {
			stored[n] = info.Size
		}
	}
	return stored, nil
}

// RemoveParts removes what was needed only to make the image: bands and plan. The
// preview stays. Calling it again does no harm.
func (l *Ledger) RemoveParts(ctx context.Context, id renderer.ID) error {
	bands, err := l.Bands(ctx, id)
	if err != nil {
		return err
	}
	keys := []string{planKey(id)}
	for n := range bands {
		keys = append(keys, BandKey(id, n))
	}
	if err := l.store.Delete(ctx, keys...); err != nil {
		return fmt.Errorf("remove parts of job %s: %w", id, err)
	}
	return nil
}

// Pause holds a job: no more of it is begun until it is resumed. Pausing a job
// that is paused changes nothing.
func (l *Ledger) Pause(ctx context.Context, id renderer.ID) error {
	return l.mark(ctx, pausedKey(id))
}

// Resume lets a paused job go on.
func (l *Ledger) Resume(ctx context.Context, id renderer.ID) error {
	return l.store.Delete(ctx, pausedKey(id))
}

// Paused reports whether a job is held.
func (l *Ledger) Paused(ctx context.Context, id renderer.ID) (bool, error) {
	_, err := l.store.Stat(ctx, pausedKey(id))
	if errors.Is(err, storage.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
