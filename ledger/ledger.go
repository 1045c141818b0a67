package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
)

// maxRecord bounds what is read of a record. A Spec within any sensible limit
// of digits is far below it.
const maxRecord = 4 << 20

// The media types that a store with a web face of its own serves objects with.
const (
	jsonType   = "application/json"
	binaryType = "application/octet-stream"
	pngType    = "image/png"
)

// Ledger reads and writes the record. It is safe for concurrent use, also by
// several processes on one store.
type Ledger struct {
	store storage.Store
	now   func() time.Time
}

// New is the ledger kept in store. Times of acceptance come from now.
func New(store storage.Store, now func() time.Time) *Ledger {
	return &Ledger{store: store, now: now}
}

// Accept is [Ledger.AcceptAs] with the normal priority.
func (l *Ledger) Accept(ctx context.Context, s spec.Spec) (job.Status, error) {
	return l.AcceptAs(ctx, s, "")
}

// AcceptAs records s, which must be normalised, as a job. When it returns nil
// the job survives the loss of every process and of Redis.
//
// Accepting a Spec again returns the job there is. One that had failed or was
// canceled is queued anew, and so is one whose image has been removed. Its
// priority stays what it was.
func (l *Ledger) AcceptAs(ctx context.Context, s spec.Spec, p job.Priority) (job.Status, error) {
	fresh := job.Job{ID: s.ID(), Spec: s, AcceptedAt: l.now().UTC().Truncate(time.Millisecond), Priority: p}
	st, err := l.accept(ctx, fresh)
	if err != nil {
		return job.Status{}, fmt.Errorf("accept job %s: %w", fresh.ID, err)
	}
	return st, nil
}

// accept stores the index entry before it stores the open marker: once a job is
// owed it may be finished by others, and then nobody would index it.
func (l *Ledger) accept(ctx context.Context, fresh job.Job) (job.Status, error) {
	record, known, err := l.record(ctx, fresh)
	if err != nil {
		return job.Status{}, err
	}
	var last run
	var kept bool
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return l.index(gctx, record, known) })
	g.Go(func() (err error) {
		last, kept, err = l.promise(gctx, record)
		return err
	})
	if err := g.Wait(); err != nil {
		return job.Status{}, err
	}
	if !kept {
		last.Progress, err = l.owe(ctx, last)
	}
	return job.Status{Job: record, Progress: last.Progress}, err
}

// promise reads a job's last run, and whether that keeps the promise: it is done,
// and the image is stored.
func (l *Ledger) promise(ctx context.Context, j job.Job) (last run, kept bool, err error) {
	last, err = l.last(ctx, j.ID)
	if err != nil || last.State != job.Done {
		return last, false, err
	}
	_, there, err := l.Image(j.ID, j.Spec.Format).Find(ctx)
	return last, there, err
}

// record stores fresh unless the job is on record already, and returns the
// record that stands and whether it was known before.
func (l *Ledger) record(ctx context.Context, fresh job.Job) (standing job.Job, known bool, err error) {
	err = l.create(ctx, jobKey(fresh.ID), fresh)
	if errors.Is(err, storage.ErrExists) {
		return standing, true, l.read(ctx, jobKey(fresh.ID), &standing)
	}
	return fresh, false, err
}

// index makes a job visible to those who list jobs. One that was known may lack
// its entry: the process that recorded it may have died next.
func (l *Ledger) index(ctx context.Context, j job.Job, known bool) error {
	if known {
		if _, err := l.store.Stat(ctx, recentKey(j)); !errors.Is(err, storage.ErrNotFound) {
			return err
		}
	}
	return l.mark(ctx, recentKey(j))
}

// Status is what the record says of a job; an open job is reported as queued.
// The error is [job.ErrUnknown] when it was never accepted.
func (l *Ledger) Status(ctx context.Context, id spec.ID) (job.Status, error) {
	record, last, err := l.status(ctx, id)
	if err != nil {
		return job.Status{}, fmt.Errorf("job %s: %w", id, err)
	}
	return job.Status{Job: record, Progress: last.Progress}, nil
}

func (l *Ledger) status(ctx context.Context, id spec.ID) (record job.Job, last run, err error) {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		err := l.read(ctx, jobKey(id), &record)
		if errors.Is(err, storage.ErrNotFound) {
			return job.ErrUnknown
		}
		return err
	})
	g.Go(func() (err error) {
		last, err = l.last(ctx, id)
		return err
	})
	return record, last, g.Wait()
}

// Finish closes a job with a final progress and returns the one that stands,
// which is an earlier one if there was any.
func (l *Ledger) Finish(ctx context.Context, id spec.ID, p job.Progress) (job.Progress, error) {
	if !p.State.Final() {
		return p, fmt.Errorf("finish job %s as %s: %w", id, p.State, job.ErrState)
	}
	standing, err := l.finish(ctx, id, p)
	if err != nil {
		return p, fmt.Errorf("finish job %s: %w", id, err)
	}
	return standing, nil
}

func (l *Ledger) create(ctx context.Context, key string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return l.store.Create(ctx, key, jsonType, data)
}

func (l *Ledger) read(ctx context.Context, key string, v any) error {
	data, err := storage.ReadAll(ctx, l.store, key, maxRecord)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%w: %s: %w", errUnreadable, key, err)
	}
	return nil
}

// errUnreadable: a record is there, but another version of the farm wrote it, or
// somebody else did.
var errUnreadable = errors.New("unreadable record")

// mark stores an empty object; storing it again changes nothing.
func (l *Ledger) mark(ctx context.Context, key string) error {
	return l.store.Put(ctx, key, binaryType, bytes.NewReader(nil))
}
