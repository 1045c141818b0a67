package connlimit

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// Config bounds connections.
type Config struct {
	// Served is how many connections are served at a time.
	Served int
	// SendTimeout is how long a client may take nothing of its answer.
	SendTimeout time.Duration
}

const (
	// surplusSize is how many connections beyond Served are told so at a time, or are
	// probes. Each is quick, so a few are enough.
	surplusSize = 16
	// leastWait is how long a connection has waited for its client before it may lose
	// its place: longer than an honest client's pause between two requests of a page,
	// or a lost packet.
	leastWait = time.Second
	// recheck is how often it is looked whether one has waited long enough by now.
	recheck = leastWait / 10
)

// Listener is a listener whose connections are bounded. Serve it, and its
// [Listener.Surplus], by two servers that report to its ConnState.
type Listener struct {
	net.Listener
	cfg     Config
	started time.Time
	passed  chan net.Conn // on to the surplus's server
	freed   chan struct{} // capacity 1: a connection has ended
	closed  chan struct{}
	close   func() error

	mu      sync.Mutex
	served  *pool
	surplus *pool
}

// New bounds the connections of inner, which it closes when it is closed.
func New(inner net.Listener, cfg Config) *Listener {
	l := &Listener{
		Listener: inner, cfg: cfg, started: time.Now(),
		passed: make(chan net.Conn), freed: make(chan struct{}, 1), closed: make(chan struct{}),
		served: newPool(cfg.Served), surplus: newPool(surplusSize),
	}
	l.close = sync.OnceValue(func() error {
		close(l.closed)
		return inner.Close()
	})
	return l
}

// Accept returns the next connection that is to be served, and passes on those
// before it that are surplus.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		raw, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		c := newConn(l, raw)
		switch l.admit(c) {
		case l.served:
			return c, nil
		case l.surplus:
			l.passOn(c)
		default:
			_ = raw.Close()
			return nil, net.ErrClosed
		}
	}
}

// Close ends Accept, the surplus's too. Connections go on.
func (l *Listener) Close() error { return l.close() }

// ConnState tells the listener when requests begin and end. It is for
// [http.Server.ConnState].
func (l *Listener) ConnState(nc net.Conn, state http.ConnState) {
	if inner, ok := nc.(interface{ NetConn() net.Conn }); ok { // TLS over one of ours
		nc = inner.NetConn()
	}
	c, ours := nc.(*conn)
	if !ours {
		return
	}
	if state == http.StateActive {
		c.idle.Store(0)
	}
	if state == http.StateIdle {
		c.idle.Store(l.now())
	}
}

// Surplus is the listener of the connections that there is no room for.
func (l *Listener) Surplus() net.Listener { return surplus{l} }

// surplus is a Listener as the server of the surplus sees it.
type surplus struct{ *Listener }

// Accept implements [net.Listener].
func (s surplus) Accept() (net.Conn, error) {
	select {
	case c := <-s.passed:
		return c, nil
	case <-s.closed:
		return nil, net.ErrClosed
	}
}

func (l *Listener) passOn(c *conn) {
	select {
	case l.passed <- c:
	case <-l.closed:
		_ = c.Close()
	}
}

// admit waits until there is a place for a connection and returns the pool in
// which it is; nil if the listener is closed before.
func (l *Listener) admit(c *conn) *pool {
	tick := time.NewTicker(recheck)
	defer tick.Stop()
	for {
		if p := l.place(c); p != nil {
			return p
		}
		select {
		case <-tick.C:
		case <-l.freed:
		case <-l.closed:
			return nil
		}
	}
}

// place puts a connection into the first pool that has room or can make some.
func (l *Listener) place(c *conn) *pool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range []*pool{l.served, l.surplus} {
		if p.room(l.now()) {
			p.conns[c] = struct{}{}
			return p
		}
	}
	return nil
}

// release gives a connection's place away.
func (l *Listener) release(c *conn) {
	l.mu.Lock()
	delete(l.served.conns, c)
	delete(l.surplus.conns, c)
	l.mu.Unlock()
	select {
	case l.freed <- struct{}{}:
	default: // whoever waits has been told
	}
}

// now is the time in nanoseconds since a moment before the listener began, never 0.
func (l *Listener) now() int64 { return int64(time.Since(l.started)) + 1 }

// pool is a bounded set of connections, guarded by the listener's mutex.
type pool struct {
	size  int
	conns map[*conn]struct{}
}

func newPool(size int) *pool { return &pool{size: size, conns: make(map[*conn]struct{})} }

// room reports whether there is a place, for which it may cut a connection off.
func (p *pool) room(now int64) bool {
	if len(p.conns) < p.size {
		return true
	}
	c := p.longest(now, (*conn).idleSince)
	if c == nil {
		c = p.longest(now, (*conn).stalledSince)
	}
	if c == nil {
		return false
	}
	delete(p.conns, c)
	_ = c.Conn.Close() // its server finds out
	return true
}

// longest is the connection that has waited longest, of those that have waited long.
func (p *pool) longest(now int64, since func(*conn) int64) (longest *conn) {
	oldest := now - int64(leastWait)
	for c := range p.conns {
		if at := since(c); at != 0 && at <= oldest {
			longest, oldest = c, at
		}
	}
	return longest
}
