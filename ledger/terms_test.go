package ledger_test

import (
	"context"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage/dir"
)

// onFolder is a ledger in a folder of its own, and its store.
func onFolder(t *testing.T) (*ledger.Ledger, *dir.Store) {
	t.Helper()
	store, err := dir.Open(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return ledger.New(store, ledger.Options{}), store
}

func picture(t *testing.T, width int) spec.Spec {
	t.Helper()
	s, err := spec.Normalize(spec.Draft{Width: width, Height: 10})
	require.NoError(t, err)
	return s
}

func TestTermsStayWhatTheyWereButThePriority(t *testing.T) {
	t.Parallel()
	l, _ := onFolder(t)
	s := picture(t, 10)
	first := job.Terms{Priority: job.Low, Title: "first", Tags: []string{"a"}}
	st, err := l.AcceptAs(t.Context(), s, first)
	require.NoError(t, err)
	require.Equal(t, first, st.Terms)
	st, err = l.AcceptAs(t.Context(), s, job.Terms{Priority: job.High, Title: "second"})
	require.NoError(t, err)
	require.Equal(t, first, st.Terms)
	_, err = l.SetPriority(t.Context(), st.Job, job.High)
	require.NoError(t, err)
	st, err = l.Status(t.Context(), s.ID())
	require.NoError(t, err)
	first.Priority = job.High
	require.Equal(t, first, st.Terms)
	page, err := l.List(t.Context(), "", 10, func(context.Context, []spec.ID) (func(*job.Status) bool, error) {
		return func(*job.Status) bool { return true }, nil
	})
	require.NoError(t, err)
	require.Len(t, page.Jobs, 1)
	require.Equal(t, first, page.Jobs[0].Terms)
}

func TestJobsAreFoundByTheBeginningOfTheirID(t *testing.T) {
	t.Parallel()
	l, _ := onFolder(t)
	want := make(map[string][]spec.ID)
	for width := range 40 {
		s := picture(t, width+1)
		_, err := l.Accept(t.Context(), s)
		require.NoError(t, err)
		for _, n := range []int{1, 2, 40} {
			prefix := string(s.ID())[:n]
			want[prefix] = append(want[prefix], s.ID())
		}
	}
	for prefix, ids := range want {
		var found []spec.ID
		for id, err := range l.WithPrefix(t.Context(), prefix) {
			require.NoError(t, err)
			found = append(found, id)
		}
		require.ElementsMatch(t, ids, found, "with %s", prefix)
	}
	for id, err := range l.WithPrefix(t.Context(), "0123456789abcdef0123456789abcdef01234567") {
		require.NoError(t, err)
		require.Fail(t, "found", "%s", id)
	}
}

func TestPurgeLeavesNothingOfAJobAndAllOfOthers(t *testing.T) {
	t.Parallel()
	l, store := onFolder(t)
	s := picture(t, 10)
	keys := func() (all []string) {
		for info, err := range store.List(t.Context(), "", "") {
			require.NoError(t, err)
			all = append(all, info.Key)
		}
		return all
	}
	_, err := l.Accept(t.Context(), picture(t, 20))
	require.NoError(t, err)
	before := keys()
	st, err := l.Accept(t.Context(), s)
	require.NoError(t, err)
	_, err = l.Finish(t.Context(), st.ID, job.Progress{State: job.Failed})
	require.NoError(t, err)
	_, err = l.Accept(t.Context(), s) // another run
	require.NoError(t, err)
	require.NoError(t, l.Pause(t.Context(), st.ID))
	_, err = l.StorePlan(t.Context(), st.Job, job.Plan{Bands: []job.Band{{End: 10}}})
	require.NoError(t, err)
	for _, o := range []ledger.Object{l.Band(st.ID, 0), l.Preview(st.ID), l.Image(st.ID, s.Format)} {
		require.NoError(t, o.Store(t.Context(), nothing{}))
	}
	_, err = l.Finish(t.Context(), st.ID, job.Progress{State: job.Canceled})
	require.NoError(t, err)
	paused, err := l.PausedJobs(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[spec.ID]bool{st.ID: true}, paused)

	require.NoError(t, l.Purge(t.Context(), st.Job))
	require.Equal(t, before, keys())
	_, err = l.Status(t.Context(), st.ID)
	require.ErrorIs(t, err, job.ErrUnknown)
	require.NoError(t, l.Purge(t.Context(), st.Job), "again")
	st, err = l.Accept(t.Context(), s)
	require.NoError(t, err)
	require.Equal(t, job.Queued, st.State, "it is a new job")
}

// nothing is an object without bytes.
type nothing struct{}

func (nothing) Read([]byte) (int, error) { return 0, io.EOF }
