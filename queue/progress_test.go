package queue_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/job"
	"mandelfarm/queue"
	"mandelfarm/renderer/spec"
)

// part is a band of the job of task n.
func part(t *testing.T, n, band int) job.Task {
	t.Helper()
	return task(t, n, job.Control).Job().BandTask(band)
}

func storedBandsAreCountedOnce(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	id := task(t, 1, job.Control).ID
	requireStored := func(count int, bands ...int) {
		t.Helper()
		got, err := q.Stored(t.Context(), id, time.Now(), bands...)
		require.NoError(t, err)
		require.Equal(t, count, got)
	}
	requireStored(0)
	requireStored(1, 5)
	requireStored(1, 5)
	requireStored(3, 5, 6, 7)
	completions, err := q.Completions(t.Context(), id)
	require.NoError(t, err)
	require.Len(t, completions, 3)
	require.Equal(t, 5, completions[0].Band, "oldest first")
	require.WithinDuration(t, time.Now(), completions[2].At, testTimeout)
	_, err = q.Stored(t.Context(), id, time.Time{}, 9)
	require.NoError(t, err)
	completions, err = q.Completions(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, job.Completion{Band: 9}, completions[0], "nobody knows since when")
	require.NoError(t, q.Cancel(t.Context(), job.Job{ID: id}))
	requireStored(0)
}

// progressOfLargeJobs is what the workers have noted; of failures it tells for all.
func progressOfLargeJobs(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	large, small, idle := task(t, 1, job.Control).ID, task(t, 2, job.Control).ID, task(t, 3, job.Control).ID
	require.NoError(t, q.Begin(t.Context(), large, 9))
	_, err := q.Stored(t.Context(), large, time.Now(), 0, 4)
	require.NoError(t, err)
	for _, id := range []spec.ID{large, small} {
		require.NoError(t, q.Failed(t.Context(), id, "first reason"))
		require.NoError(t, q.Failed(t.Context(), id, "disk is full"))
	}
	known, err := q.ProgressOf(t.Context(), large, small, idle)
	require.NoError(t, err)
	p := known[large]
	require.WithinDuration(t, time.Now(), p.StartedAt, testTimeout)
	p.StartedAt = time.Time{}
	require.Equal(t, job.Progress{State: job.Running, Bands: 9, BandsDone: 2, Failures: 2, Error: "disk is full"}, p)
	require.Equal(t, job.Progress{State: job.Queued, Failures: 2, Error: "disk is full"}, known[small])
	require.NotContains(t, known, idle)
}

func previewsAreKeptUntilRemoved(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	id := task(t, 1, job.Control).ID
	require.NoError(t, q.StorePreview(t.Context(), id, 3, []byte("\x00\xff3")))
	require.NoError(t, q.StorePreview(t.Context(), id, 14, []byte("14")))
	require.NoError(t, q.Forget(t.Context(), id))
	previews, err := q.PreviewsOf(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, map[int][]byte{3: []byte("\x00\xff3"), 14: []byte("14")}, previews)
	require.NoError(t, q.RemovePreviews(t.Context(), id))
	previews, err = q.PreviewsOf(t.Context(), id)
	require.NoError(t, err)
	require.Empty(t, previews)
}

// bandsOfOneJobAreDrawnAtOnce by as many workers as there are, which are
// named; a band is drawn by one. Canceling the job stops them all.
func bandsOfOneJobAreDrawnAtOnce(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	r := record(untilStopped)
	for range 2 {
		w := f.open(t)
		hearing(t, w)
		serve(t, w, time.Second, r.handle, queue.Assignment{Lane: job.Batch, Concurrency: 2, Poll: soon})
	}
	eventually(t, "the workers are there", func() bool {
		slots, err := q.Slots(t.Context(), "")
		return err == nil && slots == 4
	})
	for range 2 {
		for band := range 4 {
			enqueue(t, q, part(t, 1, band))
		}
	}
	bands, workers := make(map[int]bool), make(map[string]bool)
	for range 4 {
		d := receive(t, r.calls, "a band")
		bands[d.task.Band], workers[d.Worker] = true, true
	}
	require.Len(t, bands, 4)
	require.Len(t, workers, 2)
	names, err := q.WorkersOf(t.Context(), task(t, 1, job.Control).ID)
	require.NoError(t, err)
	require.Len(t, names, 2)
	for _, name := range names {
		require.True(t, workers[name])
	}
	require.NoError(t, q.Cancel(t.Context(), task(t, 1, job.Control).Job()))
	eventually(t, "all are stopped", func() bool {
		pending, active, retry := f.count(t, job.Batch)
		return pending+active+retry == 0
	})
}

// notWaitingAreThoseToLookAt: what waits for a worker is left out, also for a
// retry.
func notWaitingAreThoseToLookAt(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	waits, taken, absent := task(t, 1, job.Control), task(t, 2, job.Control), task(t, 3, job.Control)
	enqueue(t, q, taken)
	f.abandon(t, job.Control, 0)
	enqueue(t, q, waits)
	others, err := q.NotWaiting(t.Context(), waits, taken, absent)
	require.NoError(t, err)
	require.Equal(t, []job.Task{taken, absent}, others)
	others, err = q.NotWaiting(t.Context())
	require.NoError(t, err)
	require.Empty(t, others)
}
