package worker_test

import (
	"context"
	"iter"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
	"mandelfarm/worker"
)

// injectedPanic is the bug in every place of these tests; its name is looked for in the log.
func injectedPanic() { panic("bug") }

// panicsAt is for a failingStore.
func panicsAt(op, part string) func(op, key string) bool {
	return func(gotOp, key string) bool {
		if gotOp == op && strings.Contains(key, part) {
			injectedPanic()
		}
		return false
	}
}

// buggy is a worker on a store that panics, and its log.
func buggy(t *testing.T, b *bundle, fail func(op, key string) bool) (*worker.Worker, *testenv.Log) {
	t.Helper()
	log := testenv.NewLog(t)
	deps := dependencies(t, ledger.New(&failingStore{Store: b.store, fail: fail}, ledger.Options{}), b.queue)
	deps.Log = log.Logger
	return worker.New(worker.Config{Band: time.Microsecond}, deps), log
}

// TestAPanicFailsItsTask wherever it happens, as an error does. Clients are told the cause, and the log has the stack,
// once.
func TestAPanicFailsItsTask(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fail func(op, key string) bool
		task func(t *testing.T, b *bundle) job.Task
	}{
		"image": {panicsAt("put", "renders/"), func(t *testing.T, b *bundle) job.Task {
			t.Helper()
			s := plain(t, 64, 48)
			accept(t, b, s)
			return job.ImageTask(s, job.Control)
		}},
		"survey": {panicsAt("put", "/preview.png"), func(t *testing.T, b *bundle) job.Task {
			t.Helper()
			s := plain(t, 1500, 1500)
			accept(t, b, s)
			return job.ImageTask(s, job.Control)
		}},
		"prepass": {panicsAt("get", "prepass/"), func(t *testing.T, b *bundle) job.Task {
			t.Helper()
			s := deepView(t, 64, 64)
			accept(t, b, s)
			return job.ImageTask(s, job.Control)
		}},
		"band": {panicsAt("put", "/bands/"), func(t *testing.T, b *bundle) job.Task {
			t.Helper()
			j, _ := large(t, b, 3)
			return j.BandTask(1)
		}},
		"assembly": {panicsAt("get", "/bands/"), func(t *testing.T, b *bundle) job.Task {
			t.Helper()
			j, _ := large(t, b, 3)
			drawBands(t, b, j, 0, 1, 2)
			return j.AssembleTask()
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBundle(t)
			task := test.task(t, b)
			b.queue.notices = nil
			w, log := buggy(t, b, test.fail)
			require.NoError(t, w.Handle(t.Context(), task, last()))
			log.RequirePanic(t, "injectedPanic")
			st := requireState(t, b, task.Spec, job.Failed)
			require.Contains(t, st.Error, "panic: bug")
			require.NotContains(t, st.Error, "injectedPanic")
			require.Equal(t, job.Notice{ID: task.ID, State: job.Failed, Error: st.Error}, b.queue.notices[len(b.queue.notices)-1])
		})
	}
}

// TestAPanicInTheRendererIsLogged once, though it goes through the writer of a stream and its store.
func TestAPanicInTheRendererIsLogged(t *testing.T) {
	t.Parallel()
	w, log := buggy(t, newBundle(t), func(string, string) bool { return false })
	require.ErrorContains(t, w.Handle(t.Context(), job.ImageTask(spec.Spec{}, job.Interactive), first()), "panic")
	log.RequirePanic(t, "mandelfarm/renderer")
}

// TestAPanicOfATaskThatWasCanceledIsLogged, though nobody asks for the error.
func TestAPanicOfATaskThatWasCanceledIsLogged(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	w, log := buggy(t, newBundle(t), func(string, string) bool {
		cancel(job.ErrCanceled)
		injectedPanic()
		return false
	})
	require.ErrorIs(t, w.Handle(ctx, job.ImageTask(plain(t, 10, 10), job.Interactive), last()), job.ErrCanceled)
	log.RequirePanic(t, "injectedPanic")
}

// TestAPanicThatCostsNothingIsLogged: the picture is drawn without what panicked.
func TestAPanicThatCostsNothingIsLogged(t *testing.T) {
	t.Parallel()
	b, s := newBundle(t), deepView(t, 64, 64)
	w, log := buggy(t, b, panicsAt("put", "prepass/"))
	require.NoError(t, w.Handle(t.Context(), job.ImageTask(s, job.Interactive), first()))
	log.RequirePanic(t, "injectedPanic")
	require.Equal(t, draw(t, s), image(t, b, s))
}

// unlistable is a store that panics when it is listed.
type unlistable struct{ storage.Store }

func (unlistable) List(context.Context, string, string) iter.Seq2[storage.Info, error] {
	injectedPanic()
	return nil
}

// TestAPanicCostsATurn: the worker reconciles and sweeps on.
func TestAPanicCostsATurn(t *testing.T) {
	t.Parallel()
	for name, turn := range map[string]func(*worker.Worker, context.Context, time.Duration){
		"reconcile": (*worker.Worker).Reconcile,
		"sweep":     (*worker.Worker).Sweep,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b, log := newBundle(t), testenv.NewLog(t)
				deps := dependencies(t, ledger.New(unlistable{b.store}, ledger.Options{}), b.queue)
				deps.Log = log.Logger
				w := worker.New(worker.Config{Band: time.Second}, deps)
				ctx, cancel := context.WithCancel(t.Context())
				ended := make(chan struct{})
				go func() {
					defer close(ended)
					turn(w, ctx, time.Minute)
				}()
				<-time.After(30 * time.Second)
				log.RequirePanic(t, "injectedPanic")
				<-time.After(time.Minute)
				require.Len(t, log.Lines("stack="), 2, "each panic once")
				cancel()
				<-ended
			})
		})
	}
}
