package queue

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"

	"mandelfarm/job"
)

// Backlogs tells how each lane stands, given the workers that are there.
func (q *Queue) Backlogs(ctx context.Context, workers []job.Worker) ([]job.Backlog, error) {
	stats, err := q.Stats(ctx)
	if err != nil {
		return nil, err
	}
	now, all := time.Now(), make([]job.Backlog, len(stats.Lanes))
	for i, lane := range stats.Lanes {
		b := job.Backlog{
			Lane: lane.Lane, Pending: lane.Tasks["pending"], Active: lane.Tasks["active"],
			Delayed: lane.Tasks["scheduled"] + lane.Tasks["retry"], Paused: lane.Paused, Limit: q.limit,
		}
		if lane.Oldest > 0 {
			b.Oldest = now.Add(-lane.Oldest).UTC().Truncate(time.Millisecond)
		}
		for _, w := range workers {
			b.Done += w.Lanes[lane.Lane].Done
			if w.Takes(lane.Lane, now) {
				b.Slots += w.Lanes[lane.Lane].Slots
			}
		}
		all[i] = b
	}
	return all, nil
}

// Position is the place of a job's own task among those that wait in its lane, 1 for
// the one that is next; 0 if it does not wait there.
func (q *Queue) Position(ctx context.Context, t job.Task) (int, error) {
	attempt, err := q.attempt(ctx, t)
	if err != nil {
		return 0, unavailable(err)
	}
	for _, id := range taskIDs(t.Name(), attempt) {
		place, err := q.position(ctx, t.Lane, id)
		if place > 0 || err != nil {
			return place, unavailable(err)
		}
	}
	return 0, nil
}

func (q *Queue) position(ctx context.Context, lane job.Lane, taskID string) (int, error) {
	var index, length *redis.IntCmd
	_, err := q.rdb.TxPipelined(ctx, func(p redis.Pipeliner) error {
		index = p.LPos(ctx, pendingKey(lane), taskID, redis.LPosArgs{Rank: -1})
		length = p.LLen(ctx, pendingKey(lane))
		return nil
	})
	if errors.Is(err, redis.Nil) {
		return 0, nil
	}
	return int(length.Val() - index.Val()), err
}
