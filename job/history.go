package job

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Stint is the time that a worker had a task of a job.
type Stint struct {
	Task      string    `json:"task"` // its name, see [Task.Name]
	Kind      Kind      `json:"kind"`
	Band      int       `json:"band,omitempty"` // of [KindBand]
	Worker    string    `json:"worker"`
	BeganAt   time.Time `json:"began_at"`
	EndedAt   time.Time `json:"ended_at,omitzero"` // zero while it goes on, and if the worker died
	Try       int       `json:"try"`
	TakenOver string    `json:"taken_over,omitempty"` // why it is not the first at the task
	Error     string    `json:"error,omitempty"`      // what it has failed with
}

// Stint is the one that a delivery begins.
func (d Delivery) Stint(t Task) Stint {
	s := Stint{Task: t.Name(), Kind: t.Kind, Band: t.Band, Worker: d.Worker, BeganAt: d.StartedAt, Try: d.Try}
	switch {
	case d.Deaths > 0:
		s.TakenOver = "the worker before has died"
	case d.Try > 1:
		s.TakenOver = "the try before has failed"
	}
	return s
}

// StintOf is what the end of a job's run says of its history: the stint of the worker that drew the picture at once, if one has.
func StintOf(j Job, end Progress) (Stint, bool) {
	s := Stint{
		Task: j.Task().Name(), Kind: KindImage, Worker: end.Worker, BeganAt: end.StartedAt, EndedAt: end.FinishedAt, Try: end.Attempts,
		Error: end.Error,
	}
	return s, end.State.Final() && end.Worker != "" && end.Bands == 0
}

// key tells the stints of a job apart.
func (s Stint) key() stintKey { return stintKey{s.Task, s.Worker, s.BeganAt.UnixNano()} }

type stintKey struct {
	task, worker string
	began        int64
}

// maxStints bounds a history: the plan of a large job, twice.
const maxStints = 20_000

// MergeHistory joins what is known of a job's stints from two places, in the order of
// their beginnings. Of a stint that both know, the end counts.
func MergeHistory(a, b []Stint) []Stint {
	all := make(map[stintKey]Stint, len(a)+len(b))
	for _, s := range slices.Concat(a, b) {
		if known, ok := all[s.key()]; !ok || known.EndedAt.IsZero() {
			all[s.key()] = s
		}
	}
	merged := slices.SortedFunc(maps.Values(all), func(x, y Stint) int {
		return cmp.Or(x.BeganAt.Compare(y.BeganAt), cmp.Compare(x.Task, y.Task), cmp.Compare(x.Worker, y.Worker))
	})
	return merged[max(0, len(merged)-maxStints):]
}
