package testenv

import (
	"os/exec"
	"testing"
)

// Node runs Node.js with arguments, in the folder of the test's package, and fails the test if that fails. Without one
// installed the test is skipped, or fails in CI, as it does without a redis-server.
func Node(tb testing.TB, arguments ...string) {
	tb.Helper()
	path, err := exec.LookPath("node")
	if err != nil {
		missing(tb, "node is not installed: apt-get install nodejs")
	}
	out, err := exec.CommandContext(tb.Context(), path, arguments...).CombinedOutput() //nolint:gosec // a test names them
	if err != nil {
		tb.Fatalf("node: %v\n%s", err, out)
	}
}
