package job

import (
	"time"

	"mandelfarm/renderer/spec"
)

// Worker is a process that draws, as it says of itself every second.
type Worker struct {
	Name            string         `json:"name"` // by which it is told to drain
	Host            string         `json:"host"`
	Pool            Pool           `json:"pool,omitempty"`   // whose jobs it does, and no others
	Version         string         `json:"version"`          // of the program
	RendererVersion string         `json:"renderer_version"` // equal versions draw equal bytes
	Cores           int            `json:"cores"`
	Threads         int            `json:"threads"` // that draw one picture or band
	Since           time.Time      `json:"since"`
	Lanes           map[Lane]Share `json:"lanes"`
	Tasks           []Hold         `json:"tasks"`                              // what it is at, the oldest first
	PixelsPerSecond float64        `json:"pixels_per_second"`                  // over the last ten seconds
	Recent          []float64      `json:"recent_pixels_per_second,omitempty"` // in each ten seconds of the last minutes, the oldest first
	Speed           float64        `json:"speed"`                              // of a core, beside one of the standard machine
	Draining        bool           `json:"draining"`                           // it finishes what it has, and takes nothing more
}

// Share is what a worker does in a lane.
type Share struct {
	Slots int `json:"slots"`            // tasks at a time
	Done  int `json:"done_last_minute"` // tasks
	// LastDone is when it has done the last.
	LastDone time.Time `json:"last_done,omitzero"`
	// BlockedUntil is until when it takes none of the lane's tasks, BlockedSince since
	// when: those it took have failed and other workers have done theirs, or it draws
	// otherwise than the others. BlockedBecause says which.
	BlockedUntil   time.Time `json:"blocked_until,omitzero"`
	BlockedSince   time.Time `json:"blocked_since,omitzero"`
	BlockedBecause string    `json:"blocked_because,omitempty"`
}

// Hold is a task that a worker has.
type Hold struct {
	Task  string    `json:"task"` // its name, see [Task.Name]
	Kind  Kind      `json:"kind"`
	Lane  Lane      `json:"lane"`
	Job   spec.ID   `json:"job"`
	Band  int       `json:"band,omitempty"` // of [KindBand]
	Since time.Time `json:"since"`
	Try   int       `json:"try"`
}

// Backlog is how a lane stands.
type Backlog struct {
	Lane    Lane `json:"lane"`
	Waiting int  `json:"waiting"` // jobs that have tasks to be handed out, before those are pending
	Pending int  `json:"pending"` // tasks that any worker may take
	Active  int  `json:"active"`  // that workers have
	Delayed int  `json:"delayed"` // that wait for their time, most of them after a failure
	// Oldest is since when the task that is next has been waiting; zero if none is.
	Oldest time.Time `json:"oldest,omitzero"`
	Slots  int       `json:"slots"`            // of all workers that take tasks of the lane
	Done   int       `json:"done_last_minute"` // tasks, by the workers that are there
	Paused bool      `json:"paused"`           // workers take nothing of it
	Limit  int       `json:"limit"`            // waiting jobs and pending tasks above which requests for more are refused
	// Clients are those that have something waiting or have got something of late, at most 100, those that have
	// got most first.
	Clients []ClientShare `json:"clients,omitempty"`
}

// Takes reports whether the worker takes tasks of a lane at a time.
func (w Worker) Takes(lane Lane, now time.Time) bool {
	share := w.Lanes[lane]
	return share.Slots > 0 && !w.Draining && !share.BlockedUntil.After(now)
}

// Stuck is work that should have got on by now.
type Stuck struct {
	Lane   Lane      `json:"lane"`
	Since  time.Time `json:"since"`            // it has not got on
	Task   string    `json:"task,omitempty"`   // that a worker has; empty if a whole lane is stuck
	Kind   Kind      `json:"kind,omitempty"`   // of the task
	Job    spec.ID   `json:"job,omitempty"`    // of the task
	Worker string    `json:"worker,omitempty"` // that has the task
	// Expected is how many seconds the task was expected to take.
	Expected float64 `json:"expected_seconds,omitempty"`
	Advice   string  `json:"advice"` // what to do
}

// Operation is what an operator did.
type Operation struct {
	At     time.Time `json:"at"`
	Action Action    `json:"action"`
	Target string    `json:"target"`           // the job, the worker, the key or the message
	Detail string    `json:"detail,omitempty"` // such as the new priority
	// Address is where the request came from, empty if it was none; Request its ID if it
	// has one, and Key that of the key it was made with.
	Address string `json:"address"`
	Key     string `json:"key,omitempty"`
	Request string `json:"request,omitempty"`
}

// Action says what an operation did.
type Action string

// The actions that are on record.
const (
	ActionDrain    Action = "drain"
	ActionPause    Action = "pause"
	ActionResume   Action = "resume"
	ActionCancel   Action = "cancel"
	ActionPurge    Action = "purge"
	ActionPriority Action = "priority"
	ActionBlock    Action = "block" // by the worker itself, or after a comparison of workers
	ActionCreate   Action = "create_key"
	ActionRevoke   Action = "revoke_key"
	ActionReplay   Action = "replay" // of a message to a webhook
)
