package queue

import (
	"context"
	"strconv"

	"github.com/redis/go-redis/v9"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// Idle is how many bands the workers of a pool could draw now besides those that they have, while nothing else
// is to be drawn: 0 if something is pending, or waits for its turn.
func (q *Queue) Idle(ctx context.Context, pool job.Pool) (int, error) {
	slots, err := q.Slots(ctx, pool)
	if err != nil {
		return 0, err
	}
	lane := job.Batch.In(pool)
	var pending, active, waiting *redis.IntCmd
	err = pipeline(ctx, q.rdb, func(p redis.Pipeliner) {
		pending, active = p.LLen(ctx, pendingKey(lane)), p.LLen(ctx, activeKey(lane))
		waiting = p.ZCard(ctx, clientsKey(lane))
	})
	if err != nil || pending.Val()+waiting.Val() > 0 {
		return 0, unavailable(err)
	}
	return max(0, slots-int(active.Val())), nil
}

// NoteDouble notes that a second worker is given a band of a job.
func (q *Queue) NoteDouble(ctx context.Context, id spec.ID, d job.Double) error {
	return unavailable(pipeline(ctx, q.rdb, func(p redis.Pipeliner) {
		p.HSet(ctx, doublesKey(id), strconv.Itoa(d.Band), d.Twice)
		p.Expire(ctx, doublesKey(id), progressTTL)
	}))
}

// DoublesOf returns which bands of a job a second worker was given, and how many seconds of their work were expected
// to be done twice.
func (q *Queue) DoublesOf(ctx context.Context, id spec.ID) (map[int]float64, error) {
	fields, err := q.rdb.HGetAll(ctx, doublesKey(id)).Result()
	if err != nil {
		return nil, unavailable(err)
	}
	doubles := make(map[int]float64, len(fields))
	for field, value := range fields {
		band, err := strconv.Atoi(field)
		if err != nil {
			continue
		}
		if doubles[band], err = strconv.ParseFloat(value, 64); err != nil {
			delete(doubles, band)
		}
	}
	return doubles, nil
}
