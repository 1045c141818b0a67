package cluster

import (
	"bytes"
	"crypto/sha256"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
	"mandelfarm/job"
)

const (
	imageBefore = "registry.example/mandelfarm:before" // of overlays/upgrade
	ofBefore    = "images: [{name: registry.example/mandelfarm, newTag: before}]"
)

// TestRollingUpdateToAnotherVersion rolls out a release with another version of the renderer in mid-job, by the overlay that keeps workers of
// before: jobs that were accepted before are done by those, with the bytes of their version, new ones by the new, and none fails.
func TestRollingUpdateToAnotherVersion(t *testing.T) { //nolint:paralleltest // it takes the machine
	c := newCluster(t)
	before := buildProgram(t, "-overlay", testenv.AnotherVersion(t))
	k := startKubelet(t, c.apiServer, map[string]string{imageBefore: before, image: buildProgram(t)})
	c.startKEDA(t)
	f := c.installFarm(t, k, ofBefore)
	var old []job.Status
	for range 12 {
		old = append(old, f.submit(t))
	}
	f.await(t, "a job that is drawn", func() bool {
		st, err := f.client.Job(t.Context(), old[0].ID)
		return err == nil && st.BandsDone > 0
	})

	took := f.roll(t)
	left := f.open(t)
	require.Positive(t, left, "the update is in mid-job")
	fresh := f.submit(t)
	require.Equal(t, fresh.Spec.ID(), fresh.ID, "the new release accepts")
	done := f.await(t, "the end of all jobs", func() bool { return f.open(t) == 0 })
	for _, was := range old {
		require.NotEqual(t, was.Spec.ID(), was.ID, "the release before has accepted it")
		f.requireDrawnBy(t, before, was)
	}
	f.requireDrawnBy(t, k.programs[image], fresh)
	f.requireNothingLost(t)
	f.requireEnded(t)

	c.must(t, "", "--namespace", farmNamespace, "delete", "deployments,poddisruptionbudgets", "--selector", "app.kubernetes.io/component=worker-previous")
	f.await(t, "the end of the workers of before", func() bool { return len(k.ready("worker-previous")) == 0 })
	t.Logf("rolled out after %s, with %d of %d jobs of before open; all done after %s more", took.Round(time.Second), left, len(old), done.Round(time.Second))
}

// roll applies the new release with workers of the old one, and returns when every pod is of it that should be.
func (f *farm) roll(t *testing.T) time.Duration {
	t.Helper()
	since := time.Now()
	f.apply(t, "upgrade", "")
	for _, name := range []string{"mandelfarm-worker-previous", "mandelfarm-api", "mandelfarm-worker"} {
		f.cluster.must(t, "", "--namespace", farmNamespace, "rollout", "status", "deployment", name, "--timeout", cycleLimit.String())
	}
	f.await(t, "an API of the new release alone", func() bool {
		all := f.kubelet.ready("api")
		for _, p := range all {
			if p.object.Spec.Containers[0].Image != image {
				return false
			}
		}
		return len(all) > 0
	})
	f.connect(t)
	return time.Since(since)
}

// requireDrawnBy fails unless a job's picture is what a program makes of its Spec.
func (f *farm) requireDrawnBy(t *testing.T, program string, j job.Status) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, "render", "-", "-o", "-")
	cmd.Stdin = bytes.NewReader(j.Spec.Canonical())
	want, err := cmd.Output()
	require.NoError(t, err)
	got := sha256.New()
	_, err = f.client.Copy(t.Context(), j.ID, got)
	require.NoError(t, err)
	wanted := sha256.Sum256(want)
	assert.Equal(t, wanted[:], got.Sum(nil), "job %s", j.ID)
}
