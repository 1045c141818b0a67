package ledger_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage/storagetest"
)

// TestListReadsARecordOnce: a listing of the jobs that are open and one of those that have ended, and one request for each job,
// whatever has become of it.
func TestListReadsARecordOnce(t *testing.T) {
	t.Parallel()
	truth := storagetest.NewMemory()
	b := &bundle{Ledger: ledger.New(truth, ledger.Options{}), store: truth}
	for i, end := range []job.State{job.Queued, job.Done, job.Failed, job.Canceled} {
		for again := range 3 {
			s := parse(t, 1+10*i+again)
			accept(t, b.Ledger, s)
			for range again {
				finish(t, b, s, job.Failed)
				accept(t, b.Ledger, s)
			}
			if end.Final() {
				finish(t, b, s, end)
			}
		}
	}
	r := &storagetest.Counted{Store: truth}
	page, err := ledger.New(r, ledger.Options{}).List(t.Context(), "", 100, all)
	require.NoError(t, err)
	require.Len(t, page.Jobs, 12)
	operations := r.Taken()
	require.Len(t, operations, 2+12, "%s", operations)
	for _, st := range page.Jobs {
		want, err := b.Status(t.Context(), st.ID)
		require.NoError(t, err)
		require.Equal(t, want, st)
	}
}

// TestStatusListsNothing, which takes the longer the more jobs there are.
func TestStatusListsNothing(t *testing.T) {
	t.Parallel()
	truth := storagetest.NewMemory()
	r := &storagetest.Counted{Store: truth}
	b := &bundle{Ledger: ledger.New(r, ledger.Options{}), store: truth}
	s := parse(t, 1)
	accept(t, b.Ledger, s)
	for retries := range 40 {
		r.Taken()
		st, err := b.Status(t.Context(), s.ID())
		require.NoError(t, err)
		require.Equal(t, job.Queued, st.State, "after %d retries", retries)
		operations := r.Taken()
		require.NotContains(t, strings.Join(operations, "\n"), "list")
		if retries == 0 {
			require.Len(t, operations, 3, "%s", operations)
		}
		require.Less(t, len(operations), 16, "after %d retries", retries)
		p := finish(t, b, s, job.Failed)
		st, err = b.Status(t.Context(), s.ID())
		require.NoError(t, err)
		require.Equal(t, p, st.Progress)
		accept(t, b.Ledger, s)
	}
}

// TestAPageEndsInTime: with what it has, which is a job at least, and a cursor for
// what follows.
func TestAPageEndsInTime(t *testing.T) {
	t.Parallel()
	const n = 100
	truth := storagetest.NewMemory()
	want := make(map[spec.ID]bool)
	for i := range n {
		want[accept(t, ledger.New(truth, ledger.Options{}), parse(t, 1+i)).ID] = true
	}
	for _, took := range []time.Duration{50 * time.Millisecond, 700 * time.Millisecond, time.Minute} { // between two looks at the clock
		var clock time.Time
		slow := ledger.New(truth, ledger.Options{Now: func() time.Time {
			clock = clock.Add(took)
			return clock
		}})
		for _, look := range []ledger.Look{all, keeping(func(job.Status) bool { return false })} {
			pages, found := 0, make(map[spec.ID]bool)
			for cursor := ""; pages == 0 || cursor != ""; pages++ {
				page, err := slow.List(t.Context(), cursor, n, look)
				require.NoError(t, err)
				for _, st := range page.Jobs {
					require.False(t, found[st.ID], "once")
					found[st.ID] = true
				}
				require.NotEqual(t, cursor, page.Next, "no progress")
				cursor = page.Next
			}
			require.Greater(t, pages, 1)
			require.LessOrEqual(t, pages, n)
			if len(found) > 0 {
				require.Equal(t, want, found)
			}
		}
	}
}

// TestAPageEndsAfterManyRecords, none of which it keeps.
func TestAPageEndsAfterManyRecords(t *testing.T) {
	t.Parallel()
	truth := storagetest.NewMemory()
	for i := range 1100 {
		accept(t, ledger.New(truth, ledger.Options{}), parse(t, 1+i))
	}
	r := &storagetest.Counted{Store: truth}
	l := ledger.New(r, ledger.Options{})
	none := keeping(func(job.Status) bool { return false })
	page, err := l.List(t.Context(), "", 10, none)
	require.NoError(t, err)
	require.NotEmpty(t, page.Next)
	require.Less(t, len(r.Taken()), 1050)
	page, err = l.List(t.Context(), page.Next, 10, none)
	require.NoError(t, err)
	require.Empty(t, page.Next)
}

// TestLookComesBeforeTheRecords: what it finds out is older than the record, so that
// a job that is open on record had not ended when it was looked at.
func TestLookComesBeforeTheRecords(t *testing.T) {
	t.Parallel()
	truth := storagetest.NewMemory()
	for i := range 50 {
		accept(t, ledger.New(truth, ledger.Options{}), parse(t, 1+i))
	}
	var mu sync.Mutex
	looked := make(map[spec.ID]bool)
	l := ledger.New(storagetest.Intercepted{Store: truth, Do: func(name string, operation func() error) error {
		mu.Lock()
		defer mu.Unlock()
		if _, id, isEntry := strings.Cut(name, "-"); isEntry && !looked[spec.ID(id)] {
			return fmt.Errorf("%s was read before the look", name)
		}
		return operation()
	}}, ledger.Options{})
	jobs := walk(t, l, 7, func(ctx context.Context, ids []spec.ID) (func(*job.Status) bool, error) {
		mu.Lock()
		defer mu.Unlock()
		for _, id := range ids {
			looked[id] = true
		}
		return all(ctx, ids)
	})
	require.Len(t, jobs, 50)
	require.Len(t, looked, 50)
}
