package ledger

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"mandelfarm/job"
	"mandelfarm/renderer"
)

const (
	recentPrefix = "recent/"
	timeDigits   = 13
	lastMilli    = 9_999_999_999_999 // 13 digits: until the year 2286
)

// ErrCursor says that a cursor is not one that List returned.
var ErrCursor = errors.New("not a cursor of this listing")

func recentKey(j job.Job) string {
	return fmt.Sprintf("%s%0*d-%s", recentPrefix, timeDigits, lastMilli-j.AcceptedAt.UnixMilli(), j.ID)
}

// idOf is the job an index entry, without its prefix, points to.
func idOf(entry string) (renderer.ID, error) {
	if len(entry) <= timeDigits || entry[timeDigits] != '-' {
		return "", ErrCursor
	}
	if _, err := strconv.ParseUint(entry[:timeDigits], 10, 64); err != nil {
		return "", ErrCursor
	}
	id, err := renderer.ParseID(entry[timeDigits+1:])
	if err != nil {
		return "", ErrCursor
	}
	return id, nil
}

// Page is a run of jobs, newest first.
type Page struct {
	Jobs []job.Status
	Next string // cursor of the page that follows; empty after the last
}

const (
	statusReaders = 16   // records read at once while a page is filled
	maxScan       = 1000 // records read for one page
)

// List returns up to limit jobs, newest first, from after the cursor of an
// earlier page, or from the newest if it is empty. keep chooses among the
// records; the pages together hold every job it keeps. A page may be short, or
// empty, and still have a successor: at most a thousand records are read for
// one page.
//
// The error is [ErrCursor] if the cursor is not one that List returned.
func (l *Ledger) List(ctx context.Context, cursor string, limit int, keep func(job.Status) bool) (Page, error) {
	after := ""
	if cursor != "" {
		if _, err := idOf(cursor); err != nil {
			return Page{}, err
		}
		after = recentPrefix + cursor
	}
	var page Page
	for scanned := 0; scanned < maxScan; {
		entries, err := l.entries(ctx, after, limit)
		if err != nil {
			return Page{}, fmt.Errorf("list jobs: %w", err)
		}
		jobs, err := l.statuses(ctx, entries)
		if err != nil {
			return Page{}, fmt.Errorf("list jobs: %w", err)
		}
		for i, st := range jobs {
			after, page.Next = recentPrefix+entries[i], entries[i]
			if st.ID == "" || !keep(st) { // an entry whose job.json was never written is no job
				continue
			}
			if page.Jobs = append(page.Jobs, st); len(page.Jobs) == limit {
				return page, nil
			}
		}
		if len(entries) < limit {
			page.Next = ""
			return page, nil
		}
		scanned += len(entries)
	}
	return page, nil
}

// entries lists up to limit index entries after a key.
func (l *Ledger) entries(ctx context.Context, after string, limit int) ([]string, error) {
	var entries []string
	for info, err := range l.store.List(ctx, recentPrefix, after) {
		if err != nil {
			return nil, err
		}
		entries = append(entries, strings.TrimPrefix(info.Key, recentPrefix))
		if len(entries) == limit {
			break
		}
	}
	return entries, nil
}

// statuses reads the records entries point to; one that is missing is left
// zero.
func (l *Ledger) statuses(ctx context.Context, entries []string) ([]job.Status, error) {
	jobs := make([]job.Status, len(entries))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(statusReaders)
	for i, entry := range entries {
		id, err := idOf(entry)
		if err != nil {
			continue // not an entry of ours
		}
		g.Go(func() error {
			st, err := l.Status(ctx, id)
			if err == nil {
				jobs[i] = st
			} else if errors.Is(err, job.ErrUnknown) {
				err = nil
			}
			return err
		})
	}
	return jobs, g.Wait()
}


// Open yields every job that is owed an image, in no useful order.
func (l *Ledger) Open(ctx context.Context) iter.Seq2[job.Job, error] {
	return func(yield func(job.Job, error) bool) {
		for info, err := range l.store.List(ctx, openPrefix, "") {
			if err != nil {
				yield(job.Job{}, fmt.Errorf("list open jobs: %w", err))
				return
			}
			id, err := renderer.ParseID(strings.TrimPrefix(info.Key, openPrefix))
			if err != nil {
				continue // not a marker of ours
			}
			j, owed, err := l.owed(ctx, id)
			if (owed || err != nil) && !yield(j, err) {
				return
			}
		}
	}
}

// owed reads the job behind an open marker, and removes the marker if the job
// has ended.
func (l *Ledger) owed(ctx context.Context, id renderer.ID) (job.Job, bool, error) {
	st, err := l.Status(ctx, id)
	switch {
	case errors.Is(err, job.ErrUnknown):
		return job.Job{}, false, nil
	case err != nil:
		return job.Job{}, false, err
	case st.State.Final():
		return job.Job{}, false, l.settle(ctx, id)
	}
	return st.Job, true, nil
}
