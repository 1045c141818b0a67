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
	"mandelfarm/renderer"
	"mandelfarm/storage"
)

// maxRecord bounds what is read of a record. A Spec within any sensible limit
// of digits is far below it.
const maxRecord = 4 << 20

const jsonType = "application/json"

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

// ImageKey is where the finished image of id is stored.
func ImageKey(id renderer.ID) string { return "renders/" + string(id) + ".png" }

func jobKey(id renderer.ID) string    { return "jobs/" + string(id) + "/job.json" }
func resultKey(id renderer.ID) string { return "jobs/" + string(id) + "/result.json" }
func openKey(id renderer.ID) string   { return openPrefix + string(id) }

const openPrefix = "open/"

// Accept records s, which must be normalised, as a job. When it returns nil
// the job survives the loss of every process and of Redis.
//
// Accepting a Spec again returns the job there is. One that had failed or was
// canceled is queued anew, and so is one whose image has been removed.
func (l *Ledger) Accept(ctx context.Context, s renderer.Spec) (job.Status, error) {
	fresh := job.Job{ID: s.ID(), Spec: s, AcceptedAt: l.now().UTC().Truncate(time.Millisecond)}
	record, err := l.record(ctx, fresh)
	if err != nil {
		return job.Status{}, fmt.Errorf("accept job %s: %w", fresh.ID, err)
	}
	progress, err := l.claim(ctx, record)
	if err != nil {
		return job.Status{}, fmt.Errorf("accept job %s: %w", fresh.ID, err)
	}
	return job.Status{Job: record, Progress: progress}, nil
}

// claim makes sure that a job on record is done or owed.
func (l *Ledger) claim(ctx context.Context, record job.Job) (job.Progress, error) {
	p, err := l.result(ctx, record.ID)
	if err != nil {
		return p, err
	}
	if p.State == job.Done {
		stored, err := l.imageStored(ctx, record.ID)
		if stored || err != nil {
			return p, err
		}
	}
	if p.State.CanBecome(job.Queued) {
		return l.reopen(ctx, record.ID)
	}
	return p, l.promise(ctx, record)
}

func (l *Ledger) imageStored(ctx context.Context, id renderer.ID) (bool, error) {
	_, err := l.store.Stat(ctx, ImageKey(id))
	if errors.Is(err, storage.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// record stores fresh unless the job is on record already, and returns the
// record that stands.
func (l *Ledger) record(ctx context.Context, fresh job.Job) (job.Job, error) {
	err := l.create(ctx, jobKey(fresh.ID), fresh)
	if errors.Is(err, storage.ErrExists) {
		var standing job.Job
		return standing, l.read(ctx, jobKey(fresh.ID), &standing)
	}
	return fresh, err
}

// promise makes an accepted job visible: to those who list jobs, and to the
// reconciler.
func (l *Ledger) promise(ctx context.Context, j job.Job) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, key := range []string{recentKey(j), openKey(j.ID)} {
		g.Go(func() error { return l.mark(ctx, key) })
	}
	return g.Wait()
}

// Status is what the record says of a job; an open job is reported as queued.
// The error is [job.ErrUnknown] when it was never accepted.
func (l *Ledger) Status(ctx context.Context, id renderer.ID) (job.Status, error) {
	var st job.Status
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return l.read(ctx, jobKey(id), &st.Job) })
	g.Go(func() (err error) {
		st.Progress, err = l.result(ctx, id)
		return err
	})
	if err := g.Wait(); err != nil {
		if errors.Is(err, storage.ErrNotFound) {
			err = job.ErrUnknown
		}
		return job.Status{}, fmt.Errorf("job %s: %w", id, err)
	}
	return st, nil
}

// Finish closes a job with a final progress and returns the one that stands,
// which is an earlier one if there was any.
func (l *Ledger) Finish(ctx context.Context, id renderer.ID, p job.Progress) (job.Progress, error) {
	if !p.State.Final() {
		return p, fmt.Errorf("finish job %s as %s: %w", id, p.State, job.ErrState)
	}
	err := l.create(ctx, resultKey(id), p)
	if errors.Is(err, storage.ErrExists) {
		p, err = l.result(ctx, id)
	}
	if err == nil {
		err = l.settle(ctx, id)
	}
	if err != nil {
		return p, fmt.Errorf("finish job %s: %w", id, err)
	}
	return p, nil
}

// reopen forgets how a job had ended and makes it owed again.
func (l *Ledger) reopen(ctx context.Context, id renderer.ID) (job.Progress, error) {
	if err := l.store.Delete(ctx, resultKey(id)); err != nil {
		return job.Progress{}, err
	}
	return job.Progress{State: job.Queued}, l.mark(ctx, openKey(id))
}

// settle removes the open marker of a job that has ended. A client may retry
// the job at this very moment: its marker is put back if the result is gone
// afterwards.
func (l *Ledger) settle(ctx context.Context, id renderer.ID) error {
	if err := l.store.Delete(ctx, openKey(id)); err != nil {
		return err
	}
	p, err := l.result(ctx, id)
	if err == nil && !p.State.Final() {
		err = l.mark(ctx, openKey(id))
	}
	return err
}

// result reads how a job ended, or Queued if it has not.
func (l *Ledger) result(ctx context.Context, id renderer.ID) (job.Progress, error) {
	var p job.Progress
	err := l.read(ctx, resultKey(id), &p)
	if errors.Is(err, storage.ErrNotFound) {
		return job.Progress{State: job.Queued}, nil
	}
	return p, err
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
		return fmt.Errorf("%s: %w", key, err)
	}
	return nil
}

// mark stores an empty object; storing it again changes nothing.
func (l *Ledger) mark(ctx context.Context, key string) error {
	return l.store.Put(ctx, key, "application/octet-stream", bytes.NewReader(nil))
}
