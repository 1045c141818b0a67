package queue

import (
	"context"
	"log/slog"
	"time"

	"mandelfarm/job"
)

// hasten has tasks that wait for another try wait no longer than any does, by the clock of Redis. A worker whose clock is ahead puts its tries off
// by as much for all others, and nobody would revive what waits.
//
// KEYS is the set of those that wait; ARGV is how many seconds a try may be off.
const hasten = `
local now = redis.call("TIME")[1]
local far = redis.call("ZRANGEBYSCORE", KEYS[1], "(" .. now + ARGV[1], "+inf", "LIMIT", 0, 1000)
for _, id in ipairs(far) do
	redis.call("ZADD", KEYS[1], now, id)
end
return #far`

// farOff is when no try is: later than any is put off to, by more than clocks differ by that are right.
const farOff = maxDelay + 30*time.Second

func (q *Queue) hastenTries(ctx context.Context, lane job.Lane) error {
	hastened, err := q.hasten.Run(ctx, q.rdb, []string{retryKey(lane)}, int(farOff.Seconds())).Int()
	if hastened > 0 {
		q.log.LogAttrs(ctx, slog.LevelWarn, "tries hastened: a clock is wrong", slog.String("lane", string(lane)), slog.Int("tasks", hastened))
	}
	return err
}
