package main

import (
	"crypto/sha256"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
)

// otherVersion builds the program with another version of the renderer, and nothing else changed.
func otherVersion(t *testing.T) (program string) {
	t.Helper()
	program = filepath.Join(t.TempDir(), "mandelfarm")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-overlay", testenv.AnotherVersion(t), "-o", program, ".").CombinedOutput()
	require.NoError(t, err, "%s", out)
	return program
}

// other is a command of another version of the program.
func other(t *testing.T, program string, settings map[string]string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := command(t, settings, args...)
	cmd.Path = program
	return cmd
}

// TestVersionsSideBySide is an upgrade to another version of the renderer in mid-job, as processes. Each job is drawn by workers
// of the version that has accepted it, whichever api is asked for it; those of no version wait for it, and draw what is
// theirs. When no worker of its version comes back the job fails, and says why.
func TestVersionsSideBySide(t *testing.T) {
	t.Parallel()
	_, settings := servers(t) // or skipped before anything is built
	program := otherVersion(t)
	serveOther := func(args ...string) *service {
		return launch(t, other(t, program, settings, append(args, "--listen", "127.0.0.1:0")...))
	}
	oldFront, oldWorker := serveOther("api"), serveOther("worker", "--band-time", shortBands, "--grace", "10ms")
	large := oldFront.submit(t, heavy(posterIterations))
	awaitBands(t, 3, oldWorker)
	front, worker := serve(t, settings, "api"), serve(t, settings, "worker", "--band-time", shortBands)
	require.NoError(t, oldWorker.Stop(testTimeout))

	front.awaitJob(t, front.submit(t, `{"width": 60, "height": 40}`), "done", testTimeout)
	assert.Empty(t, bandsDrawn(worker))
	assert.Equal(t, "running", front.progress(t, large).State)
	again := serveOther("worker", "--band-time", shortBands)
	front.awaitJob(t, large, "done", 2*testTimeout)
	requireOnce(t, oldWorker, again)
	requireDrawnBy(t, other(t, program, nil, "render", "-", "-o", "-"), heavy(posterIterations), front, large)

	require.NoError(t, again.Stop(testTimeout))
	require.NoError(t, worker.Stop(testTimeout))
	forsaken := oldFront.submit(t, `{"width": 90, "height": 60}`)
	serve(t, settings, "worker", "--version-wait", "3s")
	for _, each := range []*service{oldFront, front} {
		each.awaitJob(t, forsaken, "failed", 2*testTimeout)
		_, body := each.get(forsaken)
		assert.Contains(t, string(body), "no worker of that has been there for 3s: submit it again")
	}
	front.awaitJob(t, front.submit(t, `{"width": 90, "height": 60}`), "done", testTimeout)
}

// requireDrawnBy fails unless a job's picture is what a command makes of its Spec.
func requireDrawnBy(t *testing.T, render *exec.Cmd, picture string, front *service, job string) {
	t.Helper()
	render.Stdin = strings.NewReader(picture)
	want, err := render.Output()
	require.NoError(t, err)
	status, got := front.get(job + "/image")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, sha256.Sum256(want), sha256.Sum256(got), "%d bytes, want %d", len(got), len(want))
}
