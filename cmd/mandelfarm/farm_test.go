package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

// slow is a Spec of so many points that take a worker a second for every
// thousand or so: a row of the Julia set that is the interval from -2 to 2, whose
// orbits neither escape nor repeat for very long, so that no shortcut helps.
func slow(points int) string {
	return fmt.Sprintf(`{"width": %d, "height": 1, "max_iterations": 10000000, "formula": "julia",
		"seed": {"re": "-2", "im": "0"}, "center": {"re": "0", "im": "0"}, "radius": "%g"}`, points, 1.5/float64(points))
}

// endless is what nobody waits for.
const endless = 100_000

func original(tb testing.TB, width, height int) []byte {
	tb.Helper()
	var png bytes.Buffer
	require.NoError(tb, renderer.Write(tb.Context(), &png, spec.Original(width, height), renderer.Options{}))
	return png.Bytes()
}

func TestFarmInOneProcessKeepsItsPictures(t *testing.T) {
	t.Parallel()
	data := map[string]string{"DATA": t.TempDir()}
	first := serve(t, data)
	status, picture := first.get("/generate/800/600")
	require.Equal(t, http.StatusOK, status)
	assert.Equal(t, original(t, 800, 600), picture)
	assert.Equal(t, 1, drawings(first))
	require.NoError(t, syscall.Kill(first.PID(), syscall.SIGINT))
	require.NoError(t, first.Wait(), "Ctrl-C is a clean end")

	second := serve(t, data)
	status, again := second.get("/generate/800/600")
	require.Equal(t, http.StatusOK, status)
	assert.Equal(t, picture, again)
	assert.Equal(t, 0, drawings(second), "served from the folder")
	assert.NoError(t, second.Stop(testTimeout))
}

func TestAcceptedJobSurvivesKill(t *testing.T) {
	t.Parallel()
	data := map[string]string{"DATA": t.TempDir()}
	first := serve(t, data)
	job := first.submit(t, slow(2000))
	first.awaitJob(t, job, "running", testTimeout)
	first.Kill()

	second := serve(t, data)
	second.awaitJob(t, job, "done", 2*testTimeout)
	status, _ := second.get(job + "/image")
	assert.Equal(t, http.StatusOK, status)
}

// TestFarmOfProcesses is the compose file's topology: two APIs and two workers
// on Redis and S3.
func TestFarmOfProcesses(t *testing.T) {
	t.Parallel()
	_, settings := servers(t)
	apis := []*service{serve(t, settings, "api"), serve(t, settings, "api")}
	workers := []*service{serve(t, settings, "worker"), serve(t, settings, "worker")}

	want := sha256.Sum256(original(t, 640, 480))
	ask200(t, apis, func(int) (string, [32]byte) { return "/generate/640/480", want })
	assert.Equal(t, 1, drawings(workers...), "200 identical requests are one drawing")

	pictures := make([][32]byte, 200)
	for i := range pictures {
		pictures[i] = sha256.Sum256(original(t, 100+i, 90))
	}
	ask200(t, apis, func(i int) (string, [32]byte) { return fmt.Sprintf("/generate/%d/90", 100+i), pictures[i] })
	assert.Equal(t, 1+200, drawings(workers...), "200 distinct requests are 200 drawings")
	for _, w := range workers {
		assert.Positive(t, drawings(w), "both workers share the work")
	}
	for _, s := range append(apis, workers...) {
		assert.NoError(t, s.Stop(testTimeout))
	}
}

// ask200 sends 200 requests at once, spread over the APIs, and checks that each
// gets the picture it should.
func ask200(t *testing.T, apis []*service, request func(i int) (path string, want [32]byte)) {
	t.Helper()
	var requests sync.WaitGroup
	for i := range 200 {
		requests.Go(func() {
			path, want := request(i)
			status, body := apis[i%len(apis)].get(path)
			if assert.Equal(t, http.StatusOK, status, "%s: %.200s", path, body) {
				assert.Equal(t, want, sha256.Sum256(body), path)
			}
		})
	}
	requests.Wait()
}

func TestKilledWorkersJobIsFinishedByAnother(t *testing.T) {
	t.Parallel()
	_, settings := servers(t)
	front := serve(t, settings, "api")
	doomed := serve(t, settings, "worker")
	job := front.submit(t, slow(2000))
	front.awaitJob(t, job, "running", testTimeout)
	doomed.Kill()

	other := serve(t, settings, "worker")
	front.awaitJob(t, job, "done", testTimeout)
	assert.Equal(t, 1, drawings(other)+strings.Count(other.Log(), "msg=assembled "), "whole or in bands")
}

func TestStoppedWorkerHandsItsJobBack(t *testing.T) {
	t.Parallel()
	_, settings := servers(t)
	front := serve(t, settings, "api")
	leaving := serve(t, settings, "worker", "--grace", "100ms")
	job := front.submit(t, slow(endless))
	front.awaitJob(t, job, "running", testTimeout)
	require.NoError(t, leaving.Stop(10*time.Second), "a worker leaves in the middle of a drawing")
	front.awaitJob(t, job, "queued", 10*time.Second)

	other := serve(t, settings, "worker")
	front.awaitJob(t, job, "running", 5*time.Second)
	assert.Contains(t, other.Log(), "listening")
	cancelled, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, front.url+job, nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(cancelled)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, http.StatusOK, response.StatusCode)
	require.NoError(t, other.Stop(10*time.Second), "and at once when there is nothing left to draw")
}

func TestRedisComesBackEmpty(t *testing.T) {
	t.Parallel()
	redis, settings := servers(t)
	front := serve(t, settings, "api")
	var jobs []string
	for i := range 5 {
		jobs = append(jobs, front.submit(t, fmt.Sprintf(`{"width": %d, "height": 50}`, 50+i)))
	}
	redis.Kill()
	redis.Restart(t)
	serve(t, settings, "worker")
	for _, job := range jobs {
		front.awaitJob(t, job, "done", testTimeout)
	}
	status, _ := front.get("/generate/150/150")
	assert.Equal(t, http.StatusOK, status)
}

func TestProcessesWaitForTheirServers(t *testing.T) {
	t.Parallel()
	redis, settings := servers(t)
	redis.Stop(t)
	early := testenv.Start(t, command(t, settings, "worker", "--listen", "127.0.0.1:0"))
	require.Eventually(t, func() bool { return strings.Contains(early.Log(), "msg=waiting") }, testTimeout, 5*time.Millisecond)
	assert.Contains(t, early.Log(), "REDIS_URL")
	redis.Restart(t)
	require.Eventually(t, func() bool { return listening.MatchString(early.Log()) }, testTimeout, 5*time.Millisecond)

	redis.Stop(t)
	never := testenv.Start(t, command(t, settings, "api", "--start-timeout", "300ms"))
	require.Error(t, never.Wait())
	assert.Contains(t, never.Log(), "gave up on Redis")
	assert.Contains(t, never.Log(), "START_TIMEOUT")
}

func TestHealthcheck(t *testing.T) {
	t.Parallel()
	farm := serve(t, map[string]string{"DATA": t.TempDir()})
	listen := map[string]string{"LISTEN": strings.TrimPrefix(farm.url, "http://")}
	assert.NoError(t, command(t, listen, "healthcheck").Run())
	require.NoError(t, farm.Stop(testTimeout))
	assert.Error(t, command(t, listen, "healthcheck").Run())
}

func TestPortThatIsTakenIsSaid(t *testing.T) {
	t.Parallel()
	farm := serve(t, map[string]string{"DATA": t.TempDir()})
	second := testenv.Start(t, command(t, map[string]string{"DATA": t.TempDir()}, "--listen", strings.TrimPrefix(farm.url, "http://")))
	require.Error(t, second.Wait())
	assert.Contains(t, second.Log(), "--listen (LISTEN)")
	assert.Contains(t, second.Log(), "in use")
}

func TestUnwritableDataIsSaid(t *testing.T) {
	t.Parallel()
	file := t.TempDir() + "/file"
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	p := testenv.Start(t, command(t, map[string]string{"DATA": file}))
	require.Error(t, p.Wait())
	assert.Contains(t, p.Log(), "--data (DATA)")
}

func TestStoppingAnswersThoseWhoWait(t *testing.T) {
	t.Parallel()
	farm := serve(t, map[string]string{"DATA": t.TempDir(), "GRACE": "20s"})
	answered := make(chan int, 1)
	go func() {
		// About two seconds of work, on the real axis: see slow.
		status, _ := farm.get("/generate/3000/1?formula=julia&seed_re=-2&seed_im=0&re=0&im=0&radius=0.0005&max_iterations=10000000")
		answered <- status
	}()
	require.Never(t, func() bool { return len(answered) > 0 }, 200*time.Millisecond, 20*time.Millisecond)
	require.NoError(t, syscall.Kill(farm.PID(), syscall.SIGTERM))
	assert.Equal(t, http.StatusOK, <-answered, "the picture that was waited for")
	require.NoError(t, farm.Wait(), "a clean end")
	assert.Contains(t, farm.Log(), "stopping")
}

func TestStoppingCutsOffWhatTakesTooLong(t *testing.T) {
	t.Parallel()
	farm := serve(t, map[string]string{"DATA": t.TempDir(), "GRACE": "300ms"})
	asked := make(chan int, 1)
	go func() {
		status, _ := farm.get("/generate/100000/1?formula=julia&seed_re=-2&seed_im=0&re=0&im=0&radius=0.000015&max_iterations=10000000")
		asked <- status
	}()
	require.Never(t, func() bool { return len(asked) > 0 }, 200*time.Millisecond, 20*time.Millisecond)
	require.NoError(t, farm.Stop(10*time.Second), "exit code 0")
	assert.NotEqual(t, http.StatusOK, <-asked)
	assert.Contains(t, farm.Log(), "cut off")
}
