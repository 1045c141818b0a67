package job

import "errors"

// Errors that cross package boundaries. They are wrapped on the way and
// recognised with errors.Is; those that reach a client become an HTTP status in
// package api and nowhere else.
var (
	// ErrUnknown: no job with that ID was ever accepted.
	ErrUnknown = errors.New("no such job")
	// ErrUnreadable: there is a job, and its record is damaged. Its Spec has its ID,
	// so whoever submits that replaces the record, and the job goes on.
	ErrUnreadable = errors.New("the record of the job is damaged; submit its Spec again")
	// ErrNoMessage: no message to a webhook has that ID.
	ErrNoMessage = errors.New("no such delivery")
	// ErrNoWorker: no worker of that name is there.
	ErrNoWorker = errors.New("no such worker")
	// ErrState: the job's state does not allow what was asked.
	ErrState = errors.New("not possible in the job's state")
	// ErrQueueFull: the lane holds as many tasks as its limit allows.
	ErrQueueFull = errors.New("queue is full")
	// ErrCanceled: the work was stopped because its job was canceled.
	ErrCanceled = errors.New("canceled")
	// ErrOutage: storage failed. What was to be stored or read is no less owed.
	ErrOutage = errors.New("storage does not answer as it should")
	// ErrVersion: sender and receiver of a task run different renderers.
	ErrVersion = errors.New("renderer version differs")
	// ErrUnavailable: the queue cannot be reached at present.
	ErrUnavailable = errors.New("queue is unavailable")
)
