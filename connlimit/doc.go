// Package connlimit bounds what the clients of an HTTP server can hold on to: how
// many connections they have, and for how long one may leave an answer untaken.
//
// # Model
//
// A [Listener] hands its connections to two servers. Most go to the server
// that calls its Accept, [Config.Served] at a time. What comes beyond that goes to
// the server of [Listener.Surplus], a few at a time, which says that there is no
// room, and answers the probes that keep the process alive. Beyond that again
// connections wait in the system's queue until one of either kind ends.
//
// # Guarantees
//
//   - A client that takes nothing of an answer for [Config.SendTimeout] is cut off,
//     however large the answer and whatever it is written with. One that takes a
//     little, again and again, is not, however long the answer takes.
//   - There are never more connections than Served and the surplus together.
//   - Before a connection is surplus, it takes the place of one that has waited for
//     its client for a second or more: at first of one without a request (kept alive,
//     or silent since it began), then of one whose answer is not taken. The one
//     that has waited longest goes.
//
// # What it does not know
//
// Requests, except when they begin and end ([Listener.ConnState]); who the clients
// are. A client that sends its request slowly is a matter of the server's own
// timeouts.
package connlimit
