// Package client talks to a farm over HTTP: it submits Specs, watches and
// cancels jobs, and fetches their pictures. The command's subcommands for jobs
// are made of it.
//
//	farm, err := client.New("http://localhost:8080", nil)
//	st, err := farm.Submit(ctx, spec)
//	for st, err := range farm.Watch(ctx, st.ID) { ... }
//	err = farm.Fetch(ctx, st.ID, "poster.png", nil)
//
// # What it survives
//
// [Client.Watch] and the fetching methods live as long as a job does, so they
// take a connection that breaks, a process that restarts and a proxy that gives
// up for granted: they connect again, and go on where they were. They give
// up when the farm has not answered for a minute; their very first request, like
// every other method, fails at once.
//
// # Errors
//
// A refusal is an [*Error] with the farm's problem document. It is also one of
// package job's errors, for errors.Is: [job.ErrUnknown] for a job that does not
// exist, [job.ErrState] for one whose state does not allow what was asked,
// [job.ErrQueueFull]. When no farm answers the error is [ErrUnreachable].
//
// The package knows nothing of where settings come from, and prints nothing.
package client
