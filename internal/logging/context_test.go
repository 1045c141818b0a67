package logging_test

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"mandelfarm/internal/logging"
	"mandelfarm/internal/requestid"
)

// withoutTime leaves out what differs from run to run.
func withoutTime(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}

// TestLinesSayWhatTheirContextSays, after what they say themselves and nothing twice.
func TestLinesSayWhatTheirContextSays(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := slog.New(logging.Contextual(slog.NewTextHandler(&out, &slog.HandlerOptions{ReplaceAttr: withoutTime})))
	ctx := logging.With(requestid.With(t.Context(), "r1"), slog.String("id", "i1"))
	inner := logging.With(ctx, slog.Int("band", 3))

	log.LogAttrs(t.Context(), slog.LevelInfo, "bare", slog.String("a", "b"))
	log.LogAttrs(ctx, slog.LevelInfo, "outer", slog.String("a", "b"))
	log.With("worker", "w").LogAttrs(inner, slog.LevelInfo, "inner")
	log.LogAttrs(inner, slog.LevelInfo, "own", slog.String("id", "i2"))
	log.WithGroup("g").LogAttrs(ctx, slog.LevelInfo, "group")
	require.Equal(t, `level=INFO msg=bare a=b
level=INFO msg=outer a=b request=r1 id=i1
level=INFO msg=inner worker=w request=r1 id=i1 band=3
level=INFO msg=own id=i2 request=r1 band=3
level=INFO msg=group g.request=r1 g.id=i1
`, out.String())
}
