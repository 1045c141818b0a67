package testenv

import (
	"os/exec"
	"testing"
)

// Promtool returns the path of Prometheus' checker of rules. Without it the test is
// skipped, or fails in CI.
func Promtool(tb testing.TB) string {
	tb.Helper()
	path, err := exec.LookPath("promtool")
	if err != nil {
		missing(tb, "promtool is not installed: apt-get install prometheus")
	}
	return path
}
