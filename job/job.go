package job

import (
	"time"

	"mandelfarm/renderer"
)

// Job is the record of an accepted Spec. It is written once and never changes.
type Job struct {
	ID         renderer.ID   `json:"id"`
	Spec       renderer.Spec `json:"spec"`
	AcceptedAt time.Time     `json:"accepted_at"`
}

// Progress is how far a job has come. While the job is open it is a hint read
// from the queue; once State is final it is part of the durable record.
type Progress struct {
	State      State     `json:"state"`
	StartedAt  time.Time `json:"started_at,omitzero"`  // the attempt that is running or has ended
	FinishedAt time.Time `json:"finished_at,omitzero"` // when State became final
	Attempts   int       `json:"attempts,omitempty"`   // deliveries to a worker so far
	Worker     string    `json:"worker,omitempty"`     // process that has it or had it last
	Bytes      int64     `json:"bytes,omitempty"`      // size of the stored image
	Error      string    `json:"error,omitempty"`      // why State is failed, or the last attempt's error

	Bands           int       `json:"bands,omitempty"`             // parts the picture is drawn in
	BandsDone       int       `json:"bands_done,omitempty"`        // of which are stored
	Fraction        float64   `json:"fraction,omitempty"`          // of the expected work that is done, 0 to 1
	ETA             time.Time `json:"eta,omitzero"`                // when the picture is expected
	PixelsPerSecond float64   `json:"pixels_per_second,omitempty"` // of late, by all workers
	Workers         []string  `json:"workers,omitempty"`           // processes that are on it
}

// Status is a job with its progress: what a client is shown.
type Status struct {
	Job
	Progress
}

// Notice tells whoever waits on an image that its fate is decided, so that
// they look again. It is a hint: a notice may be lost or repeated.
type Notice struct {
	ID    renderer.ID `json:"id"`
	State State       `json:"state"`           // Done, Failed or Canceled
	Error string      `json:"error,omitempty"` // the reason when Failed
}
