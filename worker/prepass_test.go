package worker_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
	"mandelfarm/storage/dir"
	"mandelfarm/worker"
)

// deepView is a view of a spiral whose reference is a few dozen steps long.
func deepView(t *testing.T, width, height int) spec.Spec {
	t.Helper()
	return parse(t, `{"center": {"re": "0", "im": "1"}, "radius": "1e-30", "width": 10, "height": 10}`, width, height)
}

// endless is a deep view whose reference takes minutes.
func endless(t *testing.T) spec.Spec {
	t.Helper()
	return parse(t, `{"center": {"re": "-0.1", "im": "0"}, "radius": "1e-8000", "exact": true, "max_iterations": 10000000, "width": 10, "height": 10}`, 64, 48)
}

func parse(t *testing.T, text string, width, height int) spec.Spec {
	t.Helper()
	s, err := spec.Parse([]byte(text))
	require.NoError(t, err)
	return sized(t, s, width, height)
}

// sized is the picture in another size.
func sized(t *testing.T, s spec.Spec, width, height int) spec.Spec {
	t.Helper()
	d := s.Draft()
	d.Width, d.Height = width, height
	s, err := spec.Normalize(d)
	require.NoError(t, err)
	return s
}

// countingStore is a store that counts what is done to prepasses.
type countingStore struct {
	storage.Store
	get func() error // instead of a read, unless nil

	mu   sync.Mutex
	gets int
	puts int
}

func (s *countingStore) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, storage.Info, error) {
	if strings.HasPrefix(key, "prepass/") {
		s.mu.Lock()
		s.gets++
		s.mu.Unlock()
		if s.get != nil {
			if err := s.get(); err != nil {
				return nil, storage.Info{}, err
			}
		}
	}
	return s.Store.Get(ctx, key, offset, length)
}

func (s *countingStore) Put(ctx context.Context, key, contentType string, r io.Reader) error {
	if strings.HasPrefix(key, "prepass/") {
		s.mu.Lock()
		s.puts++
		s.mu.Unlock()
	}
	return s.Store.Put(ctx, key, contentType, r)
}

// farm is a store with a ledger and a queue that several workers share.
type farm struct {
	*countingStore
	ledger *ledger.Ledger
	queue  *notebook
}

func newFarm(t *testing.T) *farm {
	t.Helper()
	folder, err := dir.Open(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, folder.Close()) })
	s := &countingStore{Store: folder}
	return &farm{countingStore: s, ledger: ledger.New(s, ledger.Options{}), queue: newNotebook()}
}

func (f *farm) worker(t *testing.T, cfg worker.Config) *worker.Worker {
	t.Helper()
	return worker.New(cfg, dependencies(t, f.ledger, f.queue))
}

// planned has a worker plan a job of many bands.
func (f *farm) planned(t *testing.T, s spec.Spec, cfg worker.Config) (job.Job, job.Plan) {
	t.Helper()
	st, err := f.ledger.Accept(t.Context(), s)
	require.NoError(t, err)
	cfg.Band = time.Microsecond
	require.NoError(t, f.worker(t, cfg).Handle(t.Context(), st.Task(), first()))
	plan, planned, err := f.ledger.Plan(t.Context(), st.Job)
	require.NoError(t, err)
	require.True(t, planned)
	return st.Job, plan
}

func (f *farm) stored(t *testing.T, s spec.Spec) []byte {
	t.Helper()
	data, err := ledger.New(f.Store, ledger.Options{}).Prepass(renderer.PrepassKey(s)).Read(t.Context(), 1<<20)
	require.NoError(t, err)
	return data
}

const room = 64 << 20

// TestPrepassIsComputedOnce by the planner, and read once by each process that
// draws bands of it, however many at a time.
func TestPrepassIsComputedOnce(t *testing.T) {
	t.Parallel()
	f, s := newFarm(t), deepView(t, 1100, 1100)
	j, plan := f.planned(t, s, worker.Config{PrepassCache: room})
	require.Equal(t, 1, f.puts)
	require.NotEmpty(t, f.stored(t, s))
	f.gets = 0
	workers := []*worker.Worker{f.worker(t, worker.Config{PrepassCache: room}), f.worker(t, worker.Config{PrepassCache: room})}
	var drawing sync.WaitGroup
	for band := range plan.Bands {
		drawing.Go(func() {
			if err := workers[band%2].Handle(t.Context(), j.BandTask(band), first()); err != nil {
				t.Error(err)
			}
		})
	}
	drawing.Wait()
	require.Equal(t, 2, f.gets)
	require.Equal(t, 1, f.puts)
	require.NoError(t, workers[0].Handle(t.Context(), j.AssembleTask(), first()))
	got, err := f.ledger.Image(s.ID(), s.Format).Read(t.Context(), 8<<20)
	require.NoError(t, err)
	require.True(t, bytes.Equal(draw(t, s), got), "the file is the renderer's")
}

// TestPrepassOfPlainViewsIsStoredForBands, and not for what one worker draws whole.
func TestPrepassOfPlainViewsIsStoredForBands(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	s := parse(t, `{"width": 10, "height": 10, "max_iterations": "auto", "coloring": {"method": "histogram"}}`, 1100, 1100)
	small := sized(t, s, 40, 40)
	require.NoError(t, f.worker(t, worker.Config{}).Handle(t.Context(), job.ImageTask(small, job.Interactive), first()))
	require.Zero(t, f.puts+f.gets)
	got, err := f.ledger.Image(small.ID(), small.Format).Read(t.Context(), 1<<20)
	require.NoError(t, err)
	require.Equal(t, draw(t, small), got)

	j, plan := f.planned(t, s, worker.Config{})
	require.Equal(t, 1, f.puts)
	w := f.worker(t, worker.Config{PrepassCache: room})
	for band := range plan.Bands {
		require.NoError(t, w.Handle(t.Context(), j.BandTask(band), first()))
	}
	require.NoError(t, w.Handle(t.Context(), j.AssembleTask(), first()))
	require.Equal(t, 1, f.puts)
	got, err = f.ledger.Image(s.ID(), s.Format).Read(t.Context(), 8<<20)
	require.NoError(t, err)
	require.True(t, bytes.Equal(draw(t, s), got), "the file is the renderer's")
}

// TestPicturesOfOneViewShareAPrepass in other sizes and colours, whole or in
// bands.
func TestPicturesOfOneViewShareAPrepass(t *testing.T) {
	t.Parallel()
	f, s := newFarm(t), deepView(t, 1100, 1100)
	f.planned(t, s, worker.Config{})
	colored := deepView(t, 64, 64).Draft()
	colored.Coloring.Palette = "fire"
	small, err := spec.Normalize(colored)
	require.NoError(t, err)
	w := f.worker(t, worker.Config{PrepassCache: room})
	require.NoError(t, w.Handle(t.Context(), job.ImageTask(small, job.Interactive), first()))
	require.Equal(t, 1, f.puts)
	got, err := f.ledger.Image(small.ID(), small.Format).Read(t.Context(), 1<<20)
	require.NoError(t, err)
	require.Equal(t, draw(t, small), got)
}

// TestBandsMendAPrepass that is missing, damaged or of something else.
func TestBandsMendAPrepass(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(good []byte) []byte{
		"missing":   nil,
		"empty":     func([]byte) []byte { return nil },
		"cut short": func(good []byte) []byte { return good[:len(good)-1] },
		"changed":   func(good []byte) []byte { good = bytes.Clone(good); good[len(good)/2] ^= 4; return good },
		"other":     func([]byte) []byte { return []byte("something else, and long enough to be read as anything at all") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, s := newFarm(t), deepView(t, 1100, 1100)
			j, _ := f.planned(t, s, worker.Config{})
			good := f.stored(t, s)
			key := f.ledger.Prepass(renderer.PrepassKey(s)).String()
			if damage == nil {
				require.NoError(t, f.Delete(t.Context(), key))
			} else {
				require.NoError(t, f.Store.Put(t.Context(), key, "", bytes.NewReader(damage(good))))
			}
			require.NoError(t, f.worker(t, worker.Config{}).Handle(t.Context(), j.BandTask(3), last()))
			require.Equal(t, good, f.stored(t, s))
			bands, err := f.ledger.Bands(t.Context(), j.ID, 0)
			require.NoError(t, err)
			require.Contains(t, bands, 3)
		})
	}
}

// TestPrepassBeyondTheCacheIsUsed and read again by the next band.
func TestPrepassBeyondTheCacheIsUsed(t *testing.T) {
	t.Parallel()
	f, s := newFarm(t), deepView(t, 1100, 1100)
	j, _ := f.planned(t, s, worker.Config{})
	f.gets = 0
	w := f.worker(t, worker.Config{PrepassCache: 1})
	for band := range 3 {
		require.NoError(t, w.Handle(t.Context(), j.BandTask(band), first()))
	}
	require.Equal(t, 3, f.gets)
}

// TestAnOutageIsNoMissingPrepass: it is waited for.
func TestAnOutageIsNoMissingPrepass(t *testing.T) {
	t.Parallel()
	f, s := newFarm(t), deepView(t, 64, 64)
	f.get = func() error { return &storage.Error{Op: "get", Key: "prepass/x", Err: errDisk} }
	w := f.worker(t, worker.Config{})
	require.ErrorIs(t, w.Handle(t.Context(), job.ImageTask(s, job.Interactive), last()), job.ErrOutage)
	require.Zero(t, f.puts)
}

// TestCancelReachesALongPrepass in a job and in a picture that somebody waits
// for; a second who waits for the same goes on alone.
func TestCancelReachesALongPrepass(t *testing.T) {
	t.Parallel()
	f, s := newFarm(t), endless(t)
	_, err := f.ledger.Accept(t.Context(), s)
	require.NoError(t, err)
	began := make(chan struct{}, 2)
	f.get = func() error { began <- struct{}{}; return nil }
	w := f.worker(t, worker.Config{PrepassCache: room, Band: time.Second})
	begin := func(task job.Task) (end func() time.Duration) {
		ctx, cancel := context.WithCancelCause(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- w.Handle(ctx, task, last()) }()
		return func() time.Duration {
			cancel(job.ErrCanceled)
			canceled := time.Now()
			require.ErrorIs(t, <-ended, job.ErrCanceled)
			return time.Since(canceled)
		}
	}
	endFirst := begin(job.ImageTask(s, job.Control))
	<-began
	endSecond := begin(job.ImageTask(s, job.Interactive))
	require.Less(t, endFirst(), time.Second)
	<-began // the second takes over
	require.Less(t, endSecond(), time.Second)
	require.Zero(t, f.puts)
	require.Equal(t, []job.Notice{{ID: s.ID(), State: job.Running}}, f.queue.notices, "the job has begun, and not ended")
}

// TestSweepRemovesPrepasses that are old and that no open job needs.
func TestSweepRemovesPrepasses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, s := newBundle(t), deepView(t, 64, 64)
		accept(t, b, s)
		needed := b.ledger.Prepass(renderer.PrepassKey(s)).String()
		sizes := map[string]int{needed: 100, "prepass/young": 10, "prepass/old": 30}
		for key, size := range sizes {
			require.NoError(t, b.store.Put(t.Context(), key, "", bytes.NewReader(make([]byte, size))))
		}
		b.store.Store = aged{b.store.Store}
		left := func() (keys []string) {
			for key := range sizes {
				_, err := b.store.Stat(t.Context(), key)
				require.True(t, err == nil || errors.Is(err, storage.ErrNotFound), "%v", err)
				if err == nil {
					keys = append(keys, key)
				}
			}
			slices.Sort(keys)
			return keys
		}
		sweep(t, b, worker.Config{Band: time.Second})
		require.Len(t, left(), 3, "no age is set")
		clear(b.queue.locked) // it is somebody's turn again
		sweep(t, b, worker.Config{Band: time.Second, PrepassMaxAge: 20 * time.Hour})
		want := []string{needed, "prepass/young"}
		slices.Sort(want)
		require.Equal(t, want, left())
		_, err := b.ledger.Finish(t.Context(), s.ID(), job.Progress{State: job.Canceled})
		require.NoError(t, err)
		clear(b.queue.locked)
		sweep(t, b, worker.Config{Band: time.Second, PrepassMaxAge: 20 * time.Hour})
		require.Equal(t, []string{"prepass/young"}, left())
	})
}
