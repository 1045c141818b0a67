// Package outbound asks addresses that somebody else has named: those of webhooks. Whoever names one must not reach by it
// what the farm can reach and they cannot (server-side request forgery): its own machine, the network that it is in, or the
// metadata service of a cloud.
//
// # What is allowed
//
// The operator lists rules, and without any nothing is asked:
//
//	hooks.example.com         https at port 443 of that host
//	*.example.com:8443        https at port 8443 of all hosts below example.com, and not of that itself
//	*                         https at port 443 of all hosts
//	http://receiver.internal  without TLS, at port 80
//	10.1.2.0/24               addresses that hosts which are allowed may have, though they are not public
//	http://127.0.0.1:9000     an address that is named as such: it may be reached as well
//
// So there are two questions, and a request needs yes to both. [Policy.Check] answers what a URL may name, for whoever
// accepts it. Which addresses may be connected to is decided when the connection is made, of the address that it is made to:
// a name that had a public address when it was checked, and has another a moment later (DNS rebinding), does not get past that.
//
// # Guarantees
//
//   - Addresses are public ([IsPublic]), or in a rule. IPv4 addresses within IPv6 ones count as what they are.
//   - No redirect is followed, and no proxy is asked, whatever the environment says: it would make the connections, unchecked.
//   - A request takes up to [Timeout], and up to 64 KiB of headers and 64 KiB of a body are read of what is answered.
//   - Errors name neither path nor query of a URL, which may be secret.
package outbound
