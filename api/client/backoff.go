package client

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// giveUp is how long the farm may be away: longer than a restart.
	giveUp     = time.Minute
	shortPause = 100 * time.Millisecond
	longPause  = 5 * time.Second
	// silence is how long an answer may not go on before it is taken for broken.
	// In an event stream a comment is due every 15 seconds.
	silence = 45 * time.Second
)

// errSilent: an answer did not go on.
var errSilent = fmt.Errorf("%w: it has fallen silent", ErrUnreachable)

// backoff decides how long a job is kept at that the farm interrupts, and how long
// to pause between attempts.
type backoff struct {
	since time.Time     // of the last sign of life; zero if there was none
	pause time.Duration // the last one; 0 if the job has got on since
}

// alive is called at every sign of life.
func (b *backoff) alive() { b.since = time.Now() }

// onward is called when the job has got on.
func (b *backoff) onward() { b.since, b.pause = time.Now(), 0 }

// wait returns nil when it is time to try again after err, and otherwise why not.
func (b *backoff) wait(ctx context.Context, err error) error {
	if b.since.IsZero() || !passing(err) || time.Since(b.since) > giveUp {
		return err
	}
	b.pause = min(max(2*b.pause, shortPause), longPause)
	pause := b.pause
	if refusal, ok := errors.AsType[*Error](err); ok {
		pause = max(pause, min(refusal.RetryAfter, longPause))
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(pause):
		return nil
	}
}
