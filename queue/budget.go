package queue

import (
	"context"
	"errors"
	"time"

	"mandelfarm/access"
)

// paidFor is how long a client that asks again for the same thing pays nothing.
const paidFor = time.Hour

// spend takes from a bucket of tokens, by the clock of Redis. KEYS are the bucket, and if there is a second what says that the same was paid for. ARGV holds
// quota, window in milliseconds, amount, and for how many seconds it is kept that it was paid. It returns the whole tokens there are then, and the milliseconds
// until there is enough, which is 0 if it was taken, and until the bucket is full.
const spend = `
local quota, window, amount = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if KEYS[2] and redis.call("EXISTS", KEYS[2]) == 1 then
	amount = 0
end
local clock = redis.call("TIME")
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local tokens = tonumber(redis.call("HGET", KEYS[1], "tokens") or quota)
local since = tonumber(redis.call("HGET", KEYS[1], "at") or now)
tokens = math.min(quota, tokens + math.max(0, now - since) * quota / window)
local missing = math.min(amount, quota) - tokens
if missing > 0 then
	return {math.floor(math.max(0, tokens)), math.ceil(missing * window / quota), math.ceil((quota - tokens) * window / quota)}
end
tokens = tokens - amount
local full = math.ceil((quota - tokens) * window / quota)
redis.call("HSET", KEYS[1], "tokens", string.format("%.3f", tokens), "at", string.format("%.0f", now))
redis.call("EXPIRE", KEYS[1], string.format("%.0f", math.ceil(full / 1000) + 1))
if KEYS[2] then
	redis.call("SET", KEYS[2], "1", "EX", ARGV[4])
end
return {math.floor(math.max(0, tokens)), 0, full}`

// The keys of a client are in one slot of a cluster, by what is in braces: a script may touch no others.
func budgetKey(client, name string) string { return keyPrefix + "budget:{" + client + "}:" + name }
func paidKey(client, what string) string   { return keyPrefix + "paid:{" + client + "}:" + what }

// Spend takes a charge from a budget of a client, if there is enough in it, and returns how it stands. The error is
// [job.ErrUnavailable] if Redis does not answer.
func (q *Queue) Spend(ctx context.Context, client string, c access.Charge) (access.Balance, error) {
	keys := []string{budgetKey(client, c.Name)}
	if c.For != "" {
		keys = append(keys, paidKey(client, c.For))
	}
	said, err := q.spend.Run(ctx, q.rdb, keys, c.Quota, c.Window.Milliseconds(), c.Amount, int(paidFor/time.Second)).Int64Slice()
	if err == nil && len(said) != 3 {
		err = errors.New("unexpected answer of a script")
	}
	if err != nil {
		return access.Balance{}, unavailable(err)
	}
	return access.Balance{Left: said[0], Wait: time.Duration(said[1]) * time.Millisecond, Full: time.Duration(said[2]) * time.Millisecond}, nil
}
