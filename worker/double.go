package worker

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer/spec"
)

// Fleet is what a worker knows of all of them. It may be wiped clean at any time.
type Fleet interface {
	// Slots is how many bands the workers of a pool can draw at a time.
	Slots(ctx context.Context, pool job.Pool) (int, error)
	// Idle is how many of these draw nothing, while nothing waits for them.
	Idle(ctx context.Context, pool job.Pool) (int, error)
	// DrawingOf returns how much is drawn of the bands of a job that are not stored.
	DrawingOf(ctx context.Context, id spec.ID) ([]job.Drawing, error)
	// DoublesOf returns which bands of a job a second worker was given, and how many seconds of their work were
	// expected to be done twice.
	DoublesOf(ctx context.Context, id spec.ID) (map[int]float64, error)
	// NoteDouble notes one, until the job's progress is forgotten.
	NoteDouble(ctx context.Context, id spec.ID, d job.Double) error
}

// double has idle workers draw bands of which those that have them are not expected to make an end soon.
// All bands were handed out; missing are those that are not stored.
func (s *scheduler) double(ctx context.Context, j job.Job, plan job.Plan, missing []int) error {
	idle, err := s.fleet.Idle(ctx, j.Pool)
	if err != nil || idle == 0 {
		return err
	}
	doubled, err := s.fleet.DoublesOf(ctx, j.ID)
	if err != nil {
		return err
	}
	drawing, err := s.fleet.DrawingOf(ctx, j.ID)
	if err != nil {
		return err
	}
	for _, d := range plan.Doubles(missing, drawing, doubled, idle, s.now()) {
		if err := s.fleet.NoteDouble(ctx, j.ID, d); err != nil {
			return err
		}
		doubled[d.Band] = d.Twice
	}
	for _, band := range missing {
		if _, ok := doubled[band]; !ok {
			continue
		}
		if err := s.tasks.Revive(ctx, j.BandTask(band).Double()); err != nil {
			return err
		}
	}
	return nil
}

// errStored ends the drawing of a band that another worker has stored.
var errStored = errors.New("another worker has stored the band")

// giveWay returns a context that ends when another worker has stored the band, from the time on when somebody may have
// been given it as well. end is to be called when the band is drawn.
func (w *Worker) giveWay(ctx context.Context, band ledger.Object, after time.Duration) (_ context.Context, end func()) {
	ctx, stop := context.WithCancelCause(ctx)
	begun := time.Now()
	endTelling := w.drawer.teller.every(ctx, func(ctx context.Context) {
		if time.Since(begun) < after {
			return
		}
		if _, there, err := band.Find(ctx); err == nil && there {
			stop(errStored)
		}
	})
	return ctx, func() {
		endTelling()
		stop(nil)
	}
}

// patience is how long a worker draws a band before it looks whether another has stored it.
func patience(t job.Task, b job.Band) time.Duration {
	if t.Again {
		return 0
	}
	return time.Duration(job.Overdue * b.Seconds * float64(time.Second))
}

// yielded notes that a band needs no drawing any more.
func (w *Worker) yielded(ctx context.Context, t job.Task) {
	w.deps.Log.LogAttrs(ctx, slog.LevelInfo, "band left to another worker", slog.String("id", string(t.ID)), slog.Int("band", t.Band))
}
