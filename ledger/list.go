package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
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
	for {
		batch, followed, err := p.ledger.batch(ctx, cursor, size)
		if err != nil {
			return err
		}
		full, err := p.add(ctx, batch, followed)
		if full || err != nil {
			return err
		}
		if !followed {
			p.page.Next = ""
			return nil
		}
		cursor, size = batch[len(batch)-1].entry, min(2*size, maxBatch)
	}
}

// add adds the jobs of index entries that are kept, and reports whether the page
// ends before the entries do, or before what follows them.
func (p *pager) add(ctx context.Context, batch []indexKey, followed bool) (full bool, err error) {
	if len(batch) == 0 {
		return false, nil
	}
	ids := make([]spec.ID, len(batch))
	for i, key := range batch {
		ids[i], _ = parsePlace(key.entry)
	}
	keep, err := p.look(ctx, ids)
	if err != nil {
		return false, err
	}
	jobs, err := p.jobs(ctx, batch)
	if err != nil {
		return false, err
	}
	for i, st := range jobs {
		p.page.Next = batch[i].entry
		if st == nil || !keep(st) {
			continue
		}
		p.page.Jobs = append(p.page.Jobs, *st)
		if len(p.page.Jobs) == p.limit && (followed || i+1 < len(batch)) {
			return true, nil
		}
	}
	p.scanned += len(jobs)
	return len(jobs) < len(batch) || followed && (p.scanned >= maxScan || p.late()), nil
}

func (p *pager) late() bool { return !p.ledger.now().Before(p.end) }

// jobs reads the jobs of index entries, in order, until the time is up. One that
// is not listed is nil.
func (p *pager) jobs(ctx context.Context, batch []indexKey) ([]*job.Status, error) {
	jobs := make([]*job.Status, len(batch))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(statusReaders)
	n := 0
	for ; n < len(batch) && (p.scanned+n == 0 || !p.late()); n++ {
		i := n
		g.Go(func() (err error) {
			jobs[i], err = p.ledger.listed(ctx, batch[i])
			return err
		})
	}
	return jobs[:n], g.Wait()
}

// listed is what a list shows of the job with an index entry, nil if nothing. That of a job that has ended since it was
// listed is in the other place. An entry that cannot be read is written again from the records.
func (l *Ledger) listed(ctx context.Context, of indexKey) (*job.Status, error) {
	key := of.prefix + of.entry
	e, err := l.readEntry(ctx, key)
	if errors.Is(err, storage.ErrNotFound) && of.prefix == openPrefix {
		key = recentPrefix + of.entry
		e, err = l.readEntry(ctx, key)
	}
	switch {
	case err == nil:
		return &job.Status{Job: e.job(), Progress: e.Progress}, nil
	case errors.Is(err, storage.ErrNotFound) || errors.Is(err, job.ErrVersion):
		return nil, nil //nolint:nilnil // removed, or of another version
	case !errors.Is(err, errUnreadable):
		return nil, err
	}
	return l.relist(ctx, of, key, err)
}

// relist is listed for an entry that is damaged.
func (l *Ledger) relist(ctx context.Context, of indexKey, key string, damage error) (*job.Status, error) {
	id, _ := parsePlace(of.entry)
	j, last, err := l.status(ctx, id)
	if notOurs(err) || err == nil && strings.TrimPrefix(recentKey(j), recentPrefix) != of.entry {
		return nil, nil //nolint:nilnil // no job's entry
	}
	if err != nil {
		return nil, err
	}
	if err = l.index(ctx, last); err != nil {
		l.damages.found(ctx, KindIndex, key, errors.Join(damage, err)) // it is listed all the same
	} else {
		l.damages.mended(ctx, KindIndex, key, damage)
	}
	return &job.Status{Job: j, Progress: last.Progress}, nil
}

// indexKey is the key of an index entry.
type indexKey struct {
	prefix string // openPrefix or recentPrefix
	entry  string
}

// batch returns up to size index entries after a cursor, one for each job, and whether others follow.
//
// The markers are listed first: whatever ends meanwhile is in the index before it loses its marker, and so is in one of the
// two listings at least.
func (l *Ledger) batch(ctx context.Context, cursor string, size int) (batch []indexKey, followed bool, err error) {
	for _, prefix := range []string{openPrefix, recentPrefix} {
		n := 0
		for entry, err := range l.entries(ctx, prefix, cursor) {
			if err != nil {
				return nil, false, err
			}
			batch = append(batch, indexKey{prefix, entry})
			if n++; n > size {
				break
			}
		}
	}
	slices.SortFunc(batch, func(a, b indexKey) int {
		return cmp.Or(strings.Compare(a.entry, b.entry), -strings.Compare(a.prefix, b.prefix)) // what has ended first
	})
	batch = slices.CompactFunc(batch, func(a, b indexKey) bool { return a.entry == b.entry })
	return batch[:min(len(batch), size)], len(batch) > size, nil
}

// entries yields the index entries below a prefix after a cursor. Foreign keys are
// passed over: they would make no cursor. After an error none follow.
func (l *Ledger) entries(ctx context.Context, prefix, cursor string) iter.Seq2[string, error] {
	after := ""
	if cursor != "" {
		after = prefix + cursor
	}
	return func(yield func(string, error) bool) {
		for info, err := range l.store.List(ctx, prefix, after) {
			entry := strings.TrimPrefix(info.Key, prefix)
			if err == nil && !validCursor(entry) {
				continue
			}
			if !yield(entry, err) || err != nil {
				return
			}
		}
	}
}
