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
	// noLimit is what asynq is told: it archives a task that has used up its
	// retries, which would keep the task's ID taken. The server counts instead,
	// and drops the task.
	noLimit = 1 << 20
	// backstop is what asynq may give a task beyond the queue's own timeout,
	// which is the one that counts a failure properly.
	backstop = time.Minute
	// queuedAt is the header that says when a task was queued, in Unix
	// milliseconds.
	queuedAt = "queued-at"
)

// Enqueue queues t unless it is queued or running. The error is
// [job.ErrUnavailable] if Redis does not answer.
func (q *Queue) Enqueue(ctx context.Context, t job.Task) error {
	if err := q.add(ctx, t, string(t.ID)); err != nil {
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

// add hands t to asynq under taskID, unless it is there, and wakes the lane's
// workers.
func (q *Queue) add(ctx context.Context, t job.Task, taskID string) error {
	payload, err := json.Marshal(t)
	if err != nil {
		return err
	}
	headers := map[string]string{queuedAt: strconv.FormatInt(time.Now().UnixMilli(), 10)}
	_, err = q.client.EnqueueContext(ctx, asynq.NewTaskWithHeaders(string(t.Kind), payload, headers),
		asynq.TaskID(taskID), asynq.Queue(string(t.Lane)), asynq.MaxRetry(noLimit), asynq.Timeout(q.timeout+backstop))
	if errors.Is(err, asynq.ErrTaskIDConflict) {
		return nil
	}
	if err != nil {
		return err
	}
	// Neither is worth an error: a wake-up that is lost costs the time until a
	// worker looks by itself. Asynq remembers that it has named the lane, and
	// does not name it again in a Redis that came back empty; without the name
	// it deletes nothing.
	_, _ = q.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.SAdd(ctx, queuesKey, string(t.Lane))
		p.Publish(ctx, wakeChannel, string(t.Lane))
		return nil
	})
	return nil
}

// Cancel takes the tasks of id out of the batch lane, and stops the worker
// that is on one. A synchronous request for the same image is not disturbed
// while it waits; it is answered or times out.
//
// A worker that has taken the task this very moment may miss the word. It looks
// for itself whether the job is canceled, if that is recorded before.
func (q *Queue) Cancel(ctx context.Context, id renderer.ID) error {
	if err := q.cancel(ctx, id); err != nil {
		return fmt.Errorf("cancel %s: %w", id, unavailable(err))
	}
	return nil
}

func (q *Queue) cancel(ctx context.Context, id renderer.ID) error {
	attempt, err := q.attempt(ctx, job.Batch, id)
	if err != nil {
		return err
	}
	for _, taskID := range taskIDs(id, attempt) {
		if err := q.remove(ctx, job.Batch, taskID); err != nil {
			return err
		}
	}
	return q.rdb.Publish(ctx, cancelChannel, string(id)).Err()
}

// remove takes a task out of a lane unless a worker has it.
func (q *Queue) remove(ctx context.Context, lane job.Lane, taskID string) error {
	err := q.inspect.DeleteTask(string(lane), taskID)
	if err == nil || errors.Is(err, asynq.ErrTaskNotFound) || errors.Is(err, asynq.ErrQueueNotFound) {
		return nil
	}
	// Asynq refuses to delete what a worker has, with an error of no type.
	state, stateErr := q.rdb.HGet(ctx, taskKey(lane, taskID), "state").Result()
	if stateErr == nil && state == asynq.TaskStateActive.String() {
		return nil
	}
	return err
}

// attempt is the number of the last task for id in a lane. Each of a task's
// workers that died raises it.
func (q *Queue) attempt(ctx context.Context, lane job.Lane, id renderer.ID) (int, error) {
	attempt, err := q.rdb.Get(ctx, attemptKey(lane, id)).Int()
	if errors.Is(err, redis.Nil) {
		return 0, nil
	}
	return attempt, err
}

// taskID is the asynq task ID of an attempt at an image.
func taskID(id renderer.ID, attempt int) string {
	if attempt == 0 {
		return string(id)
	}
	return string(id) + "." + strconv.Itoa(attempt)
}

// taskIDs are the tasks for id that may be alive: the last attempt, and what
// was queued afresh since.
func taskIDs(id renderer.ID, attempt int) []string {
	if attempt == 0 {
		return []string{taskID(id, 0)}
	}
	return []string{taskID(id, attempt), taskID(id, 0)}
}
