package worker_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
	"mandelfarm/worker"
)

// acceptGroup accepts so many small pictures as a group.
func acceptGroup(t *testing.T, b *bundle, jobs int) job.Group {
	t.Helper()
	specs := make([]spec.Spec, jobs)
	for i := range specs {
		specs[i] = plain(t, 16+i, 16)
	}
	_, g := b.ledger.AcceptTogether(t.Context(), specs, job.Terms{})
	require.Len(t, g.Jobs, jobs)
	return g
}

// TestAGroupIsDrawnByOneTask, with an image to be stored for each job, and three operations of storage for all of them.
func TestAGroupIsDrawnByOneTask(t *testing.T) {
	t.Parallel()
	b, counted := countedBundle(t)
	g := acceptGroup(t, b, 5)
	counted.Taken()
	require.NoError(t, b.Handle(t.Context(), g.Task(), first()))
	want := slices.Concat([]string{"get"}, slices.Repeat([]string{"put"}, 5), []string{"create", "delete"})
	require.Equal(t, want, operations(counted))
	told := make(map[spec.ID]bool)
	for _, n := range b.queue.notices {
		told[n.ID] = n.State == job.Done
	}
	for _, j := range g.Jobs {
		st := requireState(t, b, j.Spec, job.Done)
		got := image(t, b, j.Spec)
		require.Equal(t, draw(t, j.Spec), got)
		require.Equal(t, int64(len(got)), st.Bytes)
		require.False(t, st.FinishedAt.IsZero())
		require.True(t, told[j.ID], "it is announced")
	}
	require.Len(t, b.queue.settled, 1)
	counted.Taken()
	require.NoError(t, b.Handle(t.Context(), g.Task(), first()), "once more")
	require.Equal(t, []string{"get"}, operations(counted))
}

// TestAGroupThatDoesNotGoWellIsDissolved: each of its jobs is owed by itself.
func TestAGroupThatDoesNotGoWellIsDissolved(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(b *bundle, d *job.Delivery) error{
		"a worker has died": func(_ *bundle, d *job.Delivery) error { d.Deaths = 1; return nil },
		"one panics": func(b *bundle, _ *job.Delivery) error {
			var once sync.Once
			b.store.instead = func(_ context.Context, r io.Reader) error {
				once.Do(func() { panic("at one of them") })
				_, err := io.Copy(io.Discard, r)
				return err
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b, d := newBundle(t), first()
				g := acceptGroup(t, b, 3)
				require.NoError(t, spoil(b, &d))
				require.NoError(t, b.Handle(t.Context(), g.Task(), d))
				b.store.instead = nil
				reconcile(t, interval/2, b)
				require.Len(t, b.queue.revived, 3)
				for _, task := range b.queue.revived {
					require.Equal(t, job.KindImage, task.Kind)
					require.NoError(t, b.Handle(t.Context(), task, first()))
				}
				for _, j := range g.Jobs {
					requireState(t, b, j.Spec, job.Done)
				}
			})
		})
	}
}

// TestAGroupWaitsForStorage, and is not dissolved by an outage or by its process being stopped.
func TestAGroupWaitsForStorage(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	g := acceptGroup(t, b, 3)
	b.store.instead = func(context.Context, io.Reader) error {
		return &storage.Error{Op: "put", Key: "renders/x", Err: storage.ErrNoSpace}
	}
	require.ErrorIs(t, b.Handle(t.Context(), g.Task(), first()), job.ErrOutage)
	require.Contains(t, fmt.Sprint(b.queue.notices), "space", "those who wait hear why")
	stopped := errors.New("the process stops")
	ctx, stop := context.WithCancelCause(t.Context())
	b.store.instead = func(ctx context.Context, _ io.Reader) error {
		stop(stopped)
		<-ctx.Done()
		return ctx.Err()
	}
	require.ErrorIs(t, b.Handle(ctx, g.Task(), first()), stopped)
	b.store.instead = nil
	require.NoError(t, b.Handle(t.Context(), g.Task(), first()))
	for _, j := range g.Jobs {
		requireState(t, b, j.Spec, job.Done)
	}
}

// openJobs is an observer that remembers how many jobs are open.
type openJobs struct {
	worker.Observer
	queued, begun int
}

func (o *openJobs) Open(queued, begun int)          { o.queued, o.begun = queued, begun }
func (*openJobs) Turn(string, time.Duration, error) {}

// TestTheReconcilerQueuesGroups that no worker will come to, and counts their jobs.
func TestTheReconcilerQueuesGroups(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBundle(t)
		var counted openJobs
		deps := dependencies(t, b.ledger, b.queue)
		deps.Observer = &counted
		b.Worker = worker.New(worker.Config{Band: time.Second}, deps)
		g := acceptGroup(t, b, 3)
		reconcile(t, interval/2, b)
		require.Equal(t, openJobs{begun: 3}, counted, "they do not wait")
		require.Len(t, b.queue.revived, 1)
		require.Equal(t, job.KindGroup, b.queue.revived[0].Kind)
		require.Equal(t, g.ID, b.queue.revived[0].ID)
	})
}
