package job

import (
	"fmt"
	"time"

	"mandelfarm/renderer"
)

// Kind says what a worker is to do with a task.
type Kind string

// KindImage draws a whole image and stores it.
const KindImage Kind = "image"

// Lane is a queue of its own with workers of its own, so that work in one
// never waits behind work in another.
type Lane string

// The lanes.
const (
	Interactive Lane = "interactive" // somebody is waiting for the answer
	Batch       Lane = "batch"       // accepted jobs
)

// Lanes lists every lane.
func Lanes() []Lane { return []Lane{Interactive, Batch} }

// Task is one piece of work as it travels through a queue.
type Task struct {
	Kind Kind          `json:"kind"`
	Lane Lane          `json:"lane"`
	ID   renderer.ID   `json:"id"` // of the image, as the sender's renderer computes it
	Spec renderer.Spec `json:"spec"`
}

// ImageTask is the task that draws s, which must be normalised.
func ImageTask(s renderer.Spec, lane Lane) Task {
	return Task{Kind: KindImage, Lane: lane, ID: s.ID(), Spec: s}
}

// Verify reports an error when the receiver's renderer would file this task's
// image under another ID than its sender did: the two run different versions
// of the renderer and the image would differ in some byte.
func (t Task) Verify() error {
	if got := t.Spec.ID(); got != t.ID {
		return fmt.Errorf("%w: image %s is %s to this process (renderer version %s)",
			ErrVersion, t.ID, got, renderer.Version)
	}
	return nil
}

// Delivery says how a task came to a handler.
type Delivery struct {
	Try       int       // 1 for the first, one more after each failure
	MaxTries  int       // the last one
	Worker    string    // the process
	StartedAt time.Time // when it began
}

// Last reports whether a failure of this delivery is final.
func (d Delivery) Last() bool { return d.Try >= d.MaxTries }

// Progress is the job's progress while this delivery is handled.
func (d Delivery) Progress() Progress {
	return Progress{State: Running, StartedAt: d.StartedAt, Attempts: d.Try, Worker: d.Worker}
}
