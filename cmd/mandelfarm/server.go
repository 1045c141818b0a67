package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"mandelfarm/api"
	"mandelfarm/connlimit"
)

const (
	// descriptorReserve are the files that a process has open whatever its clients
	// do: of the queue (an embedded Redis has both ends of its connections), of the
	// tasks under way, of its log.
	descriptorReserve = 128
	// descriptorsEach are those of a connection: itself, and what it reads from storage.
	descriptorsEach = 2
	// standardConnections bounds memory where descriptors do not: a connection to which
	// a stored picture is sent takes 70 KB.
	standardConnections = 4096
)

// mostConnections is how many connections the process has descriptors for.
func mostConnections() int { return max(1, (openFiles()-descriptorReserve)/descriptorsEach) }

// answers are what a process answers requests with.
type answers struct {
	handler http.Handler
	busy    http.Handler // answers those that there is no room for
	tls     *tls.Config  // nil is none
	ending  func()       // called when the process begins to end
}

func (s *settings) openListener(ctx context.Context) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.listen)
	if err != nil {
		return nil, fmt.Errorf("--listen (LISTEN): %w", err)
	}
	return listener, nil
}

// allowedHosts are the names that the API may be asked by. Nobody but this machine
// reaches a loopback address, and it has names for that; what other addresses are
// called is not known here unless it is set.
func (f *farm) allowedHosts(addr net.Addr) []string {
	if set := f.settings.api.AllowedHosts; len(set) > 0 || isLoopback(addr) {
		return set
	}
	return []string{api.AnyHost}
}

func isLoopback(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// serveHTTP answers requests until ctx ends, and lets those under way finish for
// the grace.
func (f *farm) serveHTTP(ctx context.Context, listener net.Listener, a answers, grace time.Duration) error {
	bounded := connlimit.New(listener, f.settings.connections)
	server, spare := f.httpServer(a.handler), f.httpServer(a.busy)
	serve := (*http.Server).Serve
	if a.tls != nil {
		server.TLSConfig, spare.TLSConfig = a.tls, a.tls
		serve = func(s *http.Server, l net.Listener) error { return s.ServeTLS(l, "", "") }
	}
	server.ConnState, spare.ConnState = bounded.ConnState, bounded.ConnState
	server.RegisterOnShutdown(a.ending)
	spare.SetKeepAlivesEnabled(false)
	f.log.LogAttrs(ctx, slog.LevelInfo, "listening", slog.String("url", browserURL(listener.Addr(), a.tls != nil)))
	g, serving := errgroup.WithContext(ctx)
	g.Go(func() error { return unlessClosed(serve(server, bounded)) })
	g.Go(func() error { return unlessClosed(serve(spare, bounded.Surplus())) })
	<-serving.Done()
	err := f.shutDown(context.WithoutCancel(ctx), server, grace)
	return errors.Join(err, spare.Close(), g.Wait())
}

func (f *farm) httpServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(f.log.Handler(), slog.LevelDebug),
	}
}

// shutDown lets the requests under way finish for the grace.
func (f *farm) shutDown(ctx context.Context, server *http.Server, grace time.Duration) error {
	limited, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	err := server.Shutdown(limited)
	if errors.Is(err, context.DeadlineExceeded) {
		f.log.LogAttrs(ctx, slog.LevelWarn, "requests under way were cut off", slog.Duration("after", grace))
		return server.Close()
	}
	return err
}

// unlessClosed is why a server has ended, if not because it was told to.
func unlessClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// browserURL is where a person reaches what listens on addr.
func browserURL(addr net.Addr, overTLS bool) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return addr.String()
	}
	if ip := net.ParseIP(host); ip.IsUnspecified() || ip.IsLoopback() {
		host = "localhost"
	}
	scheme := "http://"
	if overTLS {
		scheme = "https://"
	}
	return scheme + net.JoinHostPort(host, port) + "/"
}
