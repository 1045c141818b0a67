package api

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// forwardedFor is where proxies say whom they ask for, each behind those before it.
const forwardedFor = "X-Forwarded-For"

// proxies are the addresses whose word on where a request comes from is taken.
type proxies []netip.Prefix

func newProxies(texts []string) (p proxies, err error) {
	for _, text := range texts {
		prefix, err := parseProxy(text)
		if err != nil {
			return nil, err
		}
		p = append(p, prefix)
	}
	return p, nil
}

// CheckProxy says what is wrong with an entry of [Config.TrustedProxies].
func CheckProxy(text string) error {
	_, err := parseProxy(text)
	return err
}

// parseProxy reads an address or a prefix.
func parseProxy(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return prefix, fmt.Errorf("invalid proxy %q: want an address, or a prefix such as 10.0.0.0/8", text)
	}
	return prefix.Masked(), nil
}

func (p proxies) trusts(addr netip.Addr) bool {
	return slices.ContainsFunc(p, func(prefix netip.Prefix) bool { return prefix.Contains(addr) })
}

// client is the address that a request comes from: the last that no trusted proxy has. What stands before it in X-Forwarded-For, anybody may have written.
func (p proxies) client(r *http.Request) netip.Addr {
	addr := peer(r)
	if len(p) == 0 {
		return addr
	}
	said := strings.Split(strings.Join(r.Header[forwardedFor], ","), ",")
	for i := len(said) - 1; i >= 0 && p.trusts(addr); i-- {
		next, ok := parseAddress(strings.TrimSpace(said[i]))
		if !ok {
			break
		}
		addr = next
	}
	return addr
}

// peer is the other end of the connection; the zero address if it is of no network.
func peer(r *http.Request) netip.Addr {
	addr, _ := parseAddress(r.RemoteAddr)
	return addr
}

// parseAddress reads an address, with a port or without.
func parseAddress(text string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(text)
	if err != nil {
		at, err := netip.ParseAddrPort(text)
		if err != nil {
			return netip.Addr{}, false
		}
		addr = at.Addr()
	}
	return addr.Unmap().WithZone(""), true
}

// isForwarded reports whether a request says that it has come through a proxy.
func isForwarded(r *http.Request) bool {
	for _, name := range []string{forwardedFor, "Forwarded", "Via", "X-Real-Ip"} {
		if r.Header[name] != nil {
			return true
		}
	}
	return false
}

// isLocal reports whether a request comes from this machine: by the loopback interface, on which a server that listens
// elsewhere cannot tell who is behind it, and through no proxy. Anybody can say that there is one, and has fewer rights then.
func (s *Server) isLocal(r *http.Request) bool {
	addr := peer(r)
	return s.cfg.Loopback && addr.IsLoopback() && !s.proxies.trusts(addr) && !isForwarded(r)
}

// wide is a network that many machines are in, such that it can be shown to others.
func wide(addr netip.Addr) string { return network(addr, 24, 48) }

// narrow is the part of an address that one client has for itself: with IPv6 usually 2^64 addresses.
func narrow(addr netip.Addr) string { return network(addr, 32, 64) }

// network is that of an address whose own part has so many bits in IPv4, and so many in IPv6.
func network(addr netip.Addr, bits4, bits6 int) string {
	bits := bits4
	if addr.Is6() {
		bits = bits6
	}
	prefix, err := addr.Prefix(bits)
	if err != nil {
		return "unknown"
	}
	return prefix.String()
}
