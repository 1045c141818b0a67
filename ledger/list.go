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
	e, err := l.entryAt(ctx, of)
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

	// in is the record of the job's group that has its entry, at a place; nil if it has one of its own.
	in *groupRecord
	at int
}

// rank is which entry of a job comes first: its own before its group's, and what has ended before what is open.
func (k indexKey) rank() int {
	rank := 0
	if k.in != nil {
		rank += 2
	}
	if k.prefix == openPrefix {
		rank++
	}
	return rank
}

// errMoved: a group was dissolved while it was listed.
var errMoved = errors.New("the entries of some jobs have moved")

// batch returns up to size index entries after a cursor, one for each job, and whether others follow.
//
// The markers are listed first: whatever ends meanwhile is in the index before it loses its marker, and so is in one of the
// two listings at least. Only those of a group that is dissolved meanwhile may be in neither.
func (l *Ledger) batch(ctx context.Context, cursor string, size int) (batch []indexKey, followed bool, err error) {
	for wanted := size; ; wanted *= 2 {
		all, end, err := l.gather(ctx, cursor, wanted)
		if errors.Is(err, errMoved) {
			continue
		}
		if err != nil {
			return nil, false, err
		}
		all = slices.DeleteFunc(all, func(k indexKey) bool { return k.entry <= cursor || end != "" && timeOf(k.entry) > end })
		slices.SortFunc(all, func(a, b indexKey) int {
			return cmp.Or(strings.Compare(a.entry, b.entry), cmp.Compare(a.rank(), b.rank()))
		})
		all = slices.CompactFunc(all, func(a, b indexKey) bool { return a.entry == b.entry })
		if followed = end != "" || len(all) > size; len(all) > 0 || !followed {
			return all[:min(len(all), size)], followed, nil
		}
	}
}

// gather returns about as many index entries from a cursor on as are wanted of each of the two places, and up to which time these are all there
// are; the empty one if no others follow.
func (l *Ledger) gather(ctx context.Context, cursor string, wanted int) (all []indexKey, end string, err error) {
	for _, prefix := range []string{openPrefix, recentPrefix} {
		listed, last, err := l.listKeys(ctx, prefix, cursor, wanted)
		if err != nil {
			return nil, "", err
		}
		if last != "" && (end == "" || last < end) {
			end = last
		}
		expanded := make([][]indexKey, len(listed))
		g, ctx := errgroup.WithContext(ctx)
		g.SetLimit(statusReaders)
		for i, key := range listed {
			g.Go(func() (err error) {
				expanded[i], err = l.expand(ctx, key)
				return err
			})
		}
		if err := g.Wait(); err != nil {
			return nil, "", err
		}
		all = append(all, slices.Concat(expanded...)...)
	}
	return all, end, nil
}

// listKeys returns keys below a prefix, from a cursor on, that stand for more jobs than are wanted and for all of each moment, and the last
// moment if others follow. Foreign keys are passed over.
func (l *Ledger) listKeys(ctx context.Context, prefix, cursor string, wanted int) (keys []indexKey, last string, err error) {
	jobs := 0
	for info, err := range l.store.List(ctx, prefix, fromCursor(prefix, cursor)) {
		if err != nil {
			return nil, "", err
		}
		key := indexKey{prefix: prefix, entry: strings.TrimPrefix(info.Key, prefix)}
		if !key.isGroup() && (!validCursor(key.entry) || key.entry <= cursor) {
			continue
		}
		at := timeOf(key.entry)
		if jobs > wanted && at != last { // those of one moment are in no order
			return keys, last, nil
		}
		if keys, last = append(keys, key), at; key.isGroup() {
			jobs += groupSize(groupOfKey(key.entry)) - 1
		}
		jobs++
	}
	return keys, "", nil
}

// fromCursor is after which key those are listed that may follow a cursor: a group that comes before it may have jobs after it.
func fromCursor(prefix, cursor string) string {
	if cursor == "" {
		return ""
	}
	return prefix + timeOf(cursor)
}

// timeOf is the part of an entry that says the time.
func timeOf(entry string) string {
	at, _, _ := strings.Cut(entry, "-")
	return at
}

// entries yields all index entries below a prefix, those of groups among them. After an error none follow.
func (l *Ledger) entries(ctx context.Context, prefix string) iter.Seq2[indexKey, error] {
	return func(yield func(indexKey, error) bool) {
		for info, err := range l.store.List(ctx, prefix, "") {
			keys := []indexKey{{prefix: prefix, entry: strings.TrimPrefix(info.Key, prefix)}}
			if err == nil {
				keys, err = l.expand(ctx, keys[0])
			}
			if err != nil {
				yield(indexKey{}, err)
				return
			}
			for _, key := range keys {
				if validCursor(key.entry) && !yield(key, nil) {
					return
				}
			}
		}
	}
}

// isGroup reports whether it is the key of a group, and not of a job's entry.
func (k indexKey) isGroup() bool { return isGroupPlace(k.entry) }

// expand returns the index entries of a key, which may be that of a group.
func (l *Ledger) expand(ctx context.Context, key indexKey) ([]indexKey, error) {
	if !key.isGroup() {
		return []indexKey{key}, nil
	}
	record, err := l.readGroup(ctx, key.prefix+key.entry)
	switch {
	case errors.Is(err, storage.ErrNotFound) && key.prefix == openPrefix:
		return nil, l.hasMoved(ctx, key)
	case errors.Is(err, storage.ErrNotFound):
		return nil, nil
	case errors.Is(err, errUnreadable):
		l.damages.found(ctx, KindIndex, key.prefix+key.entry, err) // its jobs are seen to by whoever meets them, or by Audit
		return nil, nil
	case err != nil:
		return nil, err
	}
	keys := make([]indexKey, len(record.IDs))
	for i, id := range record.IDs {
		keys[i] = indexKey{prefix: key.prefix, entry: timeOf(key.entry) + "-" + string(id), in: &record, at: i}
	}
	return keys, nil
}

// hasMoved is errMoved for a group that had a marker when it was listed, has none any more, and has no end in its place that shows its jobs.
func (l *Ledger) hasMoved(ctx context.Context, key indexKey) error {
	end, err := l.readGroup(ctx, recentPrefix+key.entry)
	if err == nil && end.Dissolved {
		return errMoved
	}
	if errors.Is(err, storage.ErrNotFound) || errors.Is(err, errUnreadable) {
		return nil
	}
	return err
}
