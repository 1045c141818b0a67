package queue

import (
	"context"
	"encoding/json"
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
			Lane: lane.Lane, Waiting: lane.Waiting, Pending: lane.Tasks["pending"], Active: lane.Tasks["active"],
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
// the one that is next; 0 if it does not wait there. Of one that waits for its turn it is about that: as if all clients
// took turns with jobs of one cost.
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
	return q.turnOf(ctx, t)
}

// turnOf is about the place of a job's own task that waits for its turn; 0 if it does not.
func (q *Queue) turnOf(ctx context.Context, t job.Task) (int, error) {
	entry, err := q.rdb.HGet(ctx, entriesKey(t.Lane), string(t.ID)).Result()
	if errors.Is(err, redis.Nil) {
		return 0, nil
	}
	var e struct{ M, Client string }
	if err == nil {
		err = json.Unmarshal([]byte(entry), &e)
	}
	if err != nil {
		return 0, unavailable(err)
	}
	var pending, clients, ahead *redis.IntCmd
	err = pipeline(ctx, q.rdb, func(p redis.Pipeliner) {
		pending, clients = p.LLen(ctx, pendingKey(t.Lane)), p.ZCard(ctx, clientsKey(t.Lane))
		ahead = p.ZLexCount(ctx, waitingKey(t.Lane), "["+e.Client+"\t", "("+e.M)
	})
	return int(pending.Val()+clients.Val()*ahead.Val()) + 1, unavailable(err)
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
