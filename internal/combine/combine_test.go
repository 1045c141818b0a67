package combine_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/internal/combine"
)

// TestCombinersHandleWhatWaitsTogether: who comes first waits for nobody, and those who come meanwhile are handled at once.
func TestCombinersHandleWhatWaitsTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var handled [][]int
		goOn := make(chan struct{})
		c := combine.New(1000, 0, time.Minute, func(_ context.Context, items []int) error {
			handled = append(handled, items)
			<-goOn
			if len(items) > 1 {
				return context.Canceled
			}
			return nil
		})
		var asking sync.WaitGroup
		errs := make([]error, 4)
		for i := range errs {
			asking.Go(func() { errs[i] = c.Do(t.Context(), i) })
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
		require.NoError(t, c.Do(t.Context(), 4), "it goes on")
	})
}

// TestCombinersOutliveAPanic of whoever handles: those who wait get an error, and the next are handled.
func TestCombinersOutliveAPanic(t *testing.T) {
	t.Parallel()
	c := combine.New(1000, 0, time.Minute, func(_ context.Context, items []int) error {
		if items[0] == 0 {
			panic("no such item")
		}
		return nil
	})
	require.ErrorContains(t, c.Do(t.Context(), 0), "no such item")
	require.NoError(t, c.Do(t.Context(), 1))
}

// TestCombinersLingerWhileSeveralCome: after several at a time, the next who comes waits for others, and after one alone nobody does.
func TestCombinersLingerWhileSeveralCome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var handled [][]int
		goOn := make(chan struct{})
		c := combine.New(1000, time.Second, time.Minute, func(_ context.Context, items []int) error {
			handled = append(handled, items)
			<-goOn
			return nil
		})
		var asking sync.WaitGroup
		ask := func(items ...int) {
			for _, i := range items {
				asking.Go(func() { require.NoError(t, c.Do(t.Context(), i)) })
				synctest.Wait()
			}
		}
		ask(0, 1, 2)
		close(goOn)
		asking.Wait()
		ask(3, 4)
		asking.Wait()
		require.Equal(t, [][]int{{0}, {1, 2}, {3, 4}}, handled)
		ask(5)
		asking.Wait()
		start := time.Now()
		ask(6)
		asking.Wait()
		require.Zero(t, time.Since(start))
	})
}

// TestNobodyWaitsForeverBehindOthers: what hangs is ended after the limit; who leaves before their turn is not handled, and whoever leads goes on.
func TestNobodyWaitsForeverBehindOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var handled [][]int
		c := combine.New(1000, 0, time.Minute, func(ctx context.Context, items []int) error {
			handled = append(handled, items)
			if items[0] > 0 {
				return nil
			}
			<-ctx.Done()
			return ctx.Err()
		})
		var asking sync.WaitGroup
		ask := func(i int, limit time.Duration, want error) {
			asking.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), limit)
				defer cancel()
				start := time.Now()
				require.ErrorIs(t, c.Do(ctx, i), want, "item %d", i)
				require.LessOrEqual(t, time.Since(start), time.Minute)
			})
			synctest.Wait()
		}
		ask(0, time.Second, context.DeadlineExceeded) // which leads, and so stays
		ask(1, 2*time.Second, context.DeadlineExceeded)
		ask(2, time.Hour, nil)
		asking.Wait()
		require.Equal(t, [][]int{{0}, {2}}, handled)
	})
}
