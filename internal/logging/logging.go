// Package logging writes what every part of the farm logs in the same way.
package logging

import (
	"context"
	"errors"
	"log/slog"

	"mandelfarm/renderer/panics"
)

// Panic logs the panic in err's tree, if there is one, with its stack and what attrs say of where it was caught. A panic
// that was logged is not logged again, so whoever may be the last to see an error need not know whether others have.
func Panic(ctx context.Context, log *slog.Logger, err error, attrs ...slog.Attr) {
	bug, ok := errors.AsType[*panics.Error](err)
	if !ok {
		return
	}
	bug.Report(func() {
		attrs = append(attrs, slog.Any("cause", bug.Cause), slog.String("stack", string(bug.Stack)))
		log.LogAttrs(ctx, slog.LevelError, "panic", attrs...)
	})
}
