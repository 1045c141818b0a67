package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"mandelfarm/internal/logging"
	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer/panics"
	"mandelfarm/storage"
)

// errNothingToDo: there is nothing to do or to record for this task, or nothing
// more: the job is final already, it is paused, or other tasks go on with it.
var errNothingToDo = errors.New("nothing to do")

// nothingToDo is errNothingToDo unless there is an error.
func nothingToDo(err error) error {
	if err != nil {
		return err
	}
	return errNothingToDo
}

// maxDeaths is how many workers may die with a task in hand before it is taken to
// be the cause.
const maxDeaths = 5

var errDeadly = fmt.Errorf("%d workers have died drawing it", maxDeaths)

// result is an image that is stored.
type result struct {
	size  int64     // bytes
	quick bool      // nothing is stored or noted of the job but the image
	bands int       // that it was assembled from; 0 if it was drawn whole
	began time.Time // when it was planned; zero if the delivery says
	drawn job.Drawn
}

// attempt is what has come of handling a task.
type attempt struct {
	task     job.Task
	delivery job.Delivery
	result   result
	err      error
	ended    error // the task's context; nil while that lives
}

// endings is what becomes of a task: the first row that applies counts, and the last
// one always does.
func endings() []ending {
	return []ending{
		{attempt.hadNothingToDo, (*Worker).leave, Completed},
		{attempt.lacksStorage, (*Worker).awaitStorage, NoStorage},
		{attempt.isDone, (*Worker).recordDone, Completed},
		{attempt.isRepeated, (*Worker).tryAgain, Repeated},
		{attempt.isDouble, (*Worker).leave, GaveUp},
		{func(attempt) bool { return true }, (*Worker).recordFailure, GaveUp},
	}
}

type ending struct {
	applies func(attempt) bool
	conduct func(*Worker, context.Context, attempt) error
	outcome Outcome
}

func (a attempt) hadNothingToDo() bool { return errors.Is(a.err, errNothingToDo) }

// lacksStorage: which is not the picture's fault, so that no try is used up.
func (a attempt) lacksStorage() bool { return outage(a.err) && a.ended == nil }

func (a attempt) isDone() bool { return a.err == nil }

// isDouble: another worker has the band, and it is that one's failure which would count.
func (a attempt) isDouble() bool { return a.task.Again }

// isRepeated: the task was interrupted, or may do better the next time. One that has
// taken too long would again.
func (a attempt) isRepeated() bool {
	hopeless := a.delivery.Last() || errors.Is(a.ended, context.DeadlineExceeded) || errors.Is(a.err, errDeadly)
	return !hopeless || errors.Is(a.ended, context.Canceled)
}

// Handle does a task. An error means that it should be tried again; when the
// last try has failed, the failure is recorded and announced, and Handle
// returns nil. A task whose context was canceled has not failed.
func (w *Worker) Handle(ctx context.Context, t job.Task, d job.Delivery) error {
	start := time.Now()
	if err := understood(t); err != nil {
		outcome, err := w.handBack(ctx, t, d, err)
		w.deps.Observer.Task(t, d, outcome, time.Since(start))
		return err
	}
	switch t.Kind {
	case job.KindWebhook:
		return w.tell(ctx, t, d)
	case job.KindGroup:
		return w.group(ctx, t, d)
	case job.KindImage, job.KindBand, job.KindAssemble:
	}
	a := attempt{task: t, delivery: d}
	w.do(ctx, &a)
	logging.Panic(ctx, w.deps.Log, a.err, slog.String("task", t.Name()))
	if a.ended = ctx.Err(); a.ended != nil && !a.isDone() && !a.hadNothingToDo() {
		a.err = fmt.Errorf("draw %s: %w", t.Name(), context.Cause(ctx)) // whatever failed, failed because of that
	}
	all := endings()
	end := all[slices.IndexFunc(all, func(e ending) bool { return e.applies(a) })]
	err := end.conduct(w, ctx, a)
	w.deps.Observer.Task(t, d, a.outcome(ctx, end.outcome), time.Since(start))
	return err
}

// understood reports an error for a task that is for a worker of another version.
func understood(t job.Task) error {
	if !slices.Contains(job.Kinds(), t.Kind) {
		return fmt.Errorf("%w: unknown kind of task %q", job.ErrVersion, t.Kind)
	}
	return t.Verify()
}

// do does a task. What comes of it makes the job done, if there is no error.
func (w *Worker) do(ctx context.Context, a *attempt) {
	defer panics.Recover(&a.err)
	if a.err = w.look(ctx, a); a.err == nil {
		a.result, a.err = w.perform(ctx, a.task)
	}
}

// look makes sure that the task is to be done, and has it say of its job what is on record by now.
func (w *Worker) look(ctx context.Context, a *attempt) error {
	queued := a.task.Job()
	a.task.Layout = 0 // what is queued may be of a record that was removed since
	if a.delivery.Deaths >= maxDeaths {
		return errDeadly
	}
	if a.task.Lane == job.Interactive {
		return nil
	}
	record, wanted, err := w.deps.Ledger.Wanted(ctx, queued)
	if err != nil {
		return err
	}
	if !wanted {
		return nothingToDo(w.deps.Shares.Retract(ctx, queued))
	}
	a.task.AcceptedAt, a.task.Layout, a.task.Terms = record.AcceptedAt, record.Layout, record.Terms
	return nil
}

func (w *Worker) perform(ctx context.Context, t job.Task) (done result, err error) {
	switch t.Kind {
	case job.KindImage:
		return w.image(ctx, t)
	case job.KindBand:
		return done, w.drawBand(ctx, t)
	case job.KindAssemble:
		return w.assemble(ctx, t)
	case job.KindGroup, job.KindWebhook: // which have ways of their own: see Handle
	}
	return done, nil
}

func (w *Worker) leave(context.Context, attempt) error { return nil }

// awaitStorage has the task delivered again until storage is back. Those who wait for
// the image hear it at once if nothing can be stored.
func (w *Worker) awaitStorage(ctx context.Context, a attempt) error {
	w.noteFailure(ctx, a.task, job.ErrOutage)
	for _, reason := range []error{storage.ErrNoSpace, storage.ErrReadOnly} {
		if errors.Is(a.err, reason) {
			w.announce(ctx, job.Notice{ID: a.task.ID, State: job.Queued, Error: reason.Error()})
		}
	}
	return fmt.Errorf("%w: %w", job.ErrOutage, a.err)
}

func (w *Worker) recordDone(ctx context.Context, a attempt) error {
	p := a.delivery.Progress()
	p.State, p.Bytes, p.Bands, p.BandsDone = job.Done, a.result.size, a.result.bands, a.result.bands
	if !a.result.began.IsZero() {
		p.StartedAt = a.result.began
	}
	return w.finish(ctx, a, p)
}

func (w *Worker) tryAgain(ctx context.Context, a attempt) error {
	w.noteFailure(ctx, a.task, a.err)
	return a.err
}

func (w *Worker) recordFailure(ctx context.Context, a attempt) error {
	w.deps.Log.LogAttrs(ctx, slog.LevelError, "gave up", slog.String("task", a.task.Name()), slog.Any("err", a.err))
	p := a.delivery.Progress()
	p.State, p.Error = job.Failed, a.err.Error()
	return w.finish(ctx, a, p)
}

// noteFailure lets those who look at the job know. It is a hint: what keeps it
// from being noted does not matter.
func (w *Worker) noteFailure(ctx context.Context, t job.Task, err error) {
	if t.Lane != job.Interactive && ctx.Err() == nil {
		_ = w.deps.Progress.Failed(ctx, t.ID, err.Error())
	}
}

// recordLimit is how long the record of a task that took too long may take: its
// own time is up.
const recordLimit = 10 * time.Second

// finish records how a job ended, if there is a job, and announces it.
func (w *Worker) finish(ctx context.Context, a attempt, p job.Progress) error {
	t := a.task
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), recordLimit)
		defer cancel()
	}
	n := job.Notice{ID: t.ID}
	if t.Lane == job.Interactive {
		n.Drawn = a.result.drawn
		n.Drawn.Worker = a.delivery.Worker
	}
	p.FinishedAt = time.Now().UTC().Truncate(time.Millisecond)
	if t.Lane != job.Interactive {
		standing, err := w.deps.Ledger.FinishKnown(ctx, t.Job(), p)
		if err != nil {
			return err
		}
		w.deps.Observer.Ended(standing.State)
		p = standing
	}
	n.State, n.Error = p.State, p.Error
	w.announce(ctx, n)
	if t.Lane != job.Interactive && !a.leftNothing() {
		w.tidy(ctx, t, p.State)
	}
	return nil
}

// leftNothing reports whether nothing is noted of the job but its end: no plan was made, and no try has failed.
func (a attempt) leftNothing() bool { return a.result.quick && a.delivery.Try == 1 && a.err == nil }

// tidy drops what a job that has ended needs no more. That is after the end is on
// record, so that nobody sees an open job without its progress; whatever is not
// dropped here, because the worker dies or storage fails, the next sweep removes.
func (w *Worker) tidy(ctx context.Context, t job.Task, end job.State) {
	switch end {
	case job.Done:
		err := errors.Join(w.deps.Ledger.RemoveParts(ctx, t.ID), w.deps.Progress.Forget(ctx, t.ID), w.deps.Previews.RemovePreviews(ctx, t.ID))
		if err != nil && ctx.Err() == nil {
			w.deps.Log.LogAttrs(ctx, slog.LevelWarn, "parts not removed", slog.String("id", string(t.ID)), slog.Any("err", err))
		}
	case job.Failed:
		// The other tasks of the job stop, this one too. Those that do not hear it
		// find out when they are done.
		_ = w.deps.Tasks.Cancel(ctx, t.Job())
	case job.Queued, job.Running, job.Canceled:
	}
}

// announce publishes a notice. Those who miss it look by themselves, later.
func (w *Worker) announce(ctx context.Context, n job.Notice) {
	if err := w.deps.Notices.Publish(ctx, n); err != nil {
		w.deps.Log.LogAttrs(ctx, slog.LevelWarn, "notice not sent", slog.String("id", string(n.ID)), slog.Any("err", err))
	}
}

// outage reports whether an error is that of a store which does not do what it should.
// One that says what is there, or that it is damaged, does.
func outage(err error) bool {
	_, ok := errors.AsType[*storage.Error](err)
	return ok && !ledger.IsAbsent(err)
}
