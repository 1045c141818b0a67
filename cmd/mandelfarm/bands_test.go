package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"image/png"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage/s3"
)

// heavy is a Spec of twenty segments, which take a worker as long as the
// iterations say: 20,000 are a tenth of a second each. Most of its points are in
// the set, and their orbits creep towards a parabolic point without ever repeating.
func heavy(iterations int) string {
	return fmt.Sprintf(`{"width": 1100, "height": 1280, "max_iterations": %d, "formula": "julia",
		"seed": {"re": "-0.75", "im": "0"}, "radius": "0.6"}`, iterations)
}

// poster is heavy enough for a band each segment, at shortBands.
const (
	posterIterations = 20_000
	shortBands       = "50ms"
)

// drawnPoster is the file that the renderer alone makes of the poster.
var drawnPoster = sync.OnceValues(func() ([]byte, error) {
	s, err := spec.Parse([]byte(heavy(posterIterations)))
	if err != nil {
		return nil, err
	}
	var file bytes.Buffer
	err = renderer.Write(context.Background(), &file, s, renderer.Options{})
	return file.Bytes(), err
})

// requirePoster fails unless the job's image is the poster.
func requirePoster(t *testing.T, front *service, job string) {
	t.Helper()
	want, err := drawnPoster()
	require.NoError(t, err)
	status, got := front.get(job + "/image")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, sha256.Sum256(want), sha256.Sum256(got), "%d bytes, want %d", len(got), len(want))
	_, err = png.Decode(bytes.NewReader(got))
	require.NoError(t, err)
}

var bandDrawn = regexp.MustCompile(`msg="band drawn" id=\S+ band=(\d+)`)

// bandsDrawn counts the drawings of each band.
func bandsDrawn(workers ...*service) map[string]int {
	drawn := make(map[string]int)
	for _, w := range workers {
		for _, found := range bandDrawn.FindAllStringSubmatch(w.Log(), -1) {
			drawn[found[1]]++
		}
	}
	return drawn
}

// awaitBands waits until a worker has drawn some bands.
func awaitBands(t *testing.T, n int, workers ...*service) {
	t.Helper()
	require.Eventually(t, func() bool { return len(bandsDrawn(workers...)) >= n }, testTimeout, 2*time.Millisecond,
		"%d bands drawn", n)
}

// requireOnce fails if a band was drawn twice.
func requireOnce(t *testing.T, workers ...*service) {
	t.Helper()
	for band, n := range bandsDrawn(workers...) {
		require.Equal(t, 1, n, "drawings of band %s", band)
	}
}

// order sends a request without a body and returns the status.
func (s *service) order(tb testing.TB, method, path string) int {
	tb.Helper()
	request, err := http.NewRequestWithContext(tb.Context(), method, s.url+path, nil)
	require.NoError(tb, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(tb, err)
	require.NoError(tb, response.Body.Close())
	return response.StatusCode
}

// farmSays is what the farm says of a job.
type farmSays struct {
	State     string
	Worker    string
	Bands     int
	BandsDone int `json:"bands_done"`
	Paused    bool
	Workers   []string
}

func (s *service) progress(tb testing.TB, job string) (p farmSays) {
	tb.Helper()
	_, body := s.get(job)
	require.NoError(tb, json.Unmarshal(body, &p), "%s", body)
	return p
}

// TestLargeJobIsDrawnByAllWorkers into the file that one process alone makes, and
// leaves nothing behind.
func TestLargeJobIsDrawnByAllWorkers(t *testing.T) {
	t.Parallel()
	_, settings := servers(t)
	front := serve(t, settings, "api")
	workers := []*service{
		serve(t, settings, "worker", "--band-time", shortBands), serve(t, settings, "worker", "--band-time", shortBands),
	}
	job := front.submit(t, heavy(posterIterations))
	awaitBands(t, 3, workers...)
	p := front.progress(t, job)
	assert.GreaterOrEqual(t, p.Bands, 10)
	status, coarse := front.get(job + "/preview")
	assert.Equal(t, http.StatusOK, status)

	front.awaitJob(t, job, "done", 2*testTimeout)
	requirePoster(t, front, job)
	requireOnce(t, workers...)
	for _, w := range workers {
		assert.NotEmpty(t, bandsDrawn(w), "both workers share the work")
	}
	status, fine := front.get(job + "/preview")
	assert.Equal(t, http.StatusOK, status)
	assert.NotEqual(t, coarse, fine)
	_, err := png.Decode(bytes.NewReader(fine))
	require.NoError(t, err)
	awaitNoLeftovers(t, settings)
}

// TestRawDataOfALargeJob is drawn in bands by all workers, fetched, and the same as what render writes alone.
func TestRawDataOfALargeJob(t *testing.T) {
	t.Parallel()
	_, settings := servers(t)
	front := serve(t, settings, "api")
	workers := []*service{
		serve(t, settings, "worker", "--band-time", shortBands), serve(t, settings, "worker", "--band-time", shortBands),
	}
	folder := t.TempDir()
	s := filepath.Join(folder, "poster.json")
	require.NoError(t, os.WriteFile(s, []byte(heavy(posterIterations)), 0o600))
	for flag, format := range map[string]string{"--raw": "npy", "--exr": "exr"} {
		want, got := filepath.Join(folder, "alone."+format), filepath.Join(folder, "farm."+format)
		require.NoError(t, command(t, nil, "render", s, flag, want).Run())
		id := strings.TrimSpace(asked(t, front.url, strings.TrimSuffix(heavy(posterIterations), "}")+`, "format": "`+format+`"}`,
			"submit", "-", "--wait"))
		asked(t, front.url, "", "fetch", id, "-o", got)
		require.Greater(t, front.progress(t, "/jobs/"+id).Bands, 5)
		requireSameFile(t, want, got)
		status, preview := front.get("/jobs/" + id + "/preview")
		require.Equal(t, http.StatusOK, status)
		_, err := png.Decode(bytes.NewReader(preview))
		require.NoError(t, err)
	}
	for _, w := range workers {
		assert.NotEmpty(t, bandsDrawn(w), "both workers share the work")
	}
	awaitNoLeftovers(t, settings)
}

// requireSameFile compares files without printing them.
func requireSameFile(t *testing.T, want, got string) {
	t.Helper()
	wanted, err := os.ReadFile(want)
	require.NoError(t, err)
	data, err := os.ReadFile(got)
	require.NoError(t, err)
	require.NotEmpty(t, data)
	require.Equal(t, sha256.Sum256(wanted), sha256.Sum256(data), "%d bytes, want %d", len(data), len(wanted))
}

// awaitNoLeftovers waits until a job that is done has been tidied up, which is after its end is seen.
func awaitNoLeftovers(t *testing.T, settings map[string]string) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) { assert.Empty(c, leftovers(t, settings)) }, testTimeout, 50*time.Millisecond)
}

// leftovers are the objects that only the making of images needed.
func leftovers(t *testing.T, settings map[string]string) (keys []string) {
	t.Helper()
	store, err := s3.Open(t.Context(), s3.Config{
		Endpoint: settings["S3_ENDPOINT"], Bucket: settings["S3_BUCKET"], Region: settings["S3_REGION"],
		AccessKeyID: settings["AWS_ACCESS_KEY_ID"], SecretAccessKey: s3.Secret(settings["AWS_SECRET_ACCESS_KEY"]),
	})
	require.NoError(t, err)
	defer store.Close()
	for info, err := range store.List(t.Context(), "", "") {
		require.NoError(t, err)
		if strings.Contains(info.Key, "/bands/") || strings.HasSuffix(info.Key, "plan.json") || strings.HasPrefix(info.Key, "open/") {
			keys = append(keys, info.Key)
		}
	}
	return keys
}

// TestLargeJobSurvivesTheLossOfAWorker, killed or asked to leave: nothing that is
// stored is drawn again.
func TestLargeJobSurvivesTheLossOfAWorker(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*service) error{
		"killed": func(s *service) error {
			s.Kill()
			return nil
		},
		"stopped": func(s *service) error { return s.Stop(10 * time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, settings := servers(t)
			front := serve(t, settings, "api")
			doomed := serve(t, settings, "worker", "--band-time", shortBands, "--grace", "10ms")
			job := front.submit(t, heavy(posterIterations))
			awaitBands(t, 3, doomed)
			other := serve(t, settings, "worker", "--band-time", shortBands)
			require.NoError(t, end(doomed))
			front.awaitJob(t, job, "done", 2*testTimeout)
			requirePoster(t, front, job)
			requireOnce(t, doomed, other)
		})
	}
}

// TestLargeJobSurvivesAnEmptyRedis: what is stored is found, and not drawn again.
func TestLargeJobSurvivesAnEmptyRedis(t *testing.T) {
	t.Parallel()
	redis, settings := servers(t)
	front := serve(t, settings, "api")
	worker := serve(t, settings, "worker", "--band-time", shortBands)
	job := front.submit(t, heavy(posterIterations))
	awaitBands(t, 3, worker)
	redis.Kill()
	redis.Restart(t)
	front.awaitJob(t, job, "done", 2*testTimeout)
	requirePoster(t, front, job)
	requireOnce(t, worker)
}

// TestGiantLeavesRoom for a small job and for somebody who waits, and lets go at
// once when it is canceled: a worker that is told to stop has nothing to wait for,
// though each band would take it a minute.
func TestGiantLeavesRoom(t *testing.T) {
	t.Parallel()
	_, settings := servers(t)
	front := serve(t, settings, "api")
	worker := serve(t, settings, "worker", "--band-time", shortBands, "--grace", "5m")
	giant := front.submit(t, heavy(10_000_000))
	require.Eventually(t, func() bool { return front.progress(t, giant).Bands > 0 }, testTimeout, 10*time.Millisecond)
	require.Eventually(t, func() bool { return len(front.progress(t, giant).Workers) == 1 }, testTimeout, 10*time.Millisecond)
	small := front.submit(t, `{"width": 120, "height": 90}`)
	front.awaitJob(t, small, "done", testTimeout)
	status, _ := front.get("/generate/300/200")
	assert.Equal(t, http.StatusOK, status)
	middling := front.submit(t, heavy(posterIterations)+" ")
	require.Eventually(t, func() bool { return front.progress(t, middling).Bands > 0 }, testTimeout, 10*time.Millisecond)

	assert.Equal(t, http.StatusOK, front.order(t, http.MethodDelete, giant))
	assert.Equal(t, http.StatusOK, front.order(t, http.MethodDelete, middling))
	assert.Equal(t, "canceled", front.progress(t, giant).State)
	require.NoError(t, worker.Stop(testTimeout))
	assert.Empty(t, bandDrawn.FindAllString(worker.Log(), 1))
}

// TestPauseHoldsAJob until it is resumed.
func TestPauseHoldsAJob(t *testing.T) {
	t.Parallel()
	_, settings := servers(t)
	front := serve(t, settings, "api")
	worker := serve(t, settings, "worker", "--band-time", shortBands)
	job := front.submit(t, heavy(posterIterations))
	awaitBands(t, 2, worker)
	require.Equal(t, http.StatusOK, front.order(t, http.MethodPost, job+"/pause"))
	const underWay = 2 + 2 // those being drawn, and those whose word was on its way
	before := len(bandsDrawn(worker))
	require.Never(t, func() bool { return len(bandsDrawn(worker)) > before+underWay }, 3*time.Second, 50*time.Millisecond)
	p := front.progress(t, job)
	assert.True(t, p.Paused)
	assert.Equal(t, "running", p.State)
	assert.Less(t, p.BandsDone, p.Bands)

	require.Equal(t, http.StatusOK, front.order(t, http.MethodPost, job+"/resume"))
	front.awaitJob(t, job, "done", 2*testTimeout)
	requirePoster(t, front, job)
	requireOnce(t, worker)
}

// TestPostersPassPngcheck, where there is one.
func TestPostersPassPngcheck(t *testing.T) {
	t.Parallel()
	pngcheck, err := exec.LookPath("pngcheck")
	if err != nil {
		t.Skip("no pngcheck")
	}
	data, err := drawnPoster()
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "poster.png")
	require.NoError(t, os.WriteFile(file, data, 0o600))
	out, err := exec.CommandContext(t.Context(), pngcheck, "-q", file).CombinedOutput()
	require.NoError(t, err, "%s", out)
}
