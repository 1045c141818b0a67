// Package queue is the farm's only door to asynq and Redis. It carries tasks
// from the processes that want an image to the processes that draw one, and
// carries word back.
//
// # Model
//
// A lane ([job.Lane]) is an asynq queue. A task's ID in asynq is its name
// ([job.Task.Name]), so a task that is queued or running cannot be queued twice in
// a lane however many processes try.
//
// A worker that starts on a task takes the claim on its name: a Redis key
// that expires after [claimTTL] and is renewed every second. The claim says
// who is drawing an image and since when, keeps a second task for the same
// image waiting, whichever lane it is in, and betrays a dead worker: asynq
// notices one after about two minutes, [Queue.Revive] when the claim is gone. The claims
// of a worker whose process has ended are given up sooner ([Queue.BuryDead]): Redis has
// seen its connection end.
//
// Jobs wait before asynq. A job's own task ([Queue.Submit]) and bands ([Queue.Offer]) are
// handed out when it is their client's turn, such that as many tasks of a lane are pending as
// its workers can soon take: whoever takes one has the next handed out. Clients take turns by the
// cost of what they have got; turn.go says how.
//
// A group ([job.Group]) waits and is handed out as one job, under its own ID.
//
// Of a job that is drawn in bands its progress is noted: how many bands there are, and which
// are stored since when; beside it previews of the bands, and the workers that are on them.
//
// With the heartbeat that renews its claims a worker says what it is and does
// ([job.Worker]), and hears whether it is to drain.
//
// Word travels by publish and subscribe. Every process holds one subscription
// to five channels: its own, which tells that it lives (voice.go), notices (something about an image has changed: it has ended,
// or its job has begun, got on or been paused), cancels (stop drawing this),
// wake-ups (a lane has work) and keys (some were added or removed). After a lost connection every waiter is told to look
// again, because a notice may have been missed.
//
// Redis is one server, a primary that Sentinels tell, or a cluster ([ParseURL]). Every
// command has one key, or keys of one lane, which asynq gives one hash tag: so no command
// is refused for its keys by a cluster, whose nodes answer for themselves. Published word
// reaches all of a cluster's nodes. A command that meets a primary which has become a
// replica is tried again; one that fails all the same is a Redis that was away.
//
// # Guarantees
//
// Everything here is a hint. Redis may lose all of it at any time: accepted
// jobs are queued again from the ledger, and a task that runs twice draws the
// same bytes twice.
//
//   - Enqueue returns nil when the task is queued or running, and Submit when it is that or
//     waits for its turn.
//   - While a client has something to be handed out, it gets no less than any other, but for the
//     cost of one task; of its jobs two of each priority are begun at a time.
//   - A handler's context ends when its job is canceled, when the process
//     stops, and after [Config].Timeout.
//   - A handler that returns an error or panics is called again, on any worker,
//     after a growing delay, up to [maxTries] times in all. Then the task is
//     dropped. Handing back at shutdown, waiting for another worker's claim or for
//     storage ([job.ErrOutage]) and meeting another renderer version do not count;
//     but a task for which no worker of its version is found in a minute is
//     dropped as well.
//   - An entry among a lane's active tasks that asynq will never come back to is
//     removed ([Queue.RemoveGhosts]), and none of a task that a worker has.
//
// The package knows tasks and IDs. It does not know what a task draws, where
// images are stored or who waits for them.
package queue
