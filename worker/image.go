package worker

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer"
)

// imageOf is the image of a task's job.
func imageOf(l *ledger.Ledger, t job.Task) ledger.Object { return l.Image(t.ID, t.Spec.Format) }

// isQuick reports whether a job's image is drawn without a look whether it is stored or planned.
func isQuick(t job.Task) bool { return t.Lane != job.Interactive && renderer.IsQuick(t.Spec) }

// image makes sure that the image is stored, or plans it if it is large.
func (w *Worker) image(ctx context.Context, t job.Task) (done result, err error) {
	if isQuick(t) {
		return w.drawWhole(ctx, t)
	}
	find := ledger.Object.FindWhole // a job that is done is done for good
	if t.Lane == job.Interactive {
		find = ledger.Object.Find
	}
	image, there, err := find(imageOf(w.deps.Ledger, t), ctx)
	if err != nil {
		return done, err
	}
	if there {
		return w.stored(ctx, t, image.Size)
	}
	if t.Lane != job.Interactive {
		if renderer.PrepassKey(t.Spec) != "" { // which may take minutes: those who look at the job see that it has begun
			w.announce(ctx, job.Notice{ID: t.ID, State: job.Running})
		}
		planned, err := w.plan(ctx, t.Job())
		if err != nil {
			return done, err
		}
		if planned {
			return done, errNothingToDo
		}
	}
	return w.drawWhole(ctx, t)
}

// drawWhole draws an image by one task.
func (w *Worker) drawWhole(ctx context.Context, t job.Task) (done result, err error) {
	done.quick = isQuick(t)
	start := time.Now()
	size, work, err := w.drawer.draw(ctx, t)
	done.size = size
	if err == nil {
		pixels := float64(t.Spec.Width) * float64(t.Spec.Height)
		done.drawn = job.Drawn{Seconds: time.Since(start).Seconds(), Moves: float64(work.Moves) / pixels}
	}
	if t.Lane != job.Interactive && err == nil { // a try that failed is followed by others, for one charge
		_ = w.deps.Shares.Settle(ctx, t.Job(), work.Cost.Seconds()-t.Job().Estimate()) // or what its client is charged stays the estimate
	}
	return done, err
}

// stored is the result of a task whose image was stored before. Whoever stored it may
// have died before that was recorded; then it may have been assembled.
func (w *Worker) stored(ctx context.Context, t job.Task, size int64) (result, error) {
	done := result{size: size}
	if t.Lane == job.Interactive {
		return done, nil
	}
	plan, planned, err := w.deps.Ledger.Plan(ctx, t.Job())
	if planned {
		done.bands, done.began = len(plan.Bands), plan.MadeAt
	}
	return done, err
}

// draw renders the image and stores it as it is made. It returns the file's size and what drawing it has taken.
func (d *drawer) draw(ctx context.Context, t job.Task) (size int64, took renderer.Work, err error) {
	start := time.Now()
	options, err := d.options(ctx, t.Spec, false)
	if err != nil {
		return 0, took, fmt.Errorf("draw %s: %w", t.ID, err)
	}
	told := options.Progress
	options.Progress = func(rows int, work renderer.Work) {
		took.Add(work)
		told(rows, work)
	}
	size, err = d.stream(ctx, imageOf(d.ledger, t), func(out io.Writer) error {
		return renderer.Write(ctx, out, t.Spec, options)
	})
	if err != nil {
		return 0, took, fmt.Errorf("draw %s: %w", t.ID, err)
	}
	d.log.LogAttrs(ctx, slog.LevelInfo, "drawn", slog.String("id", string(t.ID)), slog.String("lane", string(t.Lane)),
		slog.Int("width", t.Spec.Width), slog.Int("height", t.Spec.Height),
		slog.Int64("bytes", size), slog.Duration("took", time.Since(start)))
	return size, took, nil
}
