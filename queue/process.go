package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/hibiken/asynq"

	"mandelfarm/internal/logging"
	"mandelfarm/internal/requestid"
	"mandelfarm/internal/tracing"
	"mandelfarm/job"
	"mandelfarm/renderer/panics"
)

const (
	maxTries = 5 // deliveries of a task that fails every time
	maxDelay = time.Minute
	// versionTimeout is how long a task waits for a worker of its renderer's
	// version. Then none is to be expected, and the task would go round for ever;
	// what is still owed or waited for is queued again by who knows of it.
	versionTimeout = time.Minute
	// outagePause is how long a task waits for storage to come back.
	outagePause = 3 * time.Second
	// interactiveLimit ends what somebody was waiting for: nobody waits so long,
	// and the lane is for those who wait.
	interactiveLimit = 2 * time.Minute
)

var (
	// errBusy: another worker is drawing the same image.
	errBusy = errors.New("another worker has the claim on this image")
	// errStopping ends handlers whose grace is over.
	errStopping = errors.New("the worker is stopping")
)

// server works on one lane.
type server struct {
	queue      *Queue
	work       Assignment
	presence   *presence
	claims     *claims
	handle     Handler
	handedBack chan struct{} // closed when asynq has handed back what was not done

	mu    sync.Mutex
	ended bool           // calls are being waited for: no more are let in
	calls sync.WaitGroup // of process; asynq does not wait for those it hands back
}

// enter counts a call of process, or refuses it.
func (s *server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended {
		s.calls.Add(1)
	}
	return !s.ended
}

// process does one delivery of an asynq task, and tells asynq what is to become
// of it. The task is handed back if interrupted ends first.
func (s *server) process(ctx, interrupted context.Context, at *asynq.Task) error {
	if !s.enter() {
		return errStopping
	}
	defer s.calls.Done()
	ctx, end := context.WithCancelCause(requestid.With(ctx, at.Headers()[requestHeader]))
	defer end(nil)
	defer context.AfterFunc(interrupted, func() { end(errStopping) })()

	retried, _ := asynq.GetRetryCount(ctx)
	died, _ := strconv.Atoi(at.Headers()[deaths]) // 0 if it does not say
	d := job.Delivery{
		Try: retried + 1, MaxTries: maxTries,
		Worker: s.queue.name, StartedAt: time.Now().UTC().Truncate(time.Millisecond), Deaths: died, QueuedAt: queuedAtOf(at),
	}
	var t job.Task
	err := json.Unmarshal(at.Payload(), &t)
	if err != nil {
		err = fmt.Errorf("%w: payload: %w", job.ErrVersion, err) // of another version than this one writes
	} else {
		var span tracing.Span
		ctx, span = s.follow(ctx, t, d, at.Headers())
		err = s.deliver(ctx, t, d)
		s.endSpan(span, err)
	}
	if err != nil && errors.Is(context.Cause(ctx), errStopping) {
		<-s.handedBack // an answer would make asynq retry it, later
	}
	return s.judge(ctx, at, d, err)
}

// follow is the context of a delivery, whose log lines name what it is about, and
// its span in the trace that the task follows from.
func (s *server) follow(ctx context.Context, t job.Task, d job.Delivery, headers map[string]string) (context.Context, tracing.Span) {
	ctx = logging.With(ctx, slog.String("id", string(t.ID)))
	attrs := append(taskAttrs(t), slog.Int("try", d.Try), slog.String("worker", d.Worker))
	return s.queue.tracer.Continue(ctx, func(name string) string { return headers[name] }, tracing.Consumer, "task "+string(t.Kind), attrs...)
}

// endSpan ends the span of a delivery, and has it sent: the next task may be the
// end of the process.
func (s *server) endSpan(span tracing.Span, err error) {
	if err != nil && !isFailure(err) {
		span.Set(slog.String("handed_back", err.Error()))
		err = nil
	}
	span.End(err)
	s.queue.tracer.Flush()
}

// deliver has the handler do t, under the claim on its image. It returns nil for
// a job that was canceled.
func (s *server) deliver(ctx context.Context, t job.Task, d job.Delivery) error {
	if s.work.Lane.TakesTurns() { // what fails is made up for by whoever reconciles
		_ = s.queue.handOut(ctx, s.work.Lane)
	}
	if !s.claims.take(ctx, t.Name(), d.Progress()) {
		return errBusy
	}
	defer s.claims.release(context.WithoutCancel(ctx), t.Name())
	limit := s.queue.timeout
	if t.Lane == job.Interactive {
		limit = min(limit, interactiveLimit)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("not done after %s: %w", limit, context.DeadlineExceeded))
	defer cancel()
	if t.Lane != job.Interactive {
		var done func()
		ctx, done = s.queue.bus.working(ctx, t.ID)
		defer done()
	}
	err := s.call(ctx, t, d)
	if err == nil && d.Deaths > 0 {
		s.queue.resetAttempts(context.WithoutCancel(ctx), t)
	}
	if errors.Is(context.Cause(ctx), job.ErrCanceled) {
		return nil
	}
	return err
}

// call calls the handler. A panic costs the delivery, not the process.
func (s *server) call(ctx context.Context, t job.Task, d job.Delivery) (err error) {
	defer s.presence.begin(t, d)()
	endStint := s.queue.beginStint(ctx, t, d)
	defer func() {
		endStint(err)
		logging.Panic(ctx, s.queue.log, err, slog.String("task", t.Name()))
		s.presence.note(ctx, s.work.Lane, t, err)
	}()
	defer panics.Recover(&err)
	return s.handle(ctx, t, d)
}

// judge turns the end of a delivery into what asynq is told: nil and RevokeTask
// end the task, anything else has it delivered again.
func (s *server) judge(ctx context.Context, at *asynq.Task, d job.Delivery, err error) error {
	switch {
	case err == nil, errors.Is(err, errBusy), errors.Is(context.Cause(ctx), errStopping):
		return err
	case errors.Is(err, job.ErrVersion) && age(at) < versionTimeout:
		return err
	case errors.Is(err, job.ErrOutage) && (s.work.Lane != job.Interactive || age(at) < interactiveLimit):
		s.queue.log.LogAttrs(ctx, slog.LevelWarn, "task waits for storage", slog.String("lane", string(s.work.Lane)), slog.Any("err", err))
		return err
	}
	id, _ := asynq.GetTaskID(ctx)
	attrs := []slog.Attr{
		slog.String("task", id), slog.String("lane", string(s.work.Lane)), slog.Int("try", d.Try), slog.Any("err", err),
	}
	if d.Last() || errors.Is(err, job.ErrVersion) {
		s.queue.log.LogAttrs(ctx, slog.LevelError, "task dropped", attrs...)
		return fmt.Errorf("%w: %w", asynq.RevokeTask, err)
	}
	s.queue.log.LogAttrs(ctx, slog.LevelWarn, "task failed", attrs...)
	return err
}

// age is how long ago a task was queued. One that does not say is old.
func age(at *asynq.Task) time.Duration { return time.Since(queuedAtOf(at)) }

// queuedAtOf is when a task was queued; zero if it does not say.
func queuedAtOf(at *asynq.Task) time.Time {
	ms, err := strconv.ParseInt(at.Headers()[queuedAt], 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// isFailure tells what counts against a task from what is nobody's fault.
func isFailure(err error) bool {
	return !errors.Is(err, errBusy) && !errors.Is(err, job.ErrVersion) && !errors.Is(err, job.ErrOutage) && !errors.Is(err, errStopping)
}

// retryDelay doubles from one second to a minute with the failures so far.
func retryDelay(failures int, err error, _ *asynq.Task) time.Duration {
	if errors.Is(err, job.ErrOutage) {
		return outagePause
	}
	if !isFailure(err) {
		return time.Second
	}
	return min(time.Second<<min(failures, 6), maxDelay)
}
