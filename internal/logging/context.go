package logging

import (
	"context"
	"log/slog"
	"slices"

	"mandelfarm/internal/requestid"
)

// attrsKey is the key of attributes among a context's values.
type attrsKey struct{}

// With has whatever is logged with the context say attrs as well.
func With(ctx context.Context, attrs ...slog.Attr) context.Context {
	return context.WithValue(ctx, attrsKey{}, slices.Concat(attrsOf(ctx), attrs))
}

func attrsOf(ctx context.Context) []slog.Attr {
	attrs, _ := ctx.Value(attrsKey{}).([]slog.Attr)
	return attrs
}

// contextual is a handler that writes what the context of a line says.
type contextual struct{ slog.Handler }

// Contextual wraps a handler such that each line has the ID of the request that it follows from, under "request", and what
// [With] has added to its context. What a line says itself is not said twice.
func Contextual(h slog.Handler) slog.Handler { return contextual{h} }

// Handle implements [slog.Handler].
func (h contextual) Handle(ctx context.Context, line slog.Record) error {
	attrs := attrsOf(ctx)
	if id := requestid.Of(ctx); id != "" {
		attrs = append([]slog.Attr{slog.String("request", id)}, attrs...)
	}
	if len(attrs) == 0 {
		return h.Handler.Handle(ctx, line)
	}
	line = line.Clone()
	for _, attr := range attrs {
		if !says(line, attr.Key) {
			line.AddAttrs(attr)
		}
	}
	return h.Handler.Handle(ctx, line)
}

func says(line slog.Record, key string) (found bool) {
	line.Attrs(func(attr slog.Attr) bool {
		found = attr.Key == key
		return !found
	})
	return found
}

// WithAttrs implements [slog.Handler].
func (h contextual) WithAttrs(attrs []slog.Attr) slog.Handler {
	return contextual{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements [slog.Handler].
func (h contextual) WithGroup(name string) slog.Handler { return contextual{h.Handler.WithGroup(name)} }
