// Package worker does the farm's work: it draws the image a task asks for,
// stores it, records how the job ended and tells whoever waits. Beside that it
// reconciles: what the ledger says is owed and nobody is working on is queued
// again.
//
// # Large images
//
// A job's own task first looks at the whole picture coarsely, and times it. What
// would take one worker longer than a few bands is planned: cut into bands of
// about equal cost, each a task of its own; the plan is stored once, so that a
// second planner finds the same bands. Each band becomes finished data of the file
// in storage. Whoever stores the last one queues the assembly, which has storage
// join header, bands and trailer without decoding anything. A band that
// does not hold what it should is dropped and drawn again.
//
//	job's task --> survey --> small: drawn, done
//	                   \--> plan, preview --> band 0..n-1 --> assemble, done
//
// What all bands need and what takes long, such as the reference orbit of a deep
// view, is a prepass ([renderer.Prepass]). The planner computes it and stores it
// under a key of its own, by which other pictures of the view find it too. Each
// process reads it once and keeps those that it uses.
//
// Bands are offered, and handed out when it is the turn of the job's client
// ([Shares]): so clients share the workers evenly, however much they want, and a
// job that is begun is finished before more are begun.
//
// # Parts
//
//	handle.go    what becomes of a task: done, failed, tried again
//	image.go     a picture that one task draws
//	plan.go      the survey of a large picture, and how it is cut
//	band.go      a band; trailer.go is what is stored of it beside its data
//	assemble.go  the file made of the bands
//	schedule.go  which bands are offered, and which are lost (scheduler)
//	double.go    which bands a second worker draws as well, and who gives way
//	live.go      how far bands and prepasses are (teller); observe.go is for metrics
//	drawer.go    streams from the renderer into storage (drawer)
//	prepass.go   prepasses: stored, or computed; cache.go keeps them in memory
//	reconcile.go what is owed is queued again (reconciler)
//	courier.go   messages to webhooks: which are due, and what becomes of each try
//	sweep.go     what nobody needs is removed (sweeper)
//
// # Guarantees
//
//   - An image is announced after it is stored, never before.
//   - A task may be delivered any number of times, to any number of workers.
//     An image or a band that is stored is not drawn again, unless that takes no longer
//     than to look for it; one that is drawn twice is stored twice with the same bytes.
//   - Handling ends within about 20 ms of its context's end.
//   - An image is never held whole unless it is small: it is drawn, compressed
//     and stored in one stream.
//   - A prepass that is missing in storage, or damaged, keeps no image and no band
//     from being drawn: whoever needs it computes it and stores it again.
//   - The file is the same, byte for byte, whether and however it was cut.
//   - A job fails when one of its tasks has failed for the last time, and its
//     other tasks stop. The bands that are stored are kept for a retry. So it
//     does when one of its tasks is the death of several workers.
//   - What is noted of an open job, its plan and its bands are dropped after its end
//     is on record, so that whoever misses them finds the end.
//   - A panic costs its own task, or turn, and is logged once with its stack.
//
// The package does not know how tasks reach it or how words leave it: the
// command wires a queue to [Worker.Handle] and [Dependencies].
package worker
