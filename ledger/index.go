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

func entryOf(last run) entry {
	return entry{jobRecord: recordOf(last.of), Run: last.number, Progress: last.Progress}
}

// newEntry is that of a job that was accepted this moment.
func newEntry(j job.Job) entry {
	return entryOf(run{of: j, Progress: job.Progress{State: job.Queued}})
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
	e, err := parseEntry(data)
	if of := e.job(); err == nil && recentKey(of) != key && (e.Layout == layoutResult || openEntryKey(of) != key) {
		err = errUnreadable
	}
	return e, err
}

// parseEntry reads what the index holds of a job.
func parseEntry(data []byte) (e entry, err error) {
	if err = parseJob(data, &e); err == nil {
		err = e.check(e.ID)
	}
	return e, err
}

// enter has a job that was accepted this moment owed, and visible to those who list jobs.
func (l *Ledger) enter(ctx context.Context, j job.Job) error {
	return l.replace(ctx, openEntryKey(j), newEntry(j))
}

// index has the index show a job with its last run. Whoever ends a run and whoever
// begins the next may do that at the same time, and either may be the last to
// write. So whoever has written looks whether it still holds, and writes again if
// it does not. Of who dies between the two, [Ledger.Audit] does so.
func (l *Ledger) index(ctx context.Context, last run) error {
	for {
		if last.isFirst() && !last.State.Final() {
			return l.indexOpen(ctx, last.of)
		}
		written := entryOf(last)
		if err := l.replace(ctx, recentKey(last.of), written); err != nil {
			return err
		}
		var err error
		if last, err = l.latest(ctx, last); err != nil || written.shows(last) {
			return err
		}
	}
}

// indexOpen is index for a job whose first run is open. The entry also says whether the job is held, and its
// priority, which others may change at the same time.
func (l *Ledger) indexOpen(ctx context.Context, j job.Job) error {
	paused, err := l.Paused(ctx, j.ID)
	for err == nil {
		e := newEntry(j)
		e.Paused = paused
		if err := l.replace(ctx, openEntryKey(j), e); err != nil {
			return err
		}
		if paused, err = l.Paused(ctx, j.ID); err != nil {
			return err
		}
		if j, err = l.job(ctx, j.ID); notOurs(err) || err == nil && j.Priority == e.Priority && paused == e.Paused {
			return nil
		}
	}
	return err
}

// indexed is index for an entry that should be right and mostly is. The process
// that was to write it may have died.
func (l *Ledger) indexed(ctx context.Context, last run) error {
	if last.isFirst() && last.of.Layout == layoutGroup {
		if known, err := l.shownByGroup(ctx, last); known || err != nil {
			return err
		}
	}
	key := recentKey(last.of)
	if last.isFirst() && !last.State.Final() {
		key = openEntryKey(last.of)
	}
	e, damage := l.readEntry(ctx, key)
	unreadable := errors.Is(damage, errUnreadable)
	switch {
	case damage == nil && e.shows(last):
		return nil
	case damage != nil && !unreadable && !errors.Is(damage, storage.ErrNotFound):
		return damage
	}
	err := l.index(ctx, last)
	if err == nil && unreadable {
		l.damages.mended(ctx, KindIndex, key, damage)
	}
	return err
}

// shownByGroup reports whether the group of a job shows its first run.
func (l *Ledger) shownByGroup(ctx context.Context, first run) (bool, error) {
	if first.State.Final() { // which its group has said
		return true, nil
	}
	return l.knows(ctx, first.of)
}

// findEntry finds a job's index entry, for when the job's record, which says where it is, is lost. It is false if none is found in time.
func (l *Ledger) findEntry(ctx context.Context, id spec.ID) (key indexKey, ok bool, err error) {
	limit := l.now().Add(pageTime)
	for _, prefix := range []string{openPrefix, recentPrefix} {
		for key, err := range l.entries(ctx, prefix) {
			if err != nil || l.now().After(limit) {
				return key, false, err
			}
			if of, _ := parsePlace(key.entry); of == id {
				return key, true, nil
			}
		}
	}
	return key, false, nil
}

// entryAt is the index entry with a key.
func (l *Ledger) entryAt(ctx context.Context, key indexKey) (entry, error) {
	if key.in != nil {
		return key.in.entry(key.at)
	}
	return l.readEntry(ctx, key.prefix+key.entry)
}
