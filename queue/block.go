package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"mandelfarm/job"
)

const (
	// blockAfter is how many different tasks of a lane must fail at a worker, one after
	// the other, before it is blocked: one task that fails everywhere blocks nobody.
	blockAfter = 3
	// blockTime is how long it is blocked.
	blockTime = 5 * time.Minute
	// skew is what clocks may differ by: what another worker has done must be later than
	// the first failure here by more.
	skew = claimDelay
	// blockPause is how long after one worker the next may block itself: by then those
	// who look see that the first is.
	blockPause = claimTTL
)

// block is a time in which a worker takes no tasks of a lane.
type block struct {
	since, until time.Time
	reason       string
}

// note counts a task that has come to an end here. A worker at which a lane's tasks
// fail while others do theirs blocks itself. What was interrupted says nothing; that
// storage fails says something, as long as it does not for others.
func (p *presence) note(ctx context.Context, lane job.Lane, t job.Task, err error) {
	s, now := p.lanes[lane], time.Now()
	switch {
	case err == nil:
		s.succeeded(now)
		return
	case !isFailure(err) && !errors.Is(err, job.ErrOutage), ctx.Err() != nil:
		return
	}
	if since, many := s.suspicious(t.Name(), now); !many || !p.isTheSickOne(ctx, lane, since) {
		return
	}
	p.block(ctx, s, lane, block{
		since: now, until: now.Add(blockTime), reason: fmt.Sprintf("tasks fail here that others do, the last (%s) with: %v", t.Kind, err),
	})
}

// block has this process take nothing of a lane for a while, and says so.
func (p *presence) block(ctx context.Context, s *share, lane job.Lane, b block) {
	b.since, b.until = b.since.UTC().Truncate(time.Millisecond), b.until.UTC().Truncate(time.Millisecond)
	s.set(b)
	p.queue.log.LogAttrs(ctx, slog.LevelError, "this worker takes no tasks of a lane for a while",
		slog.String("lane", string(lane)), slog.Time("until", b.until), slog.String("reason", b.reason))
}

// isTheSickOne reports whether another worker has done a task of a lane since a time,
// and goes on. One worker at a time decides so, that two do not exclude each other. If
// Redis cannot say, it is not this one.
func (p *presence) isTheSickOne(ctx context.Context, lane job.Lane, since time.Time) bool {
	ctx, cancel := context.WithTimeout(ctx, claimRenewal)
	defer cancel()
	if !p.othersDo(ctx, lane, since) {
		return false
	}
	mine, err := p.queue.Lock(ctx, "block "+string(lane), blockPause)
	return err == nil && mine && p.othersDo(ctx, lane, since)
}

func (p *presence) othersDo(ctx context.Context, lane job.Lane, since time.Time) bool {
	workers, unknown := p.queue.Workers(ctx)
	return unknown == nil && slices.ContainsFunc(workers, func(w job.Worker) bool {
		return w.Name != p.queue.name && w.Takes(lane, time.Now()) && w.Lanes[lane].LastDone.After(since.Add(skew))
	})
}

func (s *share) succeeded(at time.Time) {
	s.done.Add(at, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed, s.lastDone = nil, at.UTC().Truncate(time.Millisecond)
}

// suspicious notes that a task has failed, and reports since when tasks have, and
// whether too many have.
func (s *share) suspicious(task string, at time.Time) (since time.Time, many bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.failed) == 0 {
		s.failing = at
	}
	if !slices.Contains(s.failed, task) {
		s.failed = append(s.failed, task)
	}
	return s.failing, len(s.failed) >= blockAfter
}

func (s *share) set(b block) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed, s.block = nil, b
}

func (s *share) blockedUntil() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.block.until
}

// hold returns when this process may take a task of the lane, or ctx or over ends.
func (s *share) hold(ctx context.Context, over <-chan struct{}) {
	for wait := time.Until(s.blockedUntil()); wait > 0; wait = time.Until(s.blockedUntil()) {
		if !s.sleep(ctx, over, wait) {
			break
		}
	}
	select {
	case <-s.drained:
		select {
		case <-over:
		case <-ctx.Done():
		}
	default:
	}
}

// sleep reports whether time has passed, and nothing else has ended before.
func (s *share) sleep(ctx context.Context, over <-chan struct{}, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.drained:
	case <-over:
	case <-ctx.Done():
	}
	return false
}

// Blocked tells in which of the lanes that this process takes tasks of it takes none
// for a while.
func (q *Queue) Blocked() map[job.Lane]bool {
	blocked := make(map[job.Lane]bool)
	if p := q.serving.Load(); p != nil {
		for lane, s := range p.lanes {
			blocked[lane] = s.blockedUntil().After(time.Now())
		}
	}
	return blocked
}
