package connlimit

import (
	"errors"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// chunk is how much is written before stalled begins anew: a connection to which an
// answer of hundreds of megabytes is one write would look stalled all the time.
// Against the 30 us that sending a chunk takes, another system call is nothing
// (BenchmarkAnswer).
const chunk = 256 << 10

// conn is a connection that gives up on a client who does not take what it is
// sent. It hides the reader-from of TCP, which writes past Write.
type conn struct {
	net.Conn
	listener *Listener
	idle     atomic.Int64 // since when there is no request, by the listener's clock; 0 during one
	stalled  atomic.Int64 // since when a write waits for the client; 0 if none does
}

func newConn(l *Listener, raw net.Conn) *conn {
	limitUnsent(raw)
	c := &conn{Conn: raw, listener: l}
	c.idle.Store(l.now())
	return c
}

func (c *conn) idleSince() int64    { return c.idle.Load() }
func (c *conn) stalledSince() int64 { return c.stalled.Load() }

// Write writes all of p unless the client takes nothing for the time it has.
func (c *conn) Write(p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var some int
		some, err = c.writeSome(p[n:min(n+chunk, len(p))])
		n += some
	}
	return n, err
}

// writeSome writes as much of p as the client takes in time, and fails if that is
// nothing.
func (c *conn) writeSome(p []byte) (int, error) {
	c.stalled.Store(c.listener.now())
	defer c.stalled.Store(0)
	if err := c.SetWriteDeadline(time.Now().Add(c.listener.cfg.SendTimeout)); err != nil {
		return 0, err
	}
	n, err := c.Conn.Write(p)
	if n > 0 && errors.Is(err, os.ErrDeadlineExceeded) {
		return n, nil
	}
	return n, err
}

// CloseWrite lets a server end its answer while the client still sends.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Close gives the place away.
func (c *conn) Close() error {
	err := c.Conn.Close()
	c.listener.release(c)
	return err
}
