package ledger_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"mandelfarm/internal/testenv"
	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
	"mandelfarm/storage/dir"
	"mandelfarm/storage/s3"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestOnFolder(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T) (storage.Store, string) {
		t.Helper()
		folder := t.TempDir()
		s, err := dir.Open(folder)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		return s, folder
	})
}

func TestOnS3(t *testing.T) {
	t.Parallel()
	server := testenv.S3Server(t)
	run(t, func(t *testing.T) (storage.Store, string) {
		t.Helper()
		cfg := server.Config()
		s, err := s3.Open(t.Context(), cfg)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		return s, server.Folder(cfg.Bucket)
	})
}

// run has every test use a store of its own, which keeps its objects in a folder,
// as files named by their keys.
func run(t *testing.T, open func(t *testing.T) (s storage.Store, folder string)) {
	t.Helper()
	for _, test := range []struct {
		name  string
		check func(t *testing.T, b *bundle)
	}{
		{"AcceptAgainIsTheSameJob", acceptAgainIsTheSameJob},
		{"AcceptAtOnceIsOneJob", acceptAtOnceIsOneJob},
		{"JobsOfAGroupAreJobs", jobsOfAGroupAreJobs},
		{"WhoeverWantsOneJobDissolvesItsGroup", whoeverWantsOneJobDissolvesItsGroup},
		{"JobsOfAGroupAreRemovedOneByOne", jobsOfAGroupAreRemovedOneByOne},
		{"GroupsOfOtherVersionsAreLeftToThem", groupsOfOtherVersionsAreLeftToThem},
		{"TheAuditTakesOutWhoHasNoRecord", theAuditTakesOutWhoHasNoRecord},
		{"LostMarkersOfGroupsAreMadeUpFor", lostMarkersOfGroupsAreMadeUpFor},
		{"DamagedEndsOfGroupsAreRunsThatBeginAnew", damagedEndsOfGroupsAreRunsThatBeginAnew},
		{"AcceptCompletesAnInterruptedOne", acceptCompletesAnInterruptedOne},
		{"AcceptIndexesWhatWasFinishedUnindexed", acceptIndexesWhatWasFinishedUnindexed},
		{"AcceptQueuesAnewWhatHasNoImage", acceptQueuesAnewWhatHasNoImage},
		{"AcceptKeepsWhatHasItsImage", acceptKeepsWhatHasItsImage},
		{"FirstEndWins", firstEndWins},
		{"FinishRefusesOtherStates", finishRefusesOtherStates},
		{"RetriesRaceWithTheEndOfTheLastRun", retriesRaceWithTheEndOfTheLastRun},
		{"StatusOfUnknown", statusOfUnknown},
		{"ListIsNewestFirstInPages", listIsNewestFirstInPages},
		{"ListKeepsWhatIsAskedFor", listKeepsWhatIsAskedFor},
		{"ListRefusesForeignCursors", listRefusesForeignCursors},
		{"ListPassesOverForeignKeys", listPassesOverForeignKeys},
		{"ListEndsWithItsLastFullPage", listEndsWithItsLastFullPage},
		{"OpenIsWhatIsOwed", openIsWhatIsOwed},
		{"OpenRemovesLeftOvers", openRemovesLeftOvers},
		{"OpenPassesOverUnreadableRecords", openPassesOverUnreadableRecords},
		{"FirstPlanStands", firstPlanStands},
		{"PlansMustFitTheirJob", plansMustFitTheirJob},
		{"PartsAreRemoved", partsAreRemoved},
		{"AskingAgainEndsAPause", askingAgainEndsAPause},
		{"MarkersAreThoseOfOpenJobs", markersAreThoseOfOpenJobs},
		{"JobsOfEarlierVersionsGoOn", jobsOfEarlierVersionsGoOn},
		{"ListsHaveTheJobsOfAllVersions", listsHaveTheJobsOfAllVersions},
		{"EndsOfEarlierRunsAreKept", endsOfEarlierRunsAreKept},
		{"HeldJobsAreNotWanted", heldJobsAreNotWanted},
		{"DamagedJobsAreReplacedByTheirSpec", damagedJobsAreReplacedByTheirSpec},
		{"DamagedResultsAreOwedAgain", damagedResultsAreOwedAgain},
		{"DamagedPlansAreNone", damagedPlansAreNone},
		{"DamagedEntriesAreListedAndMended", damagedEntriesAreListedAndMended},
		{"DamagedMarkersAreListedAndMended", damagedMarkersAreListedAndMended},
		{"AuditMendsWhatIsDerived", auditMendsWhatIsDerived},
		{"OtherVersionsAreToldFromDamage", otherVersionsAreToldFromDamage},
		{"ObjectsAreStoredReadAndRemoved", objectsAreStoredReadAndRemoved},
		{"RangesAreOfOneObject", rangesAreOfOneObject},
		{"LevelsGoWithTheirImage", levelsGoWithTheirImage},
		{"ObjectsAreListedByKind", objectsAreListedByKind},
		{"ObjectsAreComposed", objectsAreComposed},
		{"KeysAreKeptUntilRemoved", keysAreKeptUntilRemoved},
		{"DamagedKeysOpenNothing", damagedKeysOpenNothing},
		{"WebhooksAreToldOncePerRun", webhooksAreToldOncePerRun},
		{"MessagesAreDueWhenTheirRunHasEnded", messagesAreDueWhenTheirRunHasEnded},
		{"MessagesAreInOneStateAtATime", messagesAreInOneStateAtATime},
		{"WebhooksOfAJobAreBounded", webhooksOfAJobAreBounded},
		{"DamagedMessagesAreNone", damagedMessagesAreNone},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			store, folder := open(t)
			test.check(t, newBundle(store, folder))
		})
	}
}

// bundle is a ledger on an empty store.
type bundle struct {
	*ledger.Ledger
	store  storage.Store
	folder string

	mu      sync.Mutex
	damages []ledger.Damage // that the ledger has told of
}

func newBundle(s storage.Store, folder string) *bundle {
	b := &bundle{store: s, folder: folder}
	b.Ledger = ledger.New(s, ledger.Options{Damage: func(_ context.Context, d ledger.Damage) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.damages = append(b.damages, d)
	}})
	return b
}

func acceptAgainIsTheSameJob(t *testing.T, b *bundle) {
	t.Helper()
	s := parse(t, 1)
	before := time.Now().Truncate(time.Millisecond)
	first := accept(t, b.Ledger, s)
	require.Equal(t, s.ID(), first.ID)
	require.Equal(t, s, first.Spec)
	require.Equal(t, job.Progress{State: job.Queued}, first.Progress)
	require.WithinRange(t, first.AcceptedAt, before, time.Now())
	for range 3 {
		require.Equal(t, first, accept(t, b.Ledger, s), "accepted again")
	}
	st, err := b.Status(t.Context(), s.ID())
	require.NoError(t, err)
	require.Equal(t, first, st)
	require.Equal(t, []spec.ID{s.ID()}, open(t, b.Ledger))
	require.Equal(t, []spec.ID{s.ID()}, listed(t, b.Ledger, 10))
}

func acceptAtOnceIsOneJob(t *testing.T, b *bundle) {
	t.Helper()
	s := parse(t, 1)
	all := make([]job.Status, 16)
	together(len(all), func(i int) {
		// Ledgers of several processes, whose clocks differ.
		l := ledger.New(b.store, ledger.Options{Now: func() time.Time { return time.Now().Add(time.Duration(i) * time.Second) }})
		all[i], _ = l.Accept(t.Context(), s)
	})
	for _, st := range all {
		require.Equal(t, all[0], st)
	}
	require.Equal(t, []spec.ID{s.ID()}, open(t, b.Ledger))
	require.Equal(t, []spec.ID{s.ID()}, listed(t, b.Ledger, 10))
}

// acceptCompletesAnInterruptedOne removes what an Accept that was killed would
// not have stored.
func acceptCompletesAnInterruptedOne(t *testing.T, b *bundle) {
	t.Helper()
	s := parse(t, 1)
	first := accept(t, b.Ledger, s)
	for _, prefixes := range [][]string{{"open/"}, {"recent/", "open/"}, {"recent/"}} {
		for _, prefix := range prefixes {
			require.NoError(t, b.store.Delete(t.Context(), keys(t, b.store, prefix)...))
		}
		require.Equal(t, first, accept(t, b.Ledger, s))
		require.Equal(t, []spec.ID{s.ID()}, open(t, b.Ledger), "without %s", prefixes)
		require.Equal(t, []spec.ID{s.ID()}, listed(t, b.Ledger, 10), "without %s", prefixes)
	}
}

func acceptIndexesWhatWasFinishedUnindexed(t *testing.T, b *bundle) {
	t.Helper()
	for i, state := range []job.State{job.Done, job.Failed} {
		for n, l := range layouts() {
			s := parse(t, 1+2*i+n)
			l.accept(t, b, s)
			finish(t, b, s, state)
			require.NoError(t, b.store.Delete(t.Context(), keys(t, b.store, "recent/")...))
			accept(t, b.Ledger, s)
			require.Equal(t, []spec.ID{s.ID()}, listed(t, b.Ledger, 10), "%s, after %s", l.name, state)
			require.NoError(t, b.store.Delete(t.Context(), append(keys(t, b.store, "recent/"), keys(t, b.store, "open/")...)...))
		}
	}
}

func acceptQueuesAnewWhatHasNoImage(t *testing.T, b *bundle) {
	t.Helper()
	s := parse(t, 1)
	first := accept(t, b.Ledger, s)
	for _, end := range []job.State{job.Failed, job.Canceled, job.Done, job.Canceled} {
		finish(t, b, s, end)
		require.NoError(t, b.store.Delete(t.Context(), imageKey(s)))
		require.Empty(t, open(t, b.Ledger), "after %s", end)

		require.Equal(t, first, accept(t, b.Ledger, s), "again after %s", end)
		st, err := b.Status(t.Context(), s.ID())
		require.NoError(t, err)
		require.Equal(t, first, st)
		require.Equal(t, []spec.ID{s.ID()}, open(t, b.Ledger), "again after %s", end)
		require.Equal(t, first, accept(t, b.Ledger, s), "and once more")
	}
	finish(t, b, s, job.Done)
	require.Empty(t, open(t, b.Ledger))
	require.Equal(t, []spec.ID{s.ID()}, listed(t, b.Ledger, 10))
}

func acceptKeepsWhatHasItsImage(t *testing.T, b *bundle) {
	t.Helper()
	for _, format := range spec.FileFormats() {
		s, err := parse(t, 1).As(format)
		require.NoError(t, err)
		accept(t, b.Ledger, s)
		p := finish(t, b, s, job.Done)
		st := accept(t, b.Ledger, s)
		require.Equal(t, p, st.Progress)
		require.Empty(t, open(t, b.Ledger))
	}
}

func firstEndWins(t *testing.T, b *bundle) {
	t.Helper()
	s := parse(t, 1)
	for round := range 3 { // of them two are runs of a job that is asked for again
		accept(t, b.Ledger, s)
		ends := make([]job.Progress, 12)
		together(len(ends), func(i int) {
			p := job.Progress{State: job.Failed, Error: fmt.Sprintf("worker %d", i), FinishedAt: time.Unix(int64(i), 0).UTC()}
			if i%2 == 0 {
				p = job.Progress{State: job.Canceled, FinishedAt: time.Unix(int64(i), 0).UTC()}
			}
			ends[i], _ = b.Finish(t.Context(), s.ID(), p)
		})
		st, err := b.Status(t.Context(), s.ID())
		require.NoError(t, err)
		require.True(t, st.State.Final())
		for _, end := range ends {
			require.Equal(t, st.Progress, end, "round %d", round)
		}
		require.Empty(t, open(t, b.Ledger))
	}
}

func finishRefusesOtherStates(t *testing.T, b *bundle) {
	t.Helper()
	s := parse(t, 1)
	accept(t, b.Ledger, s)
	for _, state := range []job.State{job.Queued, job.Running, ""} {
		_, err := b.Finish(t.Context(), s.ID(), job.Progress{State: state})
		require.ErrorIs(t, err, job.ErrState, "%q", state)
	}
	require.Equal(t, []spec.ID{s.ID()}, open(t, b.Ledger))
}

// retriesRaceWithTheEndOfTheLastRun retries a job between the two writes of its
// end, and lets a reconciler look at any time.
func retriesRaceWithTheEndOfTheLastRun(t *testing.T, b *bundle) {
	t.Helper()
	s := parse(t, 1)
	accept(t, b.Ledger, s)
	for round := range 3 {
		between := &hooked{Store: b.store}
		between.beforeDelete = sync.OnceFunc(func() {
			require.Equal(t, job.Queued, accept(t, b.Ledger, s).State, "retried in round %d", round)
		})
		_, err := ledger.New(between, ledger.Options{}).Finish(t.Context(), s.ID(), job.Progress{State: job.Failed})
		require.NoError(t, err)
		require.Equal(t, []spec.ID{s.ID()}, open(t, b.Ledger), "retried in round %d", round)
		st, err := b.Status(t.Context(), s.ID())
		require.NoError(t, err)
		require.Equal(t, job.Queued, st.State)
	}
	finish(t, b, s, job.Done)
	between := &hooked{Store: b.store}
	between.beforeDelete = sync.OnceFunc(func() {
		require.NoError(t, b.store.Delete(t.Context(), imageKey(s)))
		accept(t, b.Ledger, s)
	})
	put(t, b.store, "open/"+string(s.ID()))
	require.Empty(t, open(t, ledger.New(between, ledger.Options{})), "what the listing saw has ended")
	require.Equal(t, []spec.ID{s.ID()}, open(t, b.Ledger), "what came meanwhile is owed")
}

func statusOfUnknown(t *testing.T, b *bundle) {
	t.Helper()
	accept(t, b.Ledger, parse(t, 1))
	_, err := b.Status(t.Context(), parse(t, 2).ID())
	require.ErrorIs(t, err, job.ErrUnknown)
	require.ErrorContains(t, err, string(parse(t, 2).ID()))
}

// listIsNewestFirstInPages reads several hundred jobs, some accepted in the same
// millisecond, in pages of every kind of size.
func listIsNewestFirstInPages(t *testing.T, b *bundle) {
	t.Helper()
	const n = 300
	begin := time.Now()
	want := make([]job.Status, n)
	together(20, func(worker int) {
		for i := worker; i < n; i += 20 {
			l := ledger.New(b.store, ledger.Options{Now: func() time.Time { return begin.Add(time.Duration(i/3) * time.Millisecond) }})
			want[i], _ = l.Accept(t.Context(), parse(t, 1+i))
		}
	})
	slices.SortFunc(want, func(x, y job.Status) int {
		if c := y.AcceptedAt.Compare(x.AcceptedAt); c != 0 {
			return c
		}
		return strings.Compare(string(x.ID), string(y.ID))
	})
	for _, limit := range []int{77, 300, 1000} {
		require.Equal(t, want, walk(t, b.Ledger, limit, all), "in pages of %d", limit)
	}
}

// keeping is a Look that keeps some jobs.
func keeping(keep func(job.Status) bool) ledger.Look {
	return func(context.Context, []spec.ID) (func(*job.Status) bool, error) {
		return func(st *job.Status) bool { return keep(*st) }, nil
	}
}

func all(ctx context.Context, ids []spec.ID) (func(*job.Status) bool, error) {
	return keeping(func(job.Status) bool { return true })(ctx, ids)
}

func listKeepsWhatIsAskedFor(t *testing.T, b *bundle) {
	t.Helper()
	var failed []spec.ID
	for i := range 40 {
		s := parse(t, 1+i)
		l := ledger.New(b.store, ledger.Options{Now: func() time.Time { return time.Unix(int64(1e6-i), 0) }})
		accept(t, l, s)
		if i%7 == 3 {
			finish(t, b, s, job.Failed)
			failed = append(failed, s.ID())
		}
	}
	isFailed := func(st job.Status) bool { return st.State == job.Failed }
	for _, limit := range []int{0, 2, 6, 7} {
		require.Equal(t, failed, ids(walk(t, b.Ledger, limit, keeping(isFailed))), "in pages of %d", limit)
	}
	none := keeping(func(job.Status) bool { return false })
	require.Empty(t, walk(t, b.Ledger, 5, none))
}

func listRefusesForeignCursors(t *testing.T, b *bundle) {
	t.Helper()
	accept(t, b.Ledger, parse(t, 1))
	id := string(parse(t, 1).ID())
	for _, cursor := range []string{
		"x", "0", "../jobs/", "recent/", "\x00", "8225000000000", "8225000000000-", "8225000000000-" + id + "0",
		"8225000000000_" + id, "82250000000000-" + id, "+225000000000-" + id, "8225000000000-" + strings.ToUpper(id),
		strings.Repeat("9", 10_000),
	} {
		_, err := b.List(t.Context(), cursor, 10, all)
		require.ErrorIs(t, err, ledger.ErrCursor, "cursor %.60q", cursor)
	}
	page, err := b.List(t.Context(), "9999999999999-"+id, 10, all)
	require.NoError(t, err)
	require.Zero(t, page, "what is after the last")
}

// listPassesOverForeignKeys has keys in the index that somebody else put there,
// an entry whose record is missing, and one that nobody can read, nor the record.
// None ends up in a page or a cursor.
func listPassesOverForeignKeys(t *testing.T, b *bundle) {
	t.Helper()
	for i := range 4 {
		l := ledger.New(b.store, ledger.Options{Now: func() time.Time { return time.Unix(int64(1e6-i), 0) }})
		accept(t, l, parse(t, 1+i))
	}
	put(t, b.store, "recent/0000000000000-"+string(parse(t, 9).ID()))
	put(t, b.store, "recent/-")
	for _, entry := range append(keys(t, b.store, "recent/"), keys(t, b.store, "open/")...) {
		put(t, b.store, entry+"-foreign")
	}
	broken := ledger.New(b.store, ledger.Options{Now: func() time.Time { return time.Unix(1e6, 1e6) }})
	st := accept(t, broken, parse(t, 8))
	unreadable(t, b.store, st.ID)
	put(t, b.store, layouts()[0].marker(st))
	want := []spec.ID{parse(t, 1).ID(), parse(t, 2).ID(), parse(t, 3).ID(), parse(t, 4).ID()}
	for limit := range 6 {
		require.Equal(t, want, ids(walk(t, b.Ledger, limit, all)), "in pages of %d", limit)
	}
}

func listEndsWithItsLastFullPage(t *testing.T, b *bundle) {
	t.Helper()
	for i := range 4 {
		accept(t, b.Ledger, parse(t, 1+i))
	}
	page, err := b.List(t.Context(), "", 2, all)
	require.NoError(t, err)
	require.Len(t, page.Jobs, 2)
	page, err = b.List(t.Context(), page.Next, 2, all)
	require.NoError(t, err)
	require.Len(t, page.Jobs, 2)
	require.Empty(t, page.Next)
}

// openIsWhatIsOwed has more jobs than are examined at a time.
func openIsWhatIsOwed(t *testing.T, b *bundle) {
	t.Helper()
	require.Empty(t, open(t, b.Ledger))
	const n = 300
	together(20, func(worker int) {
		for i := worker; i < n; i += 20 {
			_, _ = b.Accept(t.Context(), parse(t, 1+i))
		}
	})
	var want []spec.ID
	for i := range n {
		if s := parse(t, 1+i); i%30 == 0 {
			finish(t, b, s, job.Done)
		} else {
			want = append(want, s.ID())
		}
	}
	require.ElementsMatch(t, want, open(t, b.Ledger))
	for j, err := range b.Open(t.Context()) {
		require.NoError(t, err)
		require.Equal(t, j.Spec.ID(), j.ID)
		break // a consumer may have enough
	}
}

func openRemovesLeftOvers(t *testing.T, b *bundle) {
	t.Helper()
	ended, again, owed := parse(t, 1), parse(t, 2), parse(t, 3)
	var marker string
	for _, s := range []spec.Spec{ended, again, owed} {
		marker = layouts()[0].marker(accept(t, b.Ledger, s))
	}
	finish(t, b, ended, job.Done)
	finish(t, b, again, job.Failed)
	accept(t, b.Ledger, again)
	for _, s := range []spec.Spec{ended, again} {
		put(t, b.store, "open/"+string(s.ID()))
	}
	foreign := []string{"open/-", "open/readme", "open/" + string(owed.ID()) + ".", "open/" + string(owed.ID()) + ".1"}
	for _, key := range foreign {
		put(t, b.store, key)
	}
	// Somebody is about to ask for it again: the marker comes before the run.
	next := "open/" + string(ended.ID()) + ".000001"
	put(t, b.store, next)
	want := []spec.ID{again.ID(), owed.ID()}
	require.ElementsMatch(t, want, open(t, b.Ledger))
	require.ElementsMatch(t, append(foreign, next, "open/"+string(again.ID())+".000001", marker),
		keys(t, b.store, "open/"))
	require.ElementsMatch(t, want, open(t, b.Ledger), "once more")
}

func openPassesOverUnreadableRecords(t *testing.T, b *bundle) {
	t.Helper()
	var want []spec.ID
	for i := range 5 {
		want = append(want, accept(t, b.Ledger, parse(t, 1+i)).ID)
	}
	unreadable(t, b.store, want[0])
	require.ElementsMatch(t, want[1:], open(t, b.Ledger))
}

// spec is one of as many pictures as are asked for.
func parse(t *testing.T, n int) spec.Spec {
	t.Helper()
	s, err := spec.Normalize(spec.Draft{Width: n, Height: 1})
	require.NoError(t, err)
	return s
}

func accept(t *testing.T, l *ledger.Ledger, s spec.Spec) job.Status {
	t.Helper()
	st, err := l.Accept(t.Context(), s)
	require.NoError(t, err)
	return st
}

// finish ends a job; one that is done has its image stored.
func finish(t *testing.T, b *bundle, s spec.Spec, state job.State) job.Progress {
	t.Helper()
	if state == job.Done {
		put(t, b.store, imageKey(s))
	}
	p := job.Progress{State: state, Attempts: 1, FinishedAt: time.Now().UTC().Truncate(time.Millisecond)}
	got, err := b.Finish(t.Context(), s.ID(), p)
	require.NoError(t, err)
	require.Equal(t, p, got)
	return got
}

// imageKey is where the layout says that the image of a Spec is stored.
func imageKey(s spec.Spec) string { return "renders/" + string(s.ID()) + s.Format.Extension() }

func put(t *testing.T, s storage.Store, key string) {
	t.Helper()
	require.NoError(t, s.Put(t.Context(), key, "", strings.NewReader("")))
}

// unreadable replaces the record of a job with what another version might write.
func unreadable(t *testing.T, s storage.Store, id spec.ID) {
	t.Helper()
	record := strings.NewReader(`{"id": "` + string(id) + `", "spec": {"formula": "newton"}}`)
	require.NoError(t, s.Put(t.Context(), "jobs/"+string(id)+"/job.json", "", record))
}

// open is what the ledger says is owed.
func open(t *testing.T, l *ledger.Ledger) []spec.ID {
	t.Helper()
	var found []spec.ID
	for j, err := range l.Open(t.Context()) {
		require.NoError(t, err)
		found = append(found, j.ID)
	}
	return found
}

func listed(t *testing.T, l *ledger.Ledger, limit int) []spec.ID {
	t.Helper()
	return ids(walk(t, l, limit, all))
}

// walk reads all pages.
func walk(t *testing.T, l *ledger.Ledger, limit int, look ledger.Look) []job.Status {
	t.Helper()
	var found []job.Status
	cursor := ""
	for {
		page, err := l.List(t.Context(), cursor, limit, look)
		require.NoError(t, err)
		require.LessOrEqual(t, len(page.Jobs), max(limit, 1))
		found = append(found, page.Jobs...)
		if page.Next == "" {
			return found
		}
		require.NotEqual(t, cursor, page.Next, "a page leads to itself")
		cursor = page.Next
	}
}

func ids(jobs []job.Status) []spec.ID {
	var found []spec.ID
	for _, st := range jobs {
		found = append(found, st.ID)
	}
	return found
}

func keys(t *testing.T, s storage.Store, prefix string) []string {
	t.Helper()
	var found []string
	for info, err := range s.List(t.Context(), prefix, "") {
		require.NoError(t, err)
		found = append(found, info.Key)
	}
	return found
}

// together calls f with 0..n-1 at the same time.
func together(n int, f func(i int)) {
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() { f(i) })
	}
	group.Wait()
}
