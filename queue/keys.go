package queue

import (
	"mandelfarm/job"
	"mandelfarm/renderer"
)

// keyPrefix begins every Redis key and channel of the farm's own; asynq's begin
// with asynq:.
const keyPrefix = "mandelfarm:"

func claimKey(id renderer.ID) string { return keyPrefix + "claim:" + string(id) }

func attemptKey(lane job.Lane, id renderer.ID) string {
	return keyPrefix + "attempt:" + string(lane) + ":" + string(id)
}

func lockKey(name string) string { return keyPrefix + "lock:" + name }

// What the farm knows of asynq's own keys. Its API does not tell how many tasks
// wait without reading all kinds of statistics, nor when a lease was extended,
// and takes no context.
const queuesKey = "asynq:queues" // set of the lanes that were ever used

func asynqKey(lane job.Lane, name string) string { return "asynq:{" + string(lane) + "}:" + name }

// pendingKey is the list of the tasks that wait in a lane.
func pendingKey(lane job.Lane) string { return asynqKey(lane, "pending") }

// pausedKey exists while a lane is paused.
func pausedKey(lane job.Lane) string { return asynqKey(lane, "paused") }

// leaseKey is the sorted set of the tasks that workers have, by the Unix second
// at which the lease on each runs out.
func leaseKey(lane job.Lane) string { return asynqKey(lane, "lease") }

// taskKey is the hash of a task; its field "state" is an asynq.TaskState by name.
func taskKey(lane job.Lane, taskID string) string { return asynqKey(lane, "t:"+taskID) }
