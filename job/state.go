package job

import "slices"

// State is where a job stands.
type State string

// The states of a job. Done, Failed and Canceled are final until the job is
// asked for again.
const (
	Queued   State = "queued"   // accepted, no worker has it
	Running  State = "running"  // a worker is drawing it
	Done     State = "done"     // its image is stored
	Failed   State = "failed"   // given up; the reason is recorded
	Canceled State = "canceled" // stopped by request
)

// States lists every state in the order of a job's life.
func States() []State { return []State{Queued, Running, Done, Failed, Canceled} }

// ParseState reads a state by name.
func ParseState(s string) (State, bool) {
	st := State(s)
	return st, slices.Contains(States(), st)
}

// Final reports whether no worker will touch the job again unless it is
// retried.
func (s State) Final() bool { return s == Done || s == Failed || s == Canceled }

// CanRetry reports whether a job may be told to try again: it ended without an
// image. A job whose image was removed is submitted again instead.
func (s State) CanRetry() bool { return s == Failed || s == Canceled }

// CanBecome reports whether a job may move from s to next. Staying in a state
// is not a move.
//
// Queued may become Done directly: the image may already be stored by a
// synchronous request for the same Spec. Running may become Queued: a worker
// that stops hands its work back. Done becomes Queued when the image has been
// removed from storage and is asked for again.
func (s State) CanBecome(next State) bool {
	switch s {
	case Queued:
		return next == Running || next.Final()
	case Running:
		return next == Queued || next.Final()
	case Failed, Canceled, Done:
		return next == Queued
	}
	return false
}
