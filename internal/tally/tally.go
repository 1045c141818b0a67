// Package tally counts what has happened of late: pixels that were drawn, tasks that
// were done. It keeps a number for each of the last seconds and nothing older.
package tally

import (
	"sync"
	"time"
)

// Tally counts over a span of time that ends now. It is safe for concurrent use.
type Tally struct {
	mu      sync.Mutex
	seconds []second
}

// second is what was counted in one second.
type second struct {
	unix  int64
	count int64
}

// New is a tally over a span, in whole seconds, at least one.
func New(span time.Duration) *Tally {
	return &Tally{seconds: make([]second, max(1, int(span/time.Second)))}
}

// Add counts n at a time.
func (t *Tally) Add(at time.Time, n int64) {
	unix := at.Unix()
	t.mu.Lock()
	defer t.mu.Unlock()
	s := &t.seconds[int(unix%int64(len(t.seconds)))]
	if s.unix != unix {
		*s = second{unix: unix}
	}
	s.count += n
}

// Sum is what was counted in the span up to a time.
func (t *Tally) Sum(now time.Time) (sum int64) {
	unix := now.Unix()
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range t.seconds {
		if s.unix > unix-int64(len(t.seconds)) && s.unix <= unix {
			sum += s.count
		}
	}
	return sum
}

// PerSecond is the mean rate over the span up to a time.
func (t *Tally) PerSecond(now time.Time) float64 {
	return float64(t.Sum(now)) / float64(len(t.seconds))
}
