package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
	"mandelfarm/storage/storagetest"
)

// acceptTogether accepts the Specs with numbers from one on as a group.
func acceptTogether(t *testing.T, b *bundle, from, jobs int) job.Group {
	t.Helper()
	var specs []spec.Spec
	for n := range jobs {
		specs = append(specs, parse(t, from+n))
	}
	answers, g := b.AcceptTogether(t.Context(), specs, job.Terms{Title: "together"})
	for _, a := range answers {
		require.NoError(t, a.Err)
		require.Equal(t, job.Queued, a.State)
	}
	require.Len(t, g.Jobs, jobs)
	return g
}

func groupKey(prefix string, g job.Group) string {
	return prefix + place(job.Status{Job: g.Job()}) + ".group"
}

// finishGroup ends a group as a worker does that has drawn it.
func finishGroup(ctx context.Context, l *ledger.Ledger, st storage.Store, g job.Group) (bool, error) {
	ends := make([]job.Progress, len(g.Jobs))
	for i, j := range g.Jobs {
		if err := st.Put(ctx, imageKey(j.Spec), "", strings.NewReader("image")); err != nil {
			return false, err
		}
		ends[i] = job.Progress{State: job.Done, Bytes: int64(i)}
	}
	return l.FinishGroup(ctx, g, ends)
}

func statusOf(t *testing.T, b *bundle, id spec.ID) job.Status {
	t.Helper()
	st, err := b.Status(t.Context(), id)
	require.NoError(t, err)
	return st
}

// jobsOfAGroupAreJobs: each is on record by itself, owed and listed, and all end at once.
func jobsOfAGroupAreJobs(t *testing.T, b *bundle) {
	t.Helper()
	before := accept(t, b.Ledger, parse(t, 100))
	g := acceptTogether(t, b, 1, 5)
	requireListedAs(t, b, before, g)
	require.Len(t, open(t, b.Ledger), 6)
	for m, err := range b.Markers(t.Context()) {
		require.NoError(t, err)
		require.Equal(t, map[bool]int{true: 5, false: 1}[m.IsGroup()], m.Jobs())
	}
	again, groups := b.AcceptTogether(t.Context(), []spec.Spec{g.Jobs[0].Spec, g.Jobs[1].Spec}, job.Terms{})
	require.Empty(t, groups.Jobs, "they are known")
	require.Equal(t, g.Jobs[0], again[0].Job)
	require.NoError(t, again[0].Err)

	stands, err := finishGroup(t.Context(), b.Ledger, b.store, g)
	require.NoError(t, err)
	require.True(t, stands)
	require.Equal(t, []spec.ID{before.ID}, open(t, b.Ledger))
	for i, j := range g.Jobs {
		st := statusOf(t, b, j.ID)
		require.Equal(t, job.Done, st.State)
		require.Equal(t, int64(i), st.Bytes)
		end, err := b.Finish(t.Context(), j.ID, job.Progress{State: job.Canceled})
		require.NoError(t, err)
		require.Equal(t, job.Done, end.State, "the first end stands")
	}
	requireListedAs(t, b, before, g)
	require.Equal(t, job.Done, accept(t, b.Ledger, g.Jobs[2].Spec).State)
	stands, err = finishGroup(t.Context(), b.Ledger, b.store, g)
	require.NoError(t, err)
	require.False(t, stands, "it had ended")

	for _, j := range g.Jobs {
		require.NoError(t, b.store.Delete(t.Context(), imageKey(j.Spec)))
		require.Equal(t, job.Queued, accept(t, b.Ledger, j.Spec).State, "its image is gone")
	}
	requireListedAs(t, b, before, g)
}

// requireListedAs checks that pages of two show a job and those of a group, each as it is.
func requireListedAs(t *testing.T, b *bundle, alone job.Status, g job.Group) {
	t.Helper()
	want := map[spec.ID]job.State{alone.ID: statusOf(t, b, alone.ID).State}
	for _, j := range g.Jobs {
		want[j.ID] = statusOf(t, b, j.ID).State
	}
	var listed []spec.ID
	got := make(map[spec.ID]job.State)
	for cursor, first := "", true; first || cursor != ""; first = false {
		page, err := b.List(t.Context(), cursor, 2, all)
		require.NoError(t, err)
		cursor = page.Next
		for _, st := range page.Jobs {
			listed = append(listed, st.ID)
			if _, ok := want[st.ID]; ok {
				got[st.ID] = st.State
			}
		}
	}
	require.Equal(t, want, got)
	slices.Sort(listed)
	require.Equal(t, listed, slices.Compact(slices.Clone(listed)), "each is listed once")
}

// whoeverWantsOneJobDissolvesItsGroup: that job is as it was asked for, and the others are owed, each by itself.
func whoeverWantsOneJobDissolvesItsGroup(t *testing.T, b *bundle) {
	t.Helper()
	n := 0
	for name, act := range map[string]func(j job.Job) error{
		"cancel": func(j job.Job) error {
			_, err := b.Finish(t.Context(), j.ID, job.Progress{State: job.Canceled})
			return err
		},
		"pause": func(j job.Job) error { return b.Pause(t.Context(), j.ID) },
		"priority": func(j job.Job) error {
			_, err := b.SetPriority(t.Context(), j, job.High)
			return err
		},
	} {
		n += 10
		before := accept(t, b.Ledger, parse(t, 1000+n))
		g := acceptTogether(t, b, n, 4)
		require.NoError(t, act(statusOf(t, b, g.Jobs[1].ID).Job), name)
		stands, err := finishGroup(t.Context(), b.Ledger, b.store, g)
		require.NoError(t, err)
		require.False(t, stands, name)
		_, err = b.store.Stat(t.Context(), groupKey("open/", g))
		require.ErrorIs(t, err, storage.ErrNotFound, "or each of its jobs was marked again and again")
		requireListedAs(t, b, before, g)
		for i, j := range g.Jobs {
			st := statusOf(t, b, j.ID)
			now, wanted, err := b.Wanted(t.Context(), st.Job)
			require.NoError(t, err)
			switch {
			case i != 1:
				require.Equal(t, job.Queued, st.State)
				require.True(t, wanted)
			case name == "cancel":
				require.Equal(t, job.Canceled, st.State)
			case name == "pause":
				require.False(t, wanted)
			case name == "priority":
				require.Equal(t, job.High, now.Priority)
			}
			require.Equal(t, !st.State.Final(), slices.Contains(open(t, b.Ledger), j.ID), "%s %d", name, i)
			if !st.State.Final() {
				finish(t, b, j.Spec, job.Failed)
			}
		}
		finish(t, b, before.Spec, job.Failed)
		require.Empty(t, open(t, b.Ledger), name)
		for _, j := range g.Jobs {
			require.Equal(t, job.Queued, accept(t, b.Ledger, j.Spec).State, "it is asked for again")
			finish(t, b, j.Spec, job.Failed)
		}
	}
}

// jobsOfAGroupAreRemovedOneByOne, and nothing is left of them.
func jobsOfAGroupAreRemovedOneByOne(t *testing.T, b *bundle) {
	t.Helper()
	g := acceptTogether(t, b, 1, 3)
	_, err := finishGroup(t.Context(), b.Ledger, b.store, g)
	require.NoError(t, err)
	for left := 2; left >= 0; left-- {
		gone := g.Jobs[left]
		require.NoError(t, b.Purge(t.Context(), statusOf(t, b, gone.ID).Job))
		_, err := b.Status(t.Context(), gone.ID)
		require.ErrorIs(t, err, job.ErrUnknown)
		page, err := b.List(t.Context(), "", 10, all)
		require.NoError(t, err)
		require.Len(t, page.Jobs, left)
		for info, err := range b.store.List(t.Context(), "", "") {
			require.NoError(t, err)
			data, err := storage.ReadAll(t.Context(), b.store, info.Key, 1<<20)
			require.NoError(t, err)
			require.NotContains(t, info.Key+string(data), string(gone.ID))
		}
	}
	for info, err := range b.store.List(t.Context(), "", "") {
		t.Errorf("%s is left, %v", info.Key, err)
	}
}

// theAuditTakesOutWhoHasNoRecord of a group that has ended: two that are removed at once may leave one of them.
func theAuditTakesOutWhoHasNoRecord(t *testing.T, b *bundle) {
	t.Helper()
	g := acceptTogether(t, b, 1, 3)
	_, err := finishGroup(t.Context(), b.Ledger, b.store, g)
	require.NoError(t, err)
	require.NoError(t, b.store.Delete(t.Context(), "jobs/"+string(g.Jobs[1].ID)+"/job.json"))
	require.NoError(t, b.Audit(t.Context()))
	page, err := b.List(t.Context(), "", 10, all)
	require.NoError(t, err)
	require.Len(t, page.Jobs, 2)

	require.NoError(t, b.store.Delete(t.Context(), "jobs/"+string(g.Jobs[0].ID)+"/job.json"))
	later := ledger.New(b.store, ledger.Options{Now: func() time.Time { return time.Now().Add(time.Minute) }})
	anew := accept(t, later, g.Jobs[0].Spec)
	require.NoError(t, b.Audit(t.Context()))
	page, err = b.List(t.Context(), "", 10, all)
	require.NoError(t, err)
	require.Len(t, page.Jobs, 2, "it is listed once")
	require.Equal(t, anew, page.Jobs[0])
	require.Empty(t, b.allTold())
}

// lostMarkersOfGroupsAreMadeUpFor: by whoever reconciles if they are damaged, and by Audit if they are gone.
func lostMarkersOfGroupsAreMadeUpFor(t *testing.T, b *bundle) {
	t.Helper()
	n := 0
	all := damage()
	others := acceptTogether(t, b, 900, 2)
	all["gone"] = func(t *testing.T, b *bundle, key string) {
		t.Helper()
		require.NoError(t, b.store.Delete(t.Context(), key))
		require.NoError(t, b.Audit(t.Context()))
	}
	for name, apply := range all {
		n += 10
		g := acceptTogether(t, b, n, 3)
		apply(t, b, groupKey("open/", g))
		_, wanted, err := b.WantedGroup(t.Context(), g.Task())
		require.NoError(t, err, name)
		require.False(t, wanted, name)
		open(t, b.Ledger) // as a reconciler does
		require.Len(t, open(t, b.Ledger), 3+2, name)
		require.Len(t, keys(t, b.store, "open/"), 3+1, name)
		told := b.told(ledger.KindMarker)
		require.NotEmpty(t, told, name)
		require.True(t, told[0].Mended, name)
		for _, j := range g.Jobs {
			require.Equal(t, job.Canceled, finish(t, b, j.Spec, job.Canceled).State, name)
		}
		require.Len(t, open(t, b.Ledger), 2, name)
		require.Equal(t, []string{groupKey("open/", others)}, keys(t, b.store, "open/"), name)
		b.allTold()
	}
}

// damagedEndsOfGroupsAreRunsThatBeginAnew, as those of a job alone.
func damagedEndsOfGroupsAreRunsThatBeginAnew(t *testing.T, b *bundle) {
	t.Helper()
	n := 0
	for name, apply := range damage() {
		n += 10
		g := acceptTogether(t, b, n, 2)
		_, err := finishGroup(t.Context(), b.Ledger, b.store, g)
		require.NoError(t, err)
		apply(t, b, groupKey("recent/", g))
		require.Equal(t, job.Queued, statusOf(t, b, g.Jobs[0].ID).State, name)
		require.NoError(t, b.Audit(t.Context()), name)
		require.Len(t, open(t, b.Ledger), 2, name)
		page, err := b.List(t.Context(), "", 2, all)
		require.NoError(t, err)
		require.Len(t, page.Jobs, 2, name)
		for _, j := range g.Jobs {
			require.Equal(t, job.Failed, finish(t, b, j.Spec, job.Failed).State, name)
		}
		require.Empty(t, open(t, b.Ledger), name)
	}
}

// groupsOfOtherVersionsAreLeftToThem: what one job of a group is makes no sense to this version, which neither draws nor dissolves the group.
func groupsOfOtherVersionsAreLeftToThem(t *testing.T, b *bundle) {
	t.Helper()
	g := acceptTogether(t, b, 1, 2)
	key := groupKey("open/", g)
	data, err := storage.ReadAll(t.Context(), b.store, key, 1<<20)
	require.NoError(t, err)
	text := strings.Replace(string(data), `"version":"`+spec.Version, `"version":"next`, 1)
	store(t, b, key, strings.Replace(text, `"formula":"mandelbrot"`, `"formula":"newton"`, 1))

	_, wanted, err := b.WantedGroup(t.Context(), g.Task())
	require.ErrorIs(t, err, job.ErrVersion)
	require.False(t, wanted)
	require.Empty(t, open(t, b.Ledger))
	require.Equal(t, []string{key}, keys(t, b.store, "open/"))
	require.Equal(t, []spec.ID{g.Jobs[1].ID}, listed(t, b.Ledger, 10))
	_, err = b.Finish(t.Context(), g.Jobs[1].ID, job.Progress{State: job.Canceled})
	require.ErrorIs(t, err, job.ErrVersion)
	require.Equal(t, []string{key}, keys(t, b.store, "open/"))
	require.Empty(t, b.allTold())
}

// TestAGroupThatHasNoMarkerIsNone: there is nothing to be queued, and each of those who asked hears of it.
func TestAGroupThatHasNoMarkerIsNone(t *testing.T) {
	t.Parallel()
	truth := storagetest.NewMemory()
	broken := storagetest.Intercepted{Store: truth, Do: func(operation string, do func() error) error {
		if strings.HasPrefix(operation, "put open/") {
			return errFault
		}
		return do()
	}}
	answers, g := ledger.New(broken, ledger.Options{}).AcceptTogether(t.Context(), []spec.Spec{parse(t, 1), parse(t, 2)}, job.Terms{})
	require.Empty(t, g.Jobs)
	for _, a := range answers {
		require.ErrorIs(t, a.Err, errFault)
	}
}

// TestAGroupTakesFewOperations: a record for each job, and three that all of them share; and a page of jobs is two listings, and a request for each
// group.
func TestAGroupTakesFewOperations(t *testing.T) {
	t.Parallel()
	counted := &storagetest.Counted{Store: storagetest.NewMemory()}
	b, at := clocked(counted)
	g := acceptTogether(t, b, 1, 50)
	require.Len(t, counted.Taken(), 50+1)
	page, err := b.List(t.Context(), "", 50, all)
	require.NoError(t, err)
	require.Len(t, page.Jobs, 50)
	require.Len(t, counted.Taken(), 3)
	ends := make([]job.Progress, len(g.Jobs))
	for i := range ends {
		ends[i].State = job.Done
	}
	_, wanted, err := b.WantedGroup(t.Context(), g.Task())
	require.NoError(t, err)
	require.True(t, wanted)
	_, err = b.FinishGroup(t.Context(), g, ends)
	require.NoError(t, err)
	require.Len(t, counted.Taken(), 3)

	for n := range 10 {
		*at = at.Add(time.Second)
		acceptTogether(t, b, 100*(n+1), 50)
	}
	counted.Taken()
	_, err = b.List(t.Context(), "", 50, all)
	require.NoError(t, err)
	require.Len(t, counted.Taken(), 2+3, "the two newest that are open, since more than a page is read, and the newest that has ended")
}

// groupSteps are what can happen to two jobs that are accepted together.
func groupSteps(one, other spec.Spec) map[string]step {
	return map[string]step{
		"accept": func(ctx context.Context, l *ledger.Ledger, _ storage.Store) error {
			answers, _ := l.AcceptTogether(ctx, []spec.Spec{one, other}, job.Terms{})
			return errors.Join(answers[0].Err, answers[1].Err)
		},
		"accept one": acceptStep(one), "cancel one": finishStep(one, job.Canceled), "cancel other": finishStep(other, job.Canceled),
		"work": workStep, "look": openStep,
		"pause one": func(ctx context.Context, l *ledger.Ledger, _ storage.Store) error { return l.Pause(ctx, one.ID()) },
	}
}

// workStep does what is owed, as reconciler and workers do.
func workStep(ctx context.Context, l *ledger.Ledger, st storage.Store) error {
	for m, err := range l.Markers(ctx) {
		if err != nil {
			return err
		}
		if err := work(ctx, l, st, m); err != nil {
			return err
		}
	}
	return nil
}

func work(ctx context.Context, l *ledger.Ledger, st storage.Store, m ledger.Marker) error {
	if m.IsGroup() {
		g, owed, err := l.OwedGroup(ctx, m)
		if owed && err == nil {
			_, err = finishGroup(ctx, l, st, g)
		}
		return err
	}
	j, owed, err := l.Owed(ctx, m)
	if !owed || err != nil {
		return err
	}
	if err := imageStep(j.Spec)(ctx, l, st); err != nil {
		return err
	}
	_, err = l.FinishKnown(ctx, j, job.Progress{State: job.Done})
	return err
}

// TestNoFaultLosesAJobOfAGroup is [TestNoFaultLosesAnAcceptedJob] for two that are accepted together.
func TestNoFaultLosesAJobOfAGroup(t *testing.T) {
	t.Parallel()
	one, other := parse(t, 1), parse(t, 2)
	steps := groupSteps(one, other)
	for _, story := range []string{"accept", "accept,accept", "accept,work", "accept,cancel one,work", "accept,pause one,look,work", "accept,accept one,work,accept one"} {
		for _, mode := range []faultMode{{}, {dead: true}, {late: true}, {dead: true, late: true}} {
			t.Run(fmt.Sprintf("%s/%+v", story, mode), func(t *testing.T) {
				t.Parallel()
				for n, hit := 1, true; hit; n++ {
					require.Less(t, n, 200, "the story does not end")
					truth := storagetest.NewMemory()
					f := &faulty{left: n, mode: mode}
					broken := storagetest.Intercepted{Store: truth, Do: f.do}
					l := ledger.New(broken, ledger.Options{})
					accepted := false
					for i, name := range strings.Split(story, ",") {
						err := steps[name](t.Context(), l, broken)
						if err != nil {
							require.ErrorIs(t, err, errFault, "%s", name)
						}
						accepted = accepted || i == 0 && err == nil
					}
					requireBothKept(t, truth, []spec.Spec{one, other}, accepted, fmt.Sprintf("operation %d", n))
					hit = f.left <= 0
				}
			})
		}
	}
}

// TestNoInterleavingLosesAJobOfAGroup is [TestNoInterleavingLosesAnAcceptedJob] for two that are accepted together. While nobody asks for them again, all
// readers see the same end of each.
func TestNoInterleavingLosesAJobOfAGroup(t *testing.T) {
	t.Parallel()
	one, other := parse(t, 1), parse(t, 2)
	steps := groupSteps(one, other)
	rapid.Check(t, func(rt *rapid.T) {
		past := rapid.SampledFrom([]string{"look", "accept", "accept one"}).Draw(rt, "past")
		names := []string{"accept", "accept one", "cancel one", "cancel other", "work", "look", "pause one"}
		if past == "accept" {
			names = names[2:]
		}
		stories := rapid.SliceOfN(rapid.SliceOfN(rapid.SampledFrom(names), 1, 2), 2, 4).Draw(rt, "stories")
		seed := rapid.Uint64().Draw(rt, "seed of the turns")
		for game := range uint64(10) {
			truth := storagetest.NewMemory()
			require.NoError(rt, steps[past](t.Context(), ledger.New(truth, ledger.Options{}), truth))
			seen := &ends{past: past}
			synctest.Test(t, func(t *testing.T) {
				t.Helper()
				stage := &stage{turns: rand.New(rand.NewPCG(seed, game))}
				var actors sync.WaitGroup
				for i, story := range stories {
					a := &actor{stage: stage, number: i}
					st := storagetest.Intercepted{Store: truth, Do: a.do}
					actors.Go(func() {
						for _, name := range story {
							l := ledger.New(st, ledger.Options{})
							err := steps[name](t.Context(), l, st)
							seen.note(t.Context(), l, name, err, one, other)
						}
					})
				}
				stage.play()
				actors.Wait()
			})
			require.NoError(rt, seen.contradiction, "game %d", game)
			requireBothKept(rt, truth, []spec.Spec{one, other}, seen.accepted || past == "accept", fmt.Sprintf("game %d", game))
		}
	})
}

// TestAGroupThatIsDissolvedBeforeItHasAMarkerLosesNobody: who dissolved it did not know its jobs. Whoever meets the marker has each of them owed.
func TestAGroupThatIsDissolvedBeforeItHasAMarkerLosesNobody(t *testing.T) {
	t.Parallel()
	one, other := parse(t, 1), parse(t, 2)
	for name, meet := range map[string]func(ctx context.Context, l *ledger.Ledger, st storage.Store, g job.Group) error{
		"a worker that has drawn it": func(ctx context.Context, l *ledger.Ledger, st storage.Store, g job.Group) error {
			stands, err := finishGroup(ctx, l, st, g)
			require.False(t, stands)
			return err
		},
		"the reconciler": func(ctx context.Context, l *ledger.Ledger, st storage.Store, _ job.Group) error {
			return openStep(ctx, l, st)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			truth := storagetest.NewMemory()
			l := ledger.New(truth, ledger.Options{})
			late := storagetest.Intercepted{Store: truth, Do: func(operation string, do func() error) error {
				if strings.HasPrefix(operation, "put open/") {
					_, err := l.Finish(t.Context(), one.ID(), job.Progress{State: job.Canceled})
					require.NoError(t, err)
				}
				return do()
			}}
			answers, g := ledger.New(late, ledger.Options{}).AcceptTogether(t.Context(), []spec.Spec{one, other}, job.Terms{})
			require.NoError(t, errors.Join(answers[0].Err, answers[1].Err))
			require.NoError(t, meet(t.Context(), l, truth, g))
			require.Contains(t, openIDs(t.Context(), t, l), other.ID())
			requireBothKept(t, truth, []spec.Spec{one, other}, true, name)
		})
	}
}

// TestAGroupThatIsDissolvedWhileItIsListedIsListed: its jobs are where was looked before.
func TestAGroupThatIsDissolvedWhileItIsListedIsListed(t *testing.T) {
	t.Parallel()
	truth := storagetest.NewMemory()
	l := ledger.New(truth, ledger.Options{})
	_, g := l.AcceptTogether(t.Context(), []spec.Spec{parse(t, 1), parse(t, 2)}, job.Terms{})
	key := groupKey("open/", g)
	moving := storagetest.Intercepted{Store: truth, Do: func(operation string, do func() error) error {
		if operation == "get "+key {
			require.NoError(t, l.DissolveGroup(t.Context(), g))
		}
		return do()
	}}
	page, err := ledger.New(moving, ledger.Options{}).List(t.Context(), "", 10, all)
	require.NoError(t, err)
	require.Len(t, page.Jobs, 2)
}

// clocked is a ledger whose time stands still unless it is set.
func clocked(s storage.Store) (b *bundle, at *time.Time) {
	at = new(time.Unix(1e9, 0))
	return &bundle{store: s, Ledger: ledger.New(s, ledger.Options{Now: func() time.Time { return *at }})}, at
}

// TestJobsOfOneMomentAreListedOnce, though those of a group are not where their group is.
func TestJobsOfOneMomentAreListedOnce(t *testing.T) {
	t.Parallel()
	b, _ := clocked(storagetest.NewMemory())
	var want []spec.ID
	for n := range 20 {
		want = append(want, accept(t, b.Ledger, parse(t, 200+n)).ID)
	}
	for n := range 2 {
		for _, j := range acceptTogether(t, b, 1+100*n, 40).Jobs {
			want = append(want, j.ID)
		}
	}
	require.ElementsMatch(t, want, listed(t, b.Ledger, 7))
}

// TestGroupsThatHaveNothingToListHideNobody: what is older is listed in its order, wherever it is.
func TestGroupsThatHaveNothingToListHideNobody(t *testing.T) {
	t.Parallel()
	b, at := clocked(storagetest.NewMemory())
	oldest := accept(t, b.Ledger, parse(t, 201)).ID
	*at = at.Add(time.Second)
	older := accept(t, b.Ledger, parse(t, 200)).ID
	finish(t, b, parse(t, 200), job.Canceled)
	*at = at.Add(time.Second)
	for _, j := range acceptTogether(t, b, 1, job.MaxGroup).Jobs {
		finish(t, b, j.Spec, job.Canceled)
		require.NoError(t, b.Purge(t.Context(), statusOf(t, b, j.ID).Job))
	}
	require.Equal(t, []spec.ID{older, oldest}, listed(t, b.Ledger, 1))
}

// ends is what actors have seen of the ends of jobs.
type ends struct {
	past string

	mu            sync.Mutex
	accepted      bool
	states        map[spec.ID]job.State
	contradiction error
}

// note looks at jobs after a step.
func (e *ends) note(ctx context.Context, l *ledger.Ledger, step string, failed error, specs ...spec.Spec) {
	for _, s := range specs {
		st, err := l.Status(ctx, s.ID())
		e.mu.Lock()
		e.accepted = e.accepted || step == "accept" && failed == nil
		if err == nil && st.State.Final() && e.past == "accept" {
			if before, ok := e.states[s.ID()]; ok && before != st.State {
				e.contradiction = fmt.Errorf("job %s was %s, and is %s", s.ID(), before, st.State)
			}
			if e.states == nil {
				e.states = make(map[spec.ID]job.State)
			}
			e.states[s.ID()] = st.State
		}
		e.mu.Unlock()
	}
}

// requireBothKept is requireKept for two jobs: those that were accepted are owed or have ended, and whatever happened, both can be accepted,
// are listed once, and end.
func requireBothKept(t require.TestingT, truth storage.Store, specs []spec.Spec, accepted bool, when string) {
	ctx := context.Background()
	l := ledger.New(truth, ledger.Options{})
	owed := openIDs(ctx, t, l)
	owed = append(owed, openIDs(ctx, t, l)...) // a group that was dissolved this moment
	for _, s := range specs {
		if accepted {
			st, err := l.Status(ctx, s.ID())
			require.NoError(t, err, when)
			require.True(t, st.State.Final() || slices.Contains(owed, s.ID()), "after %s: %s, and not owed", when, st.State)
		}
		_, err := l.Accept(ctx, s)
		require.NoError(t, err, when)
	}
	openIDs(ctx, t, l)
	requireBothListed(ctx, t, l, specs, when)
	for _, s := range specs {
		_, err := l.Finish(ctx, s.ID(), job.Progress{State: job.Canceled})
		require.NoError(t, err, when)
	}
	openIDs(ctx, t, l)
	require.Empty(t, openIDs(ctx, t, l), when)
	requireBothListed(ctx, t, l, specs, when)
}

func requireBothListed(ctx context.Context, t require.TestingT, l *ledger.Ledger, specs []spec.Spec, when string) {
	page, err := l.List(ctx, "", 10, all)
	require.NoError(t, err, when)
	require.Len(t, page.Jobs, len(specs), when)
	for _, listed := range page.Jobs {
		st, err := l.Status(ctx, listed.ID)
		require.NoError(t, err, when)
		require.Equal(t, st.State, listed.State, when) // an entry says that a job is held as well
	}
}
