package queue

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"mandelfarm/job"
)

const (
	// lease is how far ahead asynq sets the end of a lease, when a worker takes
	// a task and every five seconds after that.
	lease = 30 * time.Second
	// claimDelay is how long after that a task may be without a claim and yet have
	// a worker: the time between asynq's delivery and the claim, generously, and
	// what clocks differ by that are right. By one that is wrong a lease is of another
	// time, and counts as none: at worst a task is drawn twice. It must be below claimTTL, so that a lease is never
	// that young when the claim of a dead worker has run out.
	claimDelay = 2 * time.Second
	// attemptTTL is how long an attempt's number is remembered: longer than
	// asynq takes to recover the dead one itself (about two minutes), after
	// which the numbers may start again.
	attemptTTL = time.Hour
)

// Revive queues t anew if it is lost: neither waiting nor being drawn. A worker
// that has died is found out when its claim has run out, within [claimTTL], or was given up by [Queue.BuryDead]; its
// task is queued again under another task ID.
func (q *Queue) Revive(ctx context.Context, t job.Task) error {
	err := produce(ctx, t, func(ctx context.Context, headers map[string]string) error {
		revived, err := q.replace(ctx, t, headers)
		if revived {
			q.revived.Add(1)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("revive %s: %w", t.Name(), unavailable(err))
	}
	return nil
}

// replace queues t unless it waits or is being drawn, in the place of what may be left of it, and reports whether it has.
func (q *Queue) replace(ctx context.Context, t job.Task, headers map[string]string) (queued bool, err error) {
	attempt, err := q.attempt(ctx, t)
	if err != nil {
		return false, err
	}
	seen, err := q.inspect(ctx, t, taskIDs(t.Name(), attempt))
	if err != nil || seen.alive {
		return false, err
	}
	if seen.dead {
		attempt++
		if err := q.rdb.Set(ctx, attemptKey(t.Lane, t.Name()), attempt, attemptTTL).Err(); err != nil {
			return false, err
		}
	}
	for _, stale := range seen.stale {
		if _, err := q.remove(ctx, t.Lane, stale); err != nil {
			return false, err
		}
	}
	if err := q.add(ctx, t, attempt, headers); err != nil {
		return false, err
	}
	if seen.dead {
		q.takenOver.Add(1)
	}
	return true, nil
}

// resetAttempts begins the count of a task's attempts anew: it has come to an end, and
// who queues it again has a reason to. A failure is not reported: the count runs
// out.
func (q *Queue) resetAttempts(ctx context.Context, t job.Task) {
	ctx, cancel := context.WithTimeout(ctx, claimRenewal)
	defer cancel()
	_ = q.rdb.Del(ctx, attemptKey(t.Lane, t.Name())).Err()
}

// NotWaiting returns those of tasks that no worker can be expected to come to: a
// worker has them, or nobody. It costs far less than to revive them all. Tasks are named
// by their lanes in the default pool and found in any pool's: whoever lists what is owed
// does not know of pools.
func (q *Queue) NotWaiting(ctx context.Context, tasks ...job.Task) ([]job.Task, error) {
	if len(tasks) == 0 {
		return nil, nil
	}
	lanes, err := q.lanes(ctx)
	if err != nil {
		return nil, unavailable(err)
	}
	states := make([][]*redis.StringCmd, len(tasks))
	turns := make([][]*redis.BoolCmd, len(tasks))
	err = pipeline(ctx, q.rdb, func(p redis.Pipeliner) {
		for i, t := range tasks {
			for _, lane := range lanes {
				if lane.Base() == t.Lane {
					states[i] = append(states[i], p.HGet(ctx, taskKey(lane, t.Name()), "state"))
					turns[i] = append(turns[i], p.HExists(ctx, entriesKey(lane), t.Name()))
				}
			}
		}
	})
	if err != nil {
		return nil, unavailable(err)
	}
	var others []job.Task
	for i, t := range tasks {
		if !slices.ContainsFunc(states[i], waits) && !slices.ContainsFunc(turns[i], (*redis.BoolCmd).Val) {
			others = append(others, t)
		}
	}
	return others, nil
}

// waits reports whether the state of a task is that of one which a worker will come to.
func waits(state *redis.StringCmd) bool {
	switch state.Val() {
	case asynq.TaskStatePending.String(), asynq.TaskStateRetry.String(), asynq.TaskStateScheduled.String():
		return true
	}
	return false
}

// taskState is what Redis holds of the tasks for an image.
type taskState struct {
	alive bool     // one waits or is being drawn
	dead  bool     // one has had a worker, which is gone
	stale []string // those that nobody will touch again but whose ID is taken
}

// inspect examines the claim on t's image, and tasks for it, in one round trip.
func (q *Queue) inspect(ctx context.Context, t job.Task, ids []string) (taskState, error) {
	var claim *redis.IntCmd
	states := make([]*redis.StringCmd, len(ids))
	leases := make([]*redis.FloatCmd, len(ids))
	err := pipeline(ctx, q.rdb, func(p redis.Pipeliner) {
		claim = p.Exists(ctx, claimKey(t.Name()))
		for i, id := range ids {
			states[i] = p.HGet(ctx, taskKey(t.Lane, id), "state")
			leases[i] = p.ZScore(ctx, leaseKey(t.Lane), id)
		}
	})
	if err != nil {
		return taskState{}, err
	}
	s := taskState{alive: claim.Val() > 0}
	for i, id := range ids {
		s.add(id, states[i].Val(), leases[i].Val())
	}
	return s, nil
}

// add takes one task into account, by its state in asynq and the Unix second at
// which its lease ends; both are zero if there is none.
func (s *taskState) add(id, state string, leaseEnd float64) {
	switch state {
	case "":
	case asynq.TaskStateActive.String():
		set := lease - time.Until(time.Unix(int64(leaseEnd), 0)) // ago
		young := -claimDelay < set && set < claimDelay
		s.alive = s.alive || young
		s.dead = s.dead || !young
	case asynq.TaskStateArchived.String(), asynq.TaskStateCompleted.String():
		s.stale = append(s.stale, id)
	default: // pending, or to become it in time
		s.alive = true
	}
}
