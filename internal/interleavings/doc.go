// Package interleavings checks the protocol by which jobs are accepted, drawn and ended, in all orders in which its steps can happen: a model checker,
// with a model of what [mandelfarm/ledger], queue, worker and api do. All of it is tests; nothing imports it.
//
// # What is modelled
//
// Two jobs in storage and Redis, and who works on them: two API requests at a time, two workers and a reconciler. Each does one operation at a time: a read
// or write of an object, a command of Redis, an answer; and anybody else may come between two of them. The functions of the ledger are written down once more,
// operation for operation, under their own names (ledger_test.go), and a test holds these against the operations that the ledger does on a store (conformance_test.go).
//
// Any process may be killed between two operations, Redis may lose everything at any time, and so may claims: a worker that is suspended loses them and goes on.
// A request of a client that hears nothing may still be under way when the client asks again.
//
// # What must hold
//
//   - What was answered with 202 is owed or has ended, in every state that can be reached.
//   - How a run has ended never changes, whatever happens.
//   - No answer takes back an earlier one, unless the job was asked for again: canceled stays canceled, done stays done.
//   - From every state, once nothing more fails, there is a way to one in which all that was accepted has ended and no marker is left (apart from what is said at
//     [restless]). A fair order of steps takes such a way.
//
// # What is left out
//
// Damage, bands, webhooks, priorities, jobs that are held, lists and purges; clocks, so that it says nothing of how long anything takes. The other tests and `make chaos` are for those.
package interleavings
