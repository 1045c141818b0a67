package testenv

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"mandelfarm/internal/logging"
)

// Log is a log that a test reads. It is safe for concurrent use.
type Log struct {
	*slog.Logger
	mu   sync.Mutex
	text bytes.Buffer
}

// NewLog is an empty log, which says what the farm's do; what is written also appears in the test's output.
func NewLog(tb testing.TB) *Log {
	tb.Helper()
	l := &Log{}
	l.Logger = slog.New(logging.Contextual(slog.NewTextHandler(writer(func(line []byte) (int, error) {
		l.mu.Lock()
		defer l.mu.Unlock()
		_, _ = l.text.Write(line) // never fails
		return tb.Output().Write(line)
	}), &slog.HandlerOptions{Level: slog.LevelDebug})))
	return l
}

// writer is an io.Writer of a function.
type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

// Lines returns the lines so far that contain a text.
func (l *Log) Lines(text string) (found []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.text.String()) {
		if strings.Contains(line, text) {
			found = append(found, line)
		}
	}
	return found
}

// RequirePanic fails unless one panic was logged, with a stack through a function.
func (l *Log) RequirePanic(tb testing.TB, function string) {
	tb.Helper()
	lines := l.Lines("stack=")
	if len(lines) != 1 || !strings.Contains(lines[0], function) {
		tb.Errorf("want one panic in %s, got %d: %s", function, len(lines), lines)
	}
}
