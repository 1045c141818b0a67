package job

import (
	"fmt"
	"time"

	"mandelfarm/renderer/spec"
)

// Kind says what a worker is to do with a task.
type Kind string

// The kinds of task.
const (
	// KindImage sees to a whole image: draws and stores it, or if it is large
	// and part of a job, plans it and queues its bands.
	KindImage Kind = "image"
	// KindBand draws one band of a planned image and stores it.
	KindBand Kind = "band"
	// KindAssemble makes one file of the bands, when all are stored.
	KindAssemble Kind = "assemble"
	// KindGroup draws all images of a [Group].
	KindGroup Kind = "group"
	// KindWebhook delivers a message about a job.
	KindWebhook Kind = "webhook"
)

// Kinds lists every kind.
func Kinds() []Kind { return []Kind{KindImage, KindBand, KindAssemble, KindGroup, KindWebhook} }

// Lane is a queue of its own with workers of its own, so that work in one
// never waits behind work in another. Pools have lanes of their own: see [Lane.In].
type Lane string

// The lanes of the default pool.
const (
	Interactive Lane = "interactive" // images that somebody waits for
	Control     Lane = "control"     // jobs: small ones whole, plans and assemblies of large ones
	Batch       Lane = "batch"       // bands of large jobs
)

// Webhooks is the lane of messages to webhooks. It is none of those that workers are there for: nothing is drawn in it, and it
// waits for others' servers.
const Webhooks Lane = "webhooks"

// Lanes lists every lane of the default pool in which pictures come about.
func Lanes() []Lane { return []Lane{Interactive, Control, Batch} }

// TakesTurns reports whether the tasks of a lane are handed out when it is their client's turn.
func (l Lane) TakesTurns() bool { return l.Base() == Control || l.Base() == Batch }

// Task is one piece of work as it travels through a queue.
type Task struct {
	Kind Kind      `json:"kind"`
	Lane Lane      `json:"lane"`
	ID   spec.ID   `json:"id"`             // of the image, as the sender's renderer computes it, or of the group
	Spec spec.Spec `json:"spec,omitzero"`  // of what is drawn: of every kind but KindGroup and KindWebhook
	Band int       `json:"band,omitempty"` // index in the plan, of KindBand

	// Again says that another worker is at the band, and may take long: whoever stores it first spares the other the rest.
	Again bool `json:"again,omitempty"`

	Message string `json:"message,omitempty"` // its ID, of KindWebhook

	// Of the job, so that whoever does the task need not read its record.
	AcceptedAt time.Time `json:"accepted_at,omitzero"`
	Layout     int       `json:"layout,omitempty"`
	Terms
}

// ImageTask is the task that draws s, which must be normalised.
func ImageTask(s spec.Spec, lane Lane) Task {
	return Task{Kind: KindImage, Lane: lane, ID: s.ID(), Spec: s}
}

// Task is the job's own task, from which all others follow.
func (j Job) Task() Task { return j.task(KindImage, Control) }

// BandTask draws the band with this index in the job's plan.
func (j Job) BandTask(band int) Task {
	t := j.task(KindBand, Batch)
	t.Band = band
	return t
}

// Double is the task of a second worker that draws the band of a task.
func (t Task) Double() Task {
	t.Again = true
	return t
}

// AssembleTask makes one file of the job's bands.
func (j Job) AssembleTask() Task { return j.task(KindAssemble, Control) }

// task is a task of the job in a lane of its pool.
func (j Job) task(kind Kind, lane Lane) Task {
	return Task{Kind: kind, Lane: lane.In(j.Pool), ID: j.ID, Spec: j.Spec, AcceptedAt: j.AcceptedAt, Layout: j.Layout, Terms: j.Terms}
}

// Name tells tasks of one lane apart, and says what two workers must not do at
// once: the tasks for an image have its ID in every lane.
func (t Task) Name() string {
	switch t.Kind {
	case KindBand:
		if t.Again {
			return fmt.Sprintf("%s/%d/again", t.ID, t.Band)
		}
		return fmt.Sprintf("%s/%d", t.ID, t.Band)
	case KindAssemble:
		return string(t.ID) + "/assemble"
	case KindWebhook:
		return string(t.ID) + "/" + t.Message
	case KindImage, KindGroup:
	}
	return string(t.ID)
}

// Job is the job that the task belongs to, as far as whoever queued it has known it.
func (t Task) Job() Job {
	j := Job{ID: t.ID, Spec: t.Spec, AcceptedAt: t.AcceptedAt, Layout: t.Layout, Terms: t.Terms}
	j.Pool = t.Lane.Pool()
	return j
}

// Verify reports an error when the receiver's renderer would file this task's
// image under another ID than its sender did: the two run different versions
// of the renderer and the image would differ in some byte. A message is the same
// whoever delivers it, and a group says of each of its jobs which it is.
func (t Task) Verify() error {
	if t.Kind == KindWebhook || t.Kind == KindGroup {
		return nil
	}
	if got := t.Spec.ID(); got != t.ID {
		return fmt.Errorf("%w: image %s is %s to this process (renderer version %s)",
			ErrVersion, t.ID, got, spec.Version)
	}
	return nil
}

// Delivery says how a task came to a handler.
type Delivery struct {
	Try       int       // 1 for the first, one more after each failure
	MaxTries  int       // the last one
	Worker    string    // the process
	QueuedAt  time.Time // when the task was queued, for all its deliveries; zero if it does not say
	StartedAt time.Time // when it began
	Deaths    int       // workers that have died with the task in hand
}

// Last reports whether a failure of this delivery is final.
func (d Delivery) Last() bool { return d.Try >= d.MaxTries }

// Progress is the job's progress while this delivery is handled.
func (d Delivery) Progress() Progress {
	return Progress{State: Running, StartedAt: d.StartedAt, Attempts: d.Try, Worker: d.Worker}
}
