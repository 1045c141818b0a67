package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"mandelfarm/job"
	"mandelfarm/webhook"
)

// Why [VerifyWebhook] refuses a message.
var (
	ErrWebhookSecret    = webhook.ErrSecret
	ErrWebhookSignature = webhook.ErrSignature
	ErrWebhookTime      = webhook.ErrTime
)

// VerifyWebhook is what the receiver of a webhook does with the headers and the body of a request before it believes it, given
// the farm's WEBHOOK_SECRET. It checks the signature, in constant time, and that the time of the message is within five
// minutes of this machine's. It returns what the farm tells, and the ID of the message.
//
// The same message may come several times, always with the same ID: the receiver remembers those of the last two days, and takes
// one that it knows for nothing new. Messages may also overtake each other.
func VerifyWebhook(secret string, header http.Header, body []byte) (e job.Event, id string, err error) {
	secrets, err := webhook.ParseSecrets(secret)
	if err != nil {
		return e, "", err
	}
	if id, err = secrets.Verify(header, body, time.Now()); err != nil {
		return e, "", err
	}
	if err := json.Unmarshal(body, &e); err != nil {
		return e, "", fmt.Errorf("message %s: %w", id, err)
	}
	return e, id, nil
}

// Messages lists messages to webhooks in a state, or if that is empty in all.
func (c *Client) Messages(ctx context.Context, state job.MessageState) ([]job.Message, error) {
	query := url.Values{"limit": {"200"}}
	if state != "" {
		query.Set("state", string(state))
	}
	var all struct {
		Deliveries []job.Message `json:"deliveries"`
	}
	err := c.ask(ctx, http.MethodGet, "/webhooks/deliveries?"+query.Encode(), nil, &all)
	return all.Deliveries, err
}

// Replay has a message delivered again. The error is [job.ErrState] if there is nothing to tell yet.
func (c *Client) Replay(ctx context.Context, id string) (m job.Message, err error) {
	err = c.ask(ctx, http.MethodPost, "/webhooks/deliveries/"+url.PathEscape(id)+"/replay", nil, &m)
	return m, err
}
