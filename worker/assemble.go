package worker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/preview"
	"mandelfarm/renderer"
	"mandelfarm/renderer/panics"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
)

// assemble makes one file of the bands, which must all be stored. Storage joins them; of their bytes it reads
// as many as storage has to be sent.
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
	size, err := w.join(ctx, j, plan, stored)
	if bad, ok := errors.AsType[*bandError](err); ok {
		return done, w.redraw(ctx, j, plan, bad)
	}
	if err != nil {
		return done, fmt.Errorf("assemble %s: %w", t.ID, err)
	}
	w.finishPreview(ctx, j, plan)
	return result{size: size, bands: len(plan.Bands), began: plan.MadeAt}, nil
}

// join stores the image, of bands of these sizes.
func (w *Worker) join(ctx context.Context, j job.Job, plan job.Plan, sizes map[int]int64) (size int64, err error) {
	start := time.Now()
	pieces, err := w.pieces(ctx, j, plan, sizes)
	if err == nil {
		size, err = w.compose(ctx, imageOf(w.deps.Ledger, j.Task()), pieces)
	}
	if err != nil {
		return 0, err
	}
	w.deps.Log.LogAttrs(ctx, slog.LevelInfo, "assembled", slog.String("id", string(j.ID)), slog.Int("bands", len(plan.Bands)),
		slog.Int64("bytes", size), slog.Duration("took", time.Since(start)))
	return size, nil
}

// compose stores an image. One that is there is another worker's, or damaged, and then in the way.
func (w *Worker) compose(ctx context.Context, image ledger.Object, pieces []ledger.Piece) (size int64, err error) {
	size, err = image.Compose(ctx, pieces)
	if errors.Is(err, storage.ErrExists) {
		var whole bool
		if _, whole, err = image.FindWhole(ctx); whole || err != nil {
			return size, err
		}
		if err = w.deps.Ledger.Remove(ctx, image); err == nil {
			size, err = image.Compose(ctx, pieces)
		}
	}
	if piece, unusable := ledger.Unusable(err); unusable {
		err = &bandError{band: piece - 1, err: err}
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

// trailersAtOnce is how many bands are asked for their trailers at a time.
const trailersAtOnce = 8

// pieces are what the file consists of: head, bands, tail.
func (w *Worker) pieces(ctx context.Context, j job.Job, plan job.Plan, sizes map[int]int64) ([]ledger.Piece, error) {
	sums, bands := make([]renderer.Sum, len(plan.Bands)), make([]ledger.Piece, len(plan.Bands))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(trailersAtOnce)
	for i, band := range plan.Bands {
		group.Go(func() (err error) {
			defer panics.Recover(&err)
			sums[i], bands[i], err = pieceOf(ctx, w.deps.Ledger.Band(j.ID, i), sizes[i], band.Rows())
			if errors.Is(err, errBand) || ledger.IsAbsent(err) {
				err = &bandError{band: i, err: err}
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var sum renderer.Sum
	for _, of := range sums {
		sum = sum.Then(of)
	}
	pieces := append([]ledger.Piece{ledger.PieceOf(renderer.Head(j.Spec))}, bands...)
	return append(pieces, ledger.PieceOf(renderer.Tail(j.Spec, sum))), nil
}

// pieceOf is the data of a stored band of this size, with their checksum in the file.
func pieceOf(ctx context.Context, band ledger.Object, size int64, rows spec.Rows) (renderer.Sum, ledger.Piece, error) {
	size -= trailerSize
	if size < 0 {
		return renderer.Sum{}, ledger.Piece{}, fmt.Errorf("%s: %w", band, errBand)
	}
	end, err := band.ReadAt(ctx, size, size+trailerSize)
	if err != nil {
		return renderer.Sum{}, ledger.Piece{}, err
	}
	return readTrailer(end, band, rows, size)
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
