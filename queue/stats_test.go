package queue_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
	"mandelfarm/job"
	"mandelfarm/queue"
)

// rowsOfABandDoNotBecomeLess although another worker begins it anew, until it is stored.
func rowsOfABandDoNotBecomeLess(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	id := task(t, 1, job.Control).ID
	began := time.UnixMilli(1_700_000_000_123)
	for _, rows := range []int{0, 8, 40, 8} {
		require.NoError(t, q.RowsDrawn(t.Context(), id, job.Drawing{Band: 3, Rows: rows, Since: began.Add(time.Duration(rows))}))
	}
	require.NoError(t, q.RowsDrawn(t.Context(), id, job.Drawing{Band: 4, Rows: 1, Since: began}))
	drawing, err := q.DrawingOf(t.Context(), id)
	require.NoError(t, err)
	require.ElementsMatch(t, []job.Drawing{{Band: 3, Rows: 40, Since: began}, {Band: 4, Rows: 1, Since: began}}, drawing)

	_, err = q.Stored(t.Context(), id, time.Now(), 3)
	require.NoError(t, err)
	drawing, err = q.DrawingOf(t.Context(), id)
	require.NoError(t, err)
	require.Len(t, drawing, 1, "a band that is stored is no longer drawn")
	require.NoError(t, q.Forget(t.Context(), id))
	drawing, err = q.DrawingOf(t.Context(), id)
	require.NoError(t, err)
	require.Empty(t, drawing)
}

// prepassesAreToldWhileTheyAreComputed: of a job that a worker is on.
func prepassesAreToldWhileTheyAreComputed(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	runs := task(t, 1, job.Control)
	require.NoError(t, q.PrepassAt(t.Context(), runs.ID, 0.25))
	known, err := q.ProgressOf(t.Context(), runs.ID)
	require.NoError(t, err)
	require.Empty(t, known, "nobody is on it")

	seen := make(chan float64, 2)
	serve(t, q, time.Second, func(ctx context.Context, _ job.Task, _ job.Delivery) error {
		for _, done := range []float64{0.5, 1} {
			if err := q.PrepassAt(ctx, runs.ID, done); err != nil {
				return err
			}
			known, err := q.ProgressOf(ctx, runs.ID)
			if err != nil {
				return err
			}
			seen <- known[runs.ID].Prepass
		}
		return nil
	}, assign(job.Control, soon))
	enqueue(t, q, runs)
	require.InDelta(t, 0.5, receive(t, seen, "the prepass"), 0)
	require.Zero(t, receive(t, seen, "its end"), "it is complete")
}

// statsAreWhatTheLanesHold, and who works on them.
func statsAreWhatTheLanesHold(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	s, err := q.Stats(t.Context())
	require.NoError(t, err)
	require.Zero(t, s.Workers)
	require.Len(t, s.Lanes, len(job.Lanes()))

	for n := range 6 {
		enqueue(t, q, task(t, n+1, job.Control))
	}
	require.NoError(t, q.Revive(t.Context(), task(t, 9, job.Batch)))
	before := time.Now()
	require.Eventually(t, func() bool {
		s, err = q.Stats(t.Context())
		require.NoError(t, err)
		return lane(s, job.Control).Oldest >= 20*time.Millisecond
	}, testTimeout, time.Millisecond)
	assert.Equal(t, map[string]int{"pending": 6, "active": 0, "scheduled": 0, "retry": 0, "archived": 0}, lane(s, job.Control).Tasks)
	assert.Less(t, lane(s, job.Control).Oldest, time.Since(before)+testTimeout)
	assert.Zero(t, lane(s, job.Interactive).Oldest)
	assert.False(t, lane(s, job.Batch).Paused)
	assert.Equal(t, queue.Counts{Revived: 1}, q.Counts())

	require.NoError(t, f.rdb.Set(t.Context(), "asynq:{batch}:paused", 1, 0).Err())
	busy := record(untilStopped)
	serve(t, q, 0, busy.handle, assign(job.Control, soon))
	for range 4 {
		queued := receive(t, busy.calls, "the first tasks").QueuedAt
		assert.WithinDuration(t, before, queued, testTimeout)
	}
	s, err = q.Stats(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 4, lane(s, job.Control).Tasks["active"])
	assert.Equal(t, 2, lane(s, job.Control).Tasks["pending"])
	assert.True(t, lane(s, job.Batch).Paused)
	assert.Equal(t, 1, lane(s, job.Batch).Tasks["pending"])
}

func lane(s queue.Stats, want job.Lane) queue.LaneStats {
	for _, l := range s.Lanes {
		if l.Lane == want {
			return l
		}
	}
	return queue.LaneStats{}
}

// TestStatsOfASilentRedisAreAnError and not those of an empty one.
func TestStatsOfASilentRedisAreAnError(t *testing.T) {
	t.Parallel()
	redis := testenv.Redis(t)
	f := &farm{url: redis.URL()}
	q := f.open(t)
	_, err := q.Stats(t.Context())
	require.NoError(t, err)
	redis.Stop(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	_, err = q.Stats(ctx)
	require.ErrorIs(t, err, job.ErrUnavailable)
}
