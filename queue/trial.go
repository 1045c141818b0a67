package queue

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// Commands lists the commands that the farm and asynq send to Redis, scripts
// included, in the order of their names.
func Commands() []string {
	commands := make([]string, 0, len(trials)+len(connectionCommands))
	for _, t := range trials {
		commands = append(commands, strings.ToLower(t[0]))
	}
	commands = append(commands, connectionCommands...)
	slices.Sort(commands)
	return slices.Compact(commands)
}

// connectionCommands are those that a connection begins with, or that cannot be tried
// alone.
var connectionCommands = []string{ //nolint:gochecknoglobals // a constant table
	"hello", "select", "ping", "subscribe", "unsubscribe", "multi", "exec", "evalsha", "time",
}

// trialKey is touched by trials, and holds nothing else.
const trialKey = keyPrefix + "doctor"

// trials are harmless uses of the commands, each on a key of its own that is removed.
var trials = [][]string{ //nolint:gochecknoglobals // a constant table
	{"SET", trialKey, "1", "EX", "10"},
	{"GET", trialKey},
	{"MGET", trialKey},
	{"EXISTS", trialKey},
	{"EXPIRE", trialKey, "10"},
	{"EXPIREAT", trialKey, "9999999999"},
	{"DEL", trialKey},
	{"INCR", trialKey},
	{"SETEX", trialKey, "10", "1"},
	{"DEL", trialKey},
	{"HSET", trialKey, "a", "1"},
	{"HSETNX", trialKey, "b", "1"},
	{"HINCRBY", trialKey, "a", "1"},
	{"HGET", trialKey, "a"},
	{"HGETALL", trialKey},
	{"HVALS", trialKey},
	{"HEXISTS", trialKey, "a"},
	{"HDEL", trialKey, "a"},
	{"DEL", trialKey},
	{"ZADD", trialKey, "1", "a"},
	{"ZSCORE", trialKey, "a"},
	{"ZCARD", trialKey},
	{"ZRANGE", trialKey, "0", "-1"},
	{"ZRANGEBYSCORE", trialKey, "0", "1"},
	{"ZREVRANGE", trialKey, "0", "-1"},
	{"ZREM", trialKey, "a"},
	{"ZREMRANGEBYRANK", trialKey, "0", "0"},
	{"ZREMRANGEBYSCORE", trialKey, "0", "0"},
	{"DEL", trialKey},
	{"LPUSH", trialKey, "a"},
	{"RPUSH", trialKey, "b"},
	{"LLEN", trialKey},
	{"LINDEX", trialKey, "0"},
	{"LRANGE", trialKey, "0", "0"},
	{"LPOS", trialKey, "a"},
	{"RPOPLPUSH", trialKey, trialKey},
	{"LREM", trialKey, "0", "a"},
	{"DEL", trialKey},
	{"SADD", trialKey, "a"},
	{"SMEMBERS", trialKey},
	{"SREM", trialKey, "a"},
	{"DEL", trialKey},
	{"PUBLISH", trialKey, ""},
	{"EVAL", "return 1", "1", trialKey},
}

// Policy is the least that the user of REDIS_URL must be allowed, as the rules of ACL
// SETUSER.
func Policy() string {
	return "resetkeys ~" + keyPrefix + "* ~asynq:* resetchannels &" + keyPrefix + "* &asynq:* nocommands +" + strings.Join(Commands(), " +")
}

// Try uses every command once, on keys of the farm's and of asynq's, and returns those
// that were refused, with why. The error is of a Redis that cannot be asked at all.
func (q *Queue) Try(ctx context.Context) (refused []string, err error) {
	for _, t := range trials {
		if reason, err := q.try(ctx, t); err != nil {
			return nil, unavailable(err)
		} else if reason != "" {
			refused = append(refused, t[0]+": "+reason)
		}
	}
	return slices.Compact(refused), nil
}

func (q *Queue) try(ctx context.Context, command []string) (reason string, err error) {
	for _, prefix := range []string{keyPrefix, "asynq:"} { // with hash tags, keys and channels
		args := make([]any, len(command))
		for i, word := range command {
			args[i] = word
			if word == trialKey {
				args[i] = prefix + "doctor"
			}
		}
		err := q.rdb.Do(ctx, args...).Err()
		if _, refusal := errors.AsType[redis.Error](err); err == nil || errors.Is(err, redis.Nil) {
			continue
		} else if !refusal {
			return "", err
		}
		if reason, ok := Refusal(err); ok {
			return reason, nil
		}
		return err.Error(), nil
	}
	return "", nil
}

// Clock is how far the clock of Redis is ahead of this machine's.
func (q *Queue) Clock(ctx context.Context) (time.Duration, error) {
	began := time.Now()
	there, err := q.rdb.Time(ctx).Result()
	if err != nil {
		return 0, unavailable(err)
	}
	half := time.Since(began) / 2
	return there.Sub(began.Add(half)), nil
}
