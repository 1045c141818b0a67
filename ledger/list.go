package ledger

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"mandelfarm/job"
)

// ErrCursor says that a cursor is not one that List returned.
var ErrCursor = errors.New("not a cursor of this listing")

// Page is a run of jobs, newest first.
type Page struct {
	Jobs []job.Status
	Next string // cursor of the page that follows; empty if nothing does
}

const (
	statusReaders = 16   // records read at once
	maxChunk      = 256  // records read between two looks at whether a page is full
	maxScan       = 1000 // records read for one page
)

// List returns up to limit jobs, at least one, newest first, from after the
// cursor of an earlier page, or from the newest if it is empty. keep chooses
// among the records; the pages together hold every job it keeps. A page may be
// short, or empty, and still have a successor: about a thousand records are read
// for one page at most. A record that this version cannot read is not listed.
//
// The error is [ErrCursor] if the cursor is not one that List returned.
func (l *Ledger) List(ctx context.Context, cursor string, limit int, keep func(job.Status) bool) (Page, error) {
	if cursor != "" {
		if _, err := parseRecent(cursor); err != nil {
			return Page{}, err
		}
	}
	page, err := l.page(ctx, cursor, max(limit, 1), keep)
	if err != nil {
		return Page{}, fmt.Errorf("list jobs: %w", err)
	}
	return page, nil
}

func (l *Ledger) page(ctx context.Context, cursor string, limit int, keep func(job.Status) bool) (page Page, err error) {
	page.Next = cursor
	chunk := limit
	for scanned := 0; scanned < maxScan; {
		chunk = min(chunk, maxChunk)
		entries, err := l.entries(ctx, page.Next, chunk+1) // one more tells whether there is more
		if err != nil {
			return page, err
		}
		jobs, err := l.statuses(ctx, entries[:min(chunk, len(entries))])
		if err != nil {
			return page, err
		}
		for i, st := range jobs {
			page.Next = entries[i]
			if st.ID == "" || !keep(st) {
				continue
			}
			page.Jobs = append(page.Jobs, st)
			if len(page.Jobs) == limit && i+1 < len(entries) {
				return page, nil
			}
		}
		if len(entries) <= chunk {
			page.Next = ""
			return page, nil
		}
		scanned += chunk
		chunk *= 2 // what is wanted is rare
	}
	return page, nil
}

// entries lists up to limit index entries after one. Foreign keys are passed
// over: they would make no cursor.
func (l *Ledger) entries(ctx context.Context, after string, limit int) ([]string, error) {
	if after != "" {
		after = recentPrefix + after
	}
	var entries []string
	for info, err := range l.store.List(ctx, recentPrefix, after) {
		if err != nil {
			return nil, err
		}
		entry := recentEntry(info.Key)
		if _, err := parseRecent(entry); err != nil {
			continue
		}
		if entries = append(entries, entry); len(entries) == limit {
			break
		}
	}
	return entries, nil
}

// statuses reads the records entries point to. One that is missing or cannot be
// read is left zero: it is no job, or none of this version's.
func (l *Ledger) statuses(ctx context.Context, entries []string) ([]job.Status, error) {
	jobs := make([]job.Status, len(entries))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(statusReaders)
	for i, entry := range entries {
		id, err := parseRecent(entry)
		if err != nil {
			return nil, err
		}
		g.Go(func() error {
			st, err := l.Status(ctx, id)
			if errors.Is(err, job.ErrUnknown) || errors.Is(err, errUnreadable) {
				return nil
			}
			jobs[i] = st
			return err
		})
	}
	return jobs, g.Wait()
}
