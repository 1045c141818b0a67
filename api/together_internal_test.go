package api

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
	"mandelfarm/storage/dir"
	"mandelfarm/storage/storagetest"
)

// meeting is a store in which none of so many records is created before all are about to be.
func meeting(store storage.Store, records int) storage.Store {
	var absent sync.WaitGroup
	absent.Add(records)
	return storagetest.Intercepted{Store: store, Do: func(name string, operation func() error) error {
		if strings.HasPrefix(name, "create jobs/") {
			absent.Done()
			absent.Wait()
		}
		return operation()
	}}
}

// TestSmallJobsOnTheSameTermsAreAcceptedTogether, and those on other terms at the same time.
func TestSmallJobsOnTheSameTermsAreAcceptedTogether(t *testing.T) {
	t.Parallel()
	folder, err := dir.Open(t.TempDir())
	require.NoError(t, err)
	defer folder.Close()
	synctest.Test(t, func(t *testing.T) {
		titles := []string{"one", "other", "alone", "one", "other"}
		s := &Server{deps: Dependencies{Ledger: ledger.New(meeting(folder, len(titles)), ledger.Options{})}}
		items := make([]*submission, len(titles))
		for i, title := range titles {
			items[i] = &submission{terms: job.Terms{Title: title}}
			items[i].wanted, err = spec.Parse(fmt.Appendf(nil, `{"width": %d, "height": 10}`, 10+i))
			require.NoError(t, err)
		}
		require.NoError(t, s.acceptAll(t.Context(), items))
		for i, a := range items {
			require.NoError(t, a.err)
			require.Equal(t, titles[i], a.st.Title)
			require.Equal(t, a.wanted, a.st.Spec)
		}
		require.Empty(t, items[2].st.Group)
		require.NotEqual(t, items[0].st.Group, items[1].st.Group)
		for _, pair := range [][2]*submission{{items[0], items[3]}, {items[1], items[4]}} {
			require.NotEmpty(t, pair[0].st.Group)
			require.Equal(t, pair[0].st.Group, pair[1].st.Group)
			require.NotNil(t, pair[0].queues, "the first of a group queues it")
			require.Nil(t, pair[1].queues)
			require.Len(t, pair[0].queues.Jobs, 2)
		}
	})
}
