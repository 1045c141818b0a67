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
)

const (
	// keepParts is how long the bands of a job that failed or was canceled are
	// kept, in case it is asked for again.
	keepParts = 7 * 24 * time.Hour
	// abandoned is how old an upload must be to have no writer any more.
	abandoned = 24 * time.Hour
	// keepMessages is how long messages to webhooks are kept that were delivered or given up.
	keepMessages = 30 * 24 * time.Hour
)

// sweeper removes what nobody needs.
type sweeper struct {
	cfg    Config
	ledger *ledger.Ledger
	log    *slog.Logger
}

func (s *sweeper) sweep(ctx context.Context) error {
	now := time.Now()
	errs := []error{s.sweepParts(ctx, now), s.sweepImages(ctx, now), s.sweepPrepasses(ctx, now), s.ledger.ForgetMessages(ctx, now.Add(-keepMessages))}
	if s.cfg.Abandoned != nil {
		errs = append(errs, s.cfg.Abandoned(ctx, now.Add(-abandoned)))
	}
	return errors.Join(errs...)
}

// sweepParts removes what jobs that have ended have left.
func (s *sweeper) sweepParts(ctx context.Context, now time.Time) error {
	for id, err := range s.ledger.WithParts(ctx) {
		if err != nil {
			return err
		}
		needed, err := s.needsParts(ctx, id, now)
		if err != nil {
			return err
		}
		if needed {
			continue
		}
		if err := errors.Join(s.ledger.RemoveParts(ctx, id), s.ledger.Resume(ctx, id)); err != nil {
			return err
		}
		s.log.LogAttrs(ctx, slog.LevelInfo, "parts swept", slog.String("id", string(id)))
	}
	return nil
}

// needsParts reports whether a job may still be made of its parts.
func (s *sweeper) needsParts(ctx context.Context, id spec.ID, now time.Time) (bool, error) {
	st, err := s.ledger.Status(ctx, id)
	switch {
	case errors.Is(err, job.ErrUnknown):
		return false, nil
	case errors.Is(err, job.ErrUnreadable) || errors.Is(err, job.ErrVersion): // it may be open
		return true, nil
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
func (s *sweeper) sweepImages(ctx context.Context, now time.Time) error {
	maxAge, maxBytes := s.cfg.ImagesMaxAge, s.cfg.ImagesMaxBytes
	if maxAge <= 0 && maxBytes <= 0 {
		return nil
	}
	var images []ledger.Stored
	total := int64(0)
	for image, err := range s.ledger.Images(ctx) {
		if err != nil {
			return err
		}
		images = append(images, image)
		total += image.Size
	}
	slices.SortFunc(images, func(a, b ledger.Stored) int { return a.Modified.Compare(b.Modified) })
	removed := 0
	for _, image := range images {
		tooOld := maxAge > 0 && now.Sub(image.Modified) > maxAge
		if !tooOld && (maxBytes <= 0 || total <= maxBytes) {
			break
		}
		if err := s.ledger.RemoveImage(ctx, image.Object); err != nil {
			return err
		}
		total -= image.Size
		removed++
	}
	if removed > 0 {
		s.log.LogAttrs(ctx, slog.LevelInfo, "images swept", slog.Int("removed", removed), slog.Int64("bytes_left", total))
	}
	return nil
}

// sweepPrepasses removes prepasses that are too old, unless an open job needs them.
// Whoever misses one computes it again.
func (s *sweeper) sweepPrepasses(ctx context.Context, now time.Time) error {
	if s.cfg.PrepassMaxAge <= 0 {
		return nil
	}
	old := make(map[ledger.Object]bool)
	for stored, err := range s.ledger.Prepasses(ctx) {
		if err != nil {
			return err
		}
		if now.Sub(stored.Modified) > s.cfg.PrepassMaxAge {
			old[stored.Object] = true
		}
	}
	if len(old) == 0 {
		return nil
	}
	for j, err := range s.ledger.Open(ctx) {
		if err != nil {
			return err
		}
		delete(old, s.ledger.Prepass(renderer.PrepassKey(j.Spec)))
	}
	err := s.ledger.Remove(ctx, slices.Collect(maps.Keys(old))...)
	if err == nil && len(old) > 0 {
		s.log.LogAttrs(ctx, slog.LevelInfo, "prepasses swept", slog.Int("removed", len(old)))
	}
	return err
}
