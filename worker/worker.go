// Package worker does the farm's work: it draws the image a task asks for,
// stores it, records how the job ended and tells whoever waits. Beside that it
// reconciles: what the ledger says is owed and nobody is working on is queued
// again.
//
// # Guarantees
//
//   - An image is announced after it is stored, never before.
//   - A task may be delivered any number of times, to any number of workers.
//     An image that is stored is not drawn again; one that is drawn twice is
//     stored twice with the same bytes.
//   - Handling ends within about 20 ms of its context's end.
//   - An image is never held whole unless it is small: it is drawn, compressed
//     and stored in one stream.
//
// The package does not know how tasks reach it or how words leave it: the
// command wires a queue to [Worker.Handle] and to [Queue].
package worker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer"
	"mandelfarm/storage"
)

// Queue is what a worker needs of the queue beside the tasks themselves.
type Queue interface {
	// Publish tells everyone who waits on an image that its fate is decided.
	Publish(ctx context.Context, n job.Notice) error
	// Revive queues a task anew if it is neither waiting nor being worked on.
	Revive(ctx context.Context, t job.Task) error
	// Lock reports whether the caller is the one that holds a name for ttl.
	Lock(ctx context.Context, name string, ttl time.Duration) (bool, error)
}

// Worker handles tasks. It is safe for concurrent use.
type Worker struct {
	store  storage.Store
	ledger *ledger.Ledger
	queue  Queue
	render renderer.Options
	log    *slog.Logger
}

// New is a worker that stores images in store and records jobs in l. A task
// draws with as many threads as render says.
func New(store storage.Store, l *ledger.Ledger, q Queue, render renderer.Options, log *slog.Logger) *Worker {
	return &Worker{store: store, ledger: l, queue: q, render: render, log: log}
}

// recordLimit is how long the record of a task that took too long may take: its
// own time is up.
const recordLimit = 10 * time.Second

// Handle does a task. An error means that it should be tried again; when the
// last try has failed, the failure is recorded and announced, and Handle
// returns nil. A task whose context was canceled has not failed.
func (w *Worker) Handle(ctx context.Context, t job.Task, d job.Delivery) error {
	if t.Kind != job.KindImage {
		return fmt.Errorf("%w: unknown kind of task %q", job.ErrVersion, t.Kind)
	}
	if err := t.Verify(); err != nil {
		return err
	}
	size, err := w.image(ctx, t)
	if err != nil && ctx.Err() != nil && !errors.Is(err, errSettled) {
		err = fmt.Errorf("draw %s: %w", t.ID, context.Cause(ctx)) // whatever failed, failed because of that
	}
	p := d.Progress()
	switch {
	case errors.Is(err, errSettled):
		return nil
	case err == nil:
		p.State, p.Bytes = job.Done, size
	case !d.Last() || errors.Is(ctx.Err(), context.Canceled):
		return err
	default:
		p.State, p.Error = job.Failed, err.Error()
		w.log.LogAttrs(ctx, slog.LevelError, "gave up", slog.String("id", string(t.ID)), slog.Any("err", err))
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), recordLimit)
		defer cancel()
	}
	return w.finish(ctx, t, p)
}

// errSettled: the job is final already, by cancellation or by another delivery.
var errSettled = errors.New("job is settled")

// image makes sure that the image is stored and returns its size in bytes.
func (w *Worker) image(ctx context.Context, t job.Task) (size int64, err error) {
	if t.Lane == job.Batch {
		st, err := w.ledger.Status(ctx, t.ID)
		if err == nil && st.State.Final() {
			return 0, errSettled
		}
		if err != nil && !errors.Is(err, job.ErrUnknown) {
			return 0, err
		}
	}
	info, err := w.store.Stat(ctx, ledger.ImageKey(t.ID))
	switch {
	case err == nil:
		return info.Size, nil
	case !errors.Is(err, storage.ErrNotFound):
		return 0, err
	}
	return w.draw(ctx, t)
}

// draw renders the image and stores it as it is made.
func (w *Worker) draw(ctx context.Context, t job.Task) (size int64, err error) {
	start := time.Now()
	r, pw := io.Pipe()
	count := &counter{w: pw}
	var rendering sync.WaitGroup
	rendering.Go(func() {
		err := protect(func() error { return renderer.WritePNG(ctx, count, t.Spec, w.render) })
		_ = pw.CloseWithError(err) // always nil
	})
	err = protect(func() error { return w.store.Put(ctx, ledger.ImageKey(t.ID), "image/png", r) })
	_ = r.CloseWithError(err) // always nil; ends the renderer if storing failed
	rendering.Wait()
	if err != nil {
		return 0, fmt.Errorf("draw %s: %w", t.ID, err)
	}
	w.log.LogAttrs(ctx, slog.LevelInfo, "drawn", slog.String("id", string(t.ID)), slog.String("lane", string(t.Lane)),
		slog.Int("width", t.Spec.Width), slog.Int("height", t.Spec.Height),
		slog.Int64("bytes", count.n), slog.Duration("took", time.Since(start)))
	return count.n, nil
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
	if t.Lane == job.Batch {
		standing, err := w.ledger.Finish(ctx, t.ID, p)
		if err != nil {
			return err
		}
		p = standing
	}
	// Those who miss the notice look again by themselves, later.
	if err := w.queue.Publish(ctx, job.Notice{ID: t.ID, State: p.State, Error: p.Error}); err != nil {
		w.log.LogAttrs(ctx, slog.LevelWarn, "notice not sent", slog.String("id", string(t.ID)), slog.Any("err", err))
	}
	return nil
}
