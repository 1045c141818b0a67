package ledger_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

func planOf(bands ...job.Band) job.Plan { return job.Plan{Bands: bands} }

// firstPlanStands: planners race, and all get the same plan.
func firstPlanStands(t *testing.T, b *bundle) {
	t.Helper()
	j := accept(t, b.Ledger, parse(t, 1)).Job
	_, planned, err := b.Plan(t.Context(), j)
	require.NoError(t, err)
	require.False(t, planned)
	plans := make([]job.Plan, 8)
	errs := make([]error, 8)
	together(8, func(i int) {
		plans[i], errs[i] = b.StorePlan(t.Context(), j, planOf(job.Band{Start: 0, End: j.Spec.Height, Seconds: float64(1 + i)}))
	})
	for i := range plans {
		require.NoError(t, errs[i])
		require.Equal(t, plans[0], plans[i])
	}
	planned, err = b.Planned(t.Context(), j.ID)
	require.NoError(t, err)
	require.True(t, planned)
}

func plansMustFitTheirJob(t *testing.T, b *bundle) {
	t.Helper()
	j := accept(t, b.Ledger, parse(t, 1)).Job
	_, err := b.StorePlan(t.Context(), j, planOf(job.Band{Start: 0, End: j.Spec.Height + 1, Seconds: 1}))
	require.ErrorContains(t, err, "not the rows of the picture")
	_, planned, err := b.Plan(t.Context(), j)
	require.NoError(t, err)
	require.False(t, planned)
}

// partsAreRemoved, of their own job, and not the record.
func partsAreRemoved(t *testing.T, b *bundle) {
	t.Helper()
	j, other := accept(t, b.Ledger, parse(t, 1)).Job, accept(t, b.Ledger, parse(t, 2)).Job
	for _, id := range []spec.ID{j.ID, other.ID} {
		for _, band := range []int{0, 7, 123_456} {
			require.NoError(t, b.Band(id, band).Store(t.Context(), bytes.NewReader(make([]byte, 10+band%10))))
		}
	}
	bands, err := b.Bands(t.Context(), j.ID, 0)
	require.NoError(t, err)
	require.Equal(t, map[int]int64{0: 10, 7: 17, 123_456: 16}, bands)
	for first, want := range map[int]int{1: 2, 7: 2, 8: 1, 123_456: 1, 123_457: 0} {
		bands, err = b.Bands(t.Context(), j.ID, first)
		require.NoError(t, err)
		require.Len(t, bands, want, "from %d on", first)
	}
	require.ElementsMatch(t, []spec.ID{j.ID, other.ID}, withParts(t, b))

	for range 2 {
		require.NoError(t, b.RemoveParts(t.Context(), j.ID))
	}
	bands, err = b.Bands(t.Context(), j.ID, 0)
	require.NoError(t, err)
	require.Empty(t, bands)
	require.Equal(t, []spec.ID{other.ID}, withParts(t, b))
	_, err = b.Status(t.Context(), j.ID)
	require.NoError(t, err)
}

func withParts(t *testing.T, b *bundle) (ids []spec.ID) {
	t.Helper()
	for id, err := range b.WithParts(t.Context()) {
		require.NoError(t, err)
		ids = append(ids, id)
	}
	return ids
}

// askingAgainEndsAPause: a job that was held and canceled is not held when it is
// asked for again.
func askingAgainEndsAPause(t *testing.T, b *bundle) {
	t.Helper()
	s := parse(t, 1)
	j := accept(t, b.Ledger, s).Job
	requirePaused := func(want bool) {
		t.Helper()
		got, err := b.Paused(t.Context(), j.ID)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	requirePaused(false)
	for range 2 {
		require.NoError(t, b.Pause(t.Context(), j.ID))
	}
	accept(t, b.Ledger, s)
	requirePaused(true)
	require.True(t, slices.Contains(withParts(t, b), j.ID), "the mark is swept with the parts")
	finish(t, b, s, job.Canceled)
	accept(t, b.Ledger, s)
	requirePaused(false)
	require.NoError(t, b.Resume(t.Context(), j.ID))
}

// markersAreThoseOfOpenJobs, and become none when their run has ended.
func markersAreThoseOfOpenJobs(t *testing.T, b *bundle) {
	t.Helper()
	open, ended := parse(t, 1), parse(t, 2)
	accept(t, b.Ledger, open)
	accept(t, b.Ledger, ended)
	finish(t, b, ended, job.Failed)
	put(t, b.store, "open/"+string(ended.ID()))
	owed := make(map[spec.ID]bool)
	for m, err := range b.Markers(t.Context()) {
		require.NoError(t, err)
		_, owed[m.ID], err = b.Owed(t.Context(), m)
		require.NoError(t, err)
	}
	require.Equal(t, map[spec.ID]bool{open.ID(): true, ended.ID(): false}, owed)
	n := 0
	for _, err := range b.Markers(t.Context()) {
		require.NoError(t, err)
		n++
	}
	require.Equal(t, 1, n)
}
