package queue

import (
	"context"
	"fmt"
	"log/slog"
)

// asynqLog gives asynq's messages to slog. Asynq calls Fatal nowhere in a
// server that is started and stopped by its caller.
type asynqLog struct{ log *slog.Logger }

// Debug, Info, Warn, Error and Fatal make it an asynq.Logger.
func (l asynqLog) Debug(args ...any) { l.write(slog.LevelDebug, args) }
func (l asynqLog) Info(args ...any)  { l.write(slog.LevelInfo, args) }
func (l asynqLog) Warn(args ...any)  { l.write(slog.LevelWarn, args) }
func (l asynqLog) Error(args ...any) { l.write(slog.LevelError, args) }
func (l asynqLog) Fatal(args ...any) { l.write(slog.LevelError, args) }

func (l asynqLog) write(level slog.Level, args []any) {
	l.log.LogAttrs(context.Background(), level, "asynq reports", slog.String("message", fmt.Sprint(args...)))
}

// redisLog gives go-redis's messages to slog. What they report comes back as an
// error as well, so they are for whoever looks closely.
type redisLog struct{ log *slog.Logger }

// Printf makes it a logger of go-redis.
func (l redisLog) Printf(ctx context.Context, format string, args ...any) {
	if l.log.Enabled(ctx, slog.LevelDebug) {
		l.log.LogAttrs(ctx, slog.LevelDebug, "go-redis reports", slog.String("message", fmt.Sprintf(format, args...)))
	}
}
