package queue_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
	"mandelfarm/job"
	"mandelfarm/queue"
)

func noticesReachAllProcesses(t *testing.T, f *farm) {
	t.Helper()
	id := task(t, 1, job.Batch).ID
	var waiting, deaf []<-chan job.Notice
	queues := []*queue.Queue{f.open(t), f.open(t), f.open(t)}
	for _, q := range queues {
		hearing(t, q)
		for range 2 {
			ch, unsubscribe := q.Subscribe(id)
			defer unsubscribe()
			waiting = append(waiting, ch)
		}
		ch, unsubscribe := q.Subscribe(task(t, 2, job.Batch).ID)
		defer unsubscribe()
		deaf = append(deaf, ch)
		ch, unsubscribe = q.Subscribe(id)
		unsubscribe()
		deaf = append(deaf, ch)
	}
	for _, want := range []job.Notice{{ID: id, State: job.Failed, Error: "why"}, {ID: id, State: job.Done}} {
		require.NoError(t, queues[1].Publish(t.Context(), want))
		for i, ch := range waiting {
			require.Equal(t, want, receive(t, ch, "a notice"), "waiter %d", i)
		}
	}
	for _, ch := range deaf {
		require.Empty(t, ch)
	}

	// Word on the way does not displace an end that a slow waiter has not heard of.
	quick, slow := waiting[0], waiting[1]
	for _, n := range []job.Notice{{ID: id, State: job.Failed, Error: "why"}, {ID: id, State: job.Running}} {
		require.NoError(t, queues[0].Publish(t.Context(), n))
		require.Equal(t, n, receive(t, quick, "a notice"))
	}
	require.Equal(t, job.Failed, receive(t, slow, "a notice").State)
}

// wakeUpsBeatThePoll has the workers look by themselves in ten minutes only.
func wakeUpsBeatThePoll(t *testing.T, f *farm) {
	t.Helper()
	r := record(succeed)
	q := f.open(t)
	for range 2 {
		worker := f.open(t)
		hearing(t, worker)
		serve(t, worker, time.Second, r.handle, assign(job.Interactive, never), assign(job.Batch, never))
	}
	for i := range 30 {
		enqueue(t, q, task(t, 1+i, []job.Lane{job.Interactive, job.Batch}[i%2]))
		receive(t, r.calls, "the delivery of task "+strconv.Itoa(i))
	}
}

func lockHoldsForItsTime(t *testing.T, f *farm) {
	t.Helper()
	const ttl = 2 * time.Second
	const early = 300 * time.Millisecond // the embedded server's clock ticks
	queues := []*queue.Queue{f.open(t), f.open(t)}
	lock := func(q *queue.Queue, name string) bool {
		mine, err := q.Lock(t.Context(), name, ttl)
		require.NoError(t, err)
		return mine
	}
	require.True(t, lock(queues[0], "a"))
	taken := time.Now()
	for _, q := range queues {
		require.False(t, lock(q, "a"))
	}
	require.True(t, lock(queues[1], "b"), "another lock")
	eventually(t, "the lock runs out", func() bool { return lock(queues[1], "a") })
	require.Greater(t, time.Since(taken), ttl-early)
	require.Less(t, time.Since(taken), 2*ttl)
	require.False(t, lock(queues[0], "a"))
}

// TestIdleServerIsQuiet fails when the gate does not recognise asynq's question
// for work: asynq would ask a thousand times a second.
func TestIdleServerIsQuiet(t *testing.T) {
	t.Parallel()
	f := onRedis(t)
	r := record(succeed)
	q := f.open(t)
	serve(t, q, time.Second, r.handle, assign(job.Interactive, 250*time.Millisecond), assign(job.Batch, 10*time.Second))
	enqueue(t, q, task(t, 1, job.Interactive), task(t, 2, job.Batch))
	receive(t, r.calls, "a task")
	receive(t, r.calls, "a task")
	hearing(t, q)
	const window = 2 * time.Second
	before := f.scripts(t)
	<-time.After(window)
	// Four questions a second in the one lane, none in the other; asynq looks for
	// what falls due once a second, twice in each lane; heartbeats and janitors.
	perSecond := float64(f.scripts(t)-before) / window.Seconds()
	require.Less(t, perSecond, 15.0, "scripts run by an idle worker")
	require.Greater(t, perSecond, 2.0, "the worker is alive")
}

// scripts is how many scripts the server has run.
func (f *farm) scripts(t *testing.T) int {
	t.Helper()
	info, err := f.rdb.Info(t.Context(), "commandstats").Result()
	require.NoError(t, err)
	_, rest, found := strings.Cut(info, "cmdstat_evalsha:calls=")
	require.True(t, found, "no script has run yet")
	number, _, _ := strings.Cut(rest, ",")
	n, err := strconv.Atoi(number)
	require.NoError(t, err)
	return n
}

// TestRestartOfRedisWakesWaiters has everybody look again when word may have been
// missed, and go on as before.
func TestRestartOfRedisWakesWaiters(t *testing.T) {
	t.Parallel()
	server := testenv.Redis(t)
	f := &farm{url: server.URL()}
	id := task(t, 1, job.Batch).ID
	r := record(succeed)
	queues := []*queue.Queue{f.open(t), f.open(t)}
	var waiting []<-chan job.Notice
	for _, q := range queues {
		hearing(t, q)
		serve(t, q, time.Second, r.handle, assign(job.Batch, never))
		ch, unsubscribe := q.Subscribe(id)
		defer unsubscribe()
		waiting = append(waiting, ch)
	}
	enqueue(t, queues[0], task(t, 2, job.Batch))
	receive(t, r.calls, "a task before")

	server.Stop(t)
	require.ErrorIs(t, queues[0].Ping(t.Context()), job.ErrUnavailable)
	server.Restart(t)
	for i, ch := range waiting {
		require.Zero(t, receive(t, ch, "the word to look again"), "waiter %d", i)
	}
	for _, q := range queues {
		hearing(t, q)
	}
	enqueue(t, queues[0], task(t, 3, job.Batch))
	receive(t, r.calls, "a task after")
	require.NoError(t, queues[0].Ping(t.Context()))
}

// TestUnreachableRedisIsUnavailable: every operation says so, soon.
func TestUnreachableRedisIsUnavailable(t *testing.T) {
	t.Parallel()
	server := testenv.Redis(t)
	server.Kill()
	q := (&farm{url: server.URL()}).open(t)
	want := task(t, 1, job.Batch)
	for name, operation := range map[string]func(context.Context) error{
		"ping":    q.Ping,
		"room":    func(ctx context.Context) error { return q.Room(ctx, job.Batch) },
		"enqueue": func(ctx context.Context) error { return q.Enqueue(ctx, want) },
		"revive":  func(ctx context.Context) error { return q.Revive(ctx, want) },
		"cancel":  func(ctx context.Context) error { return q.Cancel(ctx, want.Job()) },
		"publish": func(ctx context.Context) error { return q.Publish(ctx, job.Notice{ID: want.ID}) },
		"progress": func(ctx context.Context) error {
			_, err := q.ProgressOf(ctx, want.ID)
			return err
		},
		"lock": func(ctx context.Context) error {
			_, err := q.Lock(ctx, "a", time.Second)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			require.ErrorIs(t, operation(t.Context()), job.ErrUnavailable)
			require.Less(t, time.Since(began), 5*time.Second)
		})
	}
}
