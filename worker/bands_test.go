package worker_test

import (
	"bytes"
	"context"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/preview"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
	"mandelfarm/storage/dir"
	"mandelfarm/worker"
)

// large is a job with a plan of one band for each of its segments.
func large(t *testing.T, b *bundle, segments int) (job.Job, job.Plan) {
	t.Helper()
	s := plain(t, 40, (segments-1)*spec.SegmentRows+10)
	accept(t, b, s)
	j := job.Job{ID: s.ID(), Spec: s}
	var plan job.Plan
	for start := 0; start < s.Height; start += spec.SegmentRows {
		plan.Bands = append(plan.Bands, job.Band{Start: start, End: min(s.Height, start+spec.SegmentRows), Seconds: 1})
	}
	plan, err := b.ledger.StorePlan(t.Context(), j, plan)
	require.NoError(t, err)
	require.NoError(t, b.ledger.Preview(j.ID).Store(t.Context(), bytes.NewReader(draw(t, s.Reduced(8, 8)))))
	return j, plan
}

// drawBands has the bundle draw bands of a job.
func drawBands(t *testing.T, b *bundle, j job.Job, bands ...int) {
	t.Helper()
	for _, band := range bands {
		require.NoError(t, b.Handle(t.Context(), j.BandTask(band), first()))
	}
}

// TestAnyPlanMakesTheSameFile: bands are drawn in any order, by two workers, some
// of them twice, and the file is the renderer's.
func TestAnyPlanMakesTheSameFile(t *testing.T) {
	t.Parallel()
	folder, err := dir.Open(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, folder.Close()) })
	l := ledger.New(folder, ledger.Options{})
	rapid.Check(t, func(r *rapid.T) {
		s, err := spec.Normalize(spec.Draft{
			Width: rapid.IntRange(1, 40).Draw(r, "width"), Height: rapid.IntRange(1, 700).Draw(r, "height"), MaxIterations: 10,
			Coloring: spec.Coloring{Method: rapid.SampledFrom(spec.Methods()).Draw(r, "method")},
			Format:   rapid.SampledFrom(spec.FileFormats()).Draw(r, "format"),
		})
		require.NoError(r, err)
		st, err := l.Accept(t.Context(), s)
		require.NoError(r, err)
		if st.State.Final() {
			return // drawn before
		}
		var plan job.Plan
		for start := 0; start < s.Height; {
			end := min(s.Height, start+spec.SegmentRows*rapid.IntRange(1, 4).Draw(r, "segments"))
			plan.Bands = append(plan.Bands, job.Band{Start: start, End: end, Seconds: 1})
			start = end
		}
		if _, err = l.StorePlan(t.Context(), st.Job, plan); err != nil {
			require.NoError(r, err)
		}
		q := newNotebook()
		workers := []*worker.Worker{
			worker.New(worker.Config{Band: time.Second, Threads: 1}, dependencies(t, l, q)),
			worker.New(worker.Config{Band: time.Second, Threads: 3}, dependencies(t, l, q)),
		}
		var order []int
		for band := range plan.Bands {
			order = append(order, slices.Repeat([]int{band}, rapid.IntRange(1, 2).Draw(r, "times"))...)
		}
		for i, band := range rapid.Permutation(order).Draw(r, "order") {
			require.NoError(r, workers[i%2].Handle(t.Context(), st.BandTask(band), first()))
		}
		require.Contains(r, q.enqueued, bare(st.AssembleTask()), "whoever stores the last band queues the assembly")
		require.NoError(r, workers[0].Handle(t.Context(), st.AssembleTask(), first()))
		got, err := l.Image(s.ID(), s.Format).Read(t.Context(), 2<<20)
		require.NoError(r, err)
		require.Equal(r, draw(t, s), got)
		left, err := l.Bands(t.Context(), s.ID(), 0)
		require.NoError(r, err)
		require.Empty(r, left)
	})
}

// TestLargeJobsArePlannedOnce: the first plan stands, whoever plans again.
func TestLargeJobsArePlannedOnce(t *testing.T) {
	t.Parallel()
	b, s := newBundle(t), plain(t, 1500, 1500)
	accept(t, b, s)
	w := worker.New(worker.Config{Band: time.Microsecond}, dependencies(t, b.ledger, b.queue))
	require.NoError(t, w.Handle(t.Context(), job.ImageTask(s, job.Control), first()))
	j := job.Job{ID: s.ID(), Spec: s}
	plan, planned, err := b.ledger.Plan(t.Context(), j)
	require.NoError(t, err)
	require.True(t, planned)
	require.Len(t, plan.Bands, 24)
	require.WithinDuration(t, time.Now(), plan.MadeAt, time.Minute)
	require.Positive(t, plan.CoreSeconds)
	offered := offer{id: j.ID, Offer: job.Offer{End: 24, Seconds: plan.CoreSeconds / 24}}
	require.Equal(t, []offer{offered}, b.queue.offers)
	require.Empty(t, b.queue.enqueued)
	_, err = b.ledger.Preview(s.ID()).Stat(t.Context())
	require.NoError(t, err)

	again, err := b.ledger.StorePlan(t.Context(), j, job.Plan{Bands: []job.Band{{Start: 0, End: 1500, Seconds: 1}}})
	require.NoError(t, err)
	require.Equal(t, plan, again)
	require.NoError(t, w.Handle(t.Context(), job.ImageTask(s, job.Control), first()))
	require.Equal(t, []offer{offered, offered}, b.queue.offers, "a planner that comes second offers what may be lost")
	requireState(t, b, s, job.Queued)
}

// TestRawDataIsPlannedWithAPicture: the base of the preview, and the strips over it, are those of the view's PNG.
func TestRawDataIsPlannedWithAPicture(t *testing.T) {
	t.Parallel()
	picture := plain(t, 1500, 1500)
	var strips [][]byte
	for _, format := range spec.FileFormats() {
		s, err := picture.As(format)
		require.NoError(t, err)
		b := newBundle(t)
		accept(t, b, s)
		w := worker.New(worker.Config{Band: time.Microsecond}, dependencies(t, b.ledger, b.queue))
		require.NoError(t, w.Handle(t.Context(), job.ImageTask(s, job.Control), first()))
		base, err := b.ledger.Preview(s.ID()).Read(t.Context(), 1<<20)
		require.NoError(t, err)
		_, err = png.Decode(bytes.NewReader(base))
		require.NoError(t, err)
		require.NoError(t, w.Handle(t.Context(), job.Job{ID: s.ID(), Spec: s}.BandTask(0), first()))
		shown, err := b.queue.PreviewsOf(t.Context(), s.ID())
		require.NoError(t, err)
		strips = append(strips, shown[0])
	}
	require.NotEmpty(t, strips[0])
	require.True(t, bytes.Equal(strips[0], strips[1]), "npy")
	require.NotEmpty(t, strips[2], "exr, whose colours have more bits")
}

// TestOffersHaveThePriorityOnRecord, whatever the task says.
func TestOffersHaveThePriorityOnRecord(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	j, _ := large(t, b, 10)
	_, err := b.ledger.SetPriority(t.Context(), j, job.High)
	require.NoError(t, err)
	require.NoError(t, b.Handle(t.Context(), j.Task(), first()))
	require.Equal(t, []offer{{id: j.ID, priority: job.High, Offer: job.Offer{End: 10, Seconds: 1}}}, b.queue.offers)
}

// TestOffersLeaveOutWhatIsStoredMeanwhile: the list of what is stored is older than what others say while it is made.
func TestOffersLeaveOutWhatIsStoredMeanwhile(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		meanwhile []int
		offers    []job.Offer
	}{
		{nil, []job.Offer{{First: 1, End: 5, Seconds: 1, Begun: true}}},
		{[]int{4}, []job.Offer{{First: 1, End: 4, Seconds: 1, Begun: true}}},
		{[]int{1, 3, 4}, nil},
	} {
		b := newBundle(t)
		j, _ := large(t, b, 6)
		drawBands(t, b, j, 0, 2, 5)
		b.queue.offers = nil
		b.store.onList = func() {
			_, err := b.queue.Stored(t.Context(), j.ID, time.Now(), test.meanwhile...)
			require.NoError(t, err)
		}
		require.NoError(t, b.Handle(t.Context(), j.Task(), first()))
		var offered []job.Offer
		for _, o := range b.queue.offers {
			offered = append(offered, o.Offer)
		}
		require.Equal(t, test.offers, offered)
		require.Empty(t, b.queue.revived)
	}
}

// TestOffersAreWhatIsMissing, and say whether the job is begun.
func TestOffersAreWhatIsMissing(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	j, _ := large(t, b, 6)
	drawBands(t, b, j, 0, 2, 5)
	require.NoError(t, b.Handle(t.Context(), j.Task(), first()))
	require.Equal(t, []offer{{id: j.ID, Offer: job.Offer{First: 1, End: 5, Seconds: 1, Begun: true}}}, b.queue.offers)
	require.Empty(t, b.queue.revived, "none was handed out")

	b.queue.next = 4
	require.NoError(t, b.Handle(t.Context(), j.Task(), first()))
	require.Equal(t, []job.Task{j.BandTask(1), j.BandTask(3)}, b.queue.revived, "what was handed out and is not stored")
}

// TestTheLastBandQueuesTheAssembly, and no other band queues anything.
func TestTheLastBandQueuesTheAssembly(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	j, _ := large(t, b, 5)
	drawBands(t, b, j, 0, 0, 1, 2, 3)
	require.Empty(t, b.queue.enqueued)
	drawBands(t, b, j, 4)
	require.Equal(t, []job.Task{j.AssembleTask()}, b.queue.enqueued)
	require.NoError(t, b.Handle(t.Context(), j.AssembleTask(), first()))
	st := requireState(t, b, j.Spec, job.Done)
	require.Equal(t, 5, st.Bands)
	require.Equal(t, 5, st.BandsDone)
}

// TestWhatAPictureHasCostIsSettled, for the client of its job and no synchronous request, once it is drawn.
func TestWhatAPictureHasCostIsSettled(t *testing.T) {
	t.Parallel()
	b, s := newBundle(t), plain(t, 60, 60)
	accept(t, b, s)
	require.NoError(t, b.Handle(t.Context(), job.ImageTask(plain(t, 50, 50), job.Interactive), first()))
	require.Empty(t, b.queue.settled)
	b.store.instead = readSome(errDisk)
	require.Error(t, b.Handle(t.Context(), job.ImageTask(s, job.Control), first()))
	require.Empty(t, b.queue.settled, "the same task is tried again")
	b.store.instead = nil
	require.NoError(t, b.Handle(t.Context(), job.ImageTask(s, job.Control), first()))
	require.Len(t, b.queue.settled, 1)
	require.Positive(t, b.queue.settled[0])
}

// TestBadBandsAreDrawnAgain: what is stored under a band's key and is not the band
// makes no file.
func TestBadBandsAreDrawnAgain(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(band []byte) []byte{
		"empty":         func([]byte) []byte { return nil },
		"short":         func(band []byte) []byte { return band[:len(band)-1] },
		"cut":           func(band []byte) []byte { return append(band[:40:40], band[len(band)-28:]...) },
		"garbled":       func(band []byte) []byte { band[20] ^= 1; return band },
		"wrong sum":     func(band []byte) []byte { band[len(band)-20] ^= 1; return band },
		"something":     func([]byte) []byte { return bytes.Repeat([]byte("what is this? "), 100) },
		"of other rows": nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBundle(t)
			j, plan := large(t, b, 5)
			drawBands(t, b, j, 0, 1, 2, 3, 4)
			from := 2
			if spoil == nil {
				from, spoil = 1, func(band []byte) []byte { return band }
			}
			band, err := b.ledger.Band(j.ID, from).Read(t.Context(), 1<<20)
			require.NoError(t, err)
			require.NoError(t, b.ledger.Band(j.ID, 2).Store(t.Context(), bytes.NewReader(spoil(band))))

			require.NoError(t, b.Handle(t.Context(), j.AssembleTask(), last()))
			requireState(t, b, j.Spec, job.Queued)
			_, err = b.ledger.Image(j.ID, spec.PNG).Stat(t.Context())
			require.ErrorIs(t, err, storage.ErrNotFound)
			require.Equal(t, []offer{{id: j.ID, Offer: job.Offer{First: 2, End: 3, Seconds: 1, Begun: true}}}, b.queue.offers)
			drawBands(t, b, j, 2)
			require.Len(t, b.queue.stored, len(plan.Bands))
			require.NoError(t, b.Handle(t.Context(), j.AssembleTask(), first()))
			requireState(t, b, j.Spec, job.Done)
			require.Equal(t, draw(t, j.Spec), image(t, b, j.Spec))
		})
	}
}

// TestAMissingBandIsDrawnBeforeTheAssembly, though all are noted as
// stored.
func TestAMissingBandIsDrawnBeforeTheAssembly(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	j, _ := large(t, b, 5)
	drawBands(t, b, j, 0, 1, 2, 4)
	require.NoError(t, b.Handle(t.Context(), j.AssembleTask(), last()))
	require.Equal(t, []offer{{id: j.ID, Offer: job.Offer{First: 3, End: 4, Seconds: 1, Begun: true}}}, b.queue.offers)
	requireState(t, b, j.Spec, job.Queued)
}

// TestALateBandIsNotKept: the job was assembled while it was drawn.
func TestALateBandIsNotKept(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	j, _ := large(t, b, 5)
	drawBands(t, b, j, 0, 1, 3, 4)
	late := &slowStore{Store: b.store, before: func() {
		drawBands(t, b, j, 2)
		require.NoError(t, b.Handle(t.Context(), j.AssembleTask(), first()))
		requireState(t, b, j.Spec, job.Done)
	}}
	w := worker.New(worker.Config{Band: time.Second}, dependencies(t, ledger.New(late, ledger.Options{}), b.queue))
	require.NoError(t, w.Handle(t.Context(), j.BandTask(2), first()))
	left, err := b.ledger.Bands(t.Context(), j.ID, 0)
	require.NoError(t, err)
	require.Empty(t, left)
}

// slowStore does something before the first thing is put.
type slowStore struct {
	storage.Store
	before func()
}

func (s *slowStore) Put(ctx context.Context, key, contentType string, r io.Reader) error {
	if s.before != nil {
		before := s.before
		s.before = nil
		before()
	}
	return s.Store.Put(ctx, key, contentType, r)
}

// TestAFailingBandFailsTheJob with its reason, and stops the other tasks. Asked
// for again, the job needs only what is missing.
func TestAFailingBandFailsTheJob(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	j, _ := large(t, b, 5)
	drawBands(t, b, j, 0, 1)
	failing := &failingStore{Store: b.store, fail: func(op, key string) bool {
		return op == "put" && strings.Contains(key, "/bands/")
	}}
	w := worker.New(worker.Config{Band: time.Second}, dependencies(t, ledger.New(failing, ledger.Options{}), b.queue))
	require.ErrorIs(t, w.Handle(t.Context(), j.BandTask(2), first()), errDisk)
	requireState(t, b, j.Spec, job.Queued)
	require.Len(t, b.queue.failures, 1)
	require.Empty(t, b.queue.canceled)
	require.NoError(t, w.Handle(t.Context(), j.BandTask(2), last()))
	st := requireState(t, b, j.Spec, job.Failed)
	require.Contains(t, st.Error, "band 2")
	require.Contains(t, st.Error, errDisk.Error())
	require.Equal(t, []spec.ID{j.ID}, b.queue.canceled)
	require.NoError(t, w.Handle(t.Context(), j.BandTask(3), first()), "what waits is dropped")

	accept(t, b, j.Spec)
	require.NoError(t, b.Handle(t.Context(), j.Task(), first()))
	require.Equal(t, []offer{{id: j.ID, Offer: job.Offer{First: 2, End: 5, Seconds: 1, Begun: true}}}, b.queue.offers)
}

// TestATaskThatKillsWorkersFailsTheJob and is not begun again.
func TestATaskThatKillsWorkersFailsTheJob(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	j, _ := large(t, b, 3)
	d := first()
	d.Deaths = 4
	require.NoError(t, b.Handle(t.Context(), j.BandTask(0), d))
	requireState(t, b, j.Spec, job.Queued)
	d.Deaths = 5
	require.NoError(t, b.Handle(t.Context(), j.BandTask(1), d))
	require.Contains(t, requireState(t, b, j.Spec, job.Failed).Error, "workers have died")
	bands, err := b.ledger.Bands(t.Context(), j.ID, 0)
	require.NoError(t, err)
	require.Len(t, bands, 1)
}

// failingStore fails where it is told to.
type failingStore struct {
	storage.Store
	fail func(op, key string) bool
}

func (s *failingStore) Put(ctx context.Context, key, contentType string, r io.Reader) error {
	if s.fail("put", key) {
		return errDisk
	}
	return s.Store.Put(ctx, key, contentType, r)
}

func (s *failingStore) Compose(ctx context.Context, key, contentType string, parts []storage.Part) error {
	if s.fail("compose", key) {
		return errDisk
	}
	return s.Store.Compose(ctx, key, contentType, parts)
}

func (s *failingStore) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, storage.Info, error) {
	if s.fail("get", key) {
		return nil, storage.Info{}, errDisk
	}
	return s.Store.Get(ctx, key, offset, length)
}

func (s *failingStore) Stat(ctx context.Context, key string) (storage.Info, error) {
	if s.fail("stat", key) {
		return storage.Info{}, errDisk
	}
	return s.Store.Stat(ctx, key)
}

func (s *failingStore) Delete(ctx context.Context, keys ...string) error {
	if s.fail("delete", keys[0]) {
		return errDisk
	}
	return s.Store.Delete(ctx, keys...)
}

// TestStoresThatFailOnce at any step of a large job cost a try and nothing else.
func TestStoresThatFailOnce(t *testing.T) {
	t.Parallel()
	steps := int64(0)
	for fails := int64(0); fails <= steps; fails++ {
		b := newBundle(t)
		j, _ := large(t, b, 2)
		var count atomic.Int64
		flaky := &failingStore{Store: b.store.Store, fail: func(string, string) bool {
			return count.Add(1) == fails
		}}
		b.store.Store = flaky
		w := worker.New(worker.Config{Band: time.Second, Threads: 1}, dependencies(t, b.ledger, b.queue))
		for band := range 2 {
			attempt(t, w, j.BandTask(band))
		}
		for range 2 { // the first may find that a band is to be drawn again
			attempt(t, w, j.AssembleTask())
		}
		if fails == 0 {
			steps = count.Load()
		}
		flaky.fail = func(string, string) bool { return false }
		requireState(t, b, j.Spec, job.Done)
		require.Equal(t, draw(t, j.Spec), image(t, b, j.Spec))
		requireSwept(t, b, j.ID)
	}
	require.Greater(t, steps, int64(20))
}

// requireSwept fails unless the bands of a job are gone, or go with the next sweep.
func requireSwept(t *testing.T, b *bundle, id spec.ID) {
	t.Helper()
	left := func() int {
		bands, err := b.ledger.Bands(t.Context(), id, 0)
		require.NoError(t, err)
		return len(bands)
	}
	if left() == 0 {
		return
	}
	ctx, cancel := context.WithCancel(t.Context())
	var sweeping sync.WaitGroup
	sweeping.Go(func() { b.Sweep(ctx, time.Hour) })
	require.Eventually(t, func() bool { return left() == 0 }, 30*time.Second, time.Millisecond)
	cancel()
	sweeping.Wait()
}

// TestNothingIsForgottenBeforeTheEndIsOnRecord: who sees that the parts of a job are
// gone, or what was noted of it, finds how it ended. So does who comes after a worker
// that has died in between.
func TestNothingIsForgottenBeforeTheEndIsOnRecord(t *testing.T) {
	t.Parallel()
	for _, task := range []func(job.Job) job.Task{job.Job.Task, job.Job.AssembleTask} {
		b := newBundle(t)
		j, plan := large(t, b, 3)
		drawBands(t, b, j, 0, 1, 2)
		if task(j).Kind == job.KindImage { // somebody has stored it meanwhile
			require.NoError(t, b.ledger.Image(j.ID, spec.PNG).Store(t.Context(), bytes.NewReader(draw(t, j.Spec))))
		}
		forgotten := 0
		look := func() {
			forgotten++
			st := requireState(t, b, j.Spec, job.Done)
			require.Equal(t, len(plan.Bands), st.BandsDone)
		}
		b.queue.onForget = look
		plain := b.store.Store
		b.store.Store = &failingStore{Store: plain, fail: func(op, key string) bool {
			if op == "delete" && strings.HasPrefix(key, "jobs/") {
				look()
			}
			return false
		}}
		require.NoError(t, b.Handle(t.Context(), task(j), first()))
		require.Equal(t, 3, forgotten, "plan, bands and progress")
	}
}

// TestDamagedPartsAreDrawnAgain, and so is the picture.
func TestDamagedPartsAreDrawnAgain(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func([]byte) []byte{
		"flipped": func(data []byte) []byte { data[len(data)/2] ^= 1; return data },
		"empty":   func([]byte) []byte { return nil },
	} {
		b := newBundle(t)
		edit := func(key string) {
			path := filepath.Join(b.folder, key)
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(path, damage(data), 0o600))
		}
		j, _ := large(t, b, 3)
		drawBands(t, b, j, 0, 1, 2)
		edit("jobs/" + string(j.ID) + "/bands/000001")
		require.NoError(t, b.Handle(t.Context(), j.AssembleTask(), last()))
		requireState(t, b, j.Spec, job.Queued)
		drawBands(t, b, j, 1)
		edit("jobs/" + string(j.ID) + "/bands/000002")
		drawBands(t, b, j, 2)
		if name == "flipped" { // which only reading finds
			require.NoError(t, b.Handle(t.Context(), j.AssembleTask(), last()))
			drawBands(t, b, j, 2)
		}
		require.NoError(t, b.Handle(t.Context(), j.AssembleTask(), last()))
		requireState(t, b, j.Spec, job.Done)
		require.Equal(t, draw(t, j.Spec), image(t, b, j.Spec))

		edit("renders/" + string(j.ID) + ".png")
		for info, err := range b.store.List(t.Context(), "recent/", "") {
			require.NoError(t, err)
			edit(info.Key)
		}
		requireState(t, b, j.Spec, job.Queued)
		require.NoError(t, b.Handle(t.Context(), j.Task(), last()))
		requireState(t, b, j.Spec, job.Done)
		require.Equal(t, draw(t, j.Spec), image(t, b, j.Spec), name)
	}
}

// TestADamagedPlanIsMadeAgain, and the bands that were cut by it are not used.
func TestADamagedPlanIsMadeAgain(t *testing.T) {
	t.Parallel()
	b, s := newBundle(t), plain(t, 1500, 1500)
	accept(t, b, s)
	j := job.Job{ID: s.ID(), Spec: s}
	old, err := b.ledger.StorePlan(t.Context(), j, job.Plan{Bands: []job.Band{{Start: 0, End: 64, Seconds: 1}, {Start: 64, End: 1500, Seconds: 1}}})
	require.NoError(t, err)
	require.NoError(t, b.queue.Begin(t.Context(), j.ID, len(old.Bands)))
	drawBands(t, b, j, 0)
	require.NoError(t, os.WriteFile(filepath.Join(b.folder, "jobs", string(j.ID), "plan.json"), []byte("{"), 0o600))

	w := worker.New(worker.Config{Band: time.Microsecond}, dependencies(t, b.ledger, b.queue))
	drawBands(t, b, j, 1) // whoever meets it drops it
	require.NoError(t, w.Handle(t.Context(), j.Task(), last()))
	plan, planned, err := b.ledger.Plan(t.Context(), j)
	require.NoError(t, err)
	require.True(t, planned)
	require.Len(t, plan.Bands, 24)
	for band := range plan.Bands {
		require.NoError(t, w.Handle(t.Context(), j.BandTask(band), last()))
	}
	require.NoError(t, w.Handle(t.Context(), j.AssembleTask(), last()))
	requireState(t, b, s, job.Done)
	require.Equal(t, draw(t, s), image(t, b, s))
}

// attempt handles a task, twice if need be.
func attempt(t *testing.T, w *worker.Worker, task job.Task) {
	t.Helper()
	if err := w.Handle(t.Context(), task, first()); err != nil {
		require.ErrorIs(t, err, errDisk)
		require.NoError(t, w.Handle(t.Context(), task, first()))
	}
}

// TestAPausedJobIsNotBegunOn until it is resumed: then the reconciler brings
// everything back.
func TestAPausedJobIsNotBegunOn(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	j, _ := large(t, b, 5)
	require.NoError(t, b.ledger.Pause(t.Context(), j.ID))
	for _, task := range []job.Task{j.Task(), j.BandTask(0), j.AssembleTask()} {
		require.NoError(t, b.Handle(t.Context(), task, last()))
	}
	requireState(t, b, j.Spec, job.Queued)
	require.Empty(t, b.queue.enqueued)
	require.Empty(t, b.queue.offers)
	require.Equal(t, []spec.ID{j.ID, j.ID, j.ID}, b.queue.retracted, "whatever else would be handed out")
	bands, err := b.ledger.Bands(t.Context(), j.ID, 0)
	require.NoError(t, err)
	require.Empty(t, bands)

	require.NoError(t, b.ledger.Resume(t.Context(), j.ID))
	require.NoError(t, b.Handle(t.Context(), j.Task(), first()))
	require.Len(t, b.queue.offers, 1)
}

// TestACanceledAssemblyStoresNothing, and the bands are kept for a retry.
func TestACanceledAssemblyStoresNothing(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	j, plan := large(t, b, 5)
	drawBands(t, b, j, 0, 1, 2, 3, 4)
	ctx, cancel := context.WithCancelCause(t.Context())
	b.store.Store = &failingStore{Store: b.store.Store, fail: func(op, _ string) bool {
		if op == "compose" {
			cancel(job.ErrCanceled)
		}
		return false
	}}
	require.ErrorIs(t, b.Handle(ctx, j.AssembleTask(), last()), job.ErrCanceled)
	_, err := b.ledger.Image(j.ID, spec.PNG).Stat(t.Context())
	require.ErrorIs(t, err, storage.ErrNotFound)
	bands, err := b.ledger.Bands(t.Context(), j.ID, 0)
	require.NoError(t, err)
	require.Len(t, bands, len(plan.Bands))
}

// TestAPictureDrawnForAnotherEndsTheJob, and its bands are removed.
func TestAPictureDrawnForAnotherEndsTheJob(t *testing.T) {
	t.Parallel()
	for name, task := range map[string]func(job.Job) job.Task{"task": job.Job.Task, "assembly": job.Job.AssembleTask} {
		b := newBundle(t)
		j, _ := large(t, b, 5)
		drawBands(t, b, j, 0, 1)
		require.NoError(t, b.Handle(t.Context(), job.ImageTask(j.Spec, job.Interactive), first()))
		require.NoError(t, b.Handle(t.Context(), task(j), first()))
		requireState(t, b, j.Spec, job.Done)
		bands, err := b.ledger.Bands(t.Context(), j.ID, 0)
		require.NoError(t, err)
		require.Empty(t, bands, name)
	}
}

// TestTheLastPreviewIsOfTheBands.
func TestTheLastPreviewIsOfTheBands(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	j, plan := large(t, b, 5)
	drawBands(t, b, j, 0, 1, 2, 3, 4)
	base, err := b.ledger.Preview(j.ID).Read(t.Context(), 1<<20)
	require.NoError(t, err)
	want, err := preview.Picture{Layout: preview.Of(j.Spec), Base: base, Bands: plan.Rows(), Strips: b.queue.previews}.Compose()
	require.NoError(t, err)
	require.Len(t, b.queue.previews, 5)
	require.NoError(t, b.Handle(t.Context(), j.AssembleTask(), first()))
	got, err := b.ledger.Preview(j.ID).Read(t.Context(), 1<<20)
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.Empty(t, b.queue.previews)
}
