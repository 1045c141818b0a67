package outbound

import (
	"net/netip"
	"slices"
)

// notPublic are those of the addresses in IANA's special-purpose registries (RFC 6890) that are no host's on the Internet,
// multicast, and what clouds answer their machines at.
var notPublic = prefixes( //nolint:gochecknoglobals // a constant table
	"0.0.0.0/8",        // this network
	"10.0.0.0/8",       // private
	"100.64.0.0/10",    // shared by the customers of a provider; has a metadata service, 100.100.100.200
	"127.0.0.0/8",      // loopback
	"168.63.129.16/32", // what Azure answers its machines at
	"169.254.0.0/16",   // link-local; has the metadata services of most clouds, 169.254.169.254
	"172.16.0.0/12",    // private
	"192.0.0.0/24",     // protocol assignments; has a metadata service, 192.0.0.192
	"192.0.2.0/24",     // documentation
	"192.88.99.0/24",   // relays of 6to4
	"192.168.0.0/16",   // private
	"198.18.0.0/15",    // benchmarks
	"198.51.100.0/24",  // documentation
	"203.0.113.0/24",   // documentation
	"224.0.0.0/4",      // multicast
	"240.0.0.0/4",      // reserved, and broadcast
	"2001::/23",        // protocol assignments, Teredo among them, which has an IPv4 address in it
	"2001:db8::/32",    // documentation
	"2002::/16",        // 6to4, which has an IPv4 address in it
	"3fff::/20",        // documentation
)

var (
	// globalUnicast holds all IPv6 addresses of hosts on the Internet: loopback, link-local, unique local and site-local ones,
	// multicast, and those made of IPv4 addresses are outside.
	globalUnicast = netip.MustParsePrefix("2000::/3") //nolint:gochecknoglobals // a constant
	// translated are IPv4 addresses as networks without IPv4 write them (NAT64, RFC 6052).
	translated = netip.MustParsePrefix("64:ff9b::/96") //nolint:gochecknoglobals // a constant
)

func prefixes(texts ...string) []netip.Prefix {
	all := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		all[i] = netip.MustParsePrefix(text)
	}
	return all
}

// plain is an address as rules have it: an IPv4 address that is written as an IPv6 one is that IPv4 address.
func plain(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	if translated.Contains(a) {
		bytes := a.As16()
		return netip.AddrFrom4([4]byte(bytes[12:]))
	}
	return a
}

// IsPublic reports whether an address is that of a host on the Internet, which everybody can reach.
func IsPublic(a netip.Addr) bool {
	a = plain(a)
	return (a.Is4() || globalUnicast.Contains(a)) && !within(notPublic, a)
}

func within(all []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(all, func(p netip.Prefix) bool { return p.Contains(a) })
}
