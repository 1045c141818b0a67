package ledger_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
	"mandelfarm/storage/storagetest"
)

// damage is what can happen to a record, by name: to the medium's bytes,
// so that the store sees it, or before they were stored.
func damage() map[string]func(t *testing.T, b *bundle, key string) {
	return map[string]func(t *testing.T, b *bundle, key string){
		"flipped": edit(func(data []byte) []byte { data[0] ^= 1; return data }),
		"half":    edit(func(data []byte) []byte { return data[:len(data)/2] }),
		"empty":   edit(func([]byte) []byte { return nil }),
		"stored half": func(t *testing.T, b *bundle, key string) {
			t.Helper()
			store(t, b, key, `{"version":"`+spec.Version+`","id":"`)
		},
		"stored empty":  func(t *testing.T, b *bundle, key string) { t.Helper(); store(t, b, key, "") },
		"stored null":   func(t *testing.T, b *bundle, key string) { t.Helper(); store(t, b, key, "null") },
		"stored object": func(t *testing.T, b *bundle, key string) { t.Helper(); store(t, b, key, "{}") },
		"stored wrong types": func(t *testing.T, b *bundle, key string) {
			t.Helper()
			store(t, b, key, `{"version":"`+spec.Version+`","spec":{"width":"x"},"state":7,"bands":7}`)
		},
	}
}

// edit is damage that changes the bytes on the medium, and nothing else.
func edit(change func([]byte) []byte) func(t *testing.T, b *bundle, key string) {
	return func(t *testing.T, b *bundle, key string) {
		t.Helper()
		path := filepath.Join(b.folder, key)
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, change(data), 0o600))
	}
}

func store(t *testing.T, b *bundle, key, data string) {
	t.Helper()
	require.NoError(t, b.store.Put(t.Context(), key, "", strings.NewReader(data)))
}

// told returns the damage of a kind that the ledger has told of since it was last
// asked.
func (b *bundle) told(kind ledger.Kind) (found []ledger.Damage) {
	for _, d := range b.allTold() {
		if d.Kind == kind {
			found = append(found, d)
		}
	}
	return found
}

// allTold is told of all kinds.
func (b *bundle) allTold() []ledger.Damage {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := b.damages
	b.damages = nil
	return all
}

func requireTold(t *testing.T, b *bundle, kind ledger.Kind, key string, mended bool) {
	t.Helper()
	told := b.told(kind)
	require.Len(t, told, 1)
	require.Error(t, told[0].Err)
	require.Equal(t, key, told[0].Key)
	require.Equal(t, mended, told[0].Mended)
}

// damagedJobsAreReplacedByTheirSpec: until then they are in nobody's way, and after
// that they go on as if nothing had been.
func damagedJobsAreReplacedByTheirSpec(t *testing.T, b *bundle) {
	t.Helper()
	other := accept(t, b.Ledger, parse(t, 1000))
	all := damage()
	all["another's Spec"] = anothersSpec
	all["too large"] = func(t *testing.T, b *bundle, key string) {
		t.Helper()
		store(t, b, key, strings.Repeat(" ", 5<<20))
	}
	n := 0
	for name, apply := range all {
		n++
		s := parse(t, n)
		first, err := b.AcceptAs(t.Context(), s, job.Terms{Priority: job.Low})
		require.NoError(t, err)
		finish(t, b, s, job.Failed)
		accept(t, b.Ledger, s)
		key := "jobs/" + string(s.ID()) + "/job.json"
		apply(t, b, key)

		for range 3 {
			_, err = b.Status(t.Context(), s.ID())
			require.ErrorIs(t, err, job.ErrUnreadable, name)
			require.NotContains(t, err.Error(), "storage", "it is for the client's eyes")
			_, isFault := errors.AsType[*spec.FieldError](err)
			require.False(t, isFault, "the client has made no mistake")
			require.Equal(t, []spec.ID{other.ID}, open(t, b.Ledger), name)
		}
		requireTold(t, b, ledger.KindJob, key, false)
		_, err = b.Heal(t.Context(), ledger.Examined{Key: imageKey(s), Damage: storage.ErrDamaged})
		require.NoError(t, err, "nor of the scrub")

		require.Equal(t, first, accept(t, b.Ledger, s), name)
		requireTold(t, b, ledger.KindJob, key, true)
		st, err := b.Status(t.Context(), s.ID())
		require.NoError(t, err)
		require.Equal(t, first, st)
		require.ElementsMatch(t, []spec.ID{other.ID, s.ID()}, open(t, b.Ledger), name)
		finish(t, b, s, job.Done)
		require.Len(t, listed(t, b.Ledger, 100), 1+n, "once each")
		require.Empty(t, b.told(ledger.KindJob))
	}
}

// anothersSpec is a record that is whole, but for a digit in its Spec.
func anothersSpec(t *testing.T, b *bundle, key string) {
	t.Helper()
	data, err := storage.ReadAll(t.Context(), b.store, key, 1<<20)
	require.NoError(t, err)
	changed := bytes.Replace(data, []byte(`"height":1,`), []byte(`"height":9,`), 1)
	require.NotEqual(t, data, changed)
	store(t, b, key, string(changed))
}

// damagedResultsAreOwedAgain, whoever meets them, and end again.
func damagedResultsAreOwedAgain(t *testing.T, b *bundle) {
	t.Helper()
	meetings := map[string]func(s spec.Spec){
		"status": func(s spec.Spec) {
			st, err := b.Status(t.Context(), s.ID())
			require.NoError(t, err)
			require.Equal(t, job.Queued, st.State)
		},
		"accept": func(s spec.Spec) { require.Equal(t, job.Queued, accept(t, b.Ledger, s).State) },
		"audit":  func(spec.Spec) { require.NoError(t, b.Audit(t.Context())) },
		"marker": func(s spec.Spec) { put(t, b.store, "open/"+string(s.ID())); open(t, b.Ledger) },
		"finish": func(spec.Spec) {},
	}
	n := 0
	for name, apply := range damage() {
		for meeting, meet := range meetings {
			n++
			s, l := parse(t, n), layouts()[n%2]
			st := l.accept(t, b, s)
			finish(t, b, s, job.Done)
			key := l.end(st)
			apply(t, b, key)
			b.allTold()
			meet(s)
			if meeting != "finish" {
				requireTold(t, b, ledger.KindResult, key, true)
				require.Equal(t, []spec.ID{s.ID()}, open(t, b.Ledger), "%s, %s, %s", l.name, name, meeting)
			}
			p := finish(t, b, s, job.Done)
			st, err := b.Status(t.Context(), s.ID())
			require.NoError(t, err)
			require.Equal(t, p, st.Progress, "%s, %s, %s", l.name, name, meeting)
			require.Empty(t, open(t, b.Ledger))
		}
	}
	require.Len(t, walk(t, b.Ledger, 100, keeping(func(st job.Status) bool { return st.State == job.Done })), n)
}

// damagedPlansAreNone: they go with the bands that were cut by them, and another
// plan is stored in their place.
func damagedPlansAreNone(t *testing.T, b *bundle) {
	t.Helper()
	for name, apply := range damage() {
		for _, read := range []bool{true, false} {
			s, err := spec.Normalize(spec.Draft{Width: 1, Height: 128})
			require.NoError(t, err)
			j := accept(t, b.Ledger, s).Job
			two := planOf(job.Band{Start: 0, End: 64, Seconds: 1}, job.Band{Start: 64, End: 128, Seconds: 1})
			_, err = b.StorePlan(t.Context(), j, two)
			require.NoError(t, err)
			require.NoError(t, b.Band(j.ID, 1).Store(t.Context(), strings.NewReader("band")))
			key := "jobs/" + string(j.ID) + "/plan.json"
			apply(t, b, key)
			b.allTold()
			if read {
				_, planned, err := b.Plan(t.Context(), j)
				require.NoError(t, err, name)
				require.False(t, planned, name)
				requireTold(t, b, ledger.KindPlan, key, true)
			}
			one := planOf(job.Band{Start: 0, End: 128, Seconds: 3})
			standing, err := b.StorePlan(t.Context(), j, one)
			require.NoError(t, err, name)
			require.Equal(t, one, standing, name)
			bands, err := b.Bands(t.Context(), j.ID, 0)
			require.NoError(t, err)
			require.Empty(t, bands, name)
			require.NoError(t, b.RemoveParts(t.Context(), j.ID))
		}
	}
}

// damagedEntriesAreListedAndMended, from the records, if there are any.
func damagedEntriesAreListedAndMended(t *testing.T, b *bundle) {
	t.Helper()
	for _, apply := range damage() {
		for n, l := range layouts() {
			damagedEntryIsListedAndMended(t, b, l, parse(t, 1+n), apply)
			require.NoError(t, b.store.Delete(t.Context(), keys(t, b.store, "")...))
		}
	}
}

func damagedEntryIsListedAndMended(t *testing.T, b *bundle, l layout, s spec.Spec, apply func(t *testing.T, b *bundle, key string)) {
	t.Helper()
	st := l.accept(t, b, s)
	p := finish(t, b, s, job.Failed)
	key := l.entry(st)
	require.Equal(t, []string{key}, keys(t, b.store, "recent/"), "one job, one entry")
	b.allTold()
	apply(t, b, key)
	for range 2 {
		page, err := b.List(t.Context(), "", 10, all)
		require.NoError(t, err)
		require.Len(t, page.Jobs, 1)
		require.Equal(t, p, page.Jobs[0].Progress)
	}
	requireTold(t, b, ledger.KindIndex, key, true)
	apply(t, b, key)
	require.NoError(t, b.Audit(t.Context()))
	requireTold(t, b, ledger.KindIndex, key, true)
	apply(t, b, key)
	accept(t, b.Ledger, s)
	requireTold(t, b, ledger.KindIndex, key, true)
	finish(t, b, s, job.Failed)
	apply(t, b, "jobs/"+string(s.ID())+"/job.json")
	apply(t, b, key)
	require.Empty(t, listed(t, b.Ledger, 10), "nothing is known of it")
	require.NoError(t, b.Audit(t.Context()), "nor is it in the way")
	accept(t, b.Ledger, s)
	require.Equal(t, []spec.ID{s.ID()}, listed(t, b.Ledger, 10))
}

// damagedMarkersAreListedAndMended: what says that a job is owed is what a list shows of it.
func damagedMarkersAreListedAndMended(t *testing.T, b *bundle) {
	t.Helper()
	n := 0
	for name, apply := range damage() {
		n++
		s := parse(t, n)
		st := accept(t, b.Ledger, s)
		key := layouts()[0].marker(st)
		apply(t, b, key)
		b.allTold()
		require.Equal(t, []spec.ID{s.ID()}, open(t, b.Ledger), name)
		_, wanted, err := b.Wanted(t.Context(), st.Job)
		require.NoError(t, err)
		require.True(t, wanted, name)
		for range 2 {
			page, err := b.List(t.Context(), "", 1, all)
			require.NoError(t, err)
			require.Equal(t, []job.Status{st}, page.Jobs, name)
		}
		requireTold(t, b, ledger.KindIndex, key, true)
		apply(t, b, key)
		require.NoError(t, b.Audit(t.Context()))
		requireTold(t, b, ledger.KindIndex, key, true)
		finish(t, b, s, job.Done)
	}
}

// auditMendsWhatIsDerived from the records, and nothing else.
func auditMendsWhatIsDerived(t *testing.T, b *bundle) {
	t.Helper()
	for _, l := range layouts() {
		auditMends(t, b, l)
		require.NoError(t, b.store.Delete(t.Context(), keys(t, b.store, "")...))
	}
}

func auditMends(t *testing.T, b *bundle, l layout) {
	t.Helper()
	unmarked, again, ended, stale, damaged, healthy := parse(t, 1), parse(t, 2), parse(t, 3), parse(t, 4), parse(t, 5), parse(t, 6)
	accepted := make(map[spec.ID]job.Status)
	for _, s := range []spec.Spec{unmarked, again, ended, stale, damaged, healthy} {
		accepted[s.ID()] = l.accept(t, b, s)
	}
	finish(t, b, again, job.Failed)
	accept(t, b.Ledger, again)
	finish(t, b, ended, job.Canceled)
	finish(t, b, stale, job.Failed)
	accept(t, b.Ledger, stale)
	entry := l.entry(accepted[stale.ID()])
	old, err := os.ReadFile(filepath.Join(b.folder, entry))
	require.NoError(t, err)
	finish(t, b, stale, job.Done)
	store(t, b, entry, string(old))
	marker, nextMarker := l.marker(accepted[unmarked.ID()]), "open/"+string(again.ID())+".000001"
	require.NoError(t, b.store.Delete(t.Context(), marker, nextMarker))
	record := "jobs/" + string(damaged.ID()) + "/job.json"
	edit(func([]byte) []byte { return nil })(t, b, record)

	require.NoError(t, b.Audit(t.Context()))
	var mended []string
	for _, d := range b.allTold() {
		if d.Mended {
			mended = append(mended, d.Key)
		}
	}
	require.ElementsMatch(t, []string{marker, nextMarker, record}, mended)
	require.ElementsMatch(t, []spec.ID{unmarked.ID(), again.ID(), damaged.ID(), healthy.ID()}, open(t, b.Ledger))
	done := keeping(func(st job.Status) bool { return st.State == job.Done })
	require.Equal(t, []spec.ID{stale.ID()}, ids(walk(t, b.Ledger, 10, done)))
	require.NoError(t, b.Audit(t.Context()))
	require.Empty(t, b.allTold(), "there is nothing to do twice")
}

// otherVersionsAreToldFromDamage: what a worker of theirs can draw stays, whether
// this one understands it or not.
func otherVersionsAreToldFromDamage(t *testing.T, b *bundle) {
	t.Helper()
	readable, strange := spec.ID(strings.Repeat("1", 40)), spec.ID(strings.Repeat("2", 40))
	s := parse(t, 1)
	old, err := json.Marshal(map[string]any{"version": "2", "id": readable, "spec": s, "accepted_at": time.Unix(1e6, 0).UTC()})
	require.NoError(t, err)
	store(t, b, "jobs/"+string(readable)+"/job.json", string(old))
	store(t, b, "jobs/"+string(strange)+"/job.json", `{"version":"next","id":"`+string(strange)+`","spec":{"formula":"newton"}}`)
	for _, id := range []spec.ID{readable, strange} {
		put(t, b.store, "open/"+string(id))
		put(t, b.store, "recent/9999999999999-"+string(id))
	}

	st, err := b.Status(t.Context(), readable)
	require.NoError(t, err)
	require.Equal(t, s, st.Spec)
	_, err = b.Status(t.Context(), strange)
	require.ErrorIs(t, err, job.ErrVersion)
	require.Equal(t, []spec.ID{readable}, open(t, b.Ledger))
	require.NoError(t, b.Audit(t.Context()))
	require.ElementsMatch(t, []spec.ID{readable}, listed(t, b.Ledger, 10))
	require.Empty(t, b.told(ledger.KindJob))
	require.Len(t, keys(t, b.store, "open/"), 2)

	mine := parse(t, 2)
	store(t, b, "jobs/"+string(mine.ID())+"/job.json", `{"version":"next","id":"`+string(mine.ID())+`","spec":{"formula":"newton"}}`)
	require.Equal(t, mine, accept(t, b.Ledger, mine).Spec, "no other version has this ID")
}

// TestDamageOnTheWayIsReadAgain: a byte that was flipped between storage and here
// costs no record.
func TestDamageOnTheWayIsReadAgain(t *testing.T) {
	t.Parallel()
	truth := storagetest.NewMemory()
	s := parse(t, 1)
	accept(t, ledger.New(truth, ledger.Options{}), s)
	flaky := &flaky{Store: truth, failed: make(map[string]bool)}
	l := ledger.New(flaky, ledger.Options{Damage: func(_ context.Context, d ledger.Damage) { t.Error(d) }})
	_, err := l.Finish(t.Context(), s.ID(), job.Progress{State: job.Done})
	require.NoError(t, err)
	st, err := l.Status(t.Context(), s.ID())
	require.NoError(t, err)
	require.Equal(t, job.Done, st.State)
	require.NotEmpty(t, flaky.failed)
}

// flaky reports every object as damaged the first time that it is read.
type flaky struct {
	storage.Store
	mu     sync.Mutex
	failed map[string]bool
}

func (f *flaky) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, storage.Info, error) {
	body, info, err := f.Store.Get(ctx, key, offset, length)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil || f.failed[key] {
		return body, info, err
	}
	f.failed[key] = true
	return nil, info, &storage.Error{Op: "get", Key: key, Err: storage.ErrDamaged}
}
