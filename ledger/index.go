package ledger

import (
	"context"
	"errors"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
)

// entry is what the index holds of a job, so that a list needs one request for
// each: the job, its last run, and how that ended.
type entry struct {
	jobRecord
	Run int `json:"run"`
	job.Progress
}

func entryOf(j job.Job, last run) entry {
	return entry{jobRecord: recordOf(j), Run: last.number, Progress: last.Progress}
}

// newEntry is that of a job that was accepted this moment.
func newEntry(j job.Job) entry {
	return entryOf(j, run{Progress: job.Progress{State: job.Queued}})
}

// shows reports whether the entry is right when this is the job's last run.
func (e entry) shows(last run) bool {
	return e.Run == last.number && e.State.Final() == last.State.Final()
}

// readEntry reads the index entry of a job under its key.
func (l *Ledger) readEntry(ctx context.Context, key string) (entry, error) {
	data, err := l.load(ctx, key)
	if err != nil {
		return entry{}, err
	}
	var e entry
	if err = parseJob(data, &e); err == nil {
		err = e.check(e.ID)
	}
	if err == nil && recentKey(e.Job) != key {
		err = errUnreadable
	}
	return e, err
}

// enter makes a job that was accepted this moment visible to those who list jobs.
// It changes no entry that is there.
func (l *Ledger) enter(ctx context.Context, j job.Job) error {
	err := l.create(ctx, recentKey(j), newEntry(j))
	if errors.Is(err, storage.ErrExists) {
		return nil
	}
	return err
}

// index has the index show a job with its last run. Whoever ends a run and whoever
// begins the next may do that at the same time, and either may be the last to
// write. So whoever has written looks whether it still holds, and writes again if
// it does not. Of who dies between the two, [Ledger.Audit] does so.
func (l *Ledger) index(ctx context.Context, j job.Job, last run) error {
	for {
		written := entryOf(j, last)
		if err := l.replace(ctx, recentKey(j), written); err != nil {
			return err
		}
		var err error
		if last, err = l.latest(ctx, last); err != nil || written.shows(last) {
			return err
		}
	}
}

// indexed is index for an entry that should be right and mostly is. The process
// that was to write it may have died.
func (l *Ledger) indexed(ctx context.Context, j job.Job, last run) error {
	e, damage := l.readEntry(ctx, recentKey(j))
	unreadable := errors.Is(damage, errUnreadable)
	switch {
	case damage == nil && e.shows(last):
		return nil
	case damage != nil && !unreadable && !errors.Is(damage, storage.ErrNotFound):
		return damage
	}
	err := l.index(ctx, j, last)
	if err == nil && unreadable {
		l.damages.mended(ctx, KindIndex, recentKey(j), damage)
	}
	return err
}

// show is index for a run of a job whose record is still to be read. There is
// nothing to show of one that cannot be.
func (l *Ledger) show(ctx context.Context, last run) error {
	j, err := l.job(ctx, last.id)
	if notOurs(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return l.index(ctx, j, last)
}

// entryKey is the key of a job's index entry, for when the job's record, which says
// it, is lost. It is false if none is found in time.
func (l *Ledger) entryKey(ctx context.Context, id spec.ID) (key string, ok bool, err error) {
	limit := l.now().Add(pageTime)
	for key, err := range l.entries(ctx, "") {
		if err != nil || l.now().After(limit) {
			return "", false, err
		}
		if of, _ := parseRecent(key); of == id {
			return key, true, nil
		}
	}
	return "", false, nil
}
