package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"mandelfarm/job"
	"mandelfarm/renderer"
)

const (
	// taskTimeout ends a handler that does not come to an end.
	taskTimeout = 30 * time.Minute
	// noLimit is what asynq is told: it archives a task that has used up its
	// retries, which would keep the task's ID taken. The handler counts
	// instead, and gives up in an orderly way.
	noLimit = 1 << 20
	// suspicion is how long a task must have been running without a claim
	// before its worker is taken for dead: the time between asynq's delivery
	// and the claim, generously.
	suspicion = time.Second
	// attemptTTL is how long a revived task's number is remembered: longer than
	// asynq takes to recover the dead one itself (about two minutes), after
	// which the numbers may start again.
	attemptTTL = time.Hour
)

// Enqueue queues t unless it is queued or running. The error is
// [job.ErrUnavailable] if Redis does not answer.
func (q *Queue) Enqueue(ctx context.Context, t job.Task) error {
	if err := q.add(ctx, t, string(t.ID)); err != nil && !errors.Is(err, asynq.ErrTaskIDConflict) {
		return fmt.Errorf("queue %s: %w", t.ID, unavailable(err))
	}
	return nil
}

// Room reports whether a lane may be given one more task: the error is
// [job.ErrQueueFull] if as many wait as the limit allows. Those who have been
// promised an image need not ask.
func (q *Queue) Room(ctx context.Context, lane job.Lane) error {
	waiting, err := q.rdb.LLen(ctx, pendingKey(lane)).Result()
	if err != nil {
		return fmt.Errorf("length of lane %s: %w", lane, unavailable(err))
	}
	if waiting >= int64(q.limit) {
		return fmt.Errorf("%w: %d tasks wait in lane %s", job.ErrQueueFull, waiting, lane)
	}
	return nil
}

// pendingKey is asynq's list of the tasks that wait in a lane.
func pendingKey(lane job.Lane) string { return "asynq:{" + string(lane) + "}:pending" }

// add hands t to asynq under taskID and wakes the lane's workers.
func (q *Queue) add(ctx context.Context, t job.Task, taskID string) error {
	payload, err := json.Marshal(t)
	if err != nil {
		return err
	}
	_, err = q.client.EnqueueContext(ctx, asynq.NewTask(string(t.Kind), payload),
		asynq.TaskID(taskID), asynq.Queue(string(t.Lane)), asynq.MaxRetry(noLimit), asynq.Timeout(taskTimeout))
	if err != nil {
		return err
	}
	// A wake-up that is lost costs the time until a worker looks by itself.
	_ = q.rdb.Publish(ctx, wakeChannel, string(t.Lane)).Err()
	return nil
}

// Revive queues t anew if it is lost: neither waiting nor being drawn. A task
// whose worker has died is queued again under another task ID, at the earliest
// on the second call more than a second after the first.
func (q *Queue) Revive(ctx context.Context, t job.Task) error {
	err := q.revive(ctx, t)
	if err != nil {
		return fmt.Errorf("revive %s: %w", t.ID, unavailable(err))
	}
	return nil
}

func (q *Queue) revive(ctx context.Context, t job.Task) error {
	claimed, err := readClaims(ctx, q.rdb, []renderer.ID{t.ID})
	if len(claimed) > 0 || err != nil {
		return err
	}
	attempt, err := q.rdb.Get(ctx, attemptKey(t)).Int()
	if err != nil && !errors.Is(err, redis.Nil) {
		return err
	}
	taskID := attemptID(t.ID, attempt)
	state, err := q.state(t.Lane, taskID)
	if err != nil {
		return err
	}
	switch state {
	case asynq.TaskStatePending, asynq.TaskStateScheduled, asynq.TaskStateRetry, asynq.TaskStateAggregating:
		return nil
	case asynq.TaskStateActive:
		if dead, err := q.suspect(ctx, t); !dead {
			return err
		}
		if err := q.rdb.Set(ctx, attemptKey(t), attempt+1, attemptTTL).Err(); err != nil {
			return err
		}
		taskID = attemptID(t.ID, attempt+1)
	case asynq.TaskStateArchived, asynq.TaskStateCompleted: // its ID would stay taken
		if err := q.inspect.DeleteTask(string(t.Lane), taskID); err != nil && !errors.Is(err, asynq.ErrTaskNotFound) {
			return err
		}
	}
	if err := q.add(ctx, t, taskID); err != nil && !errors.Is(err, asynq.ErrTaskIDConflict) {
		return err
	}
	return nil
}

// suspect remembers that t was seen running without a claim, and reports
// whether that was first seen long enough ago.
func (q *Queue) suspect(ctx context.Context, t job.Task) (bool, error) {
	key := keyPrefix + "suspect:" + string(t.Lane) + ":" + string(t.ID)
	now := time.Now().UnixMilli()
	first, err := setNX(ctx, q.rdb, key, now, claimTTL)
	if first || err != nil {
		return false, err
	}
	since, err := q.rdb.Get(ctx, key).Int64()
	if errors.Is(err, redis.Nil) { // it ran out this moment
		return false, nil
	}
	if err != nil || now-since < suspicion.Milliseconds() {
		return false, err
	}
	return true, q.rdb.Del(ctx, key).Err()
}

func attemptKey(t job.Task) string {
	return keyPrefix + "attempt:" + string(t.Lane) + ":" + string(t.ID)
}

func attemptID(id renderer.ID, attempt int) string {
	if attempt == 0 {
		return string(id)
	}
	return string(id) + "." + strconv.Itoa(attempt)
}

// state is asynq's state of a task, or zero if there is none.
func (q *Queue) state(lane job.Lane, taskID string) (asynq.TaskState, error) {
	info, err := q.inspect.GetTaskInfo(string(lane), taskID)
	if errors.Is(err, asynq.ErrTaskNotFound) || errors.Is(err, asynq.ErrQueueNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return info.State, nil
}

// Cancel takes the tasks of id out of the batch lane, and stops the worker
// that is on one. A synchronous request for the same image is not disturbed
// while it waits; it is answered or times out.
func (q *Queue) Cancel(ctx context.Context, id renderer.ID) error {
	if err := q.rdb.Publish(ctx, cancelChannel, string(id)).Err(); err != nil {
		return fmt.Errorf("cancel %s: %w", id, unavailable(err))
	}
	err := q.inspect.DeleteTask(string(job.Batch), string(id))
	if err == nil || errors.Is(err, asynq.ErrTaskNotFound) || errors.Is(err, asynq.ErrQueueNotFound) {
		return nil
	}
	if state, stateErr := q.state(job.Batch, string(id)); stateErr == nil && state == asynq.TaskStateActive {
		return nil // asynq refuses to delete what runs; the message stops it
	}
	return fmt.Errorf("cancel %s: %w", id, unavailable(err))
}
