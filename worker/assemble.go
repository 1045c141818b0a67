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
	"mandelfarm/storage"
)

// assemble makes one file of the bands, which must all be stored. It holds no more of it than a few kilobytes and what storage needs
// for a stream.
func (w *Worker) assemble(ctx context.Context, t job.Task) (done result, err error) {
	j := t.Job()
	info, err := w.store.Stat(ctx, imageKey(t))
	if err == nil {
		return result{size: info.Size}, w.clear(ctx, t.ID)
	}
	if !errors.Is(err, storage.ErrNotFound) {
		return done, err
	}
	plan, planned, err := w.ledger.Plan(ctx, j)
	if err == nil && !planned { // assembled meanwhile, and the image removed
		err = errSettled
	}
	if err != nil {
		return done, err
	}
	stored, err := w.ledger.Bands(ctx, t.ID)
	if err != nil {
		return done, err
	}
	for band := range plan.Bands {
		if _, ok := stored[band]; !ok { // somebody counted wrong
			return done, settled(w.recount(ctx, j, plan))
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
	return result{size: size, bands: len(plan.Bands), began: plan.MadeAt}, w.clear(ctx, t.ID)
}

// join stores the image.
func (w *Worker) join(ctx context.Context, j job.Job, plan job.Plan) (size int64, err error) {
	start := time.Now()
	size, err = w.stream(ctx, imageKey(j.Task()), j.Spec.Format.MediaType(), func(out io.Writer) error {
		return w.concatenate(ctx, out, j, plan)
	})
	if err == nil {
		w.log.LogAttrs(ctx, slog.LevelInfo, "assembled", slog.String("id", string(j.ID)), slog.Int("bands", len(plan.Bands)),
			slog.Int64("bytes", size), slog.Duration("took", time.Since(start)))
	}
	return size, err
}

// recount compares the board with what is stored, from the beginning.
func (w *Worker) recount(ctx context.Context, j job.Job, plan job.Plan) error {
	if err := w.farm.Forget(ctx, j.ID); err != nil {
		return err
	}
	return w.advance(ctx, j, plan)
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
	w.log.LogAttrs(ctx, slog.LevelError, "band dropped", slog.String("id", string(j.ID)), slog.Any("err", bad))
	if err := w.store.Delete(ctx, ledger.BandKey(j.ID, bad.band)); err != nil {
		return err
	}
	return settled(w.recount(ctx, j, plan))
}

// concatenate writes the file: head, bands, tail.
func (w *Worker) concatenate(ctx context.Context, out io.Writer, j job.Job, plan job.Plan) error {
	if _, err := out.Write(renderer.Head(j.Spec)); err != nil {
		return err
	}
	var sum renderer.Sum
	for i, band := range plan.Bands {
		of, err := w.copyBand(ctx, out, ledger.BandKey(j.ID, i), band.Rows())
		if errors.Is(err, errBand) || errors.Is(err, storage.ErrNotFound) {
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
func (w *Worker) copyBand(ctx context.Context, out io.Writer, key string, rows spec.Rows) (renderer.Sum, error) {
	body, info, err := w.store.Get(ctx, key, 0, -1)
	if err != nil {
		return renderer.Sum{}, err
	}
	defer body.Close()
	if info.Size < trailerSize {
		return renderer.Sum{}, fmt.Errorf("%s: %w", key, errBand)
	}
	check := newCheck()
	if _, err := io.CopyN(io.MultiWriter(out, check), body, info.Size-trailerSize); err != nil {
		return renderer.Sum{}, err
	}
	end := make([]byte, trailerSize)
	if _, err := io.ReadFull(body, end); err != nil {
		return renderer.Sum{}, err
	}
	sum, err := readTrailer(end, rows, check)
	if err != nil {
		return sum, fmt.Errorf("%s: %w", key, err)
	}
	return sum, nil
}

// finishPreview stores the preview as it is at the end. Without it the preview
// stays coarse.
func (w *Worker) finishPreview(ctx context.Context, j job.Job, plan job.Plan) {
	err := func() error {
		ground, err := storage.ReadAll(ctx, w.store, ledger.PreviewKey(j.ID), preview.MaxBytes)
		if err != nil {
			return err
		}
		strips, err := w.farm.Strips(ctx, j.ID)
		if err != nil {
			return err
		}
		png, err := preview.Picture{Layout: preview.Of(j.Spec), Ground: ground, Bands: plan.Rows(), Strips: strips}.Compose()
		if err != nil {
			return err
		}
		return w.store.Put(ctx, ledger.PreviewKey(j.ID), "image/png", bytes.NewReader(png))
	}()
	if err != nil {
		w.log.LogAttrs(ctx, slog.LevelWarn, "preview not finished", slog.String("id", string(j.ID)), slog.Any("err", err))
	}
}

// clear removes what only the making of the image needed.
func (w *Worker) clear(ctx context.Context, id spec.ID) error {
	if err := w.ledger.RemoveParts(ctx, id); err != nil {
		return err
	}
	if err := w.farm.Forget(ctx, id); err != nil {
		return err
	}
	return w.farm.Hide(ctx, id)
}
