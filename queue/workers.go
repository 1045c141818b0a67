package queue

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"

	"mandelfarm/renderer/spec"
)

// Slots is how many bands all workers together can draw at a time.
func (q *Queue) Slots(ctx context.Context) (int, error) {
	members, err := q.rdb.ZRangeArgs(ctx, lately(slotsKey)).Result()
	if err != nil {
		return 0, unavailable(err)
	}
	return countSlots(members), nil
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
