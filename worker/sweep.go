package worker

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"time"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
)

const (
	// keepParts is how long the bands of a job that failed or was canceled are
	// kept, in case it is asked for again.
	keepParts = 7 * 24 * time.Hour
	// abandoned is how old an upload must be to have no writer any more.
	abandoned = 24 * time.Hour
)

// Sweep removes, every interval until ctx ends, what nobody needs: parts of jobs
// that have ended, uploads that nobody goes on with, images beyond the caps, and
// groundwork of old that no open job needs.
// Of all the farm's workers one does so in each interval.
func (w *Worker) Sweep(ctx context.Context, interval time.Duration) {
	w.takeTurns(ctx, "sweep", interval, w.sweep)
}

func (w *Worker) sweep(ctx context.Context) error {
	now := time.Now()
	errs := []error{w.sweepParts(ctx, now), w.sweepImages(ctx, now), w.sweepReferences(ctx, now)}
	if w.cfg.Abandoned != nil {
		errs = append(errs, w.cfg.Abandoned(ctx, now.Add(-abandoned)))
	}
	return errors.Join(errs...)
}

// sweepParts removes what jobs that have ended have left.
func (w *Worker) sweepParts(ctx context.Context, now time.Time) error {
	for id, err := range w.ledger.WithParts(ctx) {
		if err != nil {
			return err
		}
		needed, err := w.needsParts(ctx, id, now)
		if err != nil {
			return err
		}
		if needed {
			continue
		}
		if err := errors.Join(w.ledger.RemoveParts(ctx, id), w.ledger.Resume(ctx, id)); err != nil {
			return err
		}
		w.log.LogAttrs(ctx, slog.LevelInfo, "parts swept", slog.String("id", string(id)))
	}
	return nil
}

// needsParts reports whether a job may still be made of its parts.
func (w *Worker) needsParts(ctx context.Context, id spec.ID, now time.Time) (bool, error) {
	st, err := w.ledger.Status(ctx, id)
	if errors.Is(err, job.ErrUnknown) {
		return false, nil
	}
	switch st.State {
	case job.Queued, job.Running:
		return true, err
	case job.Failed, job.Canceled:
		return now.Sub(st.FinishedAt) < keepParts, err
	case job.Done:
	}
	return false, err
}

// sweepImages removes the images that are too old, and the oldest of those that
// are too many. Their jobs stay on record and can be asked for again.
func (w *Worker) sweepImages(ctx context.Context, now time.Time) error {
	maxAge, maxBytes := w.cfg.ImagesMaxAge, w.cfg.ImagesMaxBytes
	if maxAge <= 0 && maxBytes <= 0 {
		return nil
	}
	var images []storage.Info
	total := int64(0)
	for info, err := range w.store.List(ctx, ledger.ImagePrefix, "") {
		if err != nil {
			return err
		}
		images = append(images, info)
		total += info.Size
	}
	slices.SortFunc(images, func(a, b storage.Info) int { return a.Modified.Compare(b.Modified) })
	removed := 0
	for _, info := range images {
		tooOld := maxAge > 0 && now.Sub(info.Modified) > maxAge
		if !tooOld && (maxBytes <= 0 || total <= maxBytes) {
			break
		}
		if err := w.store.Delete(ctx, info.Key); err != nil {
			return err
		}
		total -= info.Size
		removed++
	}
	if removed > 0 {
		w.log.LogAttrs(ctx, slog.LevelInfo, "images swept", slog.Int("removed", removed), slog.Int64("bytes_left", total))
	}
	return nil
}

// sweepReferences removes groundwork that is too old, unless an open job needs it.
// Whoever misses it computes it again.
func (w *Worker) sweepReferences(ctx context.Context, now time.Time) error {
	if w.cfg.ReferencesMaxAge <= 0 {
		return nil
	}
	old := make(map[string]bool) // by key in storage
	for info, err := range w.store.List(ctx, ledger.ReferencePrefix, "") {
		if err != nil {
			return err
		}
		if now.Sub(info.Modified) > w.cfg.ReferencesMaxAge {
			old[info.Key] = true
		}
	}
	if len(old) == 0 {
		return nil
	}
	for j, err := range w.ledger.Open(ctx) {
		if err == nil {
			delete(old, ledger.ReferenceKey(renderer.PrepassKey(j.Spec)))
		} else if outage(err) || ctx.Err() != nil { // one that nobody can read needs nothing
			return err
		}
	}
	err := w.store.Delete(ctx, slices.Collect(maps.Keys(old))...)
	if err == nil && len(old) > 0 {
		w.log.LogAttrs(ctx, slog.LevelInfo, "references swept", slog.Int("removed", len(old)))
	}
	return err
}
