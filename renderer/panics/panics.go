// Package panics makes errors of panics: a bug must not cost more than the picture or the request that shows it, and who
// mends it needs the stack.
//
// Every goroutine that runs what may be at fault defers [Recover], whatever package it is in. The error goes the way of all
// others: the picture is tried again or fails, the request is answered with 500. Its text names the cause and may be
// shown to clients; the stack is for the log, which package internal/logging writes it into, once.
//
// The package imports nothing of the farm, so that the renderer can use it as well as those above it.
package panics

import (
	"fmt"
	"runtime/debug"
	"sync"
)

// Error is a panic that was recovered. It wraps nothing: a panic with an error is a bug, whatever that error is a sign of
// elsewhere.
type Error struct {
	Cause any    // what was panicked with
	Stack []byte // of the goroutine

	reported sync.Once
}

// Error names the cause.
func (e *Error) Error() string { return fmt.Sprintf("panic: %v", e.Cause) }

// Report calls report, unless it was called for this panic before: many may get the same error, or one again and again on
// its way.
func (e *Error) Report(report func()) { e.reported.Do(report) }

// Recover makes an [*Error] of a panic. It is to be deferred by a function that returns *err.
func Recover(err *error) {
	if cause := recover(); cause != nil {
		*err = &Error{Cause: cause, Stack: debug.Stack()}
	}
}
