package queue

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// progressTTL is how long what is known of a job that is drawn in bands is kept
// when nothing more happens to it. What is forgotten is found in storage.
const progressTTL = 7 * 24 * time.Hour

// Fields of a job's progress.
const (
	fieldBands    = "bands"
	fieldStarted  = "started_at" // Unix milliseconds
	fieldFailures = "failures"   // deliveries that failed
	fieldError    = "error"      // why the last of them did
)

// Begin notes that a job is drawn in so many bands from now on. Noting it again changes
// nothing.
func (q *Queue) Begin(ctx context.Context, id spec.ID, bands int) error {
	err := pipeline(ctx, q.rdb, func(p redis.Pipeliner) {
		p.HSetNX(ctx, progressKey(id), fieldStarted, time.Now().UnixMilli())
		p.HSetNX(ctx, progressKey(id), fieldBands, bands)
		p.Expire(ctx, progressKey(id), progressTTL)
	})
	return unavailable(err)
}

// Stored notes that bands of a job are stored since a time, which is zero if that
// is not known. It returns how many are known to be stored.
func (q *Queue) Stored(ctx context.Context, id spec.ID, at time.Time, bands ...int) (count int, err error) {
	score := 0.0
	if !at.IsZero() {
		score = float64(at.UnixMilli())
	}
	members, fields := make([]redis.Z, len(bands)), make([]string, len(bands))
	for i, band := range bands {
		members[i], fields[i] = redis.Z{Score: score, Member: band}, strconv.Itoa(band)
	}
	var all *redis.IntCmd
	err = pipeline(ctx, q.rdb, func(p redis.Pipeliner) {
		if len(members) > 0 {
			p.ZAddNX(ctx, storedKey(id), members...)
			p.HDel(ctx, drawingKey(id), fields...)
		}
		p.Expire(ctx, storedKey(id), progressTTL)
		all = p.ZCard(ctx, storedKey(id))
	})
	return int(all.Val()), unavailable(err)
}

// Failed notes that a delivery of one of the job's tasks has failed.
func (q *Queue) Failed(ctx context.Context, id spec.ID, reason string) error {
	err := pipeline(ctx, q.rdb, func(p redis.Pipeliner) {
		p.HIncrBy(ctx, progressKey(id), fieldFailures, 1)
		p.HSet(ctx, progressKey(id), fieldError, reason)
		p.Expire(ctx, progressKey(id), progressTTL)
	})
	return unavailable(err)
}

// Forget drops what is noted of a job.
func (q *Queue) Forget(ctx context.Context, id spec.ID) error {
	return unavailable(pipeline(ctx, q.rdb, func(p redis.Pipeliner) {
		p.Del(ctx, progressKey(id))
		p.Del(ctx, storedKey(id))
		p.Del(ctx, drawingKey(id))
		p.Del(ctx, doublesKey(id))
	}))
}

// Completions returns which bands of a job are known to be stored, and since
// when, oldest first; those of which that is not known come before.
func (q *Queue) Completions(ctx context.Context, id spec.ID) ([]job.Completion, error) {
	members, err := q.rdb.ZRangeWithScores(ctx, storedKey(id), 0, -1).Result()
	if err != nil {
		return nil, unavailable(err)
	}
	completions := make([]job.Completion, 0, len(members))
	for _, m := range members {
		band, err := strconv.Atoi(fmt.Sprint(m.Member))
		if err != nil {
			continue
		}
		c := job.Completion{Band: band}
		if m.Score > 0 {
			c.At = time.UnixMilli(int64(m.Score))
		}
		completions = append(completions, c)
	}
	return completions, nil
}

// ProgressOf is what is known of those of ids that have been begun: what the worker
// on it said when it began or, of an image that is drawn in bands, how many there
// are and how many are stored; and how often it has failed.
func (q *Queue) ProgressOf(ctx context.Context, ids ...spec.ID) (map[spec.ID]job.Progress, error) {
	known, err := readClaims(ctx, q.rdb, ids)
	if err != nil {
		return nil, unavailable(err)
	}
	hashes := make([]*redis.MapStringStringCmd, len(ids))
	stored, prepasses := make([]*redis.IntCmd, len(ids)), make([]*redis.StringCmd, len(ids))
	err = pipeline(ctx, q.rdb, func(p redis.Pipeliner) {
		for i, id := range ids {
			hashes[i], stored[i] = p.HGetAll(ctx, progressKey(id)), p.ZCard(ctx, storedKey(id))
			prepasses[i] = p.Get(ctx, prepassKey(id))
		}
	})
	if err != nil {
		return nil, unavailable(err)
	}
	for i, id := range ids {
		p, claimed := known[id]
		if done, err := prepasses[i].Float64(); err == nil && claimed {
			p.Prepass = done
			known[id] = p
		}
		fields := hashes[i].Val()
		if len(fields) == 0 {
			continue
		}
		if !claimed {
			p.State = job.Queued
		}
		known[id] = readProgress(p, fields, int(stored[i].Val()))
	}
	return known, nil
}

// readProgress completes what a claim says with the fields that are noted of a job.
func readProgress(p job.Progress, fields map[string]string, stored int) job.Progress {
	p.Failures, _ = strconv.Atoi(fields[fieldFailures]) // 0 if there were none
	p.Error = fields[fieldError]
	bands, err := strconv.Atoi(fields[fieldBands])
	if err != nil {
		return p
	}
	p.State, p.Bands, p.BandsDone, p.Prepass = job.Running, bands, stored, 0
	if started, err := strconv.ParseInt(fields[fieldStarted], 10, 64); err == nil {
		p.StartedAt = time.UnixMilli(started).UTC()
	}
	return p
}
