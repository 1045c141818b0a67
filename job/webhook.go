package job

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"mandelfarm/renderer/spec"
)

// Webhook is an address that is to be told of a job: of its end, and of a share of it. The zero Webhook is none.
type Webhook struct {
	URL   string
	Share float64 // of the work, above 0 and below 1, at which it is told too; 0 is none
}

// Check reports a share that is none. Whether the address may be asked is the operator's to say.
func (w Webhook) Check() error {
	switch {
	case w.Share == 0:
		return nil
	case w.URL == "":
		return &spec.FieldError{Field: "webhook_progress", Reason: "must not be given without a webhook"}
	case !(w.Share > 0 && w.Share < 1):
		return &spec.FieldError{Field: "webhook_progress", Reason: "must be a number above 0 and below 1"}
	}
	return nil
}

// Message is what a webhook is told of one run of a job, once.
type Message struct {
	ID        string       `json:"id"` // by which the receiver knows it again
	Job       spec.ID      `json:"job"`
	Run       int          `json:"run"` // of the job
	About     About        `json:"about"`
	Share     float64      `json:"share,omitempty"` // at which it is owed, of AboutProgress
	Address   string       `json:"address"`         // scheme, host and port: the rest of a URL may be secret
	State     MessageState `json:"state"`
	CreatedAt time.Time    `json:"created_at"`
	Tries     int          `json:"tries"`
	TriedAt   time.Time    `json:"tried_at,omitzero"`
	NextTry   time.Time    `json:"next_try,omitzero"` // not before
	Status    int          `json:"status,omitempty"`  // that the last try was answered with; 0 if it was not
	Error     string       `json:"error,omitempty"`   // what kept the last try from being answered
}

// About says what a message tells of.
type About string

// What is told of.
const (
	AboutEnd      About = "end"
	AboutProgress About = "progress"
)

// MessageState is how a message stands.
type MessageState string

// The states of messages.
const (
	Waiting   MessageState = "waiting"   // there is nothing to tell yet
	Owed      MessageState = "owed"      // it is to be delivered
	Delivered MessageState = "delivered" // the receiver has taken it
	Dead      MessageState = "dead"      // it is tried no more, until somebody asks for that
)

// MessageStates lists every state.
func MessageStates() []MessageState { return []MessageState{Waiting, Owed, Dead, Delivered} }

// ParseMessageState reads a state.
func ParseMessageState(text string) (MessageState, error) {
	if s := MessageState(text); slices.Contains(MessageStates(), s) {
		return s, nil
	}
	return "", &spec.FieldError{Field: "state", Reason: "must be " + OneOf(MessageStates())}
}

// Envelope is a message with what is shown to nobody but the receiver.
type Envelope struct {
	Message
	URL  string `json:"url"`
	Body []byte `json:"body,omitempty"` // an [Event] in JSON, from when the message is owed
}

// Envelopes are what a webhook is to be told of a run of a job. Whoever names the same webhook twice is told once.
func (w Webhook) Envelopes(id spec.ID, run int, at time.Time) []Envelope {
	all := []Envelope{{URL: w.URL, Message: Message{
		ID: messageID(id, run, AboutEnd, w), Job: id, Run: run, About: AboutEnd, Address: w.address(), State: Waiting, CreatedAt: at,
	}}}
	if w.Share > 0 {
		told := all[0]
		told.ID, told.About, told.Share = messageID(id, run, AboutProgress, w), AboutProgress, w.Share
		all = append(all, told)
	}
	return all
}

// address is what may be told of the URL.
func (w Webhook) address() string {
	u, err := url.Parse(w.URL)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

func messageID(id spec.ID, run int, about About, w Webhook) string {
	text := w.URL
	if about == AboutProgress {
		text += fmt.Sprint(" ", w.Share)
	}
	sum := sha256.Sum256([]byte(text))
	return fmt.Sprintf("%s-%d-%s-%s", id, run, about, hex.EncodeToString(sum[:6]))
}

// EndPrefix begins the IDs of all messages that tell of the end of a run.
func EndPrefix(id spec.ID, run int) string { return fmt.Sprintf("%s-%d-%s", id, run, AboutEnd) }

// EndPrefixOf is that of a message's ID; of one that tells of something else it is none.
func EndPrefixOf(message string) string { return message[:max(0, strings.LastIndexByte(message, '-'))] }

// Event is the body of a message.
type Event struct {
	Type      EventType `json:"type"`
	Timestamp time.Time `json:"timestamp"` // of what is told
	Data      EventData `json:"data"`
}

// EventType says what has happened.
type EventType string

// What can happen to a job.
const (
	EventDone     EventType = "job.done"
	EventFailed   EventType = "job.failed"
	EventCanceled EventType = "job.canceled"
	EventProgress EventType = "job.progress"
)

// EventData is what is told of the job. All else, the farm tells who asks.
type EventData struct {
	ID       spec.ID  `json:"id"`
	State    State    `json:"state"`
	Title    string   `json:"title,omitempty"`
	Tags     []string `json:"tags,omitempty"`
	Fraction float64  `json:"fraction"` // of the work that is done, 0 to 1
	Bytes    int64    `json:"bytes,omitempty"`
	Error    string   `json:"error,omitempty"`
}

// Event is what is to be told of a job now.
func (st Status) Event(at time.Time) Event {
	e := Event{Type: EventProgress, Timestamp: at, Data: EventData{
		ID: st.ID, State: st.State, Title: st.Title, Tags: st.Tags, Fraction: st.Fraction, Bytes: st.Bytes, Error: st.Error,
	}}
	switch st.State {
	case Done:
		e.Type, e.Data.Fraction = EventDone, 1
	case Failed:
		e.Type = EventFailed
	case Canceled:
		e.Type = EventCanceled
	case Queued, Running:
	}
	return e
}

// Task delivers the message.
func (m Message) Task() Task {
	return Task{Kind: KindWebhook, Lane: Webhooks, ID: m.Job, Message: m.ID}
}

// IsMessageID reports whether text may be the ID of a message.
func IsMessageID(text string) bool {
	return text != "" && len(text) <= maxMessageID && strings.Trim(text, "0123456789abcdefghijklmnopqrstuvwxyz-") == ""
}

const maxMessageID = 100
