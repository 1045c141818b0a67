package queue

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// Slots is how many bands all workers of a pool together can draw at a time.
func (q *Queue) Slots(ctx context.Context, pool job.Pool) (int, error) {
	members, err := q.rdb.ZRangeArgs(ctx, lately(slotsKey)).Result()
	if err != nil {
		return 0, unavailable(err)
	}
	slots := 0
	for _, member := range members {
		if number, of, _ := parseSlots(member); of == pool {
			slots += number
		}
	}
	return slots, nil
}

// Staffed reports whether any process draws, of whatever pool, as far as they have said so within [claimTTL].
func (q *Queue) Staffed(ctx context.Context) (bool, error) {
	members, err := q.rdb.ZRangeArgs(ctx, lately(slotsKey)).Result()
	return len(members) > 0, unavailable(err)
}

// Workers are the processes that draw, in the order of their names, as they have said
// of themselves within [claimTTL].
func (q *Queue) Workers(ctx context.Context) ([]job.Worker, error) {
	names, err := q.names(ctx)
	if err != nil || len(names) == 0 {
		return nil, err
	}
	keys := make([]string, len(names))
	for i, name := range names {
		keys[i] = workerKey(name)
	}
	said, err := getAll(ctx, q.rdb, keys)
	if err != nil {
		return nil, unavailable(err)
	}
	workers := make([]job.Worker, 0, len(said))
	for _, text := range said {
		var w job.Worker
		if json.Unmarshal([]byte(text), &w) == nil {
			workers = append(workers, w)
		}
	}
	return workers, nil
}

// names are those of the processes that draw, in their order.
func (q *Queue) names(ctx context.Context) ([]string, error) {
	members, err := q.rdb.ZRangeArgs(ctx, lately(slotsKey)).Result()
	names := make([]string, len(members))
	for i, member := range members {
		_, _, names[i] = parseSlots(member)
	}
	slices.Sort(names)
	return slices.Compact(names), unavailable(err) // one that has begun to drain has two members for a moment
}

// WorkersOf names the processes that are on a job that is drawn in bands, or were
// within [claimTTL].
func (q *Queue) WorkersOf(ctx context.Context, id spec.ID) ([]string, error) {
	names, err := q.rdb.ZRangeArgs(ctx, lately(workersKey(id))).Result()
	return names, unavailable(err)
}

// lately is the range of those in a sorted set that have not been silent for
// longer than a claim lasts.
func lately(key string) redis.ZRangeArgs {
	return redis.ZRangeArgs{Key: key, ByScore: true, Start: time.Now().Add(-claimTTL).Unix(), Stop: "+inf"}
}
