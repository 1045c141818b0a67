package queue

import (
	"context"
	"net"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"mandelfarm/job"
)

// gate is a hook on the Redis client of one asynq server. Asynq asks Redis for
// work in a loop and can only be told how long to sleep between questions:
// short is many questions, long is a long wait for the first task. The gate
// lets a question through at once after an answer that was a task; after any
// other it holds the next until a wake-up says that there is work, or until
// poll has passed, for tasks that nobody announces: retries that fall due.
// After a failure asynq would ask again without any pause; that is held too.
//
// A question is recognised by its keys. Should a later asynq ask in another
// way, the gate is never closed, and TestIdleServerIsQuiet fails.
type gate struct {
	pending string // first key of asynq's question
	paused  string // second key
	wakes   <-chan struct{}
	poll    time.Duration
	idle    atomic.Bool   // the last answer was no task
	ended   chan struct{} // closed when no more tasks are wanted
	// hold, if not nil, returns when the lane's tasks may be taken, or ctx or over ends.
	hold func(ctx context.Context, over <-chan struct{})
}

func newGate(lane job.Lane, wakes <-chan struct{}, poll time.Duration) *gate {
	return &gate{
		pending: pendingKey(lane),
		paused:  pausedKey(lane),
		wakes:   wakes,
		poll:    poll,
		ended:   make(chan struct{}),
	}
}

// end has the gate answer every question from now on itself: there is no work.
func (g *gate) end() { close(g.ended) }

// DialHook implements [redis.Hook]; it changes nothing.
func (g *gate) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

// ProcessPipelineHook implements [redis.Hook]; it changes nothing.
func (g *gate) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error { return next(ctx, cmds) }
}

// ProcessHook implements [redis.Hook]: it holds questions for work.
func (g *gate) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if !g.isQuestion(cmd) {
			return next(ctx, cmd)
		}
		if !g.pass(ctx) {
			cmd.SetErr(redis.Nil)
			return redis.Nil
		}
		err := next(ctx, cmd)
		// A script that Redis does not know yet is sent again, as a whole.
		g.idle.Store(err != nil && !redis.HasErrorPrefix(err, "NOSCRIPT"))
		return err
	}
}

// isQuestion reports whether cmd is EVALSHA script numkeys pending paused ….
func (g *gate) isQuestion(cmd redis.Cmder) bool {
	args := cmd.Args()
	return len(args) > 4 && args[3] == g.pending && args[4] == g.paused
}

// pass waits until a question may go through, and reports false if none may any
// more.
func (g *gate) pass(ctx context.Context) bool {
	if g.idle.Load() {
		timer := time.NewTimer(g.poll)
		defer timer.Stop()
		select {
		case <-g.wakes:
		case <-timer.C:
		case <-g.ended:
		case <-ctx.Done():
		}
	}
	if g.hold != nil {
		g.hold(ctx, g.ended)
	}
	select {
	case <-g.ended:
		return false
	default:
		return true
	}
}
