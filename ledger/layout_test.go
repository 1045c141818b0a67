package ledger_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// layout is how jobs are on record: by this version, or by those that kept ends apart from the index.
type layout struct {
	name   string
	accept func(t *testing.T, b *bundle, s spec.Spec) job.Status
	// end, entry and marker are the keys of the end of a job's first run, of what a list shows of it then, and of what says that
	// it is owed.
	end, entry, marker func(st job.Status) string
}

func layouts() []layout {
	return []layout{
		{
			name:   "this version",
			accept: func(t *testing.T, b *bundle, s spec.Spec) job.Status { t.Helper(); return accept(t, b.Ledger, s) },
			end:    func(st job.Status) string { return "recent/" + place(st) },
			entry:  func(st job.Status) string { return "recent/" + place(st) },
			marker: func(st job.Status) string { return "open/" + place(st) },
		},
		{
			name:   "earlier versions",
			accept: acceptEarlier,
			end:    func(st job.Status) string { return "jobs/" + string(st.ID) + "/result.json" },
			entry:  func(st job.Status) string { return "recent/" + down(st) + "-" + string(st.ID) },
			marker: func(st job.Status) string { return "open/" + string(st.ID) },
		},
	}
}

func down(st job.Status) string {
	return fmt.Sprintf("%013d", 9_999_999_999_999-st.AcceptedAt.UnixMilli())
}

func place(st job.Status) string {
	d := down(st)
	return d[:7] + "/" + d[7:10] + "/" + d[10:] + "-" + string(st.ID)
}

// acceptEarlier stores what earlier versions did of a job that they accepted.
func acceptEarlier(t *testing.T, b *bundle, s spec.Spec) job.Status {
	t.Helper()
	st := job.Status{
		Job:      job.Job{ID: s.ID(), Spec: s, AcceptedAt: time.Now().UTC().Truncate(time.Millisecond)},
		Progress: job.Progress{State: job.Queued},
	}
	record := map[string]any{"version": spec.Version, "id": st.ID, "spec": s, "accepted_at": st.AcceptedAt}
	for _, key := range []string{"jobs/" + string(st.ID) + "/job.json", "recent/" + down(st) + "-" + string(st.ID)} {
		data, err := json.Marshal(record)
		require.NoError(t, err)
		store(t, b, key, string(data))
		record["run"], record["state"] = 0, job.Queued // of the entry
	}
	put(t, b.store, "open/"+string(st.ID))
	return st
}

// jobsOfEarlierVersionsGoOn as if this one had accepted them, where they were.
func jobsOfEarlierVersionsGoOn(t *testing.T, b *bundle) {
	t.Helper()
	earlier := layouts()[1]
	s := parse(t, 1)
	st := earlier.accept(t, b, s)
	require.Equal(t, st, accept(t, b.Ledger, s), "accepted again")
	got, err := b.Status(t.Context(), s.ID())
	require.NoError(t, err)
	require.Equal(t, st, got)
	require.Equal(t, []spec.ID{s.ID()}, open(t, b.Ledger))
	require.Equal(t, []spec.ID{s.ID()}, listed(t, b.Ledger, 10))
	for round := range 3 {
		p := finish(t, b, s, job.Failed)
		again, err := b.Finish(t.Context(), s.ID(), job.Progress{State: job.Canceled})
		require.NoError(t, err)
		require.Equal(t, p, again, "the first end stands")
		first, err := b.RunStatus(t.Context(), s.ID(), round)
		require.NoError(t, err)
		require.Equal(t, p, first.Progress)
		require.Empty(t, keys(t, b.store, "open/"))
		require.Equal(t, []job.Status{{Job: st.Job, Progress: p}}, walk(t, b.Ledger, 10, all))
		require.Equal(t, st, accept(t, b.Ledger, s), "asked for again")
		require.Equal(t, []spec.ID{s.ID()}, open(t, b.Ledger))
	}
	require.Equal(t, []string{earlier.entry(st)}, keys(t, b.store, "recent/"), "it stays in its place")
	require.Contains(t, keys(t, b.store, "jobs/"), earlier.end(st))
}

// listsHaveTheJobsOfAllVersions once each, in pages of any size.
func listsHaveTheJobsOfAllVersions(t *testing.T, b *bundle) {
	t.Helper()
	want := make(map[spec.ID]job.State)
	for i := range 30 {
		s, state := parse(t, 1+i), job.States()[i%5]
		layouts()[i%2].accept(t, b, s)
		if state = recorded(state); state.Final() {
			finish(t, b, s, state)
		}
		want[s.ID()] = state
	}
	for limit := range 8 {
		got := make(map[spec.ID]job.State)
		for _, st := range walk(t, b.Ledger, limit, all) {
			require.NotContains(t, got, st.ID, "listed twice in pages of %d", limit)
			got[st.ID] = st.State
		}
		require.Equal(t, want, got, "in pages of %d", limit)
	}
}

// recorded is a state that a ledger knows.
func recorded(s job.State) job.State {
	if s == job.Running {
		return job.Queued
	}
	return s
}

// endsOfEarlierRunsAreKept when the index shows a later one.
func endsOfEarlierRunsAreKept(t *testing.T, b *bundle) {
	t.Helper()
	for n, state := range []job.State{job.Failed, job.Canceled, job.Done} {
		s := parse(t, 1+n)
		accept(t, b.Ledger, s)
		p := finish(t, b, s, state)
		require.NoError(t, b.store.Delete(t.Context(), imageKey(s)))
		accept(t, b.Ledger, s)
		finish(t, b, s, job.Canceled)
		st, err := b.RunStatus(t.Context(), s.ID(), 0)
		require.NoError(t, err)
		require.Equal(t, p, st.Progress)
	}
}

// heldJobsAreNotWanted, nor those that have ended, in whichever run.
func heldJobsAreNotWanted(t *testing.T, b *bundle) {
	t.Helper()
	wanted := func(j job.Job) bool {
		t.Helper()
		now, ok, err := b.Wanted(t.Context(), j)
		require.NoError(t, err)
		require.Equal(t, j.Spec, now.Spec)
		return ok
	}
	for n, l := range layouts() {
		s := parse(t, 1+n)
		st := l.accept(t, b, s)
		for run := range 3 {
			require.True(t, wanted(st.Job), "%s, run %d", l.name, run)
			require.NoError(t, b.Pause(t.Context(), st.ID))
			require.False(t, wanted(st.Job), "%s, run %d is held", l.name, run)
			require.Equal(t, []spec.ID{st.ID}, open(t, b.Ledger), "it is owed all the same")
			require.NoError(t, b.Resume(t.Context(), st.ID))
			require.True(t, wanted(st.Job), "%s, run %d goes on", l.name, run)
			finish(t, b, s, job.Failed)
			require.False(t, wanted(st.Job), "%s, run %d has ended", l.name, run)
			accept(t, b.Ledger, s)
		}
		finish(t, b, s, job.Canceled)
	}
	stranger := parse(t, 99)
	require.True(t, wanted(job.Job{ID: stranger.ID(), Spec: stranger}), "nothing says that it is not")
}
