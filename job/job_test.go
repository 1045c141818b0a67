package job_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// TestStateTable goes through every pair of states.
func TestStateTable(t *testing.T) {
	t.Parallel()
	table := map[job.State][]job.State{
		job.Queued:   {job.Running, job.Done, job.Failed, job.Canceled},
		job.Running:  {job.Queued, job.Done, job.Failed, job.Canceled},
		job.Done:     {job.Queued},
		job.Failed:   {job.Queued},
		job.Canceled: {job.Queued},
	}
	require.Len(t, table, len(job.States()))
	for _, from := range job.States() {
		for _, to := range job.States() {
			require.Equal(t, slices.Contains(table[from], to), from.CanBecome(to), "from %s to %s", from, to)
		}
	}
}

func TestFinalStatesAreThoseThatOnlyARetryLeaves(t *testing.T) {
	t.Parallel()
	for _, from := range job.States() {
		var next []job.State
		for _, to := range job.States() {
			if from.CanBecome(to) {
				next = append(next, to)
			}
		}
		require.Equal(t, len(next) == 1 && next[0] == job.Queued, from.Final(), "%s becomes %s", from, next)
	}
}

func TestOnlyWhatEndedWithoutAnImageCanBeRetried(t *testing.T) {
	t.Parallel()
	for _, s := range job.States() {
		require.Equal(t, s == job.Failed || s == job.Canceled, s.CanRetry(), "%s", s)
		require.True(t, !s.CanRetry() || s.CanBecome(job.Queued), "%s", s)
	}
}

func TestParseState(t *testing.T) {
	t.Parallel()
	for _, s := range job.States() {
		got, ok := job.ParseState(string(s))
		require.True(t, ok)
		require.Equal(t, s, got)
	}
	for _, s := range []string{"", "Done", "done ", "finished"} {
		got, ok := job.ParseState(s)
		require.False(t, ok, "%q", s)
		require.False(t, got.Final(), "%q is no state, and so not final", s)
		for _, known := range job.States() {
			require.False(t, got.CanBecome(known))
			require.False(t, known.CanBecome(got))
		}
	}
}

func TestTaskSurvivesJSON(t *testing.T) {
	t.Parallel()
	for _, lane := range job.Lanes() {
		want := job.ImageTask(parse(t, `{"width": 64, "height": 48, "center": {"re": "-1.25e-300", "im": "0.1"}}`), lane)
		data, err := json.Marshal(want)
		require.NoError(t, err)
		var got job.Task
		require.NoError(t, json.Unmarshal(data, &got))
		require.Equal(t, want, got)
		require.NoError(t, got.Verify())
	}
}

func TestVerifyRefusesTasksOfAnotherRenderer(t *testing.T) {
	t.Parallel()
	task := job.ImageTask(parse(t, `{"width": 64, "height": 48}`), job.Batch)
	task.ID = spec.ID(strings.Repeat("0", 40))
	err := task.Verify()
	require.ErrorIs(t, err, job.ErrVersion)
	require.ErrorContains(t, err, string(task.ID))
	require.ErrorContains(t, err, string(task.Spec.ID()))
}

func TestDelivery(t *testing.T) {
	t.Parallel()
	for try, last := range map[int]bool{1: false, 2: false, 3: true, 4: true} {
		require.Equal(t, last, job.Delivery{Try: try, MaxTries: 3}.Last(), "try %d of 3", try)
	}
	began := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	d := job.Delivery{Try: 2, MaxTries: 5, Worker: "host-1", StartedAt: began}
	require.Equal(t, job.Progress{State: job.Running, StartedAt: began, Attempts: 2, Worker: "host-1"}, d.Progress())
}

// ExampleStatus is what a client sees of a job.
func ExampleStatus() {
	s, err := spec.Parse([]byte(`{"width": 64, "height": 48, "coloring": {"method": "set"}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	accepted := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	data, err := json.MarshalIndent(job.Status{
		Job:      job.Job{ID: "b5bb9d8014a0f9b1d61e21e796d78dccdf1352f2", Spec: s, AcceptedAt: accepted},
		Progress: job.Progress{State: job.Queued},
	}, "", "  ")
	fmt.Println(string(data), err)
	// Output:
	// {
	//   "id": "b5bb9d8014a0f9b1d61e21e796d78dccdf1352f2",
	//   "spec": {
	//     "formula": "mandelbrot",
	//     "center": {
	//       "re": "-0.75",
	//       "im": "0"
	//     },
	//     "radius": "1.25",
	//     "width": 64,
	//     "height": 48,
	//     "max_iterations": 1000,
	//     "samples": 1,
	//     "coloring": {
	//       "method": "set"
	//     }
	//   },
	//   "accepted_at": "2026-01-02T03:04:05Z",
	//   "state": "queued"
	// } <nil>
}

func parse(t *testing.T, data string) spec.Spec {
	t.Helper()
	s, err := spec.Parse([]byte(data))
	require.NoError(t, err)
	return s
}
