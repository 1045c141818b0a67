package queue

import (
	"context"
	"errors"
	"log/slog"
	"net"

	"github.com/redis/go-redis/v9"

	"mandelfarm/internal/tracing"
	"mandelfarm/job"
)

// traced is a hook on a Redis client that makes a span of every command within a trace. It says which command but not
// with what: the arguments hold whole tasks. Commands outside of traces, such as questions for work and renewals of claims,
// pass without one.
type traced struct{}

// DialHook implements [redis.Hook]; it changes nothing.
func (traced) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

// ProcessHook implements [redis.Hook].
func (traced) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		ctx, span := tracing.Start(ctx, tracing.Client, "redis "+cmd.FullName(), slog.String("database", "redis"))
		err := next(ctx, cmd)
		span.End(failure(err))
		return err
	}
}

// ProcessPipelineHook implements [redis.Hook].
func (traced) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		ctx, span := tracing.Start(ctx, tracing.Client, "redis pipeline",
			slog.String("database", "redis"), slog.Int("commands", len(cmds)))
		err := next(ctx, cmds)
		span.End(failure(err))
		return err
	}
}

// failure is an error of Redis, unless it is an answer: that there is nothing, or
// that it does not know a script, which is sent then.
func failure(err error) error {
	if errors.Is(err, redis.Nil) || redis.HasErrorPrefix(err, "NOSCRIPT") {
		return nil
	}
	return err
}

// taskAttrs are what a span says of a task.
func taskAttrs(t job.Task) []slog.Attr {
	attrs := []slog.Attr{slog.String("id", string(t.ID)), slog.String("lane", string(t.Lane))}
	if t.Kind == job.KindBand {
		attrs = append(attrs, slog.Int("band", t.Band))
	}
	return attrs
}
