package worker

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"time"

	"mandelfarm/ledger"
	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
)

// options is how to draw a picture, with its groundwork if it needs any. That is
// stored if other tasks need it too, or if it is the reference of a deep view. The
// rest takes no longer to compute than to read.
func (w *Worker) options(ctx context.Context, s spec.Spec, shared bool) (renderer.Options, error) {
	opt := w.render
	key := renderer.PrepassKey(s)
	if key == "" {
		return opt, nil
	}
	var err error
	opt.Prepass, err = w.groundworks.get(ctx, key, func() (*renderer.Prepass, error) {
		if shared || renderer.IsDeep(s) {
			return w.groundwork(ctx, s, key)
		}
		return w.layGroundwork(ctx, s)
	})
	return opt, err
}

// groundwork reads what is stored of a picture's groundwork. What is missing or
// damaged is computed, and stored for the others.
func (w *Worker) groundwork(ctx context.Context, s spec.Spec, key string) (*renderer.Prepass, error) {
	g, err := w.readGroundwork(ctx, key)
	switch {
	case err == nil:
		return g, nil
	case errors.Is(err, storage.ErrNotFound):
	case outage(err) || ctx.Err() != nil:
		return nil, err
	default:
		w.log.LogAttrs(ctx, slog.LevelError, "groundwork dropped", slog.String("key", key), slog.Any("err", err))
	}
	start := time.Now()
	if g, err = w.layGroundwork(ctx, s); err != nil {
		return nil, err
	}
	size, err := w.stream(ctx, ledger.ReferenceKey(key), "application/octet-stream", func(out io.Writer) error {
		_, err := g.WriteTo(out)
		return err
	})
	if err != nil && ctx.Err() == nil { // whoever needs it next computes it again
		w.log.LogAttrs(ctx, slog.LevelWarn, "groundwork not stored", slog.String("key", key), slog.Any("err", err))
	}
	w.log.LogAttrs(ctx, slog.LevelInfo, "groundwork laid", slog.String("id", string(s.ID())), slog.String("key", key),
		slog.Int64("bytes", size), slog.Int("max_iterations", g.MaxIterations()), slog.Duration("took", time.Since(start)))
	return g, nil
}

func (w *Worker) layGroundwork(ctx context.Context, s spec.Spec) (g *renderer.Prepass, err error) {
	err = protect(func() (err error) {
		g, err = renderer.NewPrepass(ctx, s, w.render.Threads)
		return err
	})
	return g, err
}

func (w *Worker) readGroundwork(ctx context.Context, key string) (*renderer.Prepass, error) {
	body, _, err := w.store.Get(ctx, ledger.ReferenceKey(key), 0, -1)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return renderer.ReadPrepass(key, body)
}
