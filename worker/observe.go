package worker

import (
	"context"
	"errors"
	"time"

	"mandelfarm/job"
	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

// Observer hears what a worker does, for metrics. Its methods are called by several
// goroutines and return at once.
type Observer interface {
	// Task hears that a delivery has ended, and what came of it.
	Task(t job.Task, d job.Delivery, outcome Outcome, took time.Duration)
	// Drawn hears of pixels that were drawn, several times for each picture, and of what that took.
	Drawn(pixels int64, work renderer.Work)
	// Prepass hears of one that was computed.
	Prepass(took time.Duration)
	// Turn hears of a turn that this worker had, such as "reconcile"; err is nil if it was completed.
	Turn(name string, took time.Duration, err error)
	// Ended hears that a job has ended.
	Ended(state job.State)
	// Open hears how many jobs are open, when it was this worker's turn to look: those whose own task waits
	// in the queue, and the others.
	Open(queued, begun int)
}

// Outcome is what has come of a delivery.
type Outcome string

// The outcomes.
const (
	Completed   Outcome = "done"        // there is no more to do for this task
	Repeated    Outcome = "retried"     // it failed and will be delivered again
	GaveUp      Outcome = "failed"      // it failed for the last time
	NoStorage   Outcome = "outage"      // it waits for storage
	Interrupted Outcome = "interrupted" // the process stops, the task is handed back
	Canceled    Outcome = "canceled"    // its job was
	Foreign     Outcome = "version"     // it is for a worker of another version
)

// Outcomes lists every outcome.
func Outcomes() []Outcome {
	return []Outcome{Completed, Repeated, GaveUp, NoStorage, Interrupted, Canceled, Foreign}
}

// outcome is that of a delivery which an ending was found for. Whatever came of one that was stopped, came of that.
func (a attempt) outcome(ctx context.Context, found Outcome) Outcome {
	switch {
	case a.isDone() || a.hadNothingToDo() || !errors.Is(a.ended, context.Canceled):
		return found
	case errors.Is(context.Cause(ctx), job.ErrCanceled):
		return Canceled
	}
	return Interrupted
}

// counted returns options by which the observer hears of what is drawn of a picture.
func (d *drawer) counted(opt renderer.Options, s spec.Spec) renderer.Options {
	opt.Progress = func(rows int, work renderer.Work) {
		pixels := int64(rows) * int64(s.Width)
		d.pixels.Add(time.Now(), pixels)
		d.observer.Drawn(pixels, work)
	}
	return opt
}

// compute computes a prepass.
func (d *drawer) compute(ctx context.Context, s spec.Spec) (*renderer.Prepass, error) {
	start := time.Now()
	progress, end := d.teller.prepass(ctx, s.ID())
	defer end()
	p, err := renderer.NewPrepass(ctx, s, d.render.Threads, progress)
	if err == nil {
		d.observer.Prepass(time.Since(start))
	}
	return p, err
}

// nobody hears nothing.
type nobody struct{}

func (nobody) Task(job.Task, job.Delivery, Outcome, time.Duration) {}
func (nobody) Drawn(int64, renderer.Work)                          {}
func (nobody) Prepass(time.Duration)                               {}
func (nobody) Turn(string, time.Duration, error)                   {}
func (nobody) Ended(job.State)                                     {}
func (nobody) Open(int, int)                                       {}
