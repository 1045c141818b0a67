package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// ping asks a server whether it is there.
type ping func(ctx context.Context) error

const (
	pingTimeout  = 2 * time.Second
	pingInterval = 250 * time.Millisecond
	sayAgain     = 10 * time.Second
)

// startup is a start that waits for its servers.
type startup struct {
	timeout time.Duration
	log     *slog.Logger
}

// await returns when try succeeds, and says what it is waiting for.
func (s startup) await(ctx context.Context, server string, try ping) error {
	end := time.NewTimer(s.timeout)
	defer end.Stop()
	tick := time.NewTicker(pingInterval)
	defer tick.Stop()
	var said time.Time
	for {
		err := tryOnce(ctx, try)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return fmt.Errorf("stopped while waiting for %s: %w", server, context.Cause(ctx))
		}
		if time.Since(said) > sayAgain {
			said = time.Now()
			s.log.LogAttrs(ctx, slog.LevelInfo, "waiting", slog.String("for", server), slog.Any("err", err))
		}
		select {
		case <-ctx.Done():
		case <-end.C:
			return fmt.Errorf("gave up on %s after %s (START_TIMEOUT): %w", server, s.timeout, err)
		case <-tick.C:
		}
	}
}

func tryOnce(ctx context.Context, try ping) error {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	return try(ctx)
}
