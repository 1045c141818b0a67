package worker_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/job"
	"mandelfarm/queue"
	"mandelfarm/queue/embedded"
	"mandelfarm/renderer/spec"
	"mandelfarm/worker"
)

const interval = 2 * time.Second

// TestReconcileQueuesWhatIsOwed and nothing else.
func TestReconcileQueuesWhatIsOwed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBundle(t)
		var owed []job.Task
		for width := range 5 {
			s := plain(t, 1+width, 1)
			accept(t, b, s)
			owed = append(owed, job.ImageTask(s, job.Control))
		}
		_, err := b.ledger.Finish(t.Context(), owed[4].ID, job.Progress{State: job.Canceled})
		require.NoError(t, err)
		reconcile(t, interval/2, b)
		require.ElementsMatch(t, owed[:4], b.queue.revived)
		require.Equal(t, 1, b.queue.tidied, "what the dead have left is removed, in the same turn")
	})
}

// TestReconcileTidiesUpWhateverElseFails.
func TestReconcileTidiesUpWhateverElseFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBundle(t)
		accept(t, b, plain(t, 1, 1))
		b.queue.broken = job.ErrUnavailable
		reconcile(t, interval/2, b)
		require.Len(t, b.queue.revived, 1)
		require.Equal(t, 1, b.queue.tidied)
	})
}

// TestReconcileIsOneWorkersTurnAtATime, however many there are, and takes place
// in every interval, however few.
func TestReconcileIsOneWorkersTurnAtATime(t *testing.T) {
	t.Parallel()
	for _, workers := range []int{1, 2, 7} {
		t.Run(strconv.Itoa(workers), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBundle(t)
				all := make([]*bundle, workers)
				for i := range all {
					all[i] = b
				}
				const intervals = 20
				reconcile(t, intervals*interval, all...)
				passes := b.queue.passes
				require.GreaterOrEqual(t, len(passes), intervals*4/5)
				for i := 1; i < len(passes); i++ {
					require.GreaterOrEqual(t, passes[i].Sub(passes[i-1]), interval)
					require.LessOrEqual(t, passes[i].Sub(passes[i-1]), interval*5/4+maxTrip)
				}
			})
		})
	}
}

// TestReconcileGoesOnAfterABadRecord: one job that cannot be read does not cost
// the others theirs.
func TestReconcileGoesOnAfterABadRecord(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBundle(t)
		for width := range 5 {
			accept(t, b, plain(t, 1+width, 1))
		}
		bad := plain(t, 3, 1).ID()
		require.NoError(t, b.store.Put(t.Context(), "jobs/"+string(bad)+"/job.json", "", strings.NewReader("{")))
		reconcile(t, interval/2, b)
		require.Len(t, b.queue.revived, 4)
	})
}

// TestReconcileWaitsForAQueueThatIsUnavailable instead of trying every job.
func TestReconcileWaitsForAQueueThatIsUnavailable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBundle(t)
		for width := range 5 {
			accept(t, b, plain(t, 1+width, 1))
		}
		b.queue.broken = job.ErrUnavailable
		reconcile(t, 4*interval-interval/8, b)
		require.Len(t, b.queue.revived, len(b.queue.passes))
		require.Greater(t, len(b.queue.passes), 2)
	})
}

// TestReconcileKeepsTheIDThatWasPromised: a job that another version of the
// renderer accepted is for a worker of that version.
func TestReconcileKeepsTheIDThatWasPromised(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, s := newBundle(t), plain(t, 1, 1)
		id := spec.ID(strings.Repeat("0", 40))
		record := fmt.Sprintf(`{"id": %q, "spec": %s, "accepted_at": "2026-01-02T03:04:05Z"}`, id, s.Canonical())
		for key, data := range map[string]string{"jobs/" + string(id) + "/job.json": record, "open/" + string(id): ""} {
			require.NoError(t, b.store.Put(t.Context(), key, "", strings.NewReader(data)))
		}
		reconcile(t, interval/2, b)
		require.Equal(t, []job.Task{{Kind: job.KindImage, Lane: job.Control, ID: id, Spec: s}}, b.queue.revived)
	})
}

// reconcile has workers reconcile for a while.
func reconcile(t *testing.T, while time.Duration, workers ...*bundle) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for _, w := range workers {
		all.Go(func() { w.Reconcile(ctx, interval) })
	}
	<-time.After(while)
	cancel()
	all.Wait()
}

// TestJobsThatWereOnlyAcceptedAreDrawn on a farm of two workers and an empty
// queue: what a lost Redis leaves.
func TestJobsThatWereOnlyAcceptedAreDrawn(t *testing.T) {
	t.Parallel()
	server, err := embedded.Start()
	require.NoError(t, err)
	defer server.Close()
	b := newBundle(t)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	var queues []*queue.Queue
	for range 2 {
		q, err := queue.Open(t.Context(), queue.Config{URL: server.URL(), Limit: 100, Log: logger(t)})
		require.NoError(t, err)
		defer func() { require.NoError(t, q.Close()) }()
		queues = append(queues, q)
	}
	const n = 20
	var noticed []<-chan job.Notice
	for i := range n {
		s := plain(t, 64, 1+i)
		notices, unsubscribe := queues[0].Subscribe(s.ID())
		defer unsubscribe()
		noticed = append(noticed, notices)
		accept(t, b, s)
	}
	for _, q := range queues {
		w := worker.New(worker.Config{Band: time.Second}, dependencies(t, b.ledger, q))
		assigned := []queue.Assignment{{Lane: job.Control, Concurrency: 2, Poll: time.Minute}}
		running.Go(func() {
			if err := q.Serve(ctx, assigned, time.Second, w.Handle); err != nil {
				t.Error(err)
			}
		})
		running.Go(func() { w.Reconcile(ctx, 100*time.Millisecond) })
	}
	for i, notices := range noticed {
		s := plain(t, 64, 1+i)
		require.Eventually(t, func() bool {
			select {
			case n := <-notices:
				return n == job.Notice{ID: s.ID(), State: job.Done}
			default:
				return false
			}
		}, 20*time.Second, 5*time.Millisecond, "word of job %d", i)
		require.Equal(t, draw(t, s), image(t, b, s))
		requireState(t, b, s, job.Done)
	}
	require.Equal(t, n, b.store.puts, "images drawn")
	for j, err := range b.ledger.Open(t.Context()) {
		require.NoError(t, err)
		require.Fail(t, "still owed", "job %s", j.ID)
	}
}

// TestReconcileLeavesAloneWhatWaits, without a look at its record.
func TestReconcileLeavesAloneWhatWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBundle(t)
		var lost job.Task
		for width := range 5 {
			s := plain(t, 1+width, 1)
			accept(t, b, s)
			if lost = job.ImageTask(s, job.Control); width < 4 {
				b.queue.waiting[s.ID()] = true
			}
		}
		var gets atomic.Int64
		b.store.Store = &failingStore{Store: b.store.Store, fail: func(op, _ string) bool {
			if op == "get" {
				gets.Add(1)
			}
			return false
		}}
		reconcile(t, interval/2, b)
		require.Equal(t, []job.Task{lost}, b.queue.revived)
		require.LessOrEqual(t, gets.Load(), int64(3), "records, results and plans read")
	})
}

// TestReconcileComesRoundToAll where more jobs are open than it looks at in one
// turn.
func TestReconcileComesRoundToAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBundle(t)
		const jobs = 150
		for width := range jobs {
			accept(t, b, plain(t, 1+width, 1))
		}
		reconcile(t, 4*interval, b)
		revived := make(map[spec.ID]bool)
		for _, task := range b.queue.revived {
			revived[task.ID] = true
		}
		require.Len(t, revived, jobs)
		require.LessOrEqual(t, len(b.queue.revived), 64*len(b.queue.passes))
	})
}

// TestReconcileQueuesTheBandsThatAreMissing, and the assembly of a job that lacks
// none; not those of a job that is held.
func TestReconcileQueuesTheBandsThatAreMissing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBundle(t)
		j, _ := large(t, b, 5)
		require.NoError(t, b.queue.Begin(t.Context(), j.ID, 5))
		drawBands(t, b, j, 0, 3)
		require.NoError(t, b.ledger.Pause(t.Context(), j.ID))
		reconcile(t, interval/2, b)
		require.Empty(t, b.queue.revived)
		require.NoError(t, b.ledger.Resume(t.Context(), j.ID))
		<-time.After(interval)
		b.queue.next = 5 // all were handed out
		reconcile(t, interval/2, b)
		require.Equal(t, []job.Task{j.BandTask(1), j.BandTask(2), j.BandTask(4)}, b.queue.revived)
		drawBands(t, b, j, 1, 2, 4)
		b.queue.revived = nil
		<-time.After(interval)
		reconcile(t, interval/2, b)
		require.Equal(t, []job.Task{j.AssembleTask()}, b.queue.revived)
	})
}
