package job_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/job"
)

func TestWedgedIsWorkThatWaitsWhileNothingIsDone(t *testing.T) {
	t.Parallel()
	now := time.Now()
	old := now.Add(-2 * time.Minute)
	waiting := job.Backlog{Lane: job.Batch, Pending: 1, Oldest: old, Slots: 2}
	idle := job.Worker{Since: old, Lanes: map[job.Lane]job.Share{job.Batch: {Slots: 2}}}
	busy := idle
	busy.Tasks = []job.Hold{{Lane: job.Batch}, {Lane: job.Batch}}
	elsewhere := idle
	elsewhere.Tasks = []job.Hold{{Lane: job.Control}, {Lane: job.Control}}
	fresh := idle
	fresh.Since = now
	blocked := job.Worker{Since: old, Lanes: map[job.Lane]job.Share{job.Batch: {Slots: 2, BlockedUntil: now.Add(time.Minute)}}}
	with := func(change func(*job.Backlog)) job.Backlog {
		lane := waiting
		change(&lane)
		return lane
	}
	deserted := with(func(l *job.Backlog) { l.Slots = 0 })
	ofPool := with(func(l *job.Backlog) { l.Slots, l.Lane = 0, "batch@large-memory" })
	for _, test := range []struct {
		name    string
		lane    job.Backlog
		workers []job.Worker
		advice  string // a word of it
	}{
		{"nothing waits", with(func(l *job.Backlog) { l.Pending = 0 }), nil, ""},
		{"it waits since now", with(func(l *job.Backlog) { l.Oldest = now }), []job.Worker{idle}, ""},
		{"something is done", with(func(l *job.Backlog) { l.Done = 1 }), []job.Worker{idle}, ""},
		{"all are at work", waiting, []job.Worker{busy}, ""},
		{"one has begun this moment", waiting, []job.Worker{idle, fresh}, ""},
		{"one has time", waiting, []job.Worker{busy, idle}, "Redis takes writes"},
		{"they work in other lanes", waiting, []job.Worker{elsewhere}, "Redis takes writes"},
		{"no workers", deserted, nil, "start one"},
		{"no workers of a pool", ofPool, []job.Worker{idle}, "mandelfarm worker --pool large-memory"},
		{"blocked workers", deserted, []job.Worker{blocked}, "blocked"},
		{"a paused lane", with(func(l *job.Backlog) { l.Paused = true }), []job.Worker{idle}, "paused"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			advice := job.Wedged(test.lane, test.workers, now)
			require.Contains(t, advice, test.advice)
			require.Equal(t, test.advice == "", advice == "", advice)
		})
	}
}
