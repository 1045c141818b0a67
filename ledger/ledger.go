package ledger

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"mandelfarm/internal/combine"
	"mandelfarm/job"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
)

// Options are what a ledger may be given. The zero value has defaults.
type Options struct {
	// Now is the clock that times of acceptance come from; nil is that of the system.
	Now func() time.Time
	// Damage hears of records that are damaged; nil is nobody.
	Damage func(context.Context, Damage)
}

// Ledger reads and writes the record. It is safe for concurrent use, also by
// several processes on one store.
type Ledger struct {
	store    storage.Store
	now      func() time.Time
	damages  damages
	removals *combine.Combiner[string] // of markers

	takingOut sync.Mutex // held by who takes a job out of a group that has ended
}

const (
	maxRemovals  = 1000        // that a store does with one request
	removalLimit = time.Minute // is the most that it may take
)

// New is the ledger kept in store.
func New(store storage.Store, o Options) *Ledger {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Damage == nil {
		o.Damage = func(context.Context, Damage) {}
	}
	return &Ledger{
		store: store, now: o.Now, damages: damages{tell: o.Damage},
		removals: combine.New(maxRemovals, 0, removalLimit, func(ctx context.Context, keys []string) error { return store.Delete(ctx, keys...) }),
	}
}

// Accept is [Ledger.AcceptAs] without terms.
func (l *Ledger) Accept(ctx context.Context, s spec.Spec) (job.Status, error) {
	return l.AcceptAs(ctx, s, job.Terms{})
}

// AcceptAs records s, which must be normalised, as a job. When it returns nil
// the job survives the loss of every process and of Redis, and so does what the
// webhook of the terms is to be told of this run of it.
//
// Accepting a Spec again returns the job there is. One that had failed or was
// canceled is queued anew, and so is one whose image has been removed. Its
// terms stay what they were.
func (l *Ledger) AcceptAs(ctx context.Context, s spec.Spec, t job.Terms) (job.Status, error) {
	fresh := job.Job{ID: s.ID(), Spec: s, AcceptedAt: l.now().UTC().Truncate(time.Millisecond), Terms: t, Layout: layoutEntry}
	st, err := l.accept(ctx, fresh)
	if err == nil && t.Webhook.URL != "" {
		err = l.addWebhook(ctx, st.ID, t.Webhook)
	}
	if err != nil {
		return job.Status{}, fmt.Errorf("accept job %s: %w", fresh.ID, err)
	}
	return st, nil
}

// accept stores the record before it stores the entry by which the job is owed: repeating it completes what was left half done.
// Of a job that nobody has accepted before there is nothing to read.
func (l *Ledger) accept(ctx context.Context, fresh job.Job) (job.Status, error) {
	record, known, err := l.record(ctx, fresh)
	if err != nil {
		return job.Status{}, err
	}
	if !known {
		return job.Status{Job: record, Progress: job.Progress{State: job.Queued}}, l.enter(ctx, record)
	}
	last, kept, err := l.promise(ctx, record)
	if err != nil {
		return job.Status{}, err
	}
	if err := l.indexed(ctx, last); err != nil {
		return job.Status{}, err
	}
	standing := last.of
	if !last.isFirst() || last.State.Final() {
		standing.Group = "" // it is not open with that
	}
	if !kept {
		last.Progress, err = l.owe(ctx, last)
	}
	return job.Status{Job: standing, Progress: last.Progress}, err
}

// promise reads a job's last run, and whether that keeps the promise: it is done,
// and the image is stored.
func (l *Ledger) promise(ctx context.Context, j job.Job) (last run, kept bool, err error) {
	last, err = l.last(ctx, j)
	if err != nil || last.State != job.Done {
		return last, false, err
	}
	_, there, err := l.Image(j.ID, j.Spec.Format).Find(ctx)
	return last, there, err
}

// record stores fresh unless the job is on record already, and returns the
// record that stands and whether it was known before.
func (l *Ledger) record(ctx context.Context, fresh job.Job) (standing job.Job, known bool, err error) {
	err = l.create(ctx, jobKey(fresh.ID), recordOf(fresh))
	if !errors.Is(err, storage.ErrExists) {
		return fresh, false, err
	}
	standing, err = l.readJob(ctx, fresh.ID)
	if err == nil && standing.Spec.ID() != fresh.ID {
		err = fmt.Errorf("%w: its Spec is another", errUnreadable)
	}
	if errors.Is(err, errUnreadable) || errors.Is(err, job.ErrVersion) {
		standing, err = l.restore(ctx, fresh, err)
	}
	return standing, true, err
}

// restore replaces the unreadable record of a job by one made of the Spec that has
// its ID. Whatever else is on record of the job stays. The job is not listed twice,
// because its index entry still says when it was accepted.
func (l *Ledger) restore(ctx context.Context, fresh job.Job, damage error) (job.Job, error) {
	key, ok, err := l.findEntry(ctx, fresh.ID)
	if err != nil {
		return fresh, err
	}
	if ok {
		if _, fresh.AcceptedAt = parsePlace(key.entry); !isPlace(key.entry) {
			fresh.Layout = layoutResult
		}
		if e, err := l.entryAt(ctx, key); err == nil {
			fresh.Terms, fresh.Layout, fresh.Group = e.Terms, e.Layout, e.Group
		}
	}
	if err := l.replace(ctx, jobKey(fresh.ID), recordOf(fresh)); err != nil {
		return fresh, err
	}
	l.damages.mended(ctx, KindJob, jobKey(fresh.ID), damage)
	return fresh, nil
}

// Status is what the record says of a job; an open job is reported as queued.
// The error is [job.ErrUnknown] when it was never accepted, [job.ErrUnreadable]
// when its record is damaged, and [job.ErrVersion] when another version wrote what
// makes no sense to this one.
func (l *Ledger) Status(ctx context.Context, id spec.ID) (job.Status, error) {
	record, last, err := l.status(ctx, id)
	if err != nil {
		return job.Status{}, fmt.Errorf("job %s: %w", id, err)
	}
	return job.Status{Job: record, Progress: last.Progress}, nil
}

func (l *Ledger) status(ctx context.Context, id spec.ID) (record job.Job, last run, err error) {
	if record, err = l.job(ctx, id); err != nil {
		return record, last, err
	}
	if last, err = l.last(ctx, record); err == nil {
		record = last.of
	}
	return record, last, err
}

// Finish closes a job with a final progress and returns the one that stands,
// which is an earlier one if there was any.
func (l *Ledger) Finish(ctx context.Context, id spec.ID, p job.Progress) (job.Progress, error) {
	return l.FinishKnown(ctx, job.Job{ID: id}, p)
}

// FinishKnown is [Ledger.Finish] for whoever has the record, as [Ledger.Wanted] or [Ledger.Status] has returned it: it need not be read again.
func (l *Ledger) FinishKnown(ctx context.Context, j job.Job, p job.Progress) (job.Progress, error) {
	if !p.State.Final() {
		return p, fmt.Errorf("finish job %s as %s: %w", j.ID, p.State, job.ErrState)
	}
	var err error
	if j.Layout != layoutEntry { // of which nothing may be known but the ID
		record, unread := l.job(ctx, j.ID)
		if notOurs(unread) {
			record, unread = job.Job{ID: j.ID}, nil // it ends all the same
		}
		j, err = record, unread
	}
	standing := p
	if err == nil {
		standing, err = l.finish(ctx, j, p)
	}
	if err != nil {
		return p, fmt.Errorf("finish job %s: %w", j.ID, err)
	}
	return standing, nil
}
