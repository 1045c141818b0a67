package worker

import (
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

// drawBand makes sure that a band is stored and queues what comes next. It
// returns errNothingToDo then: other tasks go on with the job.
func (w *Worker) drawBand(ctx context.Context, t job.Task) error {
	j := t.Job()
	plan, planned, err := w.deps.Ledger.Plan(ctx, j)
	switch {
	case err != nil:
		return err
	case !planned || t.Band < 0 || t.Band >= len(plan.Bands): // assembled meanwhile, or never planned
		return errNothingToDo
	}
	_, there, err := w.deps.Ledger.Band(t.ID, t.Band).Find(ctx)
	if err == nil && !there {
		err = w.storeBand(ctx, t, plan.Bands[t.Band])
	}
	if err != nil {
		return fmt.Errorf("band %d of %s: %w", t.Band, t.ID, err)
	}
	err = w.scheduler.follow(ctx, j, plan, t.Band)
	w.announce(ctx, job.Notice{ID: t.ID, State: job.Running})
	return nothingToDo(err)
}

// storeBand draws a band and stores it, unless the job is assembled meanwhile: a
// band that came after the others were removed would stay for good.
func (w *Worker) storeBand(ctx context.Context, t job.Task, b job.Band) error {
	band, start := w.deps.Ledger.Band(t.ID, t.Band), time.Now()
	sampler := preview.NewSampler(preview.Of(t.Spec), b.Rows())
	options, err := w.drawer.options(ctx, t.Spec, true)
	if err != nil {
		return err
	}
	options.Segment = sampler.Add
	options, end := w.drawer.teller.band(ctx, t.ID, t.Band, options)
	defer end()
	err = w.drawBandInto(ctx, band, t, b, options)
	if errors.Is(err, errStored) {
		w.yielded(ctx, t)
		return nil
	}
	if err != nil {
		return err
	}
	w.deps.Log.LogAttrs(ctx, slog.LevelInfo, "band drawn", slog.String("id", string(t.ID)),
		slog.Int("band", t.Band), slog.Duration("took", time.Since(start)))
	planned, err := w.deps.Ledger.Planned(ctx, t.ID)
	if err != nil {
		return err
	}
	if !planned {
		return nothingToDo(w.deps.Ledger.Remove(ctx, band))
	}
	w.storePreview(ctx, t, sampler)
	return nil
}

// drawBandInto stores a band as it is drawn. It fails with errStored if another worker has stored it.
func (w *Worker) drawBandInto(ctx context.Context, band ledger.Object, t job.Task, b job.Band, options renderer.Options) error {
	ctx, end := w.giveWay(ctx, band, patience(t, b))
	defer end()
	_, err := w.drawer.stream(ctx, band, func(out io.Writer) error {
		return writeBand(ctx, out, t.Spec, b.Rows(), options)
	})
	if err != nil && errors.Is(context.Cause(ctx), errStored) {
		err = errStored
	}
	return err
}

// storePreview puts what a band looks like where the preview is made of it. What is
// missing there stays coarse.
func (w *Worker) storePreview(ctx context.Context, t job.Task, sampler *preview.Sampler) {
	strip, err := sampler.Strip()
	if err == nil && strip != nil {
		err = w.deps.Previews.StorePreview(ctx, t.ID, t.Band, strip)
	}
	if err != nil {
		w.deps.Log.LogAttrs(ctx, slog.LevelWarn, "preview of band not stored", slog.String("id", string(t.ID)),
			slog.Int("band", t.Band), slog.Any("err", err))
	}
}

func writeBand(ctx context.Context, out io.Writer, s spec.Spec, rows spec.Rows, opt renderer.Options) error {
	check := newCheck()
	sum, err := renderer.WriteBand(ctx, io.MultiWriter(out, check), s, rows, opt)
	if err == nil {
		_, err = out.Write(trailer(rows, sum, check))
	}
	return err
}
