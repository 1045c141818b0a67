package outbound

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Policy says which addresses may be asked. The zero Policy allows none. It is never changed.
type Policy struct {
	rules []rule
	// beside are the addresses that are allowed though they are not public.
	beside []netip.Prefix
}

// rule allows hosts to be named.
type rule struct {
	scheme string
	host   string // a name or address; a suffix that begins with a dot; empty is all
	port   string
}

const ruleForm = "want names such as hooks.example.com, *.example.com:8443, * or http://receiver.internal:8080, and addresses or prefixes such as 10.1.2.0/24"

// ParsePolicy reads rules.
func ParsePolicy(rules []string) (Policy, error) {
	var p Policy
	for _, text := range rules {
		if prefix, err := parsePrefix(text); err == nil {
			p.beside = append(p.beside, prefix)
			continue
		}
		r, err := parseRule(text)
		if err != nil {
			return Policy{}, fmt.Errorf("%q: %w", text, err)
		}
		p.rules = append(p.rules, r)
		if a, err := netip.ParseAddr(r.host); err == nil {
			p.beside = append(p.beside, netip.PrefixFrom(plain(a), plain(a).BitLen()))
		}
	}
	return p, nil
}

// CheckRule reports what is wrong with a rule.
func CheckRule(text string) error {
	_, err := ParsePolicy([]string{text})
	return err
}

// parsePrefix reads addresses that hosts may have.
func parsePrefix(text string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(plain(a), plain(a).BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	return p.Masked(), err
}

var errRule = errors.New(ruleForm)

func parseRule(text string) (r rule, err error) {
	scheme, rest, hasScheme := strings.Cut(text, "://")
	if !hasScheme {
		scheme, rest = "https", text
	}
	u, err := url.Parse(scheme + "://" + strings.Replace(rest, "*", "any", 1))
	if err != nil || u.User != nil || u.Path+u.RawQuery+u.Fragment != "" || u.Hostname() == "" {
		return r, errRule
	}
	r.scheme, r.host, r.port, err = target(u)
	switch {
	case err != nil || strings.Contains(r.host, "*"):
		return r, errRule
	case !strings.HasPrefix(rest, "*"):
		return r, notIf(strings.Contains(rest, "*"))
	}
	r.host = strings.TrimPrefix(r.host, "any")
	below := strings.HasPrefix(rest, "*.")
	return r, notIf(below != (len(r.host) > 1) || below != strings.HasPrefix(r.host, "."))
}

func notIf(wrong bool) error {
	if wrong {
		return errRule
	}
	return nil
}

// allows reports whether the rule has what a URL names.
func (r rule) allows(scheme, host, port string) bool {
	if r.scheme != scheme || r.port != port {
		return false
	}
	_, notNamed := netip.ParseAddr(host)
	switch {
	case r.host == "" || strings.HasPrefix(r.host, "."):
		return notNamed != nil && strings.HasSuffix(host, r.host)
	default:
		return r.host == host
	}
}

// What a URL can be wrong about. None of it repeats the URL.
var (
	errURL     = errors.New("must be a URL such as https://hooks.example.com/render, without user, password and fragment")
	errHost    = errors.New("is at a host, scheme or port that the operator does not allow")
	errNowhere = errors.New("is at no host's address, as the operator allows none")
)

// maxURL is how long a URL may be.
const maxURL = 2048

// Check reports why a URL may not be asked, as far as it says.
func (p Policy) Check(text string) error {
	u, err := url.Parse(text)
	if err != nil || len(text) > maxURL || u.Host == "" || u.User != nil || u.Opaque != "" || strings.Contains(text, "#") {
		return errURL
	}
	scheme, host, port, err := target(u)
	if err != nil {
		return errURL
	}
	if len(p.rules) == 0 {
		return errNowhere
	}
	for _, r := range p.rules {
		if r.allows(scheme, host, port) {
			return nil
		}
	}
	return errHost
}

// target is what a URL names, in the one form that rules have too.
func target(u *url.URL) (scheme, host, port string, err error) {
	host, port = strings.ToLower(strings.TrimSuffix(u.Hostname(), ".")), u.Port()
	if a, err := netip.ParseAddr(host); err == nil {
		host = plain(a).String()
	}
	switch u.Scheme {
	case "https":
		port = orElse(port, "443")
	case "http":
		port = orElse(port, "80")
	default:
		return "", "", "", errURL
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || host == "" {
		return "", "", "", errURL
	}
	return u.Scheme, host, port, nil
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// errAddress: the host has an address that it must not have.
var errAddress = errors.New("the host has an address that is not public, and that the operator does not allow")

// mayDial reports an error unless a connection to an address (host:port, the host in digits) may be made.
func (p Policy) mayDial(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return errAddress
	}
	a, err := netip.ParseAddr(host)
	if err != nil || !IsPublic(a) && !within(p.beside, plain(a)) {
		return errAddress
	}
	return nil
}
