package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"mandelfarm/job"
)

// Handler does the work of a task. Its context ends when the job is canceled
// (cause [job.ErrCanceled]), when the process stops and when the task takes too
// long; it must return soon after. An error makes the task be tried again; it
// must not fail the last delivery, but record the failure itself.
type Handler func(ctx context.Context, t job.Task, d job.Delivery) error

// Pool is the share of this process that works on one lane.
type Pool struct {
	Lane        job.Lane
	Concurrency int           // tasks at a time; at least 1
	Poll        time.Duration // how long an idle pool trusts that it would have been woken
}

const (
	maxTries = 5 // deliveries of a task that fails every time
	// pause is what asynq sleeps after it found a lane empty. The gate does the
	// real waiting.
	pause = time.Millisecond
)

// Serve works on the pools' lanes until ctx ends. Then it takes no more tasks,
// gives those under way until grace has passed, and hands back the rest, which
// other workers take up at once. It returns when every handler has returned or
// been handed back.
func (q *Queue) Serve(ctx context.Context, pools []Pool, grace time.Duration, handle Handler) error {
	held := newClaims(q.rdb)
	ctx, cancel := context.WithCancel(ctx)
	background, stop := context.WithCancel(context.WithoutCancel(ctx)) // outlives ctx by grace
	var helpers sync.WaitGroup
	defer helpers.Wait()
	defer stop()
	defer cancel()
	helpers.Go(func() { held.keep(background) })

	var servers sync.WaitGroup
	defer servers.Wait()
	for _, pool := range pools {
		s := &server{queue: q, pool: pool, claims: held, handle: handle}
		end, err := s.start(background, grace)
		if err != nil {
			cancel()
			return fmt.Errorf("serve lane %s: %w", pool.Lane, unavailable(err))
		}
		servers.Go(func() {
			<-ctx.Done()
			end()
		})
	}
	return nil
}

// server runs one pool.
type server struct {
	queue  *Queue
	pool   Pool
	claims *claims
	handle Handler
	calls  sync.WaitGroup // of process; asynq does not wait for those it hands back
}

// start begins to take tasks and returns the function that ends it.
func (s *server) start(ctx context.Context, grace time.Duration) (end func(), err error) {
	wakes, unsubscribe := s.queue.bus.sleeper(s.pool.Lane)
	rdb := redis.NewClient(s.queue.options)
	g := newGate(s.pool.Lane, wakes, s.pool.Poll)
	rdb.AddHook(g)
	ctx, abandon := context.WithCancel(ctx)
	srv := asynq.NewServerFromRedisClient(rdb, asynq.Config{
		Concurrency:              s.pool.Concurrency,
		Queues:                   map[string]int{string(s.pool.Lane): 1},
		BaseContext:              func() context.Context { return ctx },
		TaskCheckInterval:        pause,
		DelayedTaskCheckInterval: time.Second,
		RetryDelayFunc:           retryDelay,
		IsFailure:                isFailure,
		ShutdownTimeout:          grace,
		Logger:                   newAsynqLog(s.queue.log),
		LogLevel:                 asynq.WarnLevel,
	})
	if err := srv.Start(asynq.HandlerFunc(s.process)); err != nil {
		abandon()
		unsubscribe()
		return nil, errors.Join(err, rdb.Close())
	}
	return func() {
		g.open()
		srv.Stop()
		srv.Shutdown()
		abandon() // ends the handlers whose tasks were handed back
		s.calls.Wait()
		unsubscribe()
		_ = rdb.Close() // nothing is left to lose
	}, nil
}

// errBusy: another worker is drawing the same image.
var errBusy = errors.New("another worker has the claim on this image")

// process delivers one asynq task to the handler, under the claim on its image.
func (s *server) process(ctx context.Context, at *asynq.Task) error {
	s.calls.Add(1)
	defer s.calls.Done()
	var t job.Task
	if err := json.Unmarshal(at.Payload(), &t); err != nil {
		return fmt.Errorf("%w: payload: %w", asynq.RevokeTask, err)
	}
	retried, _ := asynq.GetRetryCount(ctx)
	d := job.Delivery{
		Try: retried + 1, MaxTries: maxTries,
		Worker: s.queue.name, StartedAt: time.Now().UTC().Truncate(time.Millisecond),
	}
	if !s.claims.take(ctx, t.ID, d.Progress()) {
		return errBusy
	}
	defer s.claims.release(context.WithoutCancel(ctx), t.ID)
	if t.Lane == job.Batch {
		var done func()
		ctx, done = s.queue.bus.working(ctx, t.ID)
		defer done()
	}
	err := s.handle(ctx, t, d)
	if errors.Is(context.Cause(ctx), job.ErrCanceled) {
		return nil
	}
	if err != nil {
		s.queue.log.LogAttrs(ctx, slog.LevelWarn, "task failed", slog.String("id", string(t.ID)),
			slog.String("lane", string(t.Lane)), slog.Int("try", d.Try), slog.Any("err", err))
	}
	return err
}

// isFailure tells what counts against a task from what is nobody's fault.
func isFailure(err error) bool {
	return !errors.Is(err, errBusy) && !errors.Is(err, job.ErrVersion) && !errors.Is(err, context.Canceled)
}

const maxDelay = time.Minute

// retryDelay doubles from one second to a minute with the failures so far.
func retryDelay(failures int, err error, _ *asynq.Task) time.Duration {
	if !isFailure(err) {
		return time.Second
	}
	return min(time.Second<<min(failures, 6), maxDelay)
}
