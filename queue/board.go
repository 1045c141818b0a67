package queue

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"mandelfarm/job"
	"mandelfarm/renderer"
)

// boardTTL is how long what is known of a job that is drawn in bands is kept
// when nothing more happens to it. What is forgotten is found in storage.
const boardTTL = 7 * 24 * time.Hour

// Fields of a job's board.
const (
	boardBands   = "bands"
	boardStarted = "started_at" // Unix milliseconds
	boardNext    = "next"       // how many bands have been queued in their turn
)

// Begin notes that a job is drawn in so many bands from now on. Noting it again
// changes nothing.
func (q *Queue) Begin(ctx context.Context, id renderer.ID, bands int) error {
	_, err := q.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.HSetNX(ctx, boardKey(id), boardBands, bands)
		p.HSetNX(ctx, boardKey(id), boardStarted, time.Now().UnixMilli())
		p.Expire(ctx, boardKey(id), boardTTL)
		return nil
	})
	return unavailable(err)
}

// Stored notes that bands of a job are stored, and returns how many are.
func (q *Queue) Stored(ctx context.Context, id renderer.ID, bands ...int) (int, error) {
	now := float64(time.Now().UnixMilli())
	members := make([]redis.Z, len(bands))
	for i, band := range bands {
		members[i] = redis.Z{Score: now, Member: band}
	}
	var count *redis.IntCmd
	_, err := q.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		if len(members) > 0 {
			p.ZAddNX(ctx, storedKey(id), members...)
		}
		p.Expire(ctx, storedKey(id), boardTTL)
		count = p.ZCard(ctx, storedKey(id))
		return nil
	})
	if err != nil {
		return 0, unavailable(err)
	}
	return int(count.Val()), nil
}

// Next takes the next turns among a job's bands: each call gets other indices,
// from 0 up, past the last band in the end. In a Redis that came back empty the
// turns begin again.
func (q *Queue) Next(ctx context.Context, id renderer.ID, turns int) (first int, err error) {
	after, err := q.rdb.HIncrBy(ctx, boardKey(id), boardNext, int64(turns)).Result()
	return int(after) - turns, unavailable(err)
}

// Forget drops what is noted of a job.
func (q *Queue) Forget(ctx context.Context, id renderer.ID) error {
	return unavailable(q.rdb.Del(ctx, boardKey(id), storedKey(id)).Err())
}

// Slots is how many bands all workers together can draw at a time.
func (q *Queue) Slots(ctx context.Context) (int, error) {
	since := strconv.FormatInt(time.Now().Add(-claimTTL).Unix(), 10)
	members, err := q.rdb.ZRangeByScore(ctx, slotsKey, &redis.ZRangeBy{Min: since, Max: "+inf"}).Result()
	if err != nil {
		return 0, unavailable(err)
	}
	slots := 0
	for _, member := range members {
		number, _, _ := strings.Cut(member, " ")
		if n, err := strconv.Atoi(number); err == nil {
			slots += n
		}
	}
	return slots, nil
}

// Completions returns which bands of a job are known to be stored, and since
// when, oldest first.
func (q *Queue) Completions(ctx context.Context, id renderer.ID) ([]job.Completion, error) {
	members, err := q.rdb.ZRangeWithScores(ctx, storedKey(id), 0, -1).Result()
	if err != nil {
		return nil, unavailable(err)
	}
	completions := make([]job.Completion, 0, len(members))
	for _, m := range members {
		band, err := strconv.Atoi(fmt.Sprint(m.Member))
		if err == nil {
			completions = append(completions, job.Completion{Band: band, At: time.UnixMilli(int64(m.Score))})
		}
	}
	return completions, nil
}

// Progress is what is known of those of ids that are being drawn: what the
// worker on it said when it began or, of an image that is drawn in bands, how
// many there are and how many are stored.
func (q *Queue) Progress(ctx context.Context, ids ...renderer.ID) (map[renderer.ID]job.Progress, error) {
	running, err := readClaims(ctx, q.rdb, ids)
	if err != nil {
		return nil, unavailable(err)
	}
	boards := make([]*redis.MapStringStringCmd, len(ids))
	stored := make([]*redis.IntCmd, len(ids))
	_, err = q.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, id := range ids {
			boards[i], stored[i] = p.HGetAll(ctx, boardKey(id)), p.ZCard(ctx, storedKey(id))
		}
		return nil
	})
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, unavailable(err)
	}
	for i, id := range ids {
		if p, ok := readBoard(boards[i].Val()); ok {
			p.BandsDone = int(stored[i].Val())
			running[id] = p
		}
	}
	return running, nil
}

func readBoard(fields map[string]string) (job.Progress, bool) {
	bands, err := strconv.Atoi(fields[boardBands])
	if err != nil {
		return job.Progress{}, false
	}
	p := job.Progress{State: job.Running, Bands: bands}
	if started, err := strconv.ParseInt(fields[boardStarted], 10, 64); err == nil {
		p.StartedAt = time.UnixMilli(started).UTC()
	}
	return p, true
}
