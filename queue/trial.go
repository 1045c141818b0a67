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
// included, in the order of their names; less HELLO and AUTH, which everybody may send.
func Commands() []string {
	commands := []string{"subscribe", "multi", "exec"} // which tryConversation tries
	for _, t := range trials {
		commands = append(commands, strings.ToLower(nameOfTrial(t)))
	}
	slices.Sort(commands)
	return slices.Compact(commands)
}

// trialKey is touched by trials, and holds nothing else.
const trialKey = keyPrefix + "doctor"

// trials are harmless uses of the commands, on a key that is removed.
var trials = [][]string{ //nolint:gochecknoglobals // a constant table
	{"SET", trialKey, "1", "EX", "10"},
	{"GET", trialKey},
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
	{"HMGET", trialKey, "a"},
	{"HVALS", trialKey},
	{"HEXISTS", trialKey, "a"},
	{"HINCRBYFLOAT", trialKey, "a", "1"},
	{"HLEN", trialKey},
	{"HDEL", trialKey, "a"},
	{"DEL", trialKey},
	{"ZADD", trialKey, "1", "a"},
	{"ZSCORE", trialKey, "a"},
	{"ZCARD", trialKey},
	{"ZRANGE", trialKey, "0", "-1"},
	{"ZRANGEBYSCORE", trialKey, "0", "1"},
	{"ZRANGEBYLEX", trialKey, "-", "+"},
	{"ZLEXCOUNT", trialKey, "-", "+"},
	{"ZREM", trialKey, "a"},
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
	{"SISMEMBER", trialKey, "a"},
	{"SMEMBERS", trialKey},
	{"SREM", trialKey, "a"},
	{"DEL", trialKey},
	{"PUBLISH", trialKey, ""},
	{"PUBSUB", "NUMSUB", trialKey},
	{"EVAL", "return 1", "1", trialKey},
	{"EVALSHA", strings.Repeat("0", 40), "1", trialKey},
	{"PING"},
	{"TIME"},
	{"SELECT", trialDB},
}

// trialDB stands for the number of the farm's database.
const trialDB = "database"

// nameOfTrial is the command that a trial tries, as rules name it: of a container of commands the one that the farm needs.
func nameOfTrial(t []string) string {
	if t[0] == "PUBSUB" {
		return t[0] + "|" + t[1]
	}
	return t[0]
}

// Policy is the least that the user of REDIS_URL must be allowed, as the rules of ACL
// SETUSER.
func Policy() string {
	return "resetkeys ~" + keyPrefix + "* ~asynq:* resetchannels &" + keyPrefix + "* &asynq:* nocommands +" + strings.Join(Commands(), " +")
}

// ClusterRules are those that the user of a cluster needs beside [Policy], on every node.
func ClusterRules() string { return "+cluster|slots +asking" }

// SentinelPolicy is the least that the user of REDIS_SENTINEL_USERNAME must be allowed
// by Sentinels that have users.
func SentinelPolicy() string {
	return "resetchannels &+switch-master &+replica-reconf-done nocommands +ping +subscribe" +
		" +sentinel|get-master-addr-by-name +sentinel|sentinels +sentinel|replicas"
}

// Try uses every command once on every server, on keys of the farm's and of asynq's, and
// returns those that were refused, with why. The error is of a Redis that cannot be
// asked at all.
func (q *Queue) Try(ctx context.Context) (refused []string, err error) {
	nodes, err := q.nodes(ctx)
	if err != nil {
		return nil, unavailable(err)
	}
	for _, n := range nodes {
		reasons, err := q.tryNode(ctx, n)
		if err != nil {
			return nil, unavailable(err)
		}
		for _, reason := range reasons {
			if len(nodes) > 1 {
				reason = n.addr + ": " + reason
			}
			refused = append(refused, reason)
		}
	}
	return refused, nil
}

func (q *Queue) tryNode(ctx context.Context, n node) (refused []string, err error) {
	rdb := redis.NewClient(q.redis.node(n.addr))
	defer rdb.Close() // nothing is left to lose
	for _, t := range trials {
		reason, err := q.try(ctx, rdb, n, t)
		if err != nil {
			return nil, err
		}
		if line := nameOfTrial(t) + ": " + reason; reason != "" && !slices.Contains(refused, line) {
			refused = append(refused, line)
		}
	}
	return append(refused, tryConversation(ctx, rdb)...), nil
}

func (q *Queue) try(ctx context.Context, rdb *redis.Client, n node, command []string) (reason string, err error) {
	for _, prefix := range []string{keyPrefix, "asynq:"} { // with hash tags, keys and channels
		args := make([]any, len(command))
		for i, word := range command {
			args[i] = word
			switch word {
			case trialKey:
				args[i] = prefix + "doctor"
			case trialDB:
				args[i] = q.redis.db
			}
		}
		err := rdb.Do(ctx, args...).Err()
		if _, refusal := errors.AsType[redis.Error](err); err == nil || errors.Is(err, redis.Nil) || n.allows(err) {
			continue
		} else if !refusal {
			return "", err
		}
		return wordsOf(err), nil
	}
	return "", nil
}

// allows tells an answer that a server only gives to a command that is allowed: that
// another is to be asked, that the script is not there, or, where DEL is not allowed, that
// the key holds something else.
func (n node) allows(err error) bool {
	return redis.HasErrorPrefix(err, "MOVED") || redis.HasErrorPrefix(err, "NOSCRIPT") || redis.HasErrorPrefix(err, "WRONGTYPE") ||
		n.replica && redis.HasErrorPrefix(err, "READONLY")
}

// tryConversation tries what takes more than one command, on connections that are closed
// after it, and returns what was refused.
func tryConversation(ctx context.Context, rdb *redis.Client) (refused []string) {
	words := rdb.Subscribe(ctx, noticeChannel)
	defer words.Close()
	if _, err := words.Receive(ctx); err != nil {
		refused = append(refused, "SUBSCRIBE: "+wordsOf(err))
	}
	if rdb.Ping(ctx).Err() != nil {
		return refused // a transaction of it would be refused as well
	}
	_, err := rdb.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.Ping(ctx)
		return nil
	})
	if err != nil {
		refused = append(refused, "MULTI and EXEC: "+wordsOf(err))
	}
	return refused
}

// wordsOf says what an error means to an operator, if that is known.
func wordsOf(err error) string {
	if reason, ok := Refusal(err); ok {
		return reason
	}
	return err.Error()
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
