package ledger_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
	"mandelfarm/storage/storagetest"
)

// TestNoFaultLosesAnAcceptedJob lets every operation on the store fail in turn:
// once, or with all that follow, as when the process dies; before it had its
// effect, or after. Whatever was accepted is owed or has ended, and what was not
// can be accepted again.
func TestNoFaultLosesAnAcceptedJob(t *testing.T) {
	t.Parallel()
	s := parse(t, 1)
	stories := map[string][]func(ctx context.Context, l *ledger.Ledger, st storage.Store) error{
		"accepted":         {acceptStep(s)},
		"accepted twice":   {acceptStep(s), acceptStep(s)},
		"done":             {acceptStep(s), imageStep(s), finishStep(s, job.Done)},
		"retried":          {acceptStep(s), finishStep(s, job.Failed), acceptStep(s)},
		"retried and done": {acceptStep(s), finishStep(s, job.Canceled), acceptStep(s), imageStep(s), finishStep(s, job.Done)},
		"image removed": {
			acceptStep(s), imageStep(s), finishStep(s, job.Done), noImageStep(s), acceptStep(s), openStep, finishStep(s, job.Failed), openStep,
		},
	}
	for name, story := range stories {
		for _, mode := range []faultMode{{}, {dead: true}, {late: true}, {dead: true, late: true}} {
			t.Run(fmt.Sprintf("%s/%+v", name, mode), func(t *testing.T) {
				t.Parallel()
				for n, hit := 1, true; hit; n++ {
					require.Less(t, n, 100, "the story does not end")
					hit = surviveFault(t, s, story, n, mode)
				}
			})
		}
	}
}

// surviveFault plays a story in which the nth operation fails. It reports whether
// there was one.
func surviveFault(t *testing.T, s spec.Spec, story []step, n int, mode faultMode) bool {
	t.Helper()
	truth := storagetest.NewMemory()
	f := &faulty{left: n, mode: mode}
	broken := storagetest.Intercepted{Store: truth, Do: f.do}
	l := ledger.New(broken, ledger.Options{})
	accepted := false
	for i, step := range story {
		err := step(t.Context(), l, broken)
		if err != nil {
			require.ErrorIs(t, err, errFault, "step %d", i)
		}
		accepted = accepted || i == 0 && err == nil
	}
	when := fmt.Sprintf("operation %d", n)
	healthy := ledger.New(truth, ledger.Options{})
	if st, err := healthy.Status(t.Context(), s.ID()); accepted && err == nil && st.State.Final() {
		openIDs(t.Context(), t, healthy) // as a reconciler does
		requireListed(t.Context(), t, healthy, s.ID(), when)
	}
	requireKept(t, truth, s, accepted, when)
	return f.left <= 0
}

// requireKept checks that an accepted job is owed or has ended, and that any job
// can be accepted, listed and ended.
func requireKept(t require.TestingT, truth storage.Store, s spec.Spec, accepted bool, when string) {
	ctx := context.Background()
	l := ledger.New(truth, ledger.Options{})
	if accepted {
		st, err := l.Status(ctx, s.ID())
		require.NoError(t, err, when)
		require.True(t, st.State.Final() || len(openIDs(ctx, t, l)) == 1, "after %s: %s, and not owed", when, st.State)
	}
	_, err := l.Accept(ctx, s)
	require.NoError(t, err, when)
	requireListed(ctx, t, l, s.ID(), when)
	_, err = l.Finish(ctx, s.ID(), job.Progress{State: job.Canceled})
	require.NoError(t, err, when)
	require.Empty(t, openIDs(ctx, t, l), when)
	requireListed(ctx, t, l, s.ID(), when)
}

// requireListed checks that a list shows the one job as it is.
func requireListed(ctx context.Context, t require.TestingT, l *ledger.Ledger, id spec.ID, when string) {
	st, err := l.Status(ctx, id)
	require.NoError(t, err, when)
	page, err := l.List(ctx, "", 10, all)
	require.NoError(t, err, when)
	require.Equal(t, []job.Status{st}, page.Jobs, when)
}

func openIDs(ctx context.Context, t require.TestingT, l *ledger.Ledger) []spec.ID {
	var found []spec.ID
	for j, err := range l.Open(ctx) {
		require.NoError(t, err)
		found = append(found, j.ID)
	}
	return found
}

// TestNoInterleavingLosesAnAcceptedJob has several processes accept, finish,
// cancel and reconcile one job, which may have a past. Their operations on the
// store happen one at a time in an order that is drawn, and any process may die
// between two. If none does, a list shows the job as it is.
func TestNoInterleavingLosesAnAcceptedJob(t *testing.T) {
	t.Parallel()
	s := parse(t, 1)
	const accepts, fails = 0, 1
	steps := []step{
		acceptStep(s), finishStep(s, job.Failed), openStep, noImageStep(s), func(ctx context.Context, l *ledger.Ledger, st storage.Store) error {
			return errors.Join(imageStep(s)(ctx, l, st), finishStep(s, job.Done)(ctx, l, st))
		},
	}
	rapid.Check(t, func(rt *rapid.T) {
		past := rapid.SliceOfN(rapid.SampledFrom([]int{accepts, fails}), 0, 3).Draw(rt, "past")
		stories := rapid.SliceOfN(rapid.SliceOfN(rapid.IntRange(0, len(steps)-1), 1, 2), 2, 4).Draw(rt, "stories")
		seed := rapid.Uint64().Draw(rt, "seed of the turns")
		for game := range uint64(15) {
			truth := storagetest.NewMemory()
			for _, n := range past {
				require.NoError(rt, steps[n](t.Context(), ledger.New(truth, ledger.Options{}), truth))
			}
			var accepted atomic.Bool
			var alive bool
			synctest.Test(t, func(t *testing.T) {
				t.Helper()
				stage := &stage{turns: rand.New(rand.NewPCG(seed, game))}
				var actors sync.WaitGroup
				all := make([]*actor, len(stories))
				for i, story := range stories {
					all[i] = &actor{stage: stage, number: i}
					st := storagetest.Intercepted{Store: truth, Do: all[i].do}
					actors.Go(func() {
						for _, n := range story {
							if err := steps[n](t.Context(), ledger.New(st, ledger.Options{}), st); err == nil && n == accepts {
								accepted.Store(true)
							}
						}
					})
				}
				stage.play()
				actors.Wait()
				alive = !slices.ContainsFunc(all, func(a *actor) bool { return a.dead })
			})
			if l := ledger.New(truth, ledger.Options{}); alive && accepted.Load() {
				openIDs(t.Context(), rt, l) // as a reconciler does
				requireListed(t.Context(), rt, l, s.ID(), fmt.Sprintf("all survived game %d", game))
			}
			requireKept(rt, truth, s, accepted.Load(), fmt.Sprintf("game %d", game))
		}
	})
}

type step = func(ctx context.Context, l *ledger.Ledger, st storage.Store) error

func acceptStep(s spec.Spec) step {
	return func(ctx context.Context, l *ledger.Ledger, _ storage.Store) error {
		_, err := l.Accept(ctx, s)
		return err
	}
}

func finishStep(s spec.Spec, state job.State) step {
	return func(ctx context.Context, l *ledger.Ledger, _ storage.Store) error {
		_, err := l.Finish(ctx, s.ID(), job.Progress{State: state})
		return err
	}
}

func imageStep(s spec.Spec) step {
	return func(ctx context.Context, _ *ledger.Ledger, st storage.Store) error {
		return st.Put(ctx, imageKey(s), "", strings.NewReader("image"))
	}
}

func noImageStep(s spec.Spec) step {
	return func(ctx context.Context, _ *ledger.Ledger, st storage.Store) error {
		return st.Delete(ctx, imageKey(s))
	}
}

func openStep(ctx context.Context, l *ledger.Ledger, _ storage.Store) error {
	for _, err := range l.Open(ctx) {
		if err != nil {
			return err
		}
	}
	return nil
}

// hooked runs a function before an object is removed.
type hooked struct {
	storage.Store
	beforeDelete func()
}

func (h *hooked) Delete(ctx context.Context, keys ...string) error {
	h.beforeDelete()
	return h.Store.Delete(ctx, keys...)
}

var errFault = errors.New("injected fault")

type faultMode struct {
	dead bool // all that follows fails as well
	late bool // the operation has its effect, and fails
}

// faulty has one operation fail.
type faulty struct {
	mode faultMode

	mu   sync.Mutex
	left int // operations up to the one that fails
}

func (f *faulty) do(_ string, operation func() error) error {
	f.mu.Lock()
	f.left--
	fails := f.left == 0
	dead := f.left < 0 && f.mode.dead
	f.mu.Unlock()
	if dead || fails && !f.mode.late {
		return errFault
	}
	if err := operation(); !fails {
		return err
	}
	return errFault
}

// stage has the operations of several actors happen one at a time, in the order
// that turns say.
type stage struct {
	turns *rand.Rand // drawn integers are small, mostly: no way to shuffle

	mu      sync.Mutex
	waiting []*entrance
}

// crashes is how many operations there are to one that the actor dies before.
const crashes = 30

// entrance is an operation that waits for its turn.
type entrance struct {
	actor *actor
	name  string
	turn  chan struct{}
}

// play gives turns until no actor wants one.
func (s *stage) play() {
	for {
		synctest.Wait()
		s.mu.Lock()
		waiting := s.waiting
		s.mu.Unlock()
		if len(waiting) == 0 {
			return
		}
		slices.SortFunc(waiting, func(a, b *entrance) int {
			return cmp.Or(cmp.Compare(a.actor.number, b.actor.number), cmp.Compare(a.name, b.name))
		})
		next := waiting[s.turns.IntN(len(waiting))]
		s.mu.Lock()
		s.waiting = slices.DeleteFunc(slices.Clone(waiting), func(e *entrance) bool { return e == next })
		s.mu.Unlock()
		next.actor.dead = next.actor.dead || s.turns.IntN(crashes) == 0
		close(next.turn)
	}
}

// actor is a process on the stage.
type actor struct {
	stage  *stage
	number int
	dead   bool
}

func (a *actor) do(name string, operation func() error) error {
	e := &entrance{actor: a, name: name, turn: make(chan struct{})}
	a.stage.mu.Lock()
	a.stage.waiting = append(a.stage.waiting, e)
	a.stage.mu.Unlock()
	<-e.turn
	if a.dead {
		return errFault
	}
	return operation()
}
