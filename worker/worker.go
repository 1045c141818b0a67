// Package worker does the farm's work: it draws the image a task asks for,
// stores it, records how the job ended and tells whoever waits. Beside that it
// reconciles: what the ledger says is owed and nobody is working on is queued
// again.
//
// # Large images
//
// A job's own task first looks at the whole picture coarsely, and times it. What
// would take one worker longer than a few bands is planned: cut into bands of
// about equal cost, each a task of its own; the plan is stored once, so that a
// second planner finds the same bands. Each band becomes finished data of the file
// in storage. Whoever stores the last one queues the assembly, which streams
// header, bands and trailer into one file without decoding anything. A band that
// does not hold what it should is dropped and drawn again.
//
//	job's task --> survey --> small: drawn, done
//	                   \--> plan, preview --> band 0..n-1 --> assemble, done
//
// What all bands need and what takes long, such as the reference orbit of a deep
// view ([renderer.Prepass]), is computed by the planner and stored under a key
// of its own, by which other pictures of the view find it too. Each process reads it
// once and keeps those that it used last.
//
// A job has only so many bands in the queue at a time, in proportion to the
// workers there are; each band that is stored queues the next. So jobs that are
// drawn at the same time share the workers evenly, however large they are.
//
// # Guarantees
//
//   - An image is announced after it is stored, never before.
//   - A task may be delivered any number of times, to any number of workers.
//     An image or a band that is stored is not drawn again; one that is drawn
//     twice is stored twice with the same bytes.
//   - Handling ends within about 20 ms of its context's end.
//   - An image is never held whole unless it is small: it is drawn, compressed
//     and stored in one stream.
//   - Groundwork that is missing in storage, or damaged, keeps no image and no band
//     from being drawn: whoever needs it computes it and stores it again.
//   - The file is the same, byte for byte, whether and however it was cut.
//   - A job fails when one of its tasks has failed for the last time, and its
//     other tasks stop. The bands that are stored are kept for a retry. So it
//     does when one of its tasks is the death of several workers.
//
// The package does not know how tasks reach it or how words leave it: the
// command wires a queue to [Worker.Handle] and [Farm].
package worker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"time"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
)

// Farm is everything that the workers share beside storage.
type Farm interface {
	Queue
	Board
	Gallery
}

// Queue is what a worker needs of the queue beside the tasks themselves.
type Queue interface {
	// Publish tells everyone who waits on an image that something changed.
	Publish(ctx context.Context, n job.Notice) error
	// Enqueue queues a task unless it is waiting or being worked on.
	Enqueue(ctx context.Context, t job.Task) error
	// Revive queues a task anew if it is neither waiting nor being worked on.
	Revive(ctx context.Context, t job.Task) error
	// NotWaiting returns those of tasks that do not wait in the queue.
	NotWaiting(ctx context.Context, tasks ...job.Task) ([]job.Task, error)
	// Cancel stops the tasks of a job, and forgets what is on its board.
	Cancel(ctx context.Context, id spec.ID) error
	// Lock reports whether the caller is the one that holds a name for ttl.
	Lock(ctx context.Context, name string, ttl time.Duration) (bool, error)
}

// Board is where the workers note how far the bands of a job are. It may be
// wiped clean at any time.
type Board interface {
	// Begin notes that a job is drawn in so many bands, and which has the next
	// turn, unless that is noted.
	Begin(ctx context.Context, id spec.ID, bands, next int) error
	// Stored notes that bands are stored since a time, zero if that is not known,
	// and returns how many are, and how many of these were news.
	Stored(ctx context.Context, id spec.ID, at time.Time, bands ...int) (count, fresh int, err error)
	// Next takes the next turns among a job's bands and returns the first; false
	// if the job is not known to have begun.
	Next(ctx context.Context, id spec.ID, turns int) (first int, known bool, err error)
	// Failed notes that a task of a job has failed, which will be tried again.
	Failed(ctx context.Context, id spec.ID, reason string) error
	// Forget drops what is noted of a job.
	Forget(ctx context.Context, id spec.ID) error
	// Slots is how many bands all workers together can draw at a time.
	Slots(ctx context.Context) (int, error)
}

// Gallery is where the workers show what the bands they have drawn look like. It
// may be emptied at any time.
type Gallery interface {
	// Show keeps the strip of a band.
	Show(ctx context.Context, id spec.ID, band int, strip []byte) error
	// Strips returns what is kept of a job, by band.
	Strips(ctx context.Context, id spec.ID) (map[int][]byte, error)
	// Hide drops what is kept of a job.
	Hide(ctx context.Context, id spec.ID) error
}

// Config says how a worker draws and what it sweeps.
type Config struct {
	Threads int           // that draw one image or band; 0 is all cores
	Band    time.Duration // what drawing a band should take
	AtOnce  int           // bands that this process draws at a time, sharing its cores; 0 is one
	// Groundworks is how many bytes of the groundwork of pictures are kept in memory
	// between tasks, by [renderer.Prepass.Size]; 0 keeps none.
	Groundworks int64

	ImagesMaxAge   time.Duration // older images are removed; 0 keeps them
	ImagesMaxBytes int64         // the oldest images above so many bytes are removed; 0 keeps them
	// ReferencesMaxAge is the age from which stored groundwork is removed, unless an
	// open job needs it; 0 keeps it.
	ReferencesMaxAge time.Duration
	// Abandoned removes what writers that died before the given time have left in
	// the store; nil if the store sees to that.
	Abandoned func(ctx context.Context, before time.Time) error
}

// Worker handles tasks. It is safe for concurrent use.
type Worker struct {
	cfg    Config
	store  storage.Store
	ledger *ledger.Ledger
	farm   Farm
	render renderer.Options
	log    *slog.Logger

	groundworks *groundworks

	seen spec.ID // the last job that reconciling has looked at closely
}

// New is a worker that stores images in store and records jobs in l.
func New(cfg Config, store storage.Store, l *ledger.Ledger, farm Farm, log *slog.Logger) *Worker {
	if cfg.Threads <= 0 {
		cfg.Threads = runtime.GOMAXPROCS(0)
	}
	return &Worker{
		cfg: cfg, store: store, ledger: l, farm: farm,
		render: renderer.Options{Threads: cfg.Threads}, log: log, groundworks: newGroundworks(cfg.Groundworks),
	}
}

// Handle does a task. An error means that it should be tried again; when the
// last try has failed, the failure is recorded and announced, and Handle
// returns nil. A task whose context was canceled has not failed.
func (w *Worker) Handle(ctx context.Context, t job.Task, d job.Delivery) error {
	if err := t.Verify(); err != nil {
		return err
	}
	if !slices.Contains(job.Kinds(), t.Kind) {
		return fmt.Errorf("%w: unknown kind of task %q", job.ErrVersion, t.Kind)
	}
	done, err := w.do(ctx, t, d)
	if err != nil && ctx.Err() != nil && !errors.Is(err, errSettled) {
		err = fmt.Errorf("draw %s: %w", t.Name(), context.Cause(ctx)) // whatever failed, failed because of that
	}
	late := errors.Is(ctx.Err(), context.DeadlineExceeded) // and would be again
	if bug, ok := errors.AsType[*renderer.PanicError](err); ok {
		w.log.LogAttrs(ctx, slog.LevelError, "renderer panicked", slog.String("task", t.Name()), slog.String("stack", string(bug.Stack)))
	}
	p := d.Progress()
	switch {
	case errors.Is(err, errSettled):
		return nil
	case outage(err) && ctx.Err() == nil: // which is not the picture's fault: no try is used up
		w.noteFailure(ctx, t, job.ErrOutage)
		return fmt.Errorf("%w: %w", job.ErrOutage, err)
	case err == nil:
		p.State, p.Bytes, p.Bands, p.BandsDone = job.Done, done.size, done.bands, done.bands
		if !done.began.IsZero() {
			p.StartedAt = done.began
		}
	case !d.Last() && !late && !errors.Is(err, errDeadly), errors.Is(ctx.Err(), context.Canceled):
		w.noteFailure(ctx, t, err)
		return err
	default:
		p.State, p.Error = job.Failed, err.Error()
		w.log.LogAttrs(ctx, slog.LevelError, "gave up", slog.String("task", t.Name()), slog.Any("err", err))
	}
	if late {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), recordLimit)
		defer cancel()
	}
	return w.finish(ctx, t, p)
}

// noteFailure lets those who look at the job know. It is a hint: what keeps it
// from being noted does not matter.
func (w *Worker) noteFailure(ctx context.Context, t job.Task, err error) {
	if t.Lane != job.Interactive && ctx.Err() == nil {
		_ = w.farm.Failed(ctx, t.ID, err.Error())
	}
}

// recordLimit is how long the record of a task that took too long may take: its
// own time is up.
const recordLimit = 10 * time.Second

// errSettled: there is nothing more to do or to record for this task: the job is
// final already, it is paused, or other tasks go on with it.
var errSettled = errors.New("task is settled")

// maxDeaths is how many workers may die with a task in hand before it is taken to
// be the cause.
const maxDeaths = 5

var errDeadly = fmt.Errorf("%d workers have died drawing it", maxDeaths)

// settled is errSettled unless there is an error.
func settled(err error) error {
	if err != nil {
		return err
	}
	return errSettled
}

// result is an image that is stored.
type result struct {
	size  int64     // bytes
	bands int       // that it was assembled from; 0 if it was drawn whole
	began time.Time // when it was planned; zero if the delivery says
}

// do does a task and returns the image if that makes its job done.
func (w *Worker) do(ctx context.Context, t job.Task, d job.Delivery) (done result, err error) {
	if d.Deaths >= maxDeaths {
		return done, errDeadly
	}
	if t.Lane != job.Interactive {
		if err := w.wanted(ctx, t.ID); err != nil {
			return done, err
		}
	}
	switch t.Kind {
	case job.KindImage:
		done.size, err = w.image(ctx, t)
		return done, err
	case job.KindBand:
		return done, w.drawBand(ctx, t)
	case job.KindAssemble:
		return w.assemble(ctx, t)
	}
	return done, nil
}

// wanted returns errSettled unless the job is open and not held.
func (w *Worker) wanted(ctx context.Context, id spec.ID) error {
	st, err := w.ledger.Status(ctx, id)
	if err != nil && !errors.Is(err, job.ErrUnknown) {
		return err
	}
	paused, err := w.ledger.Paused(ctx, id)
	if err != nil {
		return err
	}
	if st.State.Final() || paused {
		return errSettled
	}
	return nil
}

// imageKey is where the image of a task's job is stored.
func imageKey(t job.Task) string { return ledger.ImageKey(t.ID, t.Spec.Format) }

// image makes sure that the image is stored and returns its size in bytes, or
// plans it if it is large.
func (w *Worker) image(ctx context.Context, t job.Task) (size int64, err error) {
	info, err := w.store.Stat(ctx, imageKey(t))
	switch {
	case err == nil && t.Lane == job.Interactive:
		return info.Size, nil
	case err == nil: // it may have been drawn in bands until now
		return info.Size, w.clear(ctx, t.ID)
	case !errors.Is(err, storage.ErrNotFound):
		return 0, err
	}
	if t.Lane != job.Interactive {
		if renderer.PrepassKey(t.Spec) != "" { // which may take minutes: those who look at the job see that it has begun
			w.announce(ctx, job.Notice{ID: t.ID, State: job.Running})
		}
		planned, err := w.plan(ctx, t.Job())
		if err != nil {
			return 0, err
		}
		if planned {
			return 0, errSettled
		}
	}
	return w.draw(ctx, t)
}

// draw renders the image and stores it as it is made.
func (w *Worker) draw(ctx context.Context, t job.Task) (size int64, err error) {
	start := time.Now()
	options, err := w.options(ctx, t.Spec, false)
	if err != nil {
		return 0, fmt.Errorf("draw %s: %w", t.ID, err)
	}
	size, err = w.stream(ctx, imageKey(t), t.Spec.Format.MediaType(), func(out io.Writer) error {
		return renderer.Write(ctx, out, t.Spec, options)
	})
	if err != nil {
		return 0, fmt.Errorf("draw %s: %w", t.ID, err)
	}
	w.log.LogAttrs(ctx, slog.LevelInfo, "drawn", slog.String("id", string(t.ID)), slog.String("lane", string(t.Lane)),
		slog.Int("width", t.Spec.Width), slog.Int("height", t.Spec.Height),
		slog.Int64("bytes", size), slog.Duration("took", time.Since(start)))
	return size, nil
}

// stream stores under key what write writes, while it writes, and returns its
// size. Nothing is stored if write fails.
func (w *Worker) stream(ctx context.Context, key, contentType string, write func(io.Writer) error) (size int64, err error) {
	r, pw := io.Pipe()
	count := &counter{w: pw}
	var writing sync.WaitGroup
	var wrote error
	writing.Go(func() {
		wrote = protect(func() error { return write(count) })
		_ = pw.CloseWithError(wrote) // always nil
	})
	err = protect(func() error { return w.store.Put(ctx, key, contentType, r) })
	_ = r.CloseWithError(err) // always nil; ends the writer if storing failed
	writing.Wait()
	if wrote != nil && err != nil && !outage(wrote) {
		err = wrote // the store failed because the writer did
	}
	return count.n, err
}

// outage reports whether an error is the store's.
func outage(err error) bool {
	_, ok := errors.AsType[*storage.Error](err)
	return ok
}

// protect turns a panic in f into an error, so that a bug costs its own job and
// not the process.
func protect(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return f()
}

// counter counts what passes through.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// finish records how a job ended, if there is a job, and announces it.
func (w *Worker) finish(ctx context.Context, t job.Task, p job.Progress) error {
	p.FinishedAt = time.Now().UTC().Truncate(time.Millisecond)
	if t.Lane != job.Interactive {
		standing, err := w.ledger.Finish(ctx, t.ID, p)
		if err != nil {
			return err
		}
		p = standing
	}
	w.announce(ctx, job.Notice{ID: t.ID, State: p.State, Error: p.Error})
	if t.Lane != job.Interactive && p.State == job.Failed {
		// The other tasks of the job stop, this one too. Those that do not hear it
		// find out when they are done.
		_ = w.farm.Cancel(ctx, t.ID)
	}
	return nil
}

// announce publishes a notice. Those who miss it look by themselves, later.
func (w *Worker) announce(ctx context.Context, n job.Notice) {
	if err := w.farm.Publish(ctx, n); err != nil {
		w.log.LogAttrs(ctx, slog.LevelWarn, "notice not sent", slog.String("id", string(n.ID)), slog.Any("err", err))
	}
}
