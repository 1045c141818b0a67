package queue

import (
	"strconv"
	"time"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// keyPrefix begins every Redis key and channel of the farm's own; asynq's begin
// with asynq:.
const keyPrefix = "mandelfarm:"

// claimKey is of a task's name: see [job.Task.Name].
func claimKey(name string) string { return keyPrefix + "claim:" + name }

func attemptKey(lane job.Lane, name string) string {
	return keyPrefix + "attempt:" + string(lane) + ":" + name
}

// progressKey is a hash: how many bands a job has, and when it was begun.
func progressKey(id spec.ID) string { return keyPrefix + "progress:" + string(id) }

// storedKey is a sorted set: the bands of a job that are stored, by the Unix
// millisecond.
func storedKey(id spec.ID) string { return keyPrefix + "stored:" + string(id) }

// previewsKey is a hash: what the bands of a job look like, by their index.
func previewsKey(id spec.ID) string { return keyPrefix + "previews:" + string(id) }

// workersKey is a sorted set: the workers on bands of a job, by the Unix second they
// last said so.
func workersKey(id spec.ID) string { return keyPrefix + "workers:" + string(id) }

// doublesKey is a hash: the bands of a job that a second worker was given, with how many
// seconds of their work were expected to be done twice.
func doublesKey(id spec.ID) string { return keyPrefix + "doubles:" + string(id) }

// drawingKey is a hash: how much is drawn of the bands of a job that are not stored, by
// their index, as "rows milliseconds": since when, in Unix time.
func drawingKey(id spec.ID) string { return keyPrefix + "drawing:" + string(id) }

// prepassKey is how far the prepass of a picture is, 0 to 1.
func prepassKey(id spec.ID) string { return keyPrefix + "prepass:" + string(id) }

// slotsKey is a sorted set: how many bands of which pool each worker can draw at a
// time, as "number@pool worker", by the Unix second it last said so.
const slotsKey = keyPrefix + "slots"

// workerKey is what a worker says of itself: an [announced] in JSON.
func workerKey(name string) string { return keyPrefix + "worker:" + name }

// historyKey is a hash: who has worked on a job, by the task and when it was begun.
func historyKey(id spec.ID) string { return keyPrefix + "history:" + string(id) }

// probeKey is written to see whether Redis takes writes.
const probeKey = keyPrefix + "probe"

// drainKey tells a worker to take nothing more.
func drainKey(name string) string { return keyPrefix + "drain:" + name }

// blockKey tells a worker to take nothing more for a while: a [blockOrder] in JSON.
func blockKey(name string) string { return keyPrefix + "block:" + name }

// examineKey tells a worker to draw what workers are compared by: the number of the
// examination.
func examineKey(name string) string { return keyPrefix + "examine:" + name }

// answerKey is what a worker has drawn at an examination: an [Answer] in JSON.
func answerKey(name, examination string) string {
	return keyPrefix + "answer:" + examination + ":" + name
}

// shareKey is of what the order of a lane is made of, which lies beside what asynq has of the lane: scripts use both.
func shareKey(lane job.Lane, name string) string {
	return keyPrefix + "share:{" + string(lane) + "}:" + name
}

func clientsKey(lane job.Lane) string { return shareKey(lane, "clients") }
func waitingKey(lane job.Lane) string { return shareKey(lane, "queue") }
func entriesKey(lane job.Lane) string { return shareKey(lane, "entries") }

// givenKey is what clients have got in the [job.ShareSpan] that a time is in.
func givenKey(lane job.Lane, at time.Time) string {
	return shareKey(lane, "given:"+strconv.FormatInt(at.Unix()/int64(job.ShareSpan/time.Second), 10))
}

// givenSeconds is for how long that is kept: until nobody asks for it.
const givenSeconds = int(2 * job.ShareSpan / time.Second)

// shareKeys are the keys of the scripts in turn.go.
func shareKeys(lane job.Lane) []string {
	return []string{
		pendingKey(lane), clientsKey(lane), shareKey(lane, "left"), waitingKey(lane), entriesKey(lane), shareKey(lane, "times"), givenKey(lane, time.Now()),
	}
}

func lockKey(name string) string { return keyPrefix + "lock:" + name }

// What the farm knows of asynq's own keys. Its API does not tell how many tasks
// wait without reading all kinds of statistics, nor when a lease was extended,
// and takes no context.
const queuesKey = "asynq:queues" // set of the lanes that were ever used, or have workers

func asynqKey(lane job.Lane, name string) string { return "asynq:{" + string(lane) + "}:" + name }

// pendingKey is the list of the tasks that wait in a lane, the oldest last.
func pendingKey(lane job.Lane) string { return asynqKey(lane, "pending") }

// activeKey is the list of the tasks that workers have.
func activeKey(lane job.Lane) string { return asynqKey(lane, "active") }

// pausedKey exists while a lane is paused.
func pausedKey(lane job.Lane) string { return asynqKey(lane, "paused") }

// leaseKey is the sorted set of the tasks that workers have, by the Unix second
// at which the lease on each runs out.
func leaseKey(lane job.Lane) string { return asynqKey(lane, "lease") }

// retryKey is the sorted set of the tasks that wait for another try, by the Unix second of that.
func retryKey(lane job.Lane) string { return asynqKey(lane, "retry") }

// taskKey is the hash of a task; its field "state" is an asynq.TaskState by name,
// "pending_since" the Unix nanosecond.
func taskKey(lane job.Lane, taskID string) string { return asynqKey(lane, "t:"+taskID) }
