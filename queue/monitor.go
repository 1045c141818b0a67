package queue

import (
	"net/http"

	"github.com/hibiken/asynqmon"
	"github.com/redis/go-redis/v9"
)

// Monitor is the page of asynqmon, which shows queues and single tasks, and changes nothing.
func (q *Queue) Monitor() http.Handler {
	return asynqmon.New(asynqmon.Options{RedisConnOpt: connected{q.rdb}, ReadOnly: true})
}

// connected has asynqmon ask by a connection of the farm's.
type connected struct{ rdb redis.UniversalClient }

// MakeRedisClient implements asynq.RedisConnOpt.
func (c connected) MakeRedisClient() any { return c.rdb }
