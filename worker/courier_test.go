package worker_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/job"
	"mandelfarm/worker"
)

const hook = "https://hooks.example.com/render?token=secret"

// letters is who is told: it answers as it is set to, and keeps what it gets.
type letters struct {
	status int
	err    error
	during func() // what happens while it is told, if set
	got    []letter
}

type letter struct {
	url, id string
	body    []byte
}

func (l *letters) Send(_ context.Context, url, id string, body []byte) (int, error) {
	l.got = append(l.got, letter{url, id, bytes.Clone(body)})
	if l.during != nil {
		l.during()
	}
	return l.status, l.err
}

// telling is a bundle whose worker tells webhooks.
func telling(t *testing.T) (*bundle, *letters) {
	t.Helper()
	b, receiver := newBundle(t), &letters{status: http.StatusNoContent}
	deps := dependencies(t, b.ledger, b.queue)
	deps.Webhooks = receiver
	b.Worker = worker.New(worker.Config{Band: time.Second}, deps)
	return b, receiver
}

// turn has the worker look once for what is due, and returns the tasks that it queues. It takes a second in a bubble.
func (b *bundle) turn(t *testing.T) []job.Task {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Second)
	defer stop()
	b.queue.revived, b.queue.locked = nil, make(map[string]time.Time)
	b.Tell(ctx, time.Hour)
	return b.queue.revived
}

// message is the only one there is in a state.
func message(t *testing.T, b *bundle, state job.MessageState) job.Message {
	t.Helper()
	found, err := b.ledger.Messages(t.Context(), state, 10)
	require.NoError(t, err)
	require.Len(t, found, 1)
	return found[0]
}

func acceptFor(t *testing.T, b *bundle, j job.Job, w job.Webhook) {
	t.Helper()
	_, err := b.ledger.AcceptAs(t.Context(), j.Spec, job.Terms{Title: "poster", Tags: []string{"print"}, Webhook: w})
	require.NoError(t, err)
}

// owing is a bundle with a message about the end of a job, and the task that delivers it.
func owing(t *testing.T) (*bundle, *letters, job.Task) {
	t.Helper()
	b, receiver := telling(t)
	s := plain(t, 64, 48)
	acceptFor(t, b, job.Job{Spec: s}, job.Webhook{URL: hook})
	_, err := b.ledger.Finish(t.Context(), s.ID(), job.Progress{State: job.Done, FinishedAt: time.Now()})
	require.NoError(t, err)
	return b, receiver, b.turn(t)[0]
}

func TestEndsAreToldOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for state, kind := range map[job.State]job.EventType{job.Done: job.EventDone, job.Failed: job.EventFailed, job.Canceled: job.EventCanceled} {
			b, receiver := telling(t)
			s := plain(t, 64, 48)
			acceptFor(t, b, job.Job{Spec: s}, job.Webhook{URL: hook})
			require.Empty(t, b.turn(t), "there is nothing to tell")
			at := time.Now().UTC().Truncate(time.Millisecond)
			_, err := b.ledger.Finish(t.Context(), s.ID(), job.Progress{State: state, FinishedAt: at, Bytes: 7, Error: "why"})
			require.NoError(t, err)
			tasks := b.turn(t)
			require.Len(t, tasks, 1)
			require.Equal(t, tasks, b.turn(t), "a try that is lost is queued again")
			require.Equal(t, job.Webhooks, tasks[0].Lane)
			for range 2 { // it may be delivered again
				require.NoError(t, b.Handle(t.Context(), tasks[0], first()))
			}
			require.Empty(t, b.turn(t))

			require.Len(t, receiver.got, 1)
			assert.Equal(t, hook, receiver.got[0].url)
			m := message(t, b, job.Delivered)
			assert.Equal(t, m.ID, receiver.got[0].id)
			assert.Equal(t, 1, m.Tries)
			assert.Equal(t, http.StatusNoContent, m.Status)
			var told job.Event
			require.NoError(t, json.Unmarshal(receiver.got[0].body, &told))
			want := job.Event{Type: kind, Timestamp: at, Data: job.EventData{ID: s.ID(), State: state, Title: "poster", Tags: []string{"print"}, Bytes: 7, Error: "why"}}
			if state == job.Done {
				want.Data.Fraction = 1
			}
			assert.Equal(t, want, told)
		}
	})
}

// TestWhatIsNotTakenIsTriedLater, with the same ID and body, and given up after the last try.
func TestWhatIsNotTakenIsTriedLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, receiver, task := owing(t)
		answers, began := []letters{{status: 500}, {err: errors.New("no route to host")}, {status: 302}, {status: 404}}, time.Now()
		for try := 1; ; try++ {
			receiver.status, receiver.err = answers[try%len(answers)].status, answers[try%len(answers)].err
			require.NoError(t, b.Handle(t.Context(), task, first()), "that nobody takes it is no failure of the task")
			require.Len(t, receiver.got, try)
			require.Equal(t, receiver.got[0], receiver.got[try-1])
			m, err := b.ledger.Envelope(t.Context(), task.Message)
			require.NoError(t, err)
			require.Equal(t, try, m.Tries)
			require.Equal(t, receiver.status, m.Status)
			if receiver.err != nil {
				require.Equal(t, receiver.err.Error(), m.Error)
			}
			if m.State == job.Dead {
				break
			}
			require.Empty(t, b.turn(t), "it is too early")
			require.NoError(t, b.Handle(t.Context(), task, first()))
			require.Len(t, receiver.got, try, "a task that comes too early does nothing")
			<-time.After(time.Until(m.NextTry))
			require.Len(t, b.turn(t), 1)
		}
		assert.Len(t, receiver.got, 12)
		assert.Greater(t, time.Since(began), 24*time.Hour)
		assert.Less(t, time.Since(began), 48*time.Hour, "a receiver remembers IDs for two days")
		require.Empty(t, b.turn(t))
	})
}

func TestReceiversThatAreGoneAreNotTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, receiver, task := owing(t)
		receiver.status = http.StatusGone
		require.NoError(t, b.Handle(t.Context(), task, first()))
		require.Equal(t, 1, message(t, b, job.Dead).Tries)
	})
}

// TestAnInterruptedTryIsNone: the worker stops, and another delivers it.
func TestAnInterruptedTryIsNone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, receiver, task := owing(t)
		ctx, stop := context.WithCancelCause(t.Context())
		receiver.during = func() { stop(errors.New("stopping")) }
		require.ErrorContains(t, b.Handle(ctx, task, first()), "stopping")
		receiver.during = nil
		require.Zero(t, message(t, b, job.Owed).Tries)
		require.NoError(t, b.Handle(t.Context(), task, first()))
		require.Len(t, receiver.got, 2)
		message(t, b, job.Delivered)
	})
}

func TestSharesAreToldWhenTheyAreReached(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, receiver := telling(t)
		j, plan := large(t, b, 8)
		require.Greater(t, len(plan.Bands), 2)
		acceptFor(t, b, j, job.Webhook{URL: hook, Share: 0.5})
		require.Empty(t, b.turn(t))
		stored := 0
		for ; len(b.turn(t)) == 0; stored++ {
			require.Less(t, stored, len(plan.Bands))
			drawBands(t, b, j, stored)
		}
		task := b.turn(t)[0]
		require.NoError(t, b.Handle(t.Context(), task, first()))
		var told job.Event
		require.NoError(t, json.Unmarshal(receiver.got[0].body, &told))
		assert.Equal(t, job.EventProgress, told.Type)
		assert.Equal(t, job.Running, told.Data.State)
		assert.GreaterOrEqual(t, told.Data.Fraction, 0.5)
		assert.Less(t, stored, len(plan.Bands), "before the end")
		assert.Equal(t, 0.5, message(t, b, job.Delivered).Share) //nolint:testifylint // it is what was said

		drawBands(t, b, j, seq(stored, len(plan.Bands))...)
		require.NoError(t, b.Handle(t.Context(), j.AssembleTask(), first()))
		tasks := b.turn(t)
		require.Len(t, tasks, 1)
		require.NoError(t, b.Handle(t.Context(), tasks[0], first()))
		require.NoError(t, json.Unmarshal(receiver.got[1].body, &told))
		assert.Equal(t, job.EventDone, told.Type)
	})
}

func seq(from, to int) (all []int) {
	for i := from; i < to; i++ {
		all = append(all, i)
	}
	return all
}

// TestSharesAreNotToldAfterTheEnd, which is told.
func TestSharesAreNotToldAfterTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, _ := telling(t)
		s := plain(t, 64, 48)
		acceptFor(t, b, job.Job{Spec: s}, job.Webhook{URL: hook, Share: 0.5})
		require.NoError(t, b.Handle(t.Context(), job.Job{ID: s.ID(), Spec: s}.Task(), first()))
		tasks := b.turn(t)
		require.Len(t, tasks, 1)
		require.Equal(t, job.AboutEnd, message(t, b, job.Owed).About)
	})
}

// TestMessagesOfRemovedJobsAreGivenUp, since nobody knows any more what to tell.
func TestMessagesOfRemovedJobsAreGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, _ := telling(t)
		s := plain(t, 64, 48)
		acceptFor(t, b, job.Job{Spec: s}, job.Webhook{URL: hook})
		st, err := b.ledger.Status(t.Context(), s.ID())
		require.NoError(t, err)
		require.NoError(t, b.ledger.Purge(t.Context(), st.Job))
		require.Empty(t, b.turn(t))
		require.NotEmpty(t, message(t, b, job.Dead).Error)
	})
}

// TestTurnsGoRoundAmongMessages, of which each looks at some.
func TestTurnsGoRoundAmongMessages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, _ := telling(t)
		queued := map[string]int{}
		const jobs = 100
		for i := range jobs {
			s := plain(t, 20+i, 20)
			acceptFor(t, b, job.Job{Spec: s}, job.Webhook{URL: fmt.Sprint(hook, i)})
			_, err := b.ledger.Finish(t.Context(), s.ID(), job.Progress{State: job.Canceled, FinishedAt: time.Now()})
			require.NoError(t, err)
		}
		for range 2 {
			for _, task := range b.turn(t) {
				queued[task.Message]++
			}
		}
		require.Len(t, queued, jobs)
	})
}
