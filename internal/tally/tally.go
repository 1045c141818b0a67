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

// Rates are the mean rates of the parts of the span up to a time, which are so many seconds each, the oldest first.
func (t *Tally) Rates(now time.Time, part time.Duration) []float64 {
	length := int64(part / time.Second)
	unix := now.Unix()
	t.mu.Lock()
	defer t.mu.Unlock()
	rates := make([]float64, int64(len(t.seconds))/length)
	for _, s := range t.seconds {
		if ago := (unix - s.unix) / length; s.unix <= unix && ago < int64(len(rates)) {
			rates[int64(len(rates))-1-ago] += float64(s.count) / float64(length)
		}
	}
	return rates
}
