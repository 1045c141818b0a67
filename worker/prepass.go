package worker

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"time"

	"mandelfarm/internal/logging"
	"mandelfarm/internal/tracing"
	"mandelfarm/ledger"
	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
)

// options is how to draw a picture, with its prepass if it needs any. That is stored
// if other tasks need it too, or if it is the reference of a deep view. The rest
// takes no longer to compute than to read.
func (d *drawer) options(ctx context.Context, s spec.Spec, shared bool) (renderer.Options, error) {
	opt := d.counted(d.render, s)
	key := renderer.PrepassKey(s)
	if key == "" {
		return opt, nil
	}
	var err error
	opt.Prepass, err = d.prepasses.get(ctx, key, func() (*renderer.Prepass, error) {
		if shared || renderer.IsDeep(s) {
			return d.prepass(ctx, s, key)
		}
		return d.compute(ctx, s)
	})
	return opt, err
}

// prepass reads the stored prepass of a picture. What is missing or damaged is
// computed, and stored for the others.
func (d *drawer) prepass(ctx context.Context, s spec.Spec, key string) (p *renderer.Prepass, err error) {
	ctx, span := tracing.Start(ctx, tracing.Internal, "prepass")
	defer func() { span.End(err) }()
	stored := d.ledger.Prepass(key)
	p, err = readPrepass(ctx, stored, key)
	switch {
	case err == nil:
		return p, nil
	case errors.Is(err, storage.ErrNotFound):
	case outage(err) || ctx.Err() != nil:
		return nil, err
	default:
		d.log.LogAttrs(ctx, slog.LevelError, "prepass dropped", slog.String("key", key), slog.Any("err", err))
	}
	start := time.Now()
	if p, err = d.compute(ctx, s); err != nil {
		return nil, err
	}
	size := d.storePrepass(ctx, stored, p)
	d.log.LogAttrs(ctx, slog.LevelInfo, "prepass computed", slog.String("id", string(s.ID())), slog.String("key", key),
		slog.Int64("bytes", size), slog.Int("max_iterations", p.MaxIterations()), slog.Duration("took", time.Since(start)))
	return p, nil
}

// storePrepass stores a prepass and returns its size. If that fails, whoever needs it
// next computes it again.
func (d *drawer) storePrepass(ctx context.Context, to ledger.Object, p *renderer.Prepass) (size int64) {
	size, err := d.stream(ctx, to, func(out io.Writer) error {
		_, err := p.WriteTo(out)
		return err
	})
	logging.Panic(ctx, d.log, err, slog.String("key", to.String()))
	if err != nil && ctx.Err() == nil {
		d.log.LogAttrs(ctx, slog.LevelWarn, "prepass not stored", slog.String("key", to.String()), slog.Any("err", err))
	}
	return size
}

func readPrepass(ctx context.Context, from ledger.Object, key string) (*renderer.Prepass, error) {
	body, _, err := from.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return renderer.ReadPrepass(key, body)
}
