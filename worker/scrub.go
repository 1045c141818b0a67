package worker

import (
	"context"
	"log/slog"
	"time"

	"mandelfarm/ledger"
)

// How much of what is stored a turn of the scrub reads. A hundred gigabytes take about three days in turns of ten minutes.
const (
	scrubBytes = 256 << 20
	scrubTime  = 20 * time.Second
)

// scrubber reads what nobody asks for, so that damage is found while it can be mended. On the way it counts what there is.
type scrubber struct {
	ledger *ledger.Ledger
	log    *slog.Logger
}

// scrub reads the next part of what is stored, and has what is damaged made again.
func (s *scrubber) scrub(ctx context.Context) error {
	now, err := s.ledger.LastScrub(ctx)
	if err != nil {
		return err
	}
	began, read := time.Now(), int64(0)
	for e, err := range s.ledger.Examine(ctx, now.To) {
		if err != nil {
			return err
		}
		if err := s.judge(ctx, e); err != nil {
			return err
		}
		now.To, read = e.Key, read+e.Size
		now.Counted.Objects++
		now.Counted.Bytes += e.Size
		if read >= scrubBytes || time.Since(began) >= scrubTime {
			return s.ledger.NoteScrub(ctx, now)
		}
	}
	now.Counted.At = time.Now().UTC().Truncate(time.Second)
	return s.ledger.NoteScrub(ctx, ledger.Scrub{Last: now.Counted})
}

// judge heals what is damaged.
func (s *scrubber) judge(ctx context.Context, e ledger.Examined) error {
	if e.Damage == nil {
		return nil
	}
	healed, err := s.ledger.Heal(ctx, e)
	s.log.LogAttrs(ctx, slog.LevelError, "damage found", slog.String("key", e.Key), slog.Any("err", e.Damage), slog.Bool("removed", healed))
	return err
}
