package queue

import (
	"context"
	"errors"

	"github.com/redis/go-redis/v9"
)

// pipeline sends commands together, and reports the first that failed: those that go to
// different nodes of a cluster fail one by one. Each has one key, or keys of one hash
// tag, since a node may have one key and not the other. That there is nothing under a
// key is no failure.
func pipeline(ctx context.Context, rdb redis.UniversalClient, add func(p redis.Pipeliner)) error {
	commands, err := rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		add(p)
		return nil
	})
	for _, command := range commands {
		if err := command.Err(); err != nil && !errors.Is(err, redis.Nil) {
			return err
		}
	}
	if errors.Is(err, redis.Nil) {
		return nil
	}
	return err
}

// getAll reads what is under keys, nothing where there is none.
func getAll(ctx context.Context, rdb redis.UniversalClient, keys []string) ([]string, error) {
	asked, values := make([]*redis.StringCmd, len(keys)), make([]string, len(keys))
	if len(keys) == 0 {
		return nil, nil
	}
	err := pipeline(ctx, rdb, func(p redis.Pipeliner) {
		for i, key := range keys {
			asked[i] = p.Get(ctx, key)
		}
	})
	if err != nil {
		return nil, err
	}
	for i, command := range asked {
		values[i] = command.Val()
	}
	return values, nil
}
