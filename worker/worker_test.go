package worker_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
	"mandelfarm/storage/dir"
	"mandelfarm/worker"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bundle is a worker on an empty store, with a queue that writes down what it is
// told.
type bundle struct {
	*worker.Worker
	store  *watched
	folder string // the store's
	ledger *ledger.Ledger
	queue  *notebook
}

func newBundle(t *testing.T) *bundle {
	t.Helper()
	folder := t.TempDir()
	s, err := dir.Open(folder)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	b := &bundle{store: &watched{Store: s}, folder: folder, queue: newNotebook()}
	b.ledger = ledger.New(b.store, ledger.Options{})
	b.Worker = worker.New(worker.Config{Band: time.Second}, dependencies(t, b.ledger, b.queue))
	return b
}

// shared is what workers share, for tests that have it in one.
type shared interface { //nolint:interfacebloat // it is what workers need, and no more
	worker.Fleet
	worker.Tasks
	worker.Shares
	worker.Progress
	worker.Live
	worker.Previews
	worker.Notices
	worker.Locks
}

func dependencies(t *testing.T, l *ledger.Ledger, q shared) worker.Dependencies {
	t.Helper()
	return worker.Dependencies{Ledger: l, Tasks: q, Shares: q, Progress: q, Live: q, Fleet: q, Previews: q, Notices: q, Locks: q, Log: logger(t)}
}

func logger(t *testing.T) *slog.Logger {
	t.Helper()
	return slog.New(slog.NewTextHandler(t.Output(), nil))
}

// watched is a store that images are put into under supervision.
type watched struct {
	storage.Store
	instead func(ctx context.Context, r io.Reader) error // of storing an image, if set
	onList  func()                                       // called while a list is made, if set

	mu   sync.Mutex
	puts int // of images
}

func (w *watched) Put(ctx context.Context, key, contentType string, r io.Reader) error {
	if !strings.HasPrefix(key, "renders/") {
		return w.Store.Put(ctx, key, contentType, r)
	}
	w.mu.Lock()
	w.puts++
	w.mu.Unlock()
	if w.instead != nil {
		return w.instead(ctx, r)
	}
	return w.Store.Put(ctx, key, contentType, r)
}

func (w *watched) List(ctx context.Context, prefix, after string) iter.Seq2[storage.Info, error] {
	if w.onList != nil {
		w.onList()
	}
	return w.Store.List(ctx, prefix, after)
}

func TestImagesAreStoredThenRecordedThenAnnounced(t *testing.T) {
	t.Parallel()
	for _, lane := range []job.Lane{job.Interactive, job.Control} {
		b, s := newBundle(t), plain(t, 64, 48)
		if lane == job.Control {
			accept(t, b, s)
		}
		b.queue.onPublish = func(job.Notice) error {
			_, err := b.ledger.Image(s.ID(), spec.PNG).Stat(t.Context())
			if lane == job.Control && err == nil {
				var st job.Status
				if st, err = b.ledger.Status(t.Context(), s.ID()); st.State != job.Done {
					err = errors.Join(err, fmt.Errorf("announced while %s", st.State))
				}
			}
			require.NoError(t, err)
			return nil
		}
		began := time.Now().UTC().Truncate(time.Millisecond)
		d := job.Delivery{Try: 2, MaxTries: 5, Worker: "here", StartedAt: began}
		require.NoError(t, b.Handle(t.Context(), job.ImageTask(s, lane), d))

		require.Len(t, b.queue.notices, 1)
		drawn := b.queue.notices[0].Drawn
		require.Equal(t, job.Notice{ID: s.ID(), State: job.Done, Drawn: drawn}, b.queue.notices[0])
		if lane == job.Interactive {
			require.Equal(t, "here", drawn.Worker)
			require.Positive(t, drawn.Seconds)
			require.Greater(t, drawn.Moves, 1.0)
		} else {
			require.Zero(t, drawn, "nobody waits")
		}
		got := image(t, b, s)
		require.Equal(t, draw(t, s), got)
		st, err := b.ledger.Status(t.Context(), s.ID())
		if lane == job.Interactive {
			require.ErrorIs(t, err, job.ErrUnknown, "nothing was promised")
			continue
		}
		require.NoError(t, err)
		require.WithinRange(t, st.FinishedAt, began, time.Now())
		st.FinishedAt = time.Time{}
		require.Equal(t, job.Progress{
			State: job.Done, StartedAt: began, Attempts: 2, Worker: "here", Bytes: int64(len(got)),
		}, st.Progress)
	}
}

func TestAStoredImageIsNotDrawnAgain(t *testing.T) {
	t.Parallel()
	b, s := newBundle(t), plain(t, 100, 80)
	require.NoError(t, b.Handle(t.Context(), job.ImageTask(s, job.Interactive), first()))
	accept(t, b, s)
	require.NoError(t, b.Handle(t.Context(), job.ImageTask(s, job.Control), first()))
	require.NoError(t, b.Handle(t.Context(), job.ImageTask(s, job.Control), first()), "delivered again")
	require.Equal(t, 1, b.store.puts)
	st, err := b.ledger.Status(t.Context(), s.ID())
	require.NoError(t, err)
	require.Equal(t, job.Done, st.State)
	require.Equal(t, int64(len(draw(t, s))), st.Bytes)
}

func TestACanceledJobIsNotDrawn(t *testing.T) {
	t.Parallel()
	b, s := newBundle(t), plain(t, 64, 48)
	accept(t, b, s)
	_, err := b.ledger.Finish(t.Context(), s.ID(), job.Progress{State: job.Canceled})
	require.NoError(t, err)
	require.NoError(t, b.Handle(t.Context(), job.ImageTask(s, job.Control), first()))
	require.Zero(t, b.store.puts)
	require.Empty(t, b.queue.notices)
	requireState(t, b, s, job.Canceled)
}

// TestAJobCanceledWhileDrawnStaysCanceled: the word to stop was lost, the image
// is there, but the first end stands.
func TestAJobCanceledWhileDrawnStaysCanceled(t *testing.T) {
	t.Parallel()
	b, s := newBundle(t), plain(t, 64, 48)
	accept(t, b, s)
	b.store.instead = func(ctx context.Context, r io.Reader) error {
		_, err := b.ledger.Finish(ctx, s.ID(), job.Progress{State: job.Canceled})
		return errors.Join(err, b.store.Store.Put(ctx, b.ledger.Image(s.ID(), spec.PNG).String(), "", r))
	}
	require.NoError(t, b.Handle(t.Context(), job.ImageTask(s, job.Control), first()))
	require.Equal(t, []job.Notice{{ID: s.ID(), State: job.Canceled}}, b.queue.notices)
	requireState(t, b, s, job.Canceled)
}

func TestTasksOfAnotherVersionAreRefused(t *testing.T) {
	t.Parallel()
	b, s := newBundle(t), plain(t, 64, 48)
	older, newer := job.ImageTask(s, job.Control), job.ImageTask(s, job.Control)
	older.ID = spec.ID(strings.Repeat("0", 40))
	newer.Kind = "hologram"
	for _, task := range []job.Task{older, newer} {
		require.ErrorIs(t, b.Handle(t.Context(), task, last()), job.ErrVersion)
	}
	require.Zero(t, b.store.puts)
	require.Empty(t, b.queue.notices)
}

// TestJobsOfAnotherVersionFailInTheEnd with a plain reason, when no worker of it has been there for long; not before, and
// not what somebody waits for, nor a kind of task that may be of a newer program.
func TestJobsOfAnotherVersionFailInTheEnd(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	const wait = 2 * time.Second
	w := worker.New(worker.Config{VersionWait: wait}, dependencies(t, b.ledger, b.queue))
	id := acceptForeign(t, b)
	older := job.Job{ID: id, Spec: plain(t, 64, 48)}
	task, newer, waited := older.BandTask(3), older.Task(), older.Task()
	newer.Kind, waited.Lane = "hologram", job.Interactive
	began := time.Now()
	require.Eventually(t, func() bool { return w.Handle(t.Context(), task, first()) == nil }, time.Minute, wait/50)
	require.Greater(t, time.Since(began), wait)
	st, err := b.ledger.Status(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, job.Failed, st.State)
	require.Equal(t, "it was accepted for another version of the renderer than "+spec.Version+
		", and no worker of that has been there for 2s: submit it again", st.Error)
	require.Equal(t, []job.Notice{{ID: id, State: job.Failed, Error: st.Error}}, b.queue.notices)
	require.Equal(t, []spec.ID{id}, b.queue.canceled)
	for _, task := range []job.Task{newer, waited} {
		require.ErrorIs(t, w.Handle(t.Context(), task, first()), job.ErrVersion)
	}
	require.ErrorIs(t, b.Handle(t.Context(), task, first()), job.ErrVersion, "without a limit it waits for ever")
}

// acceptForeign puts a job on record as another version of the farm does.
func acceptForeign(t *testing.T, b *bundle) spec.ID {
	t.Helper()
	id := spec.ID(strings.Repeat("0", 40))
	record, err := json.Marshal(struct {
		Version string `json:"version"`
		job.Job
	}{"another", job.Job{ID: id, Spec: plain(t, 64, 48), AcceptedAt: time.Now().Add(-time.Hour)}})
	require.NoError(t, err)
	require.NoError(t, b.store.Create(t.Context(), "jobs/"+string(id)+"/job.json", "", record))
	return id
}

var errDisk = errors.New("disk is full")

// TestFailuresAreRecordedAfterTheLastTry for reasons of all kinds.
func TestFailuresAreRecordedAfterTheLastTry(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		spec    spec.Spec
		instead func(ctx context.Context, r io.Reader) error
		reason  string
	}{
		"store fails at once":  {plain(t, 64, 48), func(context.Context, io.Reader) error { return errDisk }, "disk is full"},
		"store fails midway":   {plain(t, 1000, 1000), readSome(errDisk), "disk is full"},
		"store panics":         {plain(t, 1000, 1000), func(context.Context, io.Reader) error { panic("bug") }, "panic: bug"},
		"renderer fails":       {spec.Spec{}, readAll, "panic"},
		"store gave up on ctx": {plain(t, 64, 48), func(context.Context, io.Reader) error { return context.Canceled }, "canceled"},
	} {
		for _, lane := range job.Lanes() {
			t.Run(name+"/"+string(lane), func(t *testing.T) {
				t.Parallel()
				b := newBundle(t)
				accept(t, b, plain(t, 64, 48))
				b.store.instead = test.instead
				task := job.ImageTask(test.spec, lane)
				err := b.Handle(t.Context(), task, first())
				require.ErrorContains(t, err, test.reason)
				require.Empty(t, b.queue.notices, "a failure that is no end")

				require.NoError(t, b.Handle(t.Context(), task, last()))
				require.Len(t, b.queue.notices, 1)
				n := b.queue.notices[0]
				require.Equal(t, job.Notice{ID: task.ID, State: job.Failed, Error: n.Error}, n)
				require.Contains(t, n.Error, test.reason)
				if lane == job.Control && test.spec == plain(t, 64, 48) {
					st := requireState(t, b, test.spec, job.Failed)
					require.Equal(t, n.Error, st.Error)
				}
			})
		}
	}
}

// TestOutagesUseUpNoTry: what a store that fails keeps from being stored is owed
// as before, however often it fails.
func TestOutagesUseUpNoTry(t *testing.T) {
	t.Parallel()
	for _, lane := range []job.Lane{job.Interactive, job.Control} {
		b, s := newBundle(t), plain(t, 64, 48)
		accept(t, b, s)
		b.store.instead = func(context.Context, io.Reader) error {
			return &storage.Error{Op: "put", Key: "renders/x", Err: errDisk}
		}
		require.ErrorIs(t, b.Handle(t.Context(), job.ImageTask(s, lane), last()), job.ErrOutage)
		require.Empty(t, b.queue.notices)
		requireState(t, b, s, job.Queued)
		b.store.instead = nil
		require.NoError(t, b.Handle(t.Context(), job.ImageTask(s, lane), last()))
		require.Equal(t, job.Done, b.queue.notices[len(b.queue.notices)-1].State)
	}
}

func readSome(err error) func(context.Context, io.Reader) error {
	return func(_ context.Context, r io.Reader) error {
		_, readErr := io.ReadFull(r, make([]byte, 100))
		return errors.Join(err, readErr)
	}
}

func readAll(_ context.Context, r io.Reader) error {
	_, err := io.Copy(io.Discard, r)
	return err
}

// TestTheLedgerMustTakeTheEnd: what cannot be recorded has not ended.
func TestTheLedgerMustTakeTheEnd(t *testing.T) {
	t.Parallel()
	b, s := newBundle(t), plain(t, 64, 48)
	accept(t, b, s)
	deaf := &readOnly{Store: b.store.Store}
	w := worker.New(worker.Config{Band: time.Second}, dependencies(t, ledger.New(deaf, ledger.Options{}), b.queue))
	require.ErrorIs(t, w.Handle(t.Context(), job.ImageTask(s, job.Control), last()), errDisk)
	require.Empty(t, b.queue.notices)
	requireState(t, b, s, job.Queued)
}

// readOnly is a store that creates nothing.
type readOnly struct{ storage.Store }

func (readOnly) Create(context.Context, string, string, []byte) error { return errDisk }

func TestANoticeThatIsNotSentIsNoFailure(t *testing.T) {
	t.Parallel()
	b, s := newBundle(t), plain(t, 64, 48)
	accept(t, b, s)
	b.queue.onPublish = func(job.Notice) error { return job.ErrUnavailable }
	require.NoError(t, b.Handle(t.Context(), job.ImageTask(s, job.Control), first()))
	requireState(t, b, s, job.Done)
}

// TestHandleEndsWithItsContext at once, and leaves nothing behind. Even the last
// try has not failed.
func TestHandleEndsWithItsContext(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	s := plain(t, 20_000, 20_000) // minutes
	accept(t, b, s)
	ctx, cancel := context.WithCancelCause(t.Context())
	begun := make(chan struct{})
	b.store.instead = func(ctx context.Context, r io.Reader) error {
		close(begun)
		return b.store.Store.Put(ctx, b.ledger.Image(s.ID(), spec.PNG).String(), "", r)
	}
	ended := make(chan error, 1)
	go func() { ended <- b.Handle(ctx, job.ImageTask(s, job.Interactive), last()) }()
	<-begun
	cancel(job.ErrCanceled)
	canceled := time.Now()
	require.ErrorIs(t, <-ended, job.ErrCanceled)
	require.Less(t, time.Since(canceled), time.Second) // some 20 ms where nothing else runs
	_, err := b.ledger.Image(s.ID(), spec.PNG).Stat(t.Context())
	require.ErrorIs(t, err, storage.ErrNotFound)
	require.Empty(t, b.queue.notices)
	requireState(t, b, s, job.Queued)
}

// TestATaskThatTakesTooLongFails at once, because it would again; that is
// recorded though the task's own time is up.
func TestATaskThatTakesTooLongFails(t *testing.T) {
	t.Parallel()
	b, s := newBundle(t), plain(t, 64, 48)
	accept(t, b, s)
	b.store.instead = func(ctx context.Context, _ io.Reader) error {
		<-ctx.Done()
		return ctx.Err()
	}
	ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, errors.New("half an hour is over"))
	defer cancel()
	require.NoError(t, b.Handle(ctx, job.ImageTask(s, job.Control), first()))
	st := requireState(t, b, s, job.Failed)
	require.Contains(t, st.Error, "half an hour is over")
	require.Equal(t, []job.Notice{{ID: s.ID(), State: job.Failed, Error: st.Error}}, b.queue.notices)
}

func first() job.Delivery { return job.Delivery{Try: 1, MaxTries: 3} }
func last() job.Delivery  { return job.Delivery{Try: 3, MaxTries: 3} }

func plain(t *testing.T, width, height int) spec.Spec {
	t.Helper()
	s, err := spec.Normalize(spec.Draft{Width: width, Height: height})
	require.NoError(t, err)
	return s
}

func accept(t *testing.T, b *bundle, s spec.Spec) {
	t.Helper()
	_, err := b.ledger.Accept(t.Context(), s)
	require.NoError(t, err)
}

func requireState(t *testing.T, b *bundle, s spec.Spec, want job.State) job.Status {
	t.Helper()
	st, err := b.ledger.Status(t.Context(), s.ID())
	require.NoError(t, err)
	require.Equal(t, want, st.State)
	return st
}

func image(t *testing.T, b *bundle, s spec.Spec) []byte {
	t.Helper()
	data, err := b.ledger.Image(s.ID(), spec.PNG).Read(t.Context(), 8<<20)
	require.NoError(t, err)
	return data
}

// draw is the image as the renderer alone makes it.
func draw(t *testing.T, s spec.Spec) []byte {
	t.Helper()
	var w bytes.Buffer
	require.NoError(t, renderer.Write(t.Context(), &w, s, renderer.Options{Threads: 1}))
	return w.Bytes()
}
