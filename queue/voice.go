package queue

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"mandelfarm/job"
)

// Every process listens on a channel of its own, on which nothing is ever said: its voice. The connection ends with the process, at
// once and whatever ends it, so that Redis knows a killed worker by it seconds before its claims run out. One that is suspended, or
// whose machine is gone, still holds the connection: its claims run out.

// silence is for how long a worker must have no voice to be taken for dead: many times what it takes to connect anew after a connection
// was lost.
const silence = 500 * time.Millisecond

func voiceChannel(name string) string { return keyPrefix + "voice:" + name }

// heldKey is a set: the names of the tasks that a worker has claims on.
func heldKey(name string) string { return keyPrefix + "held:" + name }

// heldTTL is longer than any claim of a dead worker lasts.
const heldTTL = time.Minute

// announced is what workerKey holds.
type announced struct {
	job.Worker

	Voiced bool `json:"voiced"` // it can be told by its voice whether it is there
}

// Tidy gives up the claims of workers that have died ([Queue.BuryDead]), and removes what will never leave the lists of active tasks
// ([Queue.RemoveGhosts]).
func (q *Queue) Tidy(ctx context.Context) error {
	return errors.Join(q.BuryDead(ctx), q.RemoveGhosts(ctx))
}

// BuryDead gives up the claims of workers that have died, so that what they had is revived without waiting for the claims to run out.
func (q *Queue) BuryDead(ctx context.Context) error {
	names, err := q.names(ctx)
	if err != nil {
		return err
	}
	silent, err := q.voiced(ctx, q.silent(ctx, names))
	if err != nil || len(silent) == 0 {
		return unavailable(err)
	}
	select {
	case <-ctx.Done():
		return nil
	case <-time.After(silence):
	}
	var failed []error
	for _, name := range q.silent(ctx, silent) {
		failed = append(failed, q.bury(ctx, name))
	}
	return errors.Join(failed...)
}

// silent are those of some processes that have no voice. Where this one has none either, or Redis does not say, there are none: it may
// have just come back.
func (q *Queue) silent(ctx context.Context, names []string) (silent []string) {
	if len(names) == 0 {
		return nil
	}
	voices, err := q.voices(ctx, append(names, q.name))
	if err != nil || voices[voiceChannel(q.name)] == 0 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return voices[voiceChannel(name)] > 0 })
}

// voices is how many there are of each of some processes, on all nodes: each knows its own subscribers.
func (q *Queue) voices(ctx context.Context, names []string) (map[string]int64, error) {
	channels := make([]string, len(names))
	for i, name := range names {
		channels[i] = voiceChannel(name)
	}
	spread, ok := q.rdb.(*redis.ClusterClient)
	if !ok {
		return q.rdb.PubSubNumSub(ctx, channels...).Result()
	}
	var mu sync.Mutex
	all := map[string]int64{}
	err := spread.ForEachShard(ctx, func(ctx context.Context, node *redis.Client) error {
		some, err := node.PubSubNumSub(ctx, channels...).Result()
		mu.Lock()
		defer mu.Unlock()
		for channel, n := range some {
			all[channel] += n
		}
		return err
	})
	return all, err
}

// voiced are those of some workers that have a voice while they live: an earlier release had none.
func (q *Queue) voiced(ctx context.Context, names []string) (voiced []string, err error) {
	keys := make([]string, len(names))
	for i, name := range names {
		keys[i] = workerKey(name)
	}
	said, err := getAll(ctx, q.rdb, keys)
	for i, text := range said {
		var w announced
		if json.Unmarshal([]byte(text), &w) == nil && w.Voiced {
			voiced = append(voiced, names[i])
		}
	}
	return voiced, err
}

// bury gives up a dead worker's claims, and takes it out of the list.
func (q *Queue) bury(ctx context.Context, name string) error {
	names, err := q.rdb.SMembers(ctx, heldKey(name)).Result()
	if err != nil {
		return unavailable(err)
	}
	for _, held := range names {
		if err := q.giveUpOf(ctx, name, held); err != nil {
			return unavailable(err)
		}
	}
	members, err := q.rdb.ZRangeArgs(ctx, lately(slotsKey)).Result()
	if err != nil {
		return unavailable(err)
	}
	q.log.LogAttrs(ctx, slog.LevelWarn, "worker has died", slog.String("worker", name), slog.Any("tasks", names))
	return unavailable(pipeline(ctx, q.rdb, func(p redis.Pipeliner) {
		for _, member := range members {
			if _, _, of := parseSlots(member); of == name {
				p.ZRem(ctx, slotsKey, member)
			}
		}
		p.Del(ctx, workerKey(name))
		p.Del(ctx, heldKey(name))
	}))
}

// giveUpOf gives up a claim if it is a worker's.
func (q *Queue) giveUpOf(ctx context.Context, worker, name string) error {
	value, err := q.rdb.Get(ctx, claimKey(name)).Result()
	if errors.Is(err, redis.Nil) {
		return nil
	}
	var p job.Progress
	if err != nil || json.Unmarshal([]byte(value), &p) != nil || p.Worker != worker {
		return err
	}
	return q.giveUp.Run(ctx, q.rdb, []string{claimKey(name)}, value).Err()
}
