package connlimit_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/connlimit"
)

const timeout = 10 * time.Second

// pipes is a listener in memory, so that tests have a clock of their own.
type pipes struct {
	dialed chan net.Conn
	closed chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.dialed:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	close(p.closed)
	return nil
}

func (*pipes) Addr() net.Addr { return &net.IPAddr{} }

// site is a pair of servers behind a listener: one says "welcome" at "/", waits for
// open at "/wait" and sends much at "/much", the other says "busy".
type site struct {
	t      *testing.T
	pipes  *pipes
	server *http.Server
	open   chan struct{}
	sent   chan error // how sending much ended
}

const much = 1 << 20

func newSite(t *testing.T, served int) *site {
	t.Helper()
	s := &site{t: t, pipes: &pipes{make(chan net.Conn), make(chan struct{})}, open: make(chan struct{}), sent: make(chan error, 100)}
	l := connlimit.New(s.pipes, connlimit.Config{Served: served, SendTimeout: timeout})
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "welcome") })
	mux.HandleFunc("/wait", func(w http.ResponseWriter, r *http.Request) {
		s.wait(r)
		_, _ = io.WriteString(w, "waited")
	})
	mux.HandleFunc("/much", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(much))
		_, err := w.Write(make([]byte, much))
		s.sent <- err
	})
	s.server = &http.Server{Handler: mux, ConnState: l.ConnState}
	spare := &http.Server{ConnState: l.ConnState, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/wait" {
			s.wait(r)
		}
		_, _ = io.WriteString(w, "busy")
	})}
	spare.SetKeepAlivesEnabled(false)
	go func() { _ = s.server.Serve(l) }()
	go func() { _ = spare.Serve(l.Surplus()) }()
	t.Cleanup(func() {
		_ = s.server.Close()
		_ = spare.Close()
	})
	return s
}

// wait waits until the site opens, or the client is gone.
func (s *site) wait(r *http.Request) {
	select {
	case <-s.open:
	case <-r.Context().Done():
	}
}

// client is one connection.
type client struct {
	net.Conn
	t      *testing.T
	reader *bufio.Reader
}

// dial connects; the connection may still wait for a place.
func (s *site) dial() *client {
	near, far := net.Pipe()
	s.t.Cleanup(func() { _ = near.Close() })
	go func() {
		select {
		case s.pipes.dialed <- far:
		case <-s.pipes.closed:
		}
	}()
	synctest.Wait()
	return &client{Conn: near, t: s.t, reader: bufio.NewReader(near)}
}

// send sends a request, and lets the server do what it can with it.
func (c *client) send(path string) *client {
	c.t.Helper()
	go func() { _, _ = io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n") }()
	synctest.Wait()
	return c
}

// answer reads the body of an answer.
func (c *client) answer() string {
	c.t.Helper()
	response, err := http.ReadResponse(c.reader, nil)
	require.NoError(c.t, err)
	body, err := io.ReadAll(response.Body)
	require.NoError(c.t, err)
	require.NoError(c.t, response.Body.Close())
	synctest.Wait()
	return string(body)
}

// cutOff reports whether the server has closed the connection: a pipe says so when
// it is given a deadline.
func (c *client) cutOff() bool {
	synctest.Wait()
	return errors.Is(c.SetReadDeadline(time.Time{}), io.ErrClosedPipe)
}

// later lets time pass.
func later(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestClientThatTakesNothingIsCutOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, 1)
		c := s.dial().send("/much")
		later(timeout - 1)
		assert.Empty(t, s.sent, "it has the time")
		later(1)
		require.NotEmpty(t, s.sent)
		require.Error(t, <-s.sent)
		assert.True(t, c.cutOff())
	})
}

func TestClientThatStopsTakingIsCutOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, 1)
		c := s.dial().send("/much")
		for range 10 {
			later(timeout / 2)
			_, err := io.CopyN(io.Discard, c, 10_000)
			require.NoError(t, err)
		}
		assert.Empty(t, s.sent)
		later(2 * timeout)
		require.NotEmpty(t, s.sent)
		require.Error(t, <-s.sent)
	})
}

func TestSlowClientGetsAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, 1)
		c := s.dial().send("/much")
		began, some := time.Now(), make([]byte, 5000)
		for len(s.sent) == 0 {
			later(timeout * 9 / 10)
			_, err := c.Read(some)
			require.NoError(t, err)
			synctest.Wait()
		}
		require.NoError(t, <-s.sent)
		assert.Greater(t, time.Since(began), 100*timeout)
	})
}

func TestBeyondTheBoundClientsAreTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, 2)
		first, second := s.dial().send("/wait"), s.dial().send("/wait")
		later(time.Hour) // waiting for the server costs no place
		began := time.Now()
		for range 100 {
			require.Equal(t, "busy", s.dial().send("/").answer())
		}
		assert.Zero(t, time.Since(began), "at once, however many")
		s.open <- struct{}{}
		s.open <- struct{}{}
		assert.Equal(t, "waited", first.answer())
		assert.Equal(t, "waited", second.answer())
		require.NoError(t, first.Close())
		synctest.Wait()
		assert.Equal(t, "welcome", s.dial().send("/").answer(), "there is a place again")
		assert.Equal(t, "welcome", second.send("/").answer(), "the others keep theirs")
	})
}

func TestIdleConnectionLosesItsPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, 2)
		silent := s.dial()
		kept := s.dial().send("/")
		assert.Equal(t, "welcome", kept.answer())
		assert.Equal(t, "busy", s.dial().send("/").answer(), "both may be about to ask")
		later(time.Second)
		assert.Equal(t, "welcome", kept.send("/").answer(), "that it asks again counts")
		assert.Equal(t, "welcome", s.dial().send("/").answer())
		assert.True(t, silent.cutOff())
		assert.False(t, kept.cutOff())
		later(time.Second)
		for range 2 {
			assert.Equal(t, "welcome", s.dial().send("/").answer())
		}
		assert.True(t, kept.cutOff(), "in its turn")
	})
}

func TestStalledConnectionLosesItsPlaceAfterTheIdle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, 3)
		older := s.dial().send("/much")
		later(time.Second / 2)
		newer := s.dial().send("/much")
		later(time.Second / 2)
		idle := s.dial()
		later(time.Second)

		s.dial().send("/wait")
		assert.True(t, idle.cutOff())
		assert.Empty(t, s.sent)
		s.dial().send("/wait")
		assert.True(t, older.cutOff())
		assert.Len(t, s.sent, 1)
		assert.Equal(t, "welcome", s.dial().send("/").answer())
		assert.True(t, newer.cutOff())
	})
}

func TestTakingKeepsThePlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, 1)
		c := s.dial().send("/much")
		for _, some := range []int64{10_000, much / 2} {
			later(timeout / 2)
			_, err := io.CopyN(io.Discard, c, some)
			require.NoError(t, err)
			synctest.Wait()
		}
		assert.Equal(t, "busy", s.dial().send("/").answer())
		assert.Empty(t, s.sent)
	})
}

// TestSurplusWaits has more clients than there is anybody to answer: they are
// answered when those before them have been.
func TestSurplusWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, 1)
		waiting := []*client{s.dial().send("/wait")}
		for range 16 {
			waiting = append(waiting, s.dial().send("/wait"))
		}
		last := s.dial().send("/")
		later(time.Minute)
		close(s.open)
		began := time.Now()
		assert.Equal(t, "waited", waiting[0].answer())
		for _, c := range waiting[1:] {
			assert.Equal(t, "busy", c.answer())
		}
		assert.Equal(t, "busy", last.answer(), "the other kind of place is taken")
		assert.Zero(t, time.Since(began))
	})
}

// TestSilentCrowdKeepsNobodyOut has more silent connections than there are places
// of both kinds.
func TestSilentCrowdKeepsNobodyOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, 4)
		for range 4 + 16 + 30 {
			s.dial()
		}
		later(time.Minute)
		assert.Equal(t, "welcome", s.dial().send("/").answer())
	})
}

func TestClosingEndsThoseWhoWaitForAPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, 1)
		first := s.dial().send("/wait")
		for range 16 {
			s.dial().send("/wait")
		}
		last := s.dial().send("/")
		require.False(t, last.cutOff())
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, s.server.Shutdown(ended), context.Canceled)
		assert.True(t, last.cutOff())
		close(s.open)
		assert.Equal(t, "waited", first.answer(), "what was begun is ended")
	})
}
