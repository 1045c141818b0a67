package api

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"

	"github.com/gin-gonic/gin"
)

// AnyHost among [Config.AllowedHosts] stands for every name.
const AnyHost = "*"

// guard refuses what a browser asks on behalf of a page that is not the farm's.
// Such a page reaches a farm that its author cannot, on the browser's own machine
// or network. It may change nothing, whatever it says; and it may read nothing under
// a name of its own that it has made an alias of the farm's address.
type guard struct {
	anyHost bool
	hosts   map[string]bool
	origins *http.CrossOriginProtection
	last    atomic.Pointer[string] // the Host header that was found good last: nearly all are the same
}

func newGuard(cfg Config) (*guard, error) {
	g := &guard{hosts: make(map[string]bool), origins: http.NewCrossOriginProtection()}
	var errs []error
	for _, name := range cfg.AllowedHosts {
		errs = append(errs, CheckHost(name))
		g.anyHost = g.anyHost || name == AnyHost
		g.hosts[canonicalHost(name)] = true
	}
	for _, origin := range cfg.TrustedOrigins {
		errs = append(errs, g.origins.AddTrustedOrigin(origin))
	}
	return g, errors.Join(errs...)
}

// CheckHost says what is wrong with an entry of [Config.AllowedHosts].
func CheckHost(name string) error {
	_, notAddress := netip.ParseAddr(name)
	if name == AnyHost || notAddress == nil || name != "" && !strings.ContainsAny(name, "/:*[]@ ") {
		return nil
	}
	return fmt.Errorf("invalid host %q: want a name or an address, without a port, or %s", name, AnyHost)
}

// CheckOrigin says what is wrong with an entry of [Config.TrustedOrigins].
func CheckOrigin(origin string) error {
	return http.NewCrossOriginProtection().AddTrustedOrigin(origin)
}

// guarded refuses what the guard has something against.
func (s *Server) guarded(c *gin.Context) {
	if err := s.guard.check(c.Request); err != nil {
		s.fail(c, err)
	}
}

func (g *guard) check(r *http.Request) error {
	if last := g.last.Load(); (last == nil || *last != r.Host) && !g.look(r.Host) && !isProbe(r) {
		return fmt.Errorf("%w: %q", errHost, r.Host)
	}
	if g.origins.Check(r) != nil {
		return errOrigin
	}
	return nil
}

// isProbe reports whether a request may come by any address. What tells something of the farm may not come by a name: only
// names can be aliases.
func isProbe(r *http.Request) bool {
	switch r.URL.Path {
	case healthPath, readyPath:
		return true
	case metricsPath:
		_, err := netip.ParseAddr(withoutPort(r.Host))
		return err == nil
	}
	return false
}

// look reports whether a Host header is good, and remembers it if so.
func (g *guard) look(header string) bool {
	if !g.knows(header) {
		return false
	}
	g.last.Store(&header)
	return true
}

// knows reports whether a Host header names the farm. Names of the loopback
// interface always do: no other site can have them.
func (g *guard) knows(header string) bool {
	host := canonicalHost(withoutPort(header))
	return g.anyHost || host == "localhost" || g.hosts[host] || loopback(host)
}

func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// withoutPort is the host of a Host header: of "name:80", "[::1]:80" and "[::1]".
func withoutPort(header string) string {
	if inner, rest, bracketed := strings.Cut(header, "]"); bracketed && (rest == "" || rest[0] == ':') {
		return strings.TrimPrefix(inner, "[")
	}
	host, _, _ := strings.Cut(header, ":")
	return host
}

// canonicalHost is a name in the one form that names are compared in.
func canonicalHost(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }
