package job

import (
	"time"

	"mandelfarm/renderer/spec"
)

// Job is the record of an accepted Spec. Nothing of it changes but the priority.
type Job struct {
	ID         spec.ID   `json:"id"`
	Spec       spec.Spec `json:"spec"`
	AcceptedAt time.Time `json:"accepted_at"`
	Terms

	// Layout is how the ledger keeps the job, and Group what it was accepted with, as long as that matters: which is nobody
	// else's business.
	Layout int     `json:"-"`
	Group  spec.ID `json:"-"`
}

// Terms are what is on record of a job beside the picture: what its client says, and who that is. They are no part of the
// ID: the first that are said of a job stand.
type Terms struct {
	Priority Priority `json:"priority,omitempty"` // empty is Normal
	Title    string   `json:"title,omitempty"`
	Tags     []string `json:"tags,omitempty"` // by which jobs are listed
	Pool     Pool     `json:"pool,omitempty"` // whose workers draw it, all of it
	// Client is who has asked for it first, as shares are counted: a key by its ID, or the network of
	// those without one. The empty one is a client too.
	Client string `json:"client,omitempty"`

	// Webhook is told of the job. It is on record apart from it: each that is named is told, and
	// who may see a job does not see whom it is told to.
	Webhook Webhook `json:"-"`
}

// Priority says how much of its client's share a job gets while the client has others.
type Priority string

// The priorities.
const (
	High   Priority = "high"
	Normal Priority = "normal"
	Low    Priority = "low"
)

// Priorities lists every priority, the highest first.
func Priorities() []Priority { return []Priority{High, Normal, Low} }

// Progress is how far a job has come. While the job is open it is a hint read
// from the queue; once State is final it is part of the durable record.
type Progress struct {
	State      State     `json:"state"`
	StartedAt  time.Time `json:"started_at,omitzero"`  // the attempt that is running or has ended
	FinishedAt time.Time `json:"finished_at,omitzero"` // when State became final
	Attempts   int       `json:"attempts,omitempty"`   // deliveries to a worker so far
	Worker     string    `json:"worker,omitempty"`     // process that has it or had it last
	Bytes      int64     `json:"bytes,omitempty"`      // size of the stored image
	Failures   int       `json:"failures,omitempty"`   // attempts at it, or at parts of it, that have failed
	Error      string    `json:"error,omitempty"`      // why State is failed, or the last of those did

	// Prepass is how far the prepass is that is being computed for the picture, 0 to 1, of the most
	// that it may take: it ends sooner if it finds what it looks for.
	Prepass float64 `json:"prepass,omitempty"`

	// Of a picture that is drawn in bands.
	Bands           int       `json:"bands,omitempty"`             // parts the picture is drawn in
	BandsDone       int       `json:"bands_done,omitempty"`        // of which are stored
	Fraction        float64   `json:"fraction,omitempty"`          // of the expected work that is done, 0 to 1, rows of bands included
	ETA             time.Time `json:"eta,omitzero"`                // when the picture is expected
	PixelsPerSecond float64   `json:"pixels_per_second,omitempty"` // of late, by all workers
	Workers         []string  `json:"workers,omitempty"`           // processes that are on it
	Paused          bool      `json:"paused,omitempty"`            // held: nothing more of it is begun

	// Position is the place of a queued job among those that wait, 1 for the next; 0 if
	// that is not known.
	Position int `json:"position,omitempty"`
}

// Status is a job with its progress: what a client is shown.
type Status struct {
	Job
	Progress
}

// Notice tells whoever watches an image or waits for it that something about it
// has changed, so that they look again: it has ended, or its job has begun, got on
// or been paused. It is a hint: a notice may be lost or repeated.
type Notice struct {
	ID    spec.ID `json:"id"`
	State State   `json:"state"`           // Running stands for every change but an end
	Error string  `json:"error,omitempty"` // the reason when Failed, or when Queued why it cannot be drawn now
	Drawn Drawn   `json:"drawn,omitzero"`  // of an image that somebody waits for, once it is stored
}

// Drawn is how a worker has drawn an image.
type Drawn struct {
	Worker  string  `json:"worker"`
	Seconds float64 `json:"seconds"`
	Moves   float64 `json:"moves"` // of the points of a pixel; see [renderer.Work]
}
