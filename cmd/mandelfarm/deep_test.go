package main

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/ledger"
	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage/s3"
)

// manyDigits are as many as the deepest view needs.
func manyDigits() string { return "0." + strings.Repeat("1234567890", 901) }

// deepest is a view of the inside whose reference takes some seconds.
func deepest(width, height int) string {
	return fmt.Sprintf(`{"width": %d, "height": %d, "max_iterations": 30000, "center": {"re": "-%s", "im": "%s"}, "radius": "1e-9000"}`,
		width, height, manyDigits(), manyDigits())
}

// prepassesOf lists the prepasses that are stored.
func prepassesOf(t *testing.T, settings map[string]string) (keys []string) {
	t.Helper()
	store, err := s3.Open(t.Context(), s3.Config{
		Endpoint: settings["S3_ENDPOINT"], Bucket: settings["S3_BUCKET"], Region: settings["S3_REGION"],
		AccessKeyID: settings["AWS_ACCESS_KEY_ID"], SecretAccessKey: s3.Secret(settings["AWS_SECRET_ACCESS_KEY"]),
	})
	require.NoError(t, err)
	defer store.Close()
	for stored, err := range ledger.New(store, ledger.Options{}).Prepasses(t.Context()) {
		require.NoError(t, err)
		keys = append(keys, stored.String())
	}
	return keys
}

// TestReferenceSurvivesTheLossOfItsWorker: another computes it, once, and pictures of the same view that come later take it
// from storage.
func TestReferenceSurvivesTheLossOfItsWorker(t *testing.T) {
	t.Parallel()
	_, settings := servers(t)
	front := serve(t, settings, "api")
	doomed := serve(t, settings, "worker")
	job := front.submit(t, deepest(200, 150))
	front.awaitJob(t, job, "running", testTimeout)
	require.NotEmpty(t, front.progress(t, job).Worker, "the status says who has it")
	doomed.Kill()
	require.Empty(t, prepassesOf(t, settings), "it was killed before the reference was done")

	other := serve(t, settings, "worker")
	front.awaitJob(t, job, "done", 2*testTimeout)
	require.Len(t, prepassesOf(t, settings), 1)
	status, got := front.get(job + "/image")
	require.Equal(t, http.StatusOK, status)
	s, err := spec.Parse([]byte(deepest(200, 150)))
	require.NoError(t, err)
	var want bytes.Buffer
	require.NoError(t, renderer.Write(t.Context(), &want, s, renderer.Options{}))
	require.True(t, bytes.Equal(want.Bytes(), got))

	third := serve(t, settings, "worker")
	require.NoError(t, other.Stop(testTimeout))
	front.awaitJob(t, front.submit(t, deepest(400, 300)), "done", testTimeout)
	status, _ = front.get("/generate/100/75?re=-" + manyDigits() + "&im=" + manyDigits() + "&radius=1e-9000&max_iterations=30000&palette=fire")
	assert.Equal(t, http.StatusOK, status)
	assert.NotContains(t, third.Log(), "prepass computed")
	require.Len(t, prepassesOf(t, settings), 1)
}

// TestCancelEndsAReference that would take minutes: the worker has nothing left to do.
func TestCancelEndsAReference(t *testing.T) {
	t.Parallel()
	_, settings := servers(t)
	front := serve(t, settings, "api", "--max-reference", "30m")
	worker := serve(t, settings, "worker", "--grace", "10m")
	job := front.submit(t, fmt.Sprintf(
		`{"width": 200, "height": 150, "max_iterations": 10000000, "center": {"re": "-%s", "im": "%s"}, "radius": "1e-2900"}`, manyDigits(), manyDigits()))
	front.awaitJob(t, job, "running", testTimeout)
	assert.Equal(t, http.StatusOK, front.order(t, http.MethodDelete, job))
	assert.Equal(t, "canceled", front.progress(t, job).State)
	canceled := time.Now()
	require.NoError(t, worker.Stop(testTimeout))
	assert.Less(t, time.Since(canceled), 10*time.Second)
	assert.Empty(t, prepassesOf(t, settings))
}
