package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer/panics"
)

// courier sees to messages for webhooks. What is owed is on record; a task in the queue is one try to deliver a message, and
// which has a try is found by comparing the two, as for jobs. So a message is delivered at least once, whoever dies when.
type courier struct {
	ledger   *ledger.Ledger
	tasks    Tasks
	webhooks Webhooks
	log      *slog.Logger

	seen string // the last message that was examined
}

// turn examines messages that may be due, up to [maxExamined]; with more of them turns go round.
func (c *courier) turn(ctx context.Context) error {
	due, err := c.ledger.DueMessages(ctx)
	if err != nil {
		return err
	}
	first, found := slices.BinarySearch(due, c.seen)
	if found {
		first++
	}
	var failed []error
	for i := range min(len(due), maxExamined) {
		c.seen = due[(first+i)%len(due)]
		if err := c.examine(ctx, c.seen); errors.Is(err, job.ErrUnavailable) {
			return err
		} else if err != nil {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// examine queues a try for a message if it is time for one.
func (c *courier) examine(ctx context.Context, id string) error {
	e, err := c.ledger.Envelope(ctx, id)
	if errors.Is(err, job.ErrNoMessage) { // delivered this moment
		return nil
	}
	if err == nil && e.State == job.Waiting {
		e, err = c.ripen(ctx, e)
	}
	if err != nil || !isDue(e.Message) {
		return err
	}
	return c.tasks.Revive(ctx, e.Task())
}

func isDue(m job.Message) bool { return m.State == job.Owed && !time.Now().Before(m.NextTry) }

// ripen returns a message that waits as it is by now: owed, if there is something to tell. What is told is decided once, so that all
// tries tell the same.
func (c *courier) ripen(ctx context.Context, e job.Envelope) (job.Envelope, error) {
	st, err := c.ledger.RunStatus(ctx, e.Job, e.Run)
	switch {
	case errors.Is(err, job.ErrUnknown):
		e.State, e.Error = job.Dead, "there is nothing on record any more of how the job ended"
		return e, c.ledger.KeepEnvelope(ctx, e)
	case err != nil:
		return e, err
	case e.About == job.AboutProgress && st.State.Final(): // which is told
		e.State = job.Delivered
		return e, c.ledger.RemoveMessage(ctx, e.Message)
	case e.About == job.AboutProgress:
		if st.Progress, err = c.progress(ctx, st.Job); err != nil || st.Fraction < e.Share {
			return e, err
		}
		st.FinishedAt = time.Now().UTC().Truncate(time.Millisecond)
	case !st.State.Final():
		return e, nil
	}
	if e.Body, err = json.Marshal(st.Event(st.FinishedAt)); err != nil {
		return e, err
	}
	e.State = job.Owed
	return e, c.ledger.KeepEnvelope(ctx, e)
}

// progress is how far an open job is by what is stored of it.
func (c *courier) progress(ctx context.Context, j job.Job) (job.Progress, error) {
	plan, planned, err := c.ledger.Plan(ctx, j)
	if err != nil || !planned {
		return job.Progress{State: job.Queued}, err
	}
	stored, err := c.ledger.Bands(ctx, j.ID, 0)
	done := make([]job.Completion, 0, len(stored))
	for band := range stored {
		done = append(done, job.Completion{Band: band})
	}
	return plan.Progress(j.Spec.Width, done, nil, time.Now()), err
}

// tell does a task that delivers a message.
func (w *Worker) tell(ctx context.Context, t job.Task, d job.Delivery) error {
	start := time.Now()
	err := w.courier.deliver(ctx, t.Message)
	outcome := Completed
	if outage(err) {
		outcome, err = NoStorage, fmt.Errorf("%w: %w", job.ErrOutage, err)
	} else if err != nil {
		outcome = Repeated
	}
	w.deps.Observer.Task(t, d, outcome, time.Since(start))
	return err
}

// deliver tries a message that is due, and records what has come of it. That it was not taken is no failure of the task: the
// next try is another one. An interrupted try is none.
func (c *courier) deliver(ctx context.Context, id string) (err error) {
	defer panics.Recover(&err)
	e, err := c.ledger.Envelope(ctx, id)
	if errors.Is(err, job.ErrNoMessage) {
		return nil
	}
	if err != nil || !isDue(e.Message) || c.webhooks == nil {
		return err
	}
	status, err := c.webhooks.Send(ctx, e.URL, e.ID, e.Body)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	e.Message = after(e.Message, status, err, time.Now())
	c.note(ctx, e.Message)
	return c.ledger.KeepEnvelope(ctx, e)
}

const (
	firstPause = 5 * time.Second // before the second try
	pauseRatio = 4               // by which each pause is longer than the one before
	maxPause   = 6 * time.Hour
	maxSends   = 12 // tries of a message; the last is more than a day after the first
)

// after is a message after a try that was answered with a status, or by nothing but an error.
func after(m job.Message, status int, err error, now time.Time) job.Message {
	m.Tries++
	m.TriedAt, m.NextTry, m.Status, m.Error = now.UTC().Truncate(time.Millisecond), time.Time{}, status, ""
	switch {
	case err != nil:
		m.Error = err.Error()
	case status >= http.StatusOK && status < http.StatusMultipleChoices:
		m.State = job.Delivered
		return m
	}
	if m.Tries >= maxSends || status == http.StatusGone { // by which a receiver says that it wants no more
		m.State = job.Dead
		return m
	}
	m.NextTry = m.TriedAt.Add(pauseAfter(m.Tries))
	return m
}

// pauseAfter is how long after a number of tries the next is due: 5 s, 20 s, 80 s and so on.
func pauseAfter(tries int) time.Duration {
	pause := firstPause
	for range tries - 1 {
		pause = min(pauseRatio*pause, maxPause)
	}
	return pause
}

// note logs a try.
func (c *courier) note(ctx context.Context, m job.Message) {
	level := slog.LevelInfo
	switch m.State {
	case job.Owed, job.Waiting:
		level = slog.LevelWarn
	case job.Dead:
		level = slog.LevelError
	case job.Delivered:
	}
	c.log.LogAttrs(ctx, level, "webhook tried", slog.String("message", m.ID), slog.String("state", string(m.State)), slog.String("address", m.Address),
		slog.Int("tries", m.Tries), slog.Int("status", m.Status), slog.String("reason", m.Error))
}
