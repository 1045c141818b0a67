package job

import "mandelfarm/renderer/spec"

// Quote is what a picture will cost, estimated from a small one. Cost is counted, and turned into time by
// the speed that workers have measured of themselves.
type Quote struct {
	ID         spec.ID `json:"id"`
	Points     int64   `json:"points"`     // that are followed, samples included
	Iterations int64   `json:"iterations"` // that following every point step by step would take
	Inside     float64 `json:"inside"`     // the part of the points that do not escape
	// Undecided is the number of pixels that will be undecided, of files that tell of them.
	Undecided int64 `json:"undecided,omitempty"`
	// CoreSeconds is the time of one core of the workers that are there, without the prepass
	// and the file; without workers, of the standard machine.
	CoreSeconds float64 `json:"core_seconds"`
	// Seconds is the time of all workers together if they do nothing else; 0 if there are none.
	Seconds        float64   `json:"seconds,omitempty"`
	PrepassSeconds float64   `json:"prepass_seconds"` // that computing the prepass took one core of the api
	MostBytes      int64     `json:"bytes_at_most"`   // of the file
	MemoryBytes    int64     `json:"memory_bytes"`    // that drawing it takes a worker, roughly
	Workers        int       `json:"workers"`         // that the times are of
	Sampled        int64     `json:"sampled"`         // points that were followed for this
	Warnings       []Caution `json:"warnings"`        // when there is next to nothing to see
}

// Caution is what a client may not have meant to ask for.
type Caution struct {
	Field         string `json:"field"` // of the Spec
	Reason        string `json:"reason"`
	MaxIterations int    `json:"max_iterations,omitempty"` // a limit at which there is more to see
	Radius        string `json:"radius,omitempty"`         // of a view around the same centre in which there is something to see
}
