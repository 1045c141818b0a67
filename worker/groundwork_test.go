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

// shelf is a store that counts what is done to groundwork.
type shelf struct {
	storage.Store
	get func() error // instead of a read, unless nil

	mu   sync.Mutex
	gets int
	puts int
}

func (s *shelf) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, storage.Info, error) {
	if strings.HasPrefix(key, ledger.ReferencePrefix) {
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

func (s *shelf) Put(ctx context.Context, key, contentType string, r io.Reader) error {
	if strings.HasPrefix(key, ledger.ReferencePrefix) {
		s.mu.Lock()
		s.puts++
		s.mu.Unlock()
	}
	return s.Store.Put(ctx, key, contentType, r)
}

// yard is a store with a ledger and a queue that several workers share.
type yard struct {
	*shelf
	ledger *ledger.Ledger
	queue  *notebook
}

func newYard(t *testing.T) *yard {
	t.Helper()
	folder, err := dir.Open(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, folder.Close()) })
	s := &shelf{Store: folder}
	return &yard{shelf: s, ledger: ledger.New(s, time.Now), queue: newNotebook()}
}

func (y *yard) worker(t *testing.T, cfg worker.Config) *worker.Worker {
	t.Helper()
	return worker.New(cfg, y.shelf, y.ledger, y.queue, logger(t))
}

// planned has a worker plan a job of many bands.
func (y *yard) planned(t *testing.T, s spec.Spec, cfg worker.Config) (job.Job, job.Plan) {
	t.Helper()
	st, err := y.ledger.Accept(t.Context(), s)
	require.NoError(t, err)
	cfg.Band = time.Microsecond
	require.NoError(t, y.worker(t, cfg).Handle(t.Context(), st.Task(), first()))
	plan, planned, err := y.ledger.Plan(t.Context(), st.Job)
	require.NoError(t, err)
	require.True(t, planned)
	return st.Job, plan
}

func (y *yard) stored(t *testing.T, s spec.Spec) []byte {
	t.Helper()
	data, err := storage.ReadAll(t.Context(), y.Store, ledger.ReferenceKey(renderer.PrepassKey(s)), 1<<20)
	require.NoError(t, err)
	return data
}

const room = 64 << 20

// TestGroundworkIsLaidOnce by the planner, and read once by each process that
// draws bands of it, however many at a time.
func TestGroundworkIsLaidOnce(t *testing.T) {
	t.Parallel()
	y, s := newYard(t), deepView(t, 1100, 1100)
	j, plan := y.planned(t, s, worker.Config{Groundworks: room})
	require.Equal(t, 1, y.puts)
	require.NotEmpty(t, y.stored(t, s))
	y.gets = 0
	workers := []*worker.Worker{y.worker(t, worker.Config{Groundworks: room}), y.worker(t, worker.Config{Groundworks: room})}
	var drawing sync.WaitGroup
	for band := range plan.Bands {
		drawing.Go(func() {
			if err := workers[band%2].Handle(t.Context(), j.BandTask(band), first()); err != nil {
				t.Error(err)
			}
		})
	}
	drawing.Wait()
	require.Equal(t, 2, y.gets)
	require.Equal(t, 1, y.puts)
	require.NoError(t, workers[0].Handle(t.Context(), j.AssembleTask(), first()))
	got, err := storage.ReadAll(t.Context(), y.Store, ledger.ImageKey(s.ID(), s.Format), 8<<20)
	require.NoError(t, err)
	require.True(t, bytes.Equal(draw(t, s), got), "the file is the renderer's")
}

// TestGroundworkOfPlainViewsIsStoredForBands, and not for what one worker draws whole.
func TestGroundworkOfPlainViewsIsStoredForBands(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	s := parse(t, `{"width": 10, "height": 10, "max_iterations": "auto", "coloring": {"method": "histogram"}}`, 1100, 1100)
	small := sized(t, s, 40, 40)
	require.NoError(t, y.worker(t, worker.Config{}).Handle(t.Context(), job.ImageTask(small, job.Interactive), first()))
	require.Zero(t, y.puts+y.gets)
	got, err := storage.ReadAll(t.Context(), y.Store, ledger.ImageKey(small.ID(), small.Format), 1<<20)
	require.NoError(t, err)
	require.Equal(t, draw(t, small), got)

	j, plan := y.planned(t, s, worker.Config{})
	require.Equal(t, 1, y.puts)
	w := y.worker(t, worker.Config{Groundworks: room})
	for band := range plan.Bands {
		require.NoError(t, w.Handle(t.Context(), j.BandTask(band), first()))
	}
	require.NoError(t, w.Handle(t.Context(), j.AssembleTask(), first()))
	require.Equal(t, 1, y.puts)
	got, err = storage.ReadAll(t.Context(), y.Store, ledger.ImageKey(s.ID(), s.Format), 8<<20)
	require.NoError(t, err)
	require.True(t, bytes.Equal(draw(t, s), got), "the file is the renderer's")
}

// TestPicturesOfOneViewShareGroundwork in other sizes and colours, whole or in
// bands.
func TestPicturesOfOneViewShareGroundwork(t *testing.T) {
	t.Parallel()
	y, s := newYard(t), deepView(t, 1100, 1100)
	y.planned(t, s, worker.Config{})
	colored := deepView(t, 64, 64).Draft()
	colored.Coloring.Palette = "fire"
	small, err := spec.Normalize(colored)
	require.NoError(t, err)
	w := y.worker(t, worker.Config{Groundworks: room})
	require.NoError(t, w.Handle(t.Context(), job.ImageTask(small, job.Interactive), first()))
	require.Equal(t, 1, y.puts)
	got, err := storage.ReadAll(t.Context(), y.Store, ledger.ImageKey(small.ID(), small.Format), 1<<20)
	require.NoError(t, err)
	require.Equal(t, draw(t, small), got)
}

// TestBandsMendGroundwork that is missing, damaged or of something else.
func TestBandsMendGroundwork(t *testing.T) {
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
			y, s := newYard(t), deepView(t, 1100, 1100)
			j, _ := y.planned(t, s, worker.Config{})
			good := y.stored(t, s)
			key := ledger.ReferenceKey(renderer.PrepassKey(s))
			if damage == nil {
				require.NoError(t, y.Delete(t.Context(), key))
			} else {
				require.NoError(t, y.Store.Put(t.Context(), key, "", bytes.NewReader(damage(good))))
			}
			require.NoError(t, y.worker(t, worker.Config{}).Handle(t.Context(), j.BandTask(3), last()))
			require.Equal(t, good, y.stored(t, s))
			bands, err := y.ledger.Bands(t.Context(), j.ID)
			require.NoError(t, err)
			require.Contains(t, bands, 3)
		})
	}
}

// TestGroundworkBeyondTheCacheIsUsed and read again by the next band.
func TestGroundworkBeyondTheCacheIsUsed(t *testing.T) {
	t.Parallel()
	y, s := newYard(t), deepView(t, 1100, 1100)
	j, _ := y.planned(t, s, worker.Config{})
	y.gets = 0
	w := y.worker(t, worker.Config{Groundworks: 1})
	for band := range 3 {
		require.NoError(t, w.Handle(t.Context(), j.BandTask(band), first()))
	}
	require.Equal(t, 3, y.gets)
}

// TestAnOutageIsNoMissingGroundwork: it is waited for.
func TestAnOutageIsNoMissingGroundwork(t *testing.T) {
	t.Parallel()
	y, s := newYard(t), deepView(t, 64, 64)
	y.get = func() error { return &storage.Error{Op: "get", Key: "references/x", Err: errDisk} }
	w := y.worker(t, worker.Config{})
	require.ErrorIs(t, w.Handle(t.Context(), job.ImageTask(s, job.Interactive), last()), job.ErrOutage)
	require.Zero(t, y.puts)
}

// TestCancelReachesALongReference in a job and in a picture that somebody waits
// for; a second who waits for the same goes on alone.
func TestCancelReachesALongReference(t *testing.T) {
	t.Parallel()
	y, s := newYard(t), endless(t)
	_, err := y.ledger.Accept(t.Context(), s)
	require.NoError(t, err)
	began := make(chan struct{}, 2)
	y.get = func() error { began <- struct{}{}; return nil }
	w := y.worker(t, worker.Config{Groundworks: room, Band: time.Second})
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
	require.Zero(t, y.puts)
	require.Equal(t, []job.Notice{{ID: s.ID(), State: job.Running}}, y.queue.notices, "the job has begun, and not ended")
}

// TestSweepRemovesReferences that are old and that no open job needs.
func TestSweepRemovesReferences(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, s := newBundle(t), deepView(t, 64, 64)
		accept(t, b, s)
		needed := ledger.ReferenceKey(renderer.PrepassKey(s))
		sizes := map[string]int{needed: 100, "references/young": 10, "references/old": 30}
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
		sweep(t, b, worker.Config{Band: time.Second, ReferencesMaxAge: 20 * time.Hour})
		want := []string{needed, "references/young"}
		slices.Sort(want)
		require.Equal(t, want, left())
		_, err := b.ledger.Finish(t.Context(), s.ID(), job.Progress{State: job.Canceled})
		require.NoError(t, err)
		clear(b.queue.locked)
		sweep(t, b, worker.Config{Band: time.Second, ReferencesMaxAge: 20 * time.Hour})
		require.Equal(t, []string{"references/young"}, left())
	})
}
