package queue_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/access"
	"mandelfarm/job"
	"mandelfarm/queue"
)

func charge(quota, amount int64, window time.Duration) access.Charge {
	return access.Charge{Budget: access.Budget{Name: "requests", Quota: quota, Window: window}, Amount: amount}
}

func budgetsAreSharedAndNeverOverspent(t *testing.T, f *farm) {
	t.Helper()
	queues := []*queue.Queue{f.open(t), f.open(t)}
	var spent atomic.Int64
	var clients sync.WaitGroup
	for i := range 40 {
		clients.Go(func() {
			left, err := queues[i%2].Spend(t.Context(), "a", charge(10, 1, 24*time.Hour))
			if assert.NoError(t, err) && left.Wait == 0 {
				spent.Add(1)
			}
		})
	}
	clients.Wait()
	require.EqualValues(t, 10, spent.Load())
	left, err := queues[0].Spend(t.Context(), "b", charge(10, 1, 24*time.Hour))
	require.NoError(t, err)
	require.EqualValues(t, 9, left.Left, "another client's")
	require.Zero(t, left.Wait)
	left, err = queues[0].Spend(t.Context(), "a", charge(10, 1, 24*time.Hour))
	require.NoError(t, err)
	require.Zero(t, left.Left)
	require.Greater(t, left.Wait, 2*time.Hour)
	require.LessOrEqual(t, left.Wait, 24*time.Hour/10)
}

func budgetsFillUp(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	spend := func(amount int64) access.Balance {
		left, err := q.Spend(t.Context(), "a", charge(1000, amount, 1000*time.Second)) // one a second
		require.NoError(t, err)
		return left
	}
	require.Zero(t, spend(1000).Wait)
	require.Positive(t, spend(100).Wait)
	eventually(t, "there are tokens again", func() bool { return spend(1).Wait == 0 })
}

func whatIsPaidForIsFree(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	spend := func(client, what string, amount int64) access.Balance {
		c := charge(100, amount, 24*time.Hour)
		c.For = what
		left, err := q.Spend(t.Context(), client, c)
		require.NoError(t, err)
		return left
	}
	require.EqualValues(t, 40, spend("a", "x", 60).Left)
	again := spend("a", "x", 60)
	require.EqualValues(t, 40, again.Left)
	require.Zero(t, again.Wait, "it is not refused for lack of tokens")
	require.Positive(t, spend("a", "y", 60).Wait)
	require.Positive(t, spend("a", "y", 60).Wait, "what was refused is not paid for")
	require.EqualValues(t, 40, spend("b", "x", 60).Left, "by another")
}

func moreThanTheQuotaIsADebt(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	left, err := q.Spend(t.Context(), "a", charge(100, 250, time.Hour))
	require.NoError(t, err)
	require.Zero(t, left.Wait)
	require.Zero(t, left.Left)
	require.InDelta(t, 2.5, left.Full.Hours(), 0.01)
	left, err = q.Spend(t.Context(), "a", charge(100, 1, time.Hour))
	require.NoError(t, err)
	require.InDelta(t, 1.51, left.Wait.Hours(), 0.05)
}

func keysAreHeardOf(t *testing.T, f *farm) {
	t.Helper()
	told, teller := f.open(t), f.open(t)
	changed, leave := told.KeysChanged()
	defer leave()
	eventually(t, "word of keys", func() bool {
		require.NoError(t, teller.PublishKeys(t.Context()))
		select {
		case <-changed:
			return true
		default:
			return false
		}
	})
}

func TestBudgetsWithoutRedis(t *testing.T) {
	t.Parallel()
	q := (&farm{url: "redis://127.0.0.1:1"}).open(t)
	_, err := q.Spend(t.Context(), "a", charge(1, 1, time.Hour))
	require.ErrorIs(t, err, job.ErrUnavailable)
}
