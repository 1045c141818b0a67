// Package embedded runs a Redis inside the process, for a farm that is one
// process and has nothing installed beside it. It listens on a free loopback
// port, so that every client talks to it as to any other server.
//
// It keeps nothing on disk. That is enough for a farm whose truth is the
// ledger: after a restart the reconciler queues again what is open.
package embedded

import (
	"fmt"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// Server is a running Redis.
type Server struct {
	redis *miniredis.Miniredis
	stop  chan struct{}
	clock sync.WaitGroup
}

// tick is how often time passes for the keys, and so how much sooner than its
// TTL says one may go. Each tick costs a look at every key: a millisecond or
// two when ten thousand tasks wait.
const tick = 250 * time.Millisecond

// Start runs a Redis until Close.
func Start() (*Server, error) {
	r := miniredis.NewMiniRedis()
	// Keys run out when the clock is driven, below: the alternative has every
	// command look at every key.
	r.ClockTTL(false)
	if err := r.StartAddr("127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("start embedded Redis: %w", err)
	}
	s := &Server{redis: r, stop: make(chan struct{})}
	s.clock.Go(s.drive)
	return s, nil
}

// drive lets time pass for the server.
func (s *Server) drive() {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	last := time.Now()
	for {
		select {
		case <-s.stop:
			return
		case now := <-ticker.C:
			s.redis.FastForward(now.Sub(last)) // a busy machine drops ticks
			last = now
		}
	}
}

// URL is where the server listens, as a Redis URL.
func (s *Server) URL() string { return "redis://" + s.redis.Addr() }

// Close stops the server and forgets everything.
func (s *Server) Close() {
	close(s.stop)
	s.clock.Wait()
	s.redis.Close()
}
