package queue

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"mandelfarm/job"
)

// Stats is what Redis holds at one moment.
type Stats struct {
	Lanes   []LaneStats // in the order of [job.Lanes], and then those of pools
	Workers int         // processes that draw bands, or did so within [claimTTL]
	Slots   int         // bands that they can draw at a time
}

// LaneStats is what Redis holds of one lane.
type LaneStats struct {
	Lane    job.Lane
	Waiting int            // jobs that have tasks to be handed out, before those are pending
	Clients int            // that they are of
	Tasks   map[string]int // how many are in each of TaskStates
	Oldest  time.Duration  // for how long the first of the pending tasks has been one; 0 if none is
	Paused  bool           // no worker takes tasks of it
}

// TaskStates lists the states of tasks in a lane, by asynq's names. Pending tasks
// wait for a worker, active ones have one, and those in the state retry wait for their
// time.
func TaskStates() []string { return []string{"pending", "active", "scheduled", "retry", "archived"} }

// Stats reads what Redis holds, at a cost that does not depend on the number of
// tasks: asynq's own statistics also estimate memory, task by task. A Redis that does
// not answer is an error, [job.ErrUnavailable].
func (q *Queue) Stats(ctx context.Context) (Stats, error) {
	lanes, err := q.lanes(ctx)
	if err != nil {
		return Stats{}, fmt.Errorf("statistics of the queue: %w", unavailable(err))
	}
	asked := make([]laneQuestion, len(lanes))
	var slots *redis.StringSliceCmd
	err = pipeline(ctx, q.rdb, func(p redis.Pipeliner) {
		for i, lane := range lanes {
			asked[i] = askLane(ctx, p, lane)
		}
		slots = p.ZRangeArgs(ctx, lately(slotsKey))
	})
	if err != nil {
		return Stats{}, fmt.Errorf("statistics of the queue: %w", unavailable(err))
	}
	since, err := q.pendingSince(ctx, asked)
	if err != nil {
		return Stats{}, fmt.Errorf("statistics of the queue: %w", unavailable(err))
	}
	stats := Stats{Workers: len(slots.Val()), Slots: countSlots(slots.Val())}
	for i := range asked {
		stats.Lanes = append(stats.Lanes, asked[i].stats(since[i]))
	}
	return stats, nil
}

// lanes are those of the default pool, and those of other pools that are in use, or were.
func (q *Queue) lanes(ctx context.Context) ([]job.Lane, error) {
	used, err := q.rdb.SMembers(ctx, queuesKey).Result()
	if err != nil {
		return nil, err
	}
	all := job.Lanes()
	slices.Sort(used)
	for _, name := range used {
		if lane, ok := job.ParseLane(name); ok && lane.Pool() != "" {
			all = append(all, lane)
		}
	}
	return all, nil
}

// laneQuestion is what Redis is asked of a lane, in one round trip with the others.
type laneQuestion struct {
	lane             job.Lane
	counts           map[string]*redis.IntCmd // by state
	waiting, clients *redis.IntCmd
	oldest           *redis.StringCmd // the ID of the pending task that is the next to be taken
	paused           *redis.IntCmd
}

func askLane(ctx context.Context, p redis.Pipeliner, lane job.Lane) laneQuestion {
	q := laneQuestion{lane: lane, counts: make(map[string]*redis.IntCmd)}
	for _, state := range TaskStates() {
		switch key := asynqKey(lane, state); state {
		case "pending", "active":
			q.counts[state] = p.LLen(ctx, key)
		default:
			q.counts[state] = p.ZCard(ctx, key)
		}
	}
	q.oldest = p.LIndex(ctx, pendingKey(lane), -1)
	q.waiting, q.clients = p.HLen(ctx, entriesKey(lane)), p.ZCard(ctx, clientsKey(lane))
	q.paused = p.Exists(ctx, pausedKey(lane))
	return q
}

// pendingSince asks since when the oldest pending task of each lane is pending. A lane
// has none, or had: a worker may have taken it between.
func (q *Queue) pendingSince(ctx context.Context, asked []laneQuestion) ([]*redis.StringCmd, error) {
	since := make([]*redis.StringCmd, len(asked))
	err := pipeline(ctx, q.rdb, func(p redis.Pipeliner) {
		for i := range asked {
			since[i] = p.HGet(ctx, taskKey(asked[i].lane, asked[i].oldest.Val()), "pending_since")
		}
	})
	return since, err
}

// stats are the answers; since is in Unix nanoseconds.
func (q laneQuestion) stats(since *redis.StringCmd) LaneStats {
	s := LaneStats{Lane: q.lane, Tasks: make(map[string]int, len(q.counts)), Paused: q.paused.Val() > 0}
	s.Waiting, s.Clients = int(q.waiting.Val()), int(q.clients.Val())
	for state, count := range q.counts {
		s.Tasks[state] = int(count.Val())
	}
	if ns, err := since.Int64(); err == nil {
		s.Oldest = max(0, time.Since(time.Unix(0, ns)))
	}
	return s
}

// countSlots adds up what workers of all pools say in slotsKey.
func countSlots(members []string) (slots int) {
	for _, member := range members {
		number, _, _ := parseSlots(member)
		slots += number
	}
	return slots
}

// Counts is what this process has done since it began.
type Counts struct {
	Revived   int64 // bands and assemblies that were owed and lost, and that it has queued anew
	TakenOver int64 // those of them whose worker had died
	Ghosts    int64 // entries of tasks that nobody had, and that it has removed
}

// Counts tells what this process has done.
func (q *Queue) Counts() Counts {
	return Counts{Revived: q.revived.Load(), TakenOver: q.takenOver.Load(), Ghosts: q.banished.Load()}
}

// counters are the numbers behind [Queue.Counts].
type counters struct {
	revived, takenOver, banished atomic.Int64
}
