package queue

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/hibiken/asynq"

	"mandelfarm/job"
)

// Handler does the work of a task. Its context ends when the job is canceled
// (cause [job.ErrCanceled]), when the process stops and when the task takes too
// long ([context.DeadlineExceeded]); it must return soon after. An error makes
// the task be tried again, up to the last delivery: what is to be recorded of a
// failure, the handler records itself.
type Handler func(ctx context.Context, t job.Task, d job.Delivery) error

// Assignment is the share of this process that works on one lane. All those of a process
// are in lanes of one pool.
type Assignment struct {
	Lane        job.Lane
	Concurrency int           // tasks at a time; at least 1
	Poll        time.Duration // how long an idle worker trusts that it would have been woken
}

const (
	// pause is what asynq sleeps after it found a lane empty. The gate does the
	// real waiting.
	pause = time.Millisecond
	// handBack is how long handlers whose grace is over may take to return
	// before their tasks are handed back all the same.
	handBack = 250 * time.Millisecond
	// stopTimeout bounds what a stopping server still has to say to Redis, perhaps on
	// a new connection with TLS from a machine that is busy.
	stopTimeout = 3 * time.Second
)

// Serve works on the lanes assigned to it until ctx ends. Then it takes no more tasks,
// gives those under way until grace has passed, ends the contexts of the rest
// and hands their tasks back, which other workers take up at once. It returns
// when every handler has returned.
func (q *Queue) Serve(ctx context.Context, assigned []Assignment, grace time.Duration, handle Handler) error {
	there := newPresence(q, assigned)
	q.serving.Store(there)
	held := newClaims(there)
	defer context.AfterFunc(ctx, there.drain)()
	background, stop := context.WithCancel(context.WithoutCancel(ctx)) // outlives ctx by grace
	defer stop()
	var keeper sync.WaitGroup
	keeper.Go(func() { held.keep(background) })

	var servers sync.WaitGroup
	errs := make(chan error, len(assigned))
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for _, work := range assigned {
		s := &server{queue: q, work: work, presence: there, claims: held, handle: handle, handedBack: make(chan struct{})}
		servers.Go(func() {
			defer cancel() // one that cannot start ends the others
			errs <- s.run(ctx, background, grace)
		})
	}
	servers.Wait()
	stop()
	keeper.Wait()
	close(errs)
	var all []error
	for err := range errs {
		all = append(all, err)
	}
	return errors.Join(all...)
}

// run works on the lane until ctx ends, and then ends what is under way
// as [Queue.Serve] says. background is the context of everything it does.
func (s *server) run(ctx, background context.Context, grace time.Duration) error {
	wakes, unsubscribe := s.queue.bus.sleeper(s.work.Lane)
	defer unsubscribe()
	g := newGate(s.work.Lane, wakes, s.work.Poll)
	g.hold = s.presence.lanes[s.work.Lane].hold
	rdb := s.queue.redis.client(g)
	defer rdb.Close() // nothing is left to lose

	interrupted, interrupt := context.WithCancel(background)
	defer interrupt()
	srv := asynq.NewServerFromRedisClient(rdb, asynq.Config{
		Concurrency:              s.work.Concurrency,
		Queues:                   map[string]int{string(s.work.Lane): 1},
		BaseContext:              func() context.Context { return background },
		TaskCheckInterval:        pause,
		DelayedTaskCheckInterval: time.Second,
		RetryDelayFunc:           retryDelay,
		IsFailure:                isFailure,
		ShutdownTimeout:          grace + handBack,
		Logger:                   asynqLog{s.queue.log},
		LogLevel:                 asynq.WarnLevel,
	})
	err := srv.Start(asynq.HandlerFunc(func(ctx context.Context, t *asynq.Task) error {
		return s.process(ctx, interrupted, t)
	}))
	if err != nil {
		return err
	}
	<-ctx.Done()
	g.end()
	srv.Stop()
	over := time.AfterFunc(grace, interrupt)
	defer over.Stop()
	srv.Shutdown()
	interrupt() // those that are handed back without having returned
	s.leave(context.WithoutCancel(ctx))
	return nil
}

// leave waits for the handlers that asynq did not wait for, and lets other
// workers know that their tasks are to be had.
func (s *server) leave(ctx context.Context) {
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	close(s.handedBack)
	s.calls.Wait()
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	// A wake-up that is lost costs the time until a worker looks by itself.
	_ = s.queue.rdb.Publish(ctx, wakeChannel, string(s.work.Lane)).Err()
}
