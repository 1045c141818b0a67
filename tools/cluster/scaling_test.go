package cluster

import (
	"flag"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/api/client"
	"mandelfarm/internal/testenv"
	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

var (
	cycles = flag.Int("cycles", 1, "how often workers become many and few again")
	hurry  = flag.Bool("hurry", false, "do not wait, as the manifests have it, to see whether work comes back")
)

const (
	farmNamespace = "farm"
	image         = "registry.example/mandelfarm:dev" // of the overlays
	mostWorkers   = 20
	leastWorkers  = 1
	// cycleLimit is for a way up, or down, at the pace of the manifests on a machine that does much else.
	cycleLimit = 30 * time.Minute
)

// overlay is one of the project's, on the servers of the test. Bands are short since twenty workers share what cores the test has, and a
// worker that is to end has to end its band within its grace.
const overlay = `
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: farm
resources: [%s]
configMapGenerator:
  - name: mandelfarm
    behavior: merge
    literals: [%s]
  - name: mandelfarm-worker
    behavior: merge
    literals: [BAND_TIME=100ms]
`

// hurried is how a ScaledObject is scaled that does not wait to see whether work comes back.
const hurried = `{"spec": {"advanced": {"horizontalPodAutoscalerConfig": {"behavior": {
	"scaleUp": {"policies": [{"type": "Pods", "value": 20, "periodSeconds": 15}]},
	"scaleDown": {"stabilizationWindowSeconds": 0, "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}]}}}}}}`

// TestWorkersFollowTheQueue lets KEDA scale the workers of the production overlay, on a real Redis and S3 server: from the least to the
// most while jobs are submitted, and back as they end. Busy workers are told to end then, and nothing of their work is lost or done twice.
func TestWorkersFollowTheQueue(t *testing.T) { //nolint:paralleltest // it takes the machine
	c := newCluster(t)
	k := startKubelet(t, c.apiServer, map[string]string{image: buildProgram(t)})
	c.startKEDA(t)
	f := c.installFarm(t, k, "")
	if *hurry {
		c.must(t, "", "--namespace", farmNamespace, "patch", "scaledobject", "mandelfarm-worker", "--type", "merge", "--patch", hurried)
	}
	for i := range *cycles {
		t.Logf("cycle %d: %s", i+1, f.cycle(t))
	}
	f.requireNothingLost(t)
	f.requireEnded(t)
}

func buildProgram(tb testing.TB, flags ...string) string {
	tb.Helper()
	file := filepath.Join(tb.TempDir(), "mandelfarm")
	cmd := exec.CommandContext(tb.Context(), "go", slices.Concat([]string{"build", "-o", file}, flags, []string{"mandelfarm/cmd/mandelfarm"})...)
	cmd.Dir = testenv.RepoRoot(tb)
	out, err := cmd.CombinedOutput()
	require.NoError(tb, err, "%s", out)
	return file
}

// farm is one that runs on a [cluster].
type farm struct {
	cluster *cluster
	kubelet *kubelet
	servers string // what the overlays are told of Redis and S3
	client  *client.Client

	jobs map[spec.ID]bool // whether they have ended
}

// installFarm has production's overlay be applied, with more lines of it, and returns when the farm answers.
func (c *cluster) installFarm(t *testing.T, k *kubelet, more string) *farm {
	t.Helper()
	redis, store := testenv.Redis(t), testenv.S3Server(t).Config()
	redis.Do(t, "ACL SETUSER mandelfarm on >secret ~* &* +@all")
	c.restrictedNamespace(t, farmNamespace)
	c.must(t, "", "--namespace", farmNamespace, "create", "secret", "generic", "mandelfarm",
		"--from-literal=REDIS_URL=redis://"+redis.Addr+"/0", "--from-literal=REDIS_ADDRESS="+redis.Addr,
		"--from-literal=REDIS_USERNAME=mandelfarm", "--from-literal=REDIS_PASSWORD=secret",
		"--from-literal=AWS_ACCESS_KEY_ID="+store.AccessKeyID, "--from-literal=AWS_SECRET_ACCESS_KEY="+string(store.SecretAccessKey))
	servers := fmt.Sprintf("S3_ENDPOINT=%s, S3_BUCKET=%s, S3_REGION=%s", store.Endpoint, store.Bucket, store.Region)
	f := &farm{cluster: c, kubelet: k, servers: servers, jobs: map[spec.ID]bool{}}
	f.apply(t, "production", more)
	f.await(t, "an API and a worker", func() bool { return len(k.ready("api")) > 0 && len(k.ready("worker")) > 0 })
	f.connect(t)
	return f
}

// apply applies one of the project's overlays, with more lines of it.
func (f *farm) apply(t *testing.T, name, more string) {
	t.Helper()
	folder := t.TempDir()
	path, err := filepath.Rel(folder, filepath.Join(testenv.RepoRoot(t), "deploy/kubernetes/overlays", name))
	require.NoError(t, err)
	write(t, folder, "kustomization.yaml", fmt.Sprintf(overlay, path, f.servers)+more)
	f.cluster.must(t, "", "apply", "--server-side", "--kustomize", folder)
}

// connect has the farm be asked through an API that is there.
func (f *farm) connect(t *testing.T) {
	t.Helper()
	found, err := client.New(f.kubelet.ready("api")[0].url(), http.DefaultClient)
	require.NoError(t, err)
	f.client = found
}

func (f *farm) await(t *testing.T, what string, holds func() bool) (took time.Duration) {
	t.Helper()
	since := time.Now()
	require.Eventually(t, holds, cycleLimit, lookInterval, "in vain: %s", what)
	return time.Since(since)
}

// cycle has the workers become many and few again, and tells how long that took.
func (f *farm) cycle(t *testing.T) string {
	t.Helper()
	f.await(t, "the least workers", func() bool { return len(f.kubelet.ready("worker")) == leastWorkers })
	before := len(f.kubelet.endings("worker"))
	up := f.await(t, "the most workers", func() bool { f.keepBusy(t); return len(f.kubelet.ready("worker")) == mostWorkers })
	since := time.Now()
	done := f.await(t, "the end of all jobs", func() bool { return f.open(t) == 0 })
	f.await(t, "the least workers", func() bool { return len(f.kubelet.ready("worker")) == leastWorkers })
	down := time.Since(since)
	return fmt.Sprintf("%d workers after %s; then all jobs done after %s, one worker after %s; %s",
		mostWorkers, up.Round(time.Second), done.Round(time.Second), down.Round(time.Second), times(f.kubelet.endings("worker")[before:]))
}

// times of endings.
func times(all []ending) string {
	var took []time.Duration
	for _, e := range all {
		took = append(took, e.took)
	}
	if len(took) == 0 {
		return "no worker ended"
	}
	slices.Sort(took)
	return fmt.Sprintf("%d workers ended, after %s by the median, %s at most",
		len(took), took[len(took)/2].Round(10*time.Millisecond), took[len(took)-1].Round(10*time.Millisecond))
}

// keepBusy submits a job if few wait: two are begun at a time.
func (f *farm) keepBusy(t *testing.T) {
	t.Helper()
	if f.open(t) >= 4 {
		return
	}
	f.submit(t)
}

// submit submits a job of ten seconds of a core, in a hundred bands.
func (f *farm) submit(t *testing.T) job.Status {
	t.Helper()
	s, err := spec.Parse(fmt.Appendf(nil,
		`{"center": {"re": "-0.7436438870371%d", "im": "0.13182590420533"}, "radius": "1e-6", "width": 300, "height": 2400, "max_iterations": 50000, "samples": 2}`, time.Now().UnixNano()))
	var st job.Status
	if assert.NoError(t, err) {
		st, err = f.client.Submit(t.Context(), s)
	}
	if assert.NoError(t, err) {
		f.jobs[st.ID] = false
	}
	return st
}

// open is how many jobs have not ended.
func (f *farm) open(t *testing.T) (n int) {
	t.Helper()
	for id, ended := range f.jobs {
		if ended {
			continue
		}
		st, err := f.client.Job(t.Context(), id)
		f.jobs[id] = err == nil && st.State.Final()
		if !f.jobs[id] {
			n++
		}
	}
	return n
}

// requireNothingLost fails unless every job is done, and no work at it was lost: of each task the first who began it made an end of it. Who
// is given a band once more that is stored finds it so, and draws nothing.
func (f *farm) requireNothingLost(t *testing.T) {
	t.Helper()
	tasks, stored := 0, 0
	for id := range f.jobs {
		st, err := f.client.Job(t.Context(), id)
		require.NoError(t, err)
		assert.Equal(t, job.Done, st.State, "job %s: %s", id, st.Error)
		history, err := f.client.History(t.Context(), id)
		require.NoError(t, err)
		first := map[string]job.Stint{}
		for _, s := range history {
			was, again := first[s.Task]
			if !again {
				first[s.Task] = s
				tasks++
				continue
			}
			stored++
			if was.EndedAt.IsZero() || was.Error != "" || was.EndedAt.After(s.BeganAt) {
				assert.Fail(t, "drawn twice", "%s by %s and %s: %s", s.Task, was.Worker, s.Worker, was.Error)
			}
		}
	}
	t.Logf("%d jobs done, of %d tasks; %d times a worker was given a band that was stored", len(f.jobs), tasks, stored)
}

// requireEnded fails if a worker was killed since it took too long to end, or ended by itself.
func (f *farm) requireEnded(t *testing.T) {
	t.Helper()
	all := f.kubelet.endings("worker")
	for _, e := range all {
		assert.False(t, e.killed, "%s was killed after %s", e.name, e.took)
		assert.Zero(t, e.crashes, "%s ended by itself", e.name)
	}
	t.Logf("in all: %s, none killed", times(all))
}
