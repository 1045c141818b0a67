package ledger

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// TestGroupsHandleWhatWaitsTogether: who comes first waits for nobody, and those who come meanwhile are handled at once.
func TestGroupsHandleWhatWaitsTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var handled [][]int
		goOn := make(chan struct{})
		g := group[int]{handle: func(_ context.Context, items []int) error {
			handled = append(handled, items)
			<-goOn
			if len(items) > 1 {
				return context.Canceled
			}
			return nil
		}}
		var asking sync.WaitGroup
		errs := make([]error, 4)
		for i := range errs {
			asking.Go(func() { errs[i] = g.do(t.Context(), i) })
			synctest.Wait()
		}
		require.Equal(t, [][]int{{0}}, handled)
		close(goOn)
		asking.Wait()
		require.Equal(t, [][]int{{0}, {1, 2, 3}}, handled)
		require.NoError(t, errs[0])
		for _, err := range errs[1:] {
			require.ErrorIs(t, err, context.Canceled, "of all that were handled together")
		}
		require.NoError(t, g.do(t.Context(), 4), "it goes on")
	})
}

// TestGroupsOutliveAPanic of whoever handles: those who wait get an error, and the next are handled.
func TestGroupsOutliveAPanic(t *testing.T) {
	t.Parallel()
	g := group[int]{handle: func(_ context.Context, items []int) error {
		if items[0] == 0 {
			panic("no such item")
		}
		return nil
	}}
	require.ErrorContains(t, g.do(t.Context(), 0), "no such item")
	require.NoError(t, g.do(t.Context(), 1))
}
