package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

const (
	// claimTTL is how long a claim outlives the worker that held it. A worker
	// that is slow to renew, because its machine is overloaded, must not lose
	// claims; one that is dead must be found out soon.
	claimTTL = 5 * time.Second
	// claimRenewal leaves room for four lost renewals in a row.
	claimRenewal = time.Second
)

// claims are the images and bands this process is drawing.
type claims struct {
	rdb    redis.UniversalClient
	worker string // this process
	giveUp *redis.Script

	presence *presence // what this process says of itself, by the same heartbeat

	mu   sync.Mutex
	held map[string][]byte // by name, what the claim says, as stored
}

// giveUp deletes a claim if it is still the one that was taken.
const giveUp = `
if redis.call("GET", KEYS[1]) == ARGV[1] then
	return redis.call("DEL", KEYS[1])
end
return 0`

func newClaims(p *presence) *claims {
	return &claims{
		rdb: p.queue.rdb, worker: p.queue.name, presence: p, giveUp: p.queue.giveUp, held: make(map[string][]byte),
	}
}

// take claims a name for as long as keep runs, unless another worker has it. When
// Redis cannot say, the claim is taken: drawing twice is harmless.
func (c *claims) take(ctx context.Context, name string, p job.Progress) bool {
	value, err := json.Marshal(p)
	if err != nil {
		return false
	}
	c.mu.Lock()
	_, mine := c.held[name]
	c.mu.Unlock()
	if mine {
		return false
	}
	if ok, err := setNX(ctx, c.rdb, claimKey(name), value, claimTTL); err == nil && !ok {
		return false
	}
	c.mu.Lock()
	c.held[name] = value
	c.mu.Unlock()
	// If this fails, the next renewal says it.
	_ = pipeline(ctx, c.rdb, func(p redis.Pipeliner) { c.join(ctx, p, name) })
	return true
}

// release gives a claim up. A failure is not reported: the claim runs out.
func (c *claims) release(ctx context.Context, name string) {
	c.mu.Lock()
	value := c.held[name]
	delete(c.held, name)
	c.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, claimRenewal)
	defer cancel()
	_ = c.giveUp.Run(ctx, c.rdb, []string{claimKey(name)}, value).Err()
	_ = c.rdb.SRem(ctx, heldKey(c.worker), name).Err()
}

// keep renews the claims, and what this process says of itself, until ctx ends. It
// also restores them in a Redis that came back empty.
func (c *claims) keep(ctx context.Context) {
	tick := time.NewTicker(claimRenewal)
	defer tick.Stop()
	for {
		c.presence.announce(ctx)
		select {
		case <-ctx.Done():
			c.presence.examining.Wait()
			c.presence.leave(context.WithoutCancel(ctx))
			return
		case <-tick.C:
			c.renew(ctx)
		}
	}
}

// renew stores every claim anew. A failure is not reported: the next renewal
// follows. The lock is held meanwhile, or a claim that is given up between could
// be stored after it was deleted.
func (c *claims) renew(ctx context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.held) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, claimRenewal)
	defer cancel()
	_ = pipeline(ctx, c.rdb, func(p redis.Pipeliner) {
		for name, value := range c.held {
			p.Set(ctx, claimKey(name), value, claimTTL)
			c.join(ctx, p, name)
		}
	})
}

// join says that this process has the claim, and is on the job that it is a part of. Other
// claims than those of parts say so themselves.
func (c *claims) join(ctx context.Context, p redis.Pipeliner, name string) {
	held := heldKey(c.worker)
	p.SAdd(ctx, held, name)
	p.Expire(ctx, held, heldTTL)
	id, _, part := strings.Cut(name, "/")
	if !part {
		return
	}
	key := workersKey(spec.ID(id))
	p.ZAdd(ctx, key, redis.Z{Score: float64(time.Now().Unix()), Member: c.worker})
	p.Expire(ctx, key, time.Minute)
}

// readClaims returns what the holders of the claims on ids said when they took
// them; an image without a claim is not in the result.
func readClaims(ctx context.Context, rdb redis.UniversalClient, ids []spec.ID) (map[spec.ID]job.Progress, error) {
	claimed := make(map[spec.ID]job.Progress)
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = claimKey(string(id))
	}
	values, err := getAll(ctx, rdb, keys)
	if err != nil {
		return nil, err
	}
	for i, id := range ids {
		if values[i] == "" {
			continue
		}
		var p job.Progress
		if err := json.Unmarshal([]byte(values[i]), &p); err != nil {
			return nil, fmt.Errorf("claim on %s: %w", id, err)
		}
		claimed[id] = p
	}
	return claimed, nil
}

// setNX sets key to value for ttl unless it is set.
func setNX(ctx context.Context, rdb redis.UniversalClient, key string, value any, ttl time.Duration) (bool, error) {
	err := rdb.SetArgs(ctx, key, value, redis.SetArgs{Mode: "NX", TTL: ttl}).Err()
	if errors.Is(err, redis.Nil) {
		return false, nil
	}
	return err == nil, err
}
