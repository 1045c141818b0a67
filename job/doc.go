// Package job is the farm's vocabulary: what a job is, the states it passes
// through, the tasks that carry it over a queue, and the errors every other
// package classifies by. It holds no connections and does no I/O.
//
// # Jobs and tasks
//
// A [Job] is a promise to a client: this Spec will become an image. It is
// known by the [spec.ID] of its Spec, so asking twice is one job. A [Task]
// is a piece of work that keeps the promise; it travels in a [Lane] of the
// queue and may be delivered more than once. Tasks are harmless to repeat,
// because the same Spec always gives the same bytes.
//
// A synchronous request has a task but no job: nothing is promised beyond the
// answer to that request. A task in [Control] or [Batch] always has a job.
//
// An image is one task of kind [KindImage]. If the image is too large for one
// task, that makes a [Plan] of it, and tasks of kind [KindBand] and one of
// [KindAssemble] under the same job ID follow. Jobs and states are the same.
//
// # States
//
//	          asked for again
//	   +----------------------------------------------+
//	   v                                              |
//	queued -----------> running ----+---> failed -----+
//	   | ^                 |        +---> canceled ---+
//	   | +-- handed back --+        +---> done -------+  (its image was removed)
//	   |                            ^
//	   +----------------------------+
//
// The table behind the picture is in state.go, and [State.CanBecome] is the
// only place that knows it.
package job
