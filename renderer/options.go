package renderer

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"mandelfarm/renderer/spec"
)

// Options says how to render. It has no influence on the picture.
type Options struct {
	// Threads is the number of goroutines that compute; 0 means GOMAXPROCS.
	Threads int
	// Prepass, if not nil, is that of the picture, which need not be computed then. That of another is of no use.
	Prepass *Prepass
	// Progress, if not nil, is told how many rows have been finished since the last call. Calls come from several
	// goroutines, one at a time, and should return soon.
	Progress func(rows int)
	// Segment, if not nil, is shown the pixels of each finished segment of a file that is written: those of the picture of
	// the view, if the file is raw data. Calls come from several goroutines, in any order and at the same time. The pixels
	// are used again after the call.
	Segment func(*Pixels)
}

// threads returns the number of goroutines for so many units of work.
func (o Options) threads(units int) int {
	n := o.Threads
	if n <= 0 {
		n = runtime.GOMAXPROCS(0)
	}
	return max(1, min(n, units))
}

// divide has the rows done by goroutines, each of which calls do once. Its next returns rows that nobody else has, at most so
// many, or false when there are no more. A panic ends the goroutine with a *PanicError. Divide returns when all are done.
func (o Options) divide(all spec.Rows, most int, do func(next func() (spec.Rows, bool)) error) error {
	const turns = 8 // of each goroutine, at least, so that none has much of the work at the end alone
	var (
		taken  atomic.Int64
		group  sync.WaitGroup
		failed = make([]error, o.threads(all.Count()))
		step   = max(1, min(most, all.Count()/(turns*len(failed))))
	)
	next := func() (spec.Rows, bool) {
		end := all.Start + int(taken.Add(int64(step)))
		rows := spec.Rows{Start: end - step, End: min(end, all.End)}
		return rows, rows.Start < rows.End
	}
	for i := range failed {
		group.Go(func() {
			defer recoverAs(&failed[i])
			failed[i] = do(next)
		})
	}
	group.Wait()
	for _, err := range failed {
		if err != nil {
			return err
		}
	}
	return nil
}

// reporter serialises calls of Progress.
type reporter struct {
	mutex    sync.Mutex
	progress func(rows int)
}

func (r *reporter) report(rows int) {
	if r.progress == nil {
		return
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.progress(rows)
}

// recoverAs makes an error of a panic in a goroutine of the renderer's own, where nobody else can: a bug must not cost
// more than the picture that shows it.
func recoverAs(err *error) {
	if cause := recover(); cause != nil {
		*err = &PanicError{Cause: cause, Stack: debug.Stack()}
	}
}

// PanicError is a bug of the renderer that a picture has shown.
type PanicError struct {
	Cause any    // what was panicked with
	Stack []byte // of the goroutine, for a log; Error leaves it out, because clients are shown that
}

// Error names the cause.
func (e *PanicError) Error() string { return fmt.Sprintf("renderer panicked: %v", e.Cause) }
