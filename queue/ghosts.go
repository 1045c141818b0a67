package queue

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"mandelfarm/job"
)

// ghostDelay is for how long a task must have looked like a ghost before it is taken
// for one. A worker that is there restores its claim well within that time, whatever
// Redis has lost.
const ghostDelay = claimTTL

// removeGhost removes a task from the list of the active ones, if it is a ghost at this
// very moment. Asynq changes list, lease and task in one step, so that this sees them
// before or after, never between. The task itself goes if nobody will come to it again;
// one that waits anew under the same ID stays.
//
// KEYS are the list, the leases and the task; ARGV its ID, and the Unix second up to
// which a lease must have run out.
const removeGhost = `
local ends = redis.call("ZSCORE", KEYS[2], ARGV[1])
local state = redis.call("HGET", KEYS[3], "state")
if ends and (state or tonumber(ends) > tonumber(ARGV[2])) then
	return 0
end
local removed = redis.call("LREM", KEYS[1], 0, ARGV[1])
redis.call("ZREM", KEYS[2], ARGV[1])
if removed > 0 and state == "active" then
	redis.call("DEL", KEYS[3])
end
return removed`

// RemoveGhosts removes what is left in the lists of active tasks and will never leave
// them: those who count active tasks, as autoscalers do, would count it for ever.
//
// Asynq finds the tasks of workers that died by their leases, and reads what they are.
// Without a lease, or without the task that it is of, an entry is never looked at again.
// Redis loses the one or the other when it is short of memory and may evict keys, when a
// replica takes over that lacks some, or when somebody deletes it. A task that a worker
// has is no ghost, whatever is lost of it: its claim is there, or back within a second.
//
// Those that wait for another try, which a wrong clock has put off, are had tried as well.
//
// What is removed is not queued again: who is owed it, or waits for it, knows of it and
// has it revived.
func (q *Queue) RemoveGhosts(ctx context.Context) error {
	lanes, err := q.lanes(ctx)
	if err != nil {
		return fmt.Errorf("remove ghosts: %w", unavailable(err))
	}
	for _, lane := range lanes {
		err := q.removeGhosts(ctx, lane)
		if err == nil {
			err = q.hastenTries(ctx, lane)
		}
		if err != nil {
			return fmt.Errorf("remove ghosts of lane %s: %w", lane, unavailable(err))
		}
	}
	return nil
}

func (q *Queue) removeGhosts(ctx context.Context, lane job.Lane) error {
	active, err := q.rdb.LRange(ctx, activeKey(lane), 0, -1).Result()
	if err != nil {
		return err
	}
	suspects, err := q.suspects(ctx, lane, active)
	if err != nil {
		return err
	}
	for _, id := range q.ghosts.due(lane, suspects, time.Now()) {
		keys := []string{activeKey(lane), leaseKey(lane), taskKey(lane, id)}
		removed, err := q.removeGhost.Run(ctx, q.rdb, keys, id, leaseCutoff(time.Now())).Int()
		if err != nil {
			return err
		}
		if removed > 0 {
			q.banished.Add(1)
			q.log.LogAttrs(ctx, slog.LevelWarn, "ghost removed", slog.String("lane", string(lane)), slog.String("task", id))
		}
	}
	return nil
}

// leaseCutoff is up to which Unix second a lease must have run out for its worker to be
// gone: that is asynq's own, and more than clocks differ by.
func leaseCutoff(now time.Time) int64 { return now.Add(-lease).Unix() }

// suspects returns those of the active tasks that look like ghosts, in one round trip.
func (q *Queue) suspects(ctx context.Context, lane job.Lane, ids []string) ([]string, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	leases, states, claims := make([]*redis.FloatCmd, len(ids)), make([]*redis.StringCmd, len(ids)), make([]*redis.IntCmd, len(ids))
	err := pipeline(ctx, q.rdb, func(p redis.Pipeliner) {
		for i, id := range ids {
			leases[i] = p.ZScore(ctx, leaseKey(lane), id)
			states[i] = p.HGet(ctx, taskKey(lane, id), "state")
			claims[i] = p.Exists(ctx, claimKey(nameOf(id)))
		}
	})
	if err != nil {
		return nil, err
	}
	cutoff := float64(leaseCutoff(time.Now()))
	var suspects []string
	for i, id := range ids {
		leased := leases[i].Err() == nil && (states[i].Err() == nil || leases[i].Val() > cutoff)
		if !leased && claims[i].Val() == 0 {
			suspects = append(suspects, id)
		}
	}
	return suspects, nil
}

// nameOf is the name of the task of which an asynq task is an attempt: see taskID.
func nameOf(taskID string) string {
	name, attempt, _ := strings.Cut(taskID, ".")
	if _, err := strconv.Atoi(attempt); err != nil {
		return taskID
	}
	return name
}

// ghosts are the tasks that look like ghosts to this process, and since when.
type ghosts struct {
	mu    sync.Mutex
	since map[job.Lane]map[string]time.Time // by ID
}

// due notes which tasks of a lane look like ghosts now, and returns those that have for
// long enough.
func (g *ghosts) due(lane job.Lane, suspects []string, now time.Time) (due []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	since := make(map[string]time.Time, len(suspects))
	for _, id := range suspects {
		first, known := g.since[lane][id]
		if !known {
			first = now
		}
		since[id] = first
		if now.Sub(first) >= ghostDelay {
			due = append(due, id)
		}
	}
	if g.since == nil {
		g.since = make(map[job.Lane]map[string]time.Time)
	}
	g.since[lane] = since
	return due
}
