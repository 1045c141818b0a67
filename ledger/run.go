package ledger

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
)

// run is one time that a job is owed: from its acceptance, which is run 0, or
// from a retry on, until its end. Progress says how it ended, or Queued.
//
// Nothing of a run is ever changed or removed but its open marker, and that only
// when the run has ended for good. So whoever acts on what they saw a moment ago
// does no harm.
type run struct {
	id     spec.ID
	number int
	job.Progress
}

const (
	openPrefix = "open/"
	runFormat  = "%06d" // keeps the keys of a job's runs in order
)

// startKey is stored when a run other than the first begins.
func (r run) startKey() string { return startPrefix(r.id) + fmt.Sprintf(runFormat, r.number) }

func startPrefix(id spec.ID) string { return "jobs/" + string(id) + "/runs/" }

func (r run) resultKey() string {
	if r.number == 0 {
		return "jobs/" + string(r.id) + "/result.json"
	}
	return "jobs/" + string(r.id) + "/results/" + fmt.Sprintf(runFormat, r.number) + ".json"
}

func (r run) openKey() string {
	if r.number == 0 {
		return openPrefix + string(r.id)
	}
	return openPrefix + string(r.id) + "." + fmt.Sprintf(runFormat, r.number)
}

// parseOpenKey reads which run an open marker is of.
func parseOpenKey(key string) (run, bool) {
	name, number, again := strings.Cut(strings.TrimPrefix(key, openPrefix), ".")
	id, err := spec.ParseID(name)
	r := run{id: id}
	if err == nil && again {
		r.number, err = strconv.Atoi(number)
	}
	return r, err == nil && r.openKey() == key
}

// number is that of a job's last run.
func (l *Ledger) number(ctx context.Context, id spec.ID) (number int, err error) {
	prefix := startPrefix(id)
	for info, err := range l.store.List(ctx, prefix, "") {
		if err != nil {
			return 0, err
		}
		if n, err := strconv.Atoi(strings.TrimPrefix(info.Key, prefix)); err == nil {
			number = max(number, n)
		}
	}
	return number, nil
}

// last reads a job's last run.
func (l *Ledger) last(ctx context.Context, id spec.ID) (run, error) {
	number, err := l.number(ctx, id)
	if err != nil {
		return run{}, err
	}
	r := run{id: id, number: number}
	r.Progress, err = l.result(ctx, r)
	return r, err
}

// result reads how a run ended, or Queued if it has not.
func (l *Ledger) result(ctx context.Context, r run) (job.Progress, error) {
	var p job.Progress
	err := l.read(ctx, r.resultKey(), &p)
	if errors.Is(err, storage.ErrNotFound) {
		return job.Progress{State: job.Queued}, nil
	}
	return p, err
}

// owe makes sure that the job is owed, given its last run: that one if it has not
// ended, or the next. The marker is stored before the run begins, so that there
// is none without.
func (l *Ledger) owe(ctx context.Context, last run) (job.Progress, error) {
	queued := job.Progress{State: job.Queued}
	if !last.State.CanBecome(job.Queued) {
		return queued, l.mark(ctx, last.openKey())
	}
	next := run{id: last.id, number: last.number + 1}
	if err := l.Resume(ctx, last.id); err != nil { // asking again is asking for it
		return queued, err
	}
	if err := l.mark(ctx, next.openKey()); err != nil {
		return queued, err
	}
	err := l.store.Create(ctx, next.startKey(), emptyType, nil)
	if errors.Is(err, storage.ErrExists) { // somebody else has asked for it again
		err = nil
	}
	return queued, err
}

// finish ends the last run with p, unless it has ended, and returns how it did.
func (l *Ledger) finish(ctx context.Context, id spec.ID, p job.Progress) (job.Progress, error) {
	number, err := l.number(ctx, id)
	if err != nil {
		return p, err
	}
	r := run{id: id, number: number}
	err = l.create(ctx, r.resultKey(), p)
	if errors.Is(err, storage.ErrExists) {
		p, err = l.result(ctx, r)
	}
	if err != nil {
		return p, err
	}
	return p, l.store.Delete(ctx, r.openKey())
}
