package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
)

// maxWebhooks is how many messages may wait to tell of one job.
const maxWebhooks = 32

// addWebhook records what a webhook is to be told of the last run of a job. What is on record of it stays.
func (l *Ledger) addWebhook(ctx context.Context, id spec.ID, w job.Webhook) error {
	number, err := l.number(ctx, id)
	if err != nil {
		return err
	}
	for _, e := range w.Envelopes(id, number, l.now().UTC().Truncate(time.Millisecond)) {
		_, err := l.envelope(ctx, e.ID)
		switch {
		case errors.Is(err, job.ErrNoMessage):
			err = l.addMessage(ctx, e)
		case errors.Is(err, errUnreadable):
			damage := err
			if err = l.KeepEnvelope(ctx, e); err == nil {
				l.damages.mended(ctx, KindMessage, messageKey(e.State, e.ID), damage)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// addMessage records a message, unless too many wait to tell of its job.
func (l *Ledger) addMessage(ctx context.Context, e job.Envelope) error {
	waiting := 0
	for _, err := range l.store.List(ctx, messagesPrefix(e.State)+string(e.Job), "") {
		if err != nil {
			return err
		}
		if waiting++; waiting == maxWebhooks {
			return &spec.FieldError{Field: "webhook", Reason: fmt.Sprintf("must not be given: %d messages wait to tell of the job", waiting)}
		}
	}
	err := l.create(ctx, messageKey(e.State, e.ID), e)
	if errors.Is(err, storage.ErrExists) {
		return nil
	}
	return err
}

// DueMessages lists the messages that are not over, less those that tell of the end of a run that goes on.
func (l *Ledger) DueMessages(ctx context.Context) ([]string, error) {
	var open []string
	for info, err := range l.store.List(ctx, messagesPrefix(job.Owed), "") {
		if err != nil {
			return nil, fmt.Errorf("list messages: %w", err)
		}
		if id, ok := parseMessageKey(job.Owed, info.Key); ok {
			open = append(open, id)
		}
	}
	if len(open) == 0 {
		return nil, nil
	}
	going := make(map[string]bool)
	for m, err := range l.Markers(ctx) {
		if err != nil {
			return nil, err
		}
		going[job.EndPrefix(m.ID, m.number)] = true
	}
	var due []string
	for _, id := range open {
		if !going[job.EndPrefixOf(id)] {
			due = append(due, id)
		}
	}
	return due, nil
}

// Envelope returns a message. The error is [job.ErrNoMessage] if there is none; one that is damaged is none.
func (l *Ledger) Envelope(ctx context.Context, id string) (job.Envelope, error) {
	e, err := l.envelope(ctx, id)
	if errors.Is(err, errUnreadable) {
		l.damages.found(ctx, KindMessage, messageKey(job.Owed, id), err)
		err = job.ErrNoMessage
	}
	if err != nil {
		return e, fmt.Errorf("message %s: %w", id, err)
	}
	return e, nil
}

// envelope looks for a message where one that is not over is, and then where it may be since.
func (l *Ledger) envelope(ctx context.Context, id string) (e job.Envelope, err error) {
	if !job.IsMessageID(id) {
		return e, job.ErrNoMessage
	}
	for _, state := range []job.MessageState{job.Owed, job.Delivered, job.Dead} {
		err = l.read(ctx, messageKey(state, id), &e)
		if !errors.Is(err, storage.ErrNotFound) {
			return e, err
		}
	}
	return e, job.ErrNoMessage
}

// KeepEnvelope records a message as it is by now. If the process dies meanwhile, it is on record as it was, and is
// delivered once more.
func (l *Ledger) KeepEnvelope(ctx context.Context, e job.Envelope) error {
	err := l.replace(ctx, messageKey(e.State, e.ID), e)
	for _, state := range []job.MessageState{job.Owed, job.Delivered, job.Dead} {
		if err == nil && messagesPrefix(state) != messagesPrefix(e.State) {
			err = l.store.Delete(ctx, messageKey(state, e.ID))
		}
	}
	if err != nil {
		return fmt.Errorf("keep message %s: %w", e.ID, err)
	}
	return nil
}

// RemoveMessage removes a message that there is no reason for any more.
func (l *Ledger) RemoveMessage(ctx context.Context, m job.Message) error {
	return l.store.Delete(ctx, messageKey(m.State, m.ID))
}

// Messages returns up to limit messages in a state.
func (l *Ledger) Messages(ctx context.Context, state job.MessageState, limit int) ([]job.Message, error) {
	var found []job.Message
	for info, err := range l.store.List(ctx, messagesPrefix(state), "") {
		if err != nil {
			return nil, fmt.Errorf("list messages: %w", err)
		}
		var e job.Envelope
		err := l.read(ctx, info.Key, &e)
		switch {
		case errors.Is(err, storage.ErrNotFound), errors.Is(err, errUnreadable): // delivered this moment, or nothing to tell
		case err != nil:
			return nil, fmt.Errorf("list messages: %w", err)
		case e.State == state:
			found = append(found, e.Message)
		}
		if len(found) == limit {
			break
		}
	}
	return found, nil
}

// ForgetMessages removes those that have been over since before a time.
func (l *Ledger) ForgetMessages(ctx context.Context, before time.Time) error {
	var old []string
	for _, state := range []job.MessageState{job.Delivered, job.Dead} {
		for info, err := range l.store.List(ctx, messagesPrefix(state), "") {
			if err != nil {
				return fmt.Errorf("list messages: %w", err)
			}
			if info.Modified.Before(before) {
				old = append(old, info.Key)
			}
		}
	}
	if len(old) == 0 {
		return nil
	}
	return l.store.Delete(ctx, old...)
}

// RunStatus is what the record says of a job, with how a certain run of it has ended; one that has not is queued. One of
// which that is damaged, or whose job has been removed, ended unknown: the error is [job.ErrUnknown].
func (l *Ledger) RunStatus(ctx context.Context, id spec.ID, number int) (job.Status, error) {
	record, err := l.job(ctx, id)
	var p job.Progress
	if err == nil {
		p, err = l.result(ctx, run{of: record, number: number})
	}
	if errors.Is(err, job.ErrUnreadable) || errors.Is(err, errUnreadable) {
		err = job.ErrUnknown
	}
	if err != nil {
		return job.Status{}, fmt.Errorf("run %d of job %s: %w", number, id, err)
	}
	return job.Status{Job: record, Progress: p}, nil
}
