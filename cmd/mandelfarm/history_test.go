package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage/s3"
)

// history is what a farm tells of who has worked on a job.
func (s *service) history(t *testing.T, id string) (stints []job.Stint) {
	t.Helper()
	for line := range strings.Lines(asked(t, s.url, "", "history", id, "--json")) {
		var stint job.Stint
		require.NoError(t, json.Unmarshal([]byte(line), &stint))
		stints = append(stints, stint)
	}
	return stints
}

// TestHistorySurvivesAnEmptyRedis, and names a worker that was killed and who took over.
func TestHistorySurvivesAnEmptyRedis(t *testing.T) {
	t.Parallel()
	redis, settings := servers(t)
	settings["BAND_TIME"] = shortBands
	front, first := serve(t, settings, "api"), serve(t, settings, "worker")
	id := strings.TrimSpace(asked(t, front.url, heavy(posterIterations), "submit", "-"))
	require.Eventually(t, func() bool {
		stints := front.history(t, id)
		return len(stints) > 2 && stints[len(stints)-1].EndedAt.IsZero()
	}, testTimeout, 10*time.Millisecond)
	first.Kill()
	serve(t, settings, "worker")
	front.awaitJob(t, "/jobs/"+id, "done", testTimeout)
	require.Eventually(t, func() bool { return stored(t, settings, "jobs/"+id+"/history.json") }, testTimeout, 10*time.Millisecond,
		"it is stored when those who watch are told")
	redis.FlushAll(t)

	stints := front.history(t, id)
	byKind, workers, open, takenOver := map[job.Kind]int{}, map[string]bool{}, 0, 0
	for i, s := range stints {
		byKind[s.Kind]++
		workers[s.Worker] = true
		if s.EndedAt.IsZero() {
			open++
		}
		if s.TakenOver != "" {
			takenOver++
			assert.Equal(t, "the worker before has died", s.TakenOver)
		}
		assert.False(t, i > 0 && s.BeganAt.Before(stints[i-1].BeganAt), "they are in order")
	}
	assert.Len(t, workers, 2)
	assert.Positive(t, open, "what the killed worker had has no end")
	assert.Positive(t, takenOver)
	assert.GreaterOrEqual(t, byKind[job.KindBand], statuses(t, asked(t, front.url, "", "status", id, "--json"))[0].Bands)
	assert.Equal(t, 1, byKind[job.KindAssemble])
	last := stints[len(stints)-1]
	assert.Equal(t, job.KindAssemble, last.Kind)
	assert.False(t, last.EndedAt.IsZero(), "the task that has ended the job has ended")
	assert.Contains(t, asked(t, front.url, "", "history", id), "the worker before has died")
	assert.Equal(t, exitUnknownJob, ask(t, front.url, "", "history", string(spec.Original(7, 7).ID())).code)
}

// stored reports whether there is an object in the bucket.
func stored(t *testing.T, settings map[string]string, key string) bool {
	t.Helper()
	store, err := s3.Open(t.Context(), s3.Config{
		Endpoint: settings["S3_ENDPOINT"], Bucket: settings["S3_BUCKET"], Region: settings["S3_REGION"],
		AccessKeyID: settings["AWS_ACCESS_KEY_ID"], SecretAccessKey: s3.Secret(settings["AWS_SECRET_ACCESS_KEY"]),
	})
	require.NoError(t, err)
	defer store.Close()
	_, err = store.Stat(t.Context(), key)
	return err == nil
}
