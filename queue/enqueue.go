package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"mandelfarm/internal/requestid"
	"mandelfarm/internal/tracing"
	"mandelfarm/job"
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
	// deaths is the header that says how many workers have died with the task, if
	// any have.
	deaths = "deaths"
	// requestHeader is the header that says which request a task follows from, if
	// that is known.
	requestHeader = "request-id"
)

// Enqueue queues t unless it is queued or running. The error is
// [job.ErrUnavailable] if Redis does not answer.
func (q *Queue) Enqueue(ctx context.Context, t job.Task) error {
	err := produce(ctx, t, func(ctx context.Context, headers map[string]string) error {
		return q.add(ctx, t, 0, headers)
	})
	if err != nil {
		return fmt.Errorf("queue %s: %w", t.Name(), unavailable(err))
	}
	return nil
}

// Room reports whether a lane may be given one more task: the error is
// [job.ErrQueueFull] if as many wait as the limit allows, for a worker or for their turn.
// Those who have been promised an image need not ask.
func (q *Queue) Room(ctx context.Context, lane job.Lane) error {
	var pending, offered *redis.IntCmd
	err := pipeline(ctx, q.rdb, func(p redis.Pipeliner) {
		pending, offered = p.LLen(ctx, pendingKey(lane)), p.HLen(ctx, entriesKey(lane))
	})
	if err != nil {
		return fmt.Errorf("length of lane %s: %w", lane, unavailable(err))
	}
	if waiting := pending.Val() + offered.Val(); waiting >= int64(q.limit) {
		return fmt.Errorf("%w: %d tasks wait in lane %s", job.ErrQueueFull, waiting, lane)
	}
	return nil
}

// produce has a task queued with what it is sent with by whoever wants it done: the request and the trace
// that it follows from.
func produce(ctx context.Context, t job.Task, queue func(context.Context, map[string]string) error) (err error) {
	ctx, span := tracing.Start(ctx, tracing.Producer, "queue "+string(t.Kind), taskAttrs(t)...)
	defer func() { span.End(err) }()
	headers := make(map[string]string)
	if request := requestid.Of(ctx); request != "" {
		headers[requestHeader] = request
	}
	tracing.Inject(ctx, headers)
	return queue(ctx, headers)
}

// add hands an attempt at t to asynq with what it is sent with, unless it is there, and wakes
// the lane's workers.
func (q *Queue) add(ctx context.Context, t job.Task, attempt int, headers map[string]string) (err error) {
	payload, err := json.Marshal(t)
	if err != nil {
		return err
	}
	headers = maps.Clone(headers)
	headers[queuedAt] = strconv.FormatInt(time.Now().UnixMilli(), 10)
	if attempt > 0 {
		headers[deaths] = strconv.Itoa(attempt)
	}
	_, err = q.client.EnqueueContext(ctx, asynq.NewTaskWithHeaders(string(t.Kind), payload, headers),
		asynq.TaskID(taskID(t.Name(), attempt)), asynq.Queue(string(t.Lane)), asynq.MaxRetry(noLimit), asynq.Timeout(q.timeout+backstop))
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
	_ = pipeline(ctx, q.rdb, func(p redis.Pipeliner) {
		p.SAdd(ctx, queuesKey, string(t.Lane))
		p.Publish(ctx, wakeChannel, string(t.Lane))
	})
	return nil
}

// Cancel takes the job's own tasks out of the control lane, takes back what was to be
// handed out, forgets how far it was, and stops the workers that are on any task of the job. A synchronous
// request for the same image is not disturbed while it waits; it is answered or
// times out.
//
// Bands that wait stay where they are: the worker that comes to one finds that
// the job is canceled, if that is recorded before, and so does one that has taken
// a task this very moment and missed the word.
func (q *Queue) Cancel(ctx context.Context, j job.Job) error {
	if err := q.cancel(ctx, j); err != nil {
		return fmt.Errorf("cancel %s: %w", j.ID, unavailable(err))
	}
	return nil
}

func (q *Queue) cancel(ctx context.Context, j job.Job) error {
	for _, t := range []job.Task{j.Task(), j.AssembleTask()} {
		attempt, err := q.attempt(ctx, t)
		if err != nil {
			return err
		}
		for _, taskID := range taskIDs(t.Name(), attempt) {
			if _, err := q.remove(ctx, t.Lane, taskID); err != nil {
				return err
			}
		}
	}
	if err := q.Retract(ctx, j); err != nil {
		return err
	}
	if err := q.Forget(ctx, j.ID); err != nil { // previews stay true
		return err
	}
	return q.rdb.Publish(ctx, cancelChannel, string(j.ID)).Err()
}

// Withdraw takes a task out of its lane unless a worker has it, and reports whether
// it was there. It is for what somebody has waited for; a job is canceled.
func (q *Queue) Withdraw(ctx context.Context, t job.Task) (withdrawn bool, err error) {
	attempt, err := q.attempt(ctx, t)
	for _, taskID := range taskIDs(t.Name(), attempt) {
		var removed bool
		if err == nil {
			removed, err = q.remove(ctx, t.Lane, taskID)
		}
		withdrawn = withdrawn || removed
	}
	if err != nil {
		return withdrawn, fmt.Errorf("withdraw %s: %w", t.Name(), unavailable(err))
	}
	return withdrawn, nil
}

// remove takes a task out of a lane unless a worker has it, and reports whether it
// was there.
func (q *Queue) remove(ctx context.Context, lane job.Lane, taskID string) (bool, error) {
	err := q.inspector.DeleteTask(string(lane), taskID)
	if err == nil {
		return true, nil
	}
	if errors.Is(err, asynq.ErrTaskNotFound) || errors.Is(err, asynq.ErrQueueNotFound) {
		return false, nil
	}
	// Asynq refuses to delete what a worker has, with an error of no type.
	state, stateErr := q.rdb.HGet(ctx, taskKey(lane, taskID), "state").Result()
	if stateErr == nil && state == asynq.TaskStateActive.String() {
		return false, nil
	}
	return false, err
}

// attempt is the number of the last asynq task for t. Each of a task's workers
// that died raises it.
func (q *Queue) attempt(ctx context.Context, t job.Task) (int, error) {
	attempt, err := q.rdb.Get(ctx, attemptKey(t.Lane, t.Name())).Int()
	if errors.Is(err, redis.Nil) {
		return 0, nil
	}
	return attempt, err
}

// taskID is the asynq task ID of an attempt at the task with this name.
func taskID(name string, attempt int) string {
	if attempt == 0 {
		return name
	}
	return name + "." + strconv.Itoa(attempt)
}

// taskIDs are the asynq tasks that may be alive: the last attempt, and what was
// queued afresh since.
func taskIDs(name string, attempt int) []string {
	if attempt == 0 {
		return []string{taskID(name, 0)}
	}
	return []string{taskID(name, attempt), taskID(name, 0)}
}
