package worker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/preview"
	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

// assemble makes one file of the bands, which must all be stored. It holds no more of it than a few kilobytes and what storage needs
// for a stream.
func (w *Worker) assemble(ctx context.Context, t job.Task) (done result, err error) {
	j := t.Job()
	image, there, err := imageOf(w.deps.Ledger, t).FindWhole(ctx)
	if err != nil {
		return done, err
	}
	if there {
		return w.stored(ctx, t, image.Size)
	}
	plan, planned, err := w.deps.Ledger.Plan(ctx, j)
	if err == nil && !planned { // assembled meanwhile, and the image removed
		err = errNothingToDo
	}
	if err != nil {
		return done, err
	}
	stored, err := w.deps.Ledger.Bands(ctx, t.ID, 0)
	if err != nil {
		return done, err
	}
	for band := range plan.Bands {
		if _, ok := stored[band]; !ok { // somebody counted wrong
			return done, nothingToDo(w.scheduler.recount(ctx, j, plan))
		}
	}
	size, err := w.join(ctx, j, plan)
	if bad, ok := errors.AsType[*bandError](err); ok {
		return done, w.redraw(ctx, j, plan, bad)
	}
	if err != nil {
		return done, fmt.Errorf("assemble %s: %w", t.ID, err)
	}
	w.finishPreview(ctx, j, plan)
	return result{size: size, bands: len(plan.Bands), began: plan.MadeAt}, nil
}

// join stores the image.
func (w *Worker) join(ctx context.Context, j job.Job, plan job.Plan) (size int64, err error) {
	start := time.Now()
	size, err = w.drawer.stream(ctx, imageOf(w.deps.Ledger, j.Task()), func(out io.Writer) error {
		return w.concatenate(ctx, out, j, plan)
	})
	if err == nil {
		w.deps.Log.LogAttrs(ctx, slog.LevelInfo, "assembled", slog.String("id", string(j.ID)), slog.Int("bands", len(plan.Bands)),
			slog.Int64("bytes", size), slog.Duration("took", time.Since(start)))
	}
	return size, err
}

// bandError says which band cannot be used.
type bandError struct {
	band int
	err  error
}

func (e *bandError) Error() string { return fmt.Sprintf("band %d: %v", e.band, e.err) }
func (e *bandError) Unwrap() error { return e.err }

// redraw drops a band and has it drawn again.
func (w *Worker) redraw(ctx context.Context, j job.Job, plan job.Plan, bad *bandError) error {
	w.deps.Log.LogAttrs(ctx, slog.LevelError, "band dropped", slog.String("id", string(j.ID)), slog.Any("err", bad))
	if err := w.deps.Ledger.Remove(ctx, w.deps.Ledger.Band(j.ID, bad.band)); err != nil {
		return err
	}
	return nothingToDo(w.scheduler.recount(ctx, j, plan))
}

// concatenate writes the file: head, bands, tail.
func (w *Worker) concatenate(ctx context.Context, out io.Writer, j job.Job, plan job.Plan) error {
	if _, err := out.Write(renderer.Head(j.Spec)); err != nil {
		return err
	}
	var sum renderer.Sum
	for i, band := range plan.Bands {
		of, err := copyBand(ctx, out, w.deps.Ledger.Band(j.ID, i), band.Rows())
		if errors.Is(err, errBand) || ledger.IsAbsent(err) {
			return &bandError{band: i, err: err}
		}
		if err != nil {
			return err
		}
		sum = sum.Then(of)
	}
	_, err := out.Write(renderer.Tail(j.Spec, sum))
	return err
}

// copyBand writes the data of a stored band and returns its checksum.
func copyBand(ctx context.Context, out io.Writer, band ledger.Object, rows spec.Rows) (renderer.Sum, error) {
	body, stored, err := band.Open(ctx)
	if err != nil {
		return renderer.Sum{}, err
	}
	defer body.Close()
	if stored.Size < trailerSize {
		return renderer.Sum{}, fmt.Errorf("%s: %w", band, errBand)
	}
	check := newCheck()
	if _, err := io.CopyN(io.MultiWriter(out, check), body, stored.Size-trailerSize); err != nil {
		return renderer.Sum{}, err
	}
	end := make([]byte, trailerSize)
	if _, err := io.ReadFull(body, end); err != nil {
		return renderer.Sum{}, err
	}
	sum, err := readTrailer(end, rows, check)
	if err != nil {
		return sum, fmt.Errorf("%s: %w", band, err)
	}
	return sum, nil
}

// finishPreview stores the preview as it is at the end. Without it the preview
// stays coarse.
func (w *Worker) finishPreview(ctx context.Context, j job.Job, plan job.Plan) {
	if err := w.composePreview(ctx, j, plan); err != nil {
		w.deps.Log.LogAttrs(ctx, slog.LevelWarn, "preview not finished", slog.String("id", string(j.ID)), slog.Any("err", err))
	}
}

func (w *Worker) composePreview(ctx context.Context, j job.Job, plan job.Plan) error {
	stored := w.deps.Ledger.Preview(j.ID)
	base, err := stored.Read(ctx, preview.MaxBytes)
	if err != nil {
		return err
	}
	strips, err := w.deps.Previews.PreviewsOf(ctx, j.ID)
	if err != nil {
		return err
	}
	png, err := preview.Picture{Layout: preview.Of(j.Spec), Base: base, Bands: plan.Rows(), Strips: strips}.Compose()
	if err != nil {
		return err
	}
	return stored.Store(ctx, bytes.NewReader(png))
}
