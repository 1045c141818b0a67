// Package chaos runs a farm of real processes while it is broken in every way that is known of, and holds everything that clients
// saw, and everything in storage at the end, against what is promised. `make chaos` runs it.
// `make soak` runs the same clients on a farm that is left alone, and draws how large it grows (soak_test.go), and `make power` on one in one process whose power is
// cut (power_linux_test.go).
//
// # What runs
//
// A redis-server, a versitygw, two APIs and three workers. Each process reaches each server by a [link] of its own, a proxy that can be
// cut, slowed, silenced and spoiled. Clients submit jobs, wait for pictures and tiles, cancel, and keep every answer ([record]).
//
// # What happens to it
//
// [faults] is the list. A seed decides their order, how long they last and whom they meet; the same seed makes the same schedule. Every
// fault comes once before any comes again. Some come two at a time.
//
// # What must hold
//
//   - What was answered with 202 ends done, or canceled by who asked for it; failed only for a reason that is the job's own.
//   - Every picture that is served has the bytes that it has when it is drawn alone.
//   - No answer takes back an earlier one: what is done stays done, what is canceled stays canceled, bands that are drawn stay drawn.
//   - Answers are the farm's: no 5xx but 503, which comes with Retry-After.
//   - When all is well again nothing is left: no open marks, no bands, no claims, no tasks; and goroutines and open files are back
//     where they were.
//
// # Where to look
//
//	link.go      the ways between processes, and what can be done to them
//	farm.go      the processes
//	faults.go    what can happen
//	clock_linux_amd64.go, disk.go  clocks that are wrong, disks that are full
//	schedule.go  when it does
//	clients.go   who uses the farm meanwhile
//	record.go    what they saw, and what contradicts it
//	audit.go     what is there at the end
//	growth.go    how large the processes are
//	report.go    the table of faults
package chaos
