// Package metrics is what the farm tells Prometheus. It alone knows the client library, the names of metrics and their
// labels.
//
// # Model
//
// A [Registry] belongs to a process. The parts of the farm do not know of it: package api and package worker have
// observers, which [Requests] and [Work] are; a store is wrapped ([Store]); and what Redis holds is read when somebody
// scrapes ([Registry.Queue]). So there is no global state, and a process has the metrics of the parts that it runs.
//
// # Guarantees
//
//   - Every name is in docs/metrics.md and every name there is exported, which a test of cmd/mandelfarm holds against
//     running processes.
//   - Labels have few values: routes as they are declared, never paths; methods and outcomes from lists.
//   - An answer from memory costs two readings of the clock and some additions. Labels are looked up beforehand.
//   - A Redis that does not answer is mandelfarm_redis_up 0, and nothing is said of what it holds. It never looks empty.
//   - A scrape ends within [queueTimeout], and its cost does not depend on the number of tasks or jobs.
package metrics
