package ledger

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"golang.org/x/sync/errgroup"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
)

// ErrCursor says that a cursor is not one that List returned.
var ErrCursor = errors.New("not a cursor of this listing")

// Page is a run of jobs, newest first.
type Page struct {
	Jobs []job.Status
	Next string // cursor of the page that follows; empty if nothing does
}

// Look is called with the IDs of the jobs that come next, before their records are
// read. What it returns is called with each of them, may complete it with what else
// is known, and says whether the job belongs in the page.
type Look func(ctx context.Context, ids []spec.ID) (keep func(*job.Status) bool, err error)

const (
	statusReaders = 16              // records read at once
	maxBatch      = 256             // records that one Look is about
	maxScan       = 1000            // records read for one page
	pageTime      = 2 * time.Second // after which a page ends with what it has
)

// List returns up to limit jobs, at least one, newest first, from after the
// cursor of an earlier page, or from the newest if it is empty. The pages together
// hold every job that look keeps. A page may be short, or empty, and still have a
// successor: it ends after about a thousand records, or two seconds, but not
// before the first record. A record that this version cannot read is not listed.
//
// The error is [ErrCursor] if the cursor is not one that List returned.
func (l *Ledger) List(ctx context.Context, cursor string, limit int, look Look) (Page, error) {
	if cursor != "" && !validCursor(cursor) {
		return Page{}, ErrCursor
	}
	p := pager{ledger: l, look: look, limit: max(limit, 1), end: l.now().Add(pageTime)}
	if err := p.read(ctx, cursor); err != nil {
		return Page{}, fmt.Errorf("list jobs: %w", err)
	}
	return p.page, nil
}

// pager reads one page.
type pager struct {
	ledger *Ledger
	look   Look
	limit  int
	end    time.Time

	page    Page
	scanned int // records read
}

// read fills the page with what is after a cursor. A batch is read when it is
// known whether anything follows it.
func (p *pager) read(ctx context.Context, cursor string) error {
	size := min(max(p.limit, statusReaders), maxBatch)
	batch := make([]string, 0, size)
	for key, err := range p.ledger.entries(ctx, cursor) {
		if err != nil {
			return err
		}
		if len(batch) == size {
			full, err := p.add(ctx, batch, true)
			if full || err != nil {
				return err
			}
			batch = batch[:0]
		}
		batch = append(batch, key)
	}
	full, err := p.add(ctx, batch, false)
	if !full {
		p.page.Next = ""
	}
	return err
}

// add adds the jobs of index entries that are kept, and reports whether the page
// ends before the entries do, or before what follows them.
func (p *pager) add(ctx context.Context, keys []string, followed bool) (full bool, err error) {
	if len(keys) == 0 {
		return false, nil
	}
	ids := make([]spec.ID, len(keys))
	for i, key := range keys {
		ids[i], _ = parseRecent(key)
	}
	keep, err := p.look(ctx, ids)
	if err != nil {
		return false, err
	}
	jobs, err := p.jobs(ctx, keys)
	if err != nil {
		return false, err
	}
	for i, st := range jobs {
		p.page.Next = recentEntry(keys[i])
		if st == nil || !keep(st) {
			continue
		}
		p.page.Jobs = append(p.page.Jobs, *st)
		if len(p.page.Jobs) == p.limit && (followed || i+1 < len(keys)) {
			return true, nil
		}
	}
	p.scanned += len(jobs)
	return len(jobs) < len(keys) || followed && (p.scanned >= maxScan || p.late()), nil
}

func (p *pager) late() bool { return !p.ledger.now().Before(p.end) }

// jobs reads the jobs of index entries, in order, until the time is up. One that
// is not listed is nil.
func (p *pager) jobs(ctx context.Context, keys []string) ([]*job.Status, error) {
	jobs := make([]*job.Status, len(keys))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(statusReaders)
	n := 0
	for ; n < len(keys) && (p.scanned+n == 0 || !p.late()); n++ {
		i := n
		g.Go(func() (err error) {
			jobs[i], err = p.ledger.listed(ctx, keys[i])
			return err
		})
	}
	return jobs[:n], g.Wait()
}

// listed is what a list shows of the job with an index entry, nil if nothing. An
// entry that cannot be read is written again from the records.
func (l *Ledger) listed(ctx context.Context, key string) (*job.Status, error) {
	e, err := l.readEntry(ctx, key)
	switch {
	case err == nil:
		return &job.Status{Job: e.Job, Progress: e.Progress}, nil
	case errors.Is(err, storage.ErrNotFound) || errors.Is(err, job.ErrVersion):
		return nil, nil //nolint:nilnil // removed, or of another version
	case !errors.Is(err, errUnreadable):
		return nil, err
	}
	id, _ := parseRecent(key)
	j, last, failed := l.status(ctx, id)
	if notOurs(failed) || failed == nil && recentKey(j) != key {
		return nil, nil //nolint:nilnil // no job's entry
	}
	if failed != nil {
		return nil, failed
	}
	if failed = l.index(ctx, j, last); failed != nil {
		l.damages.found(ctx, KindIndex, key, errors.Join(err, failed)) // it is listed all the same
	} else {
		l.damages.mended(ctx, KindIndex, key, err)
	}
	return &job.Status{Job: j, Progress: last.Progress}, nil
}

// entries yields the keys of the index entries after a cursor. Foreign keys are
// passed over: they would make no cursor. After an error none follow.
func (l *Ledger) entries(ctx context.Context, cursor string) iter.Seq2[string, error] {
	after := ""
	if cursor != "" {
		after = recentPrefix + cursor
	}
	return func(yield func(string, error) bool) {
		for info, err := range l.store.List(ctx, recentPrefix, after) {
			if err == nil && !validCursor(recentEntry(info.Key)) {
				continue
			}
			if !yield(info.Key, err) || err != nil {
				return
			}
		}
	}
}
