package logging_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mandelfarm/internal/logging"
	"mandelfarm/renderer/panics"
)

func fail() (err error) {
	defer panics.Recover(&err)
	panic("boom")
}

// TestPanicsAreLoggedOnceWithTheirStack, and other errors not at all.
func TestPanicsAreLoggedOnceWithTheirStack(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	logging.Panic(context.Background(), log, errors.New("no panic"))
	logging.Panic(context.Background(), log, nil)
	require.Empty(t, out.String())
	err := fail()
	for _, err := range []error{fmt.Errorf("draw: %w", err), errors.Join(errors.New("other"), err), err} {
		logging.Panic(context.Background(), log, err, slog.String("task", "a picture"))
	}
	require.Equal(t, 1, strings.Count(out.String(), "\n"), out.String())
	for _, want := range []string{"level=ERROR", "msg=panic", `task="a picture"`, "cause=boom", "logging_test.fail"} {
		require.Contains(t, out.String(), want)
	}
}
