package client_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/api/client"
	"mandelfarm/job"
	"mandelfarm/webhook"
)

const webhookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

const webhookBody = `{"type": "job.done", "data": {"id": "0123", "state": "done", "title": "poster", "fraction": 1}}`

func signed(t *testing.T, at time.Time, body string) http.Header {
	t.Helper()
	secrets, err := webhook.ParseSecrets(webhookSecret)
	require.NoError(t, err)
	return secrets.Sign("message-1", at, []byte(body))
}

func TestWebhooksAreVerified(t *testing.T) {
	t.Parallel()
	event, id, err := client.VerifyWebhook(webhookSecret, signed(t, time.Now(), webhookBody), []byte(webhookBody))
	require.NoError(t, err)
	assert.Equal(t, "message-1", id)
	assert.Equal(t, job.EventDone, event.Type)
	assert.Equal(t, job.EventData{ID: "0123", State: job.Done, Title: "poster", Fraction: 1}, event.Data)
}

func TestWebhooksThatAreNotTheFarmsAreRefused(t *testing.T) {
	t.Parallel()
	good := signed(t, time.Now(), webhookBody)
	for name, c := range map[string]struct {
		secret string
		header http.Header
		body   string
		err    error
	}{
		"changed":       {webhookSecret, good, webhookBody + " ", client.ErrWebhookSignature},
		"not signed":    {webhookSecret, http.Header{}, webhookBody, client.ErrWebhookSignature},
		"old":           {webhookSecret, signed(t, time.Now().Add(-6*time.Minute), webhookBody), webhookBody, client.ErrWebhookTime},
		"of the future": {webhookSecret, signed(t, time.Now().Add(6*time.Minute), webhookBody), webhookBody, client.ErrWebhookTime},
		"no secret":     {"", good, webhookBody, client.ErrWebhookSecret},
	} {
		event, id, err := client.VerifyWebhook(c.secret, c.header, []byte(c.body))
		require.ErrorIs(t, err, c.err, name)
		assert.Zero(t, event, name)
		assert.Empty(t, id, name)
	}
	_, _, err := client.VerifyWebhook(webhookSecret, signed(t, time.Now(), "text"), []byte("text"))
	require.Error(t, err)
}

// A server that is told of the ends of jobs. It remembers the IDs of messages, because they may come several times.
func ExampleVerifyWebhook() {
	known := map[string]bool{}
	receiver := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil {
			return
		}
		event, id, err := client.VerifyWebhook(webhookSecret, r.Header, body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		if !known[id] {
			known[id] = true
			fmt.Println(event.Type, event.Data.Title)
		}
	})

	secrets, err := webhook.ParseSecrets(webhookSecret)
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 2 {
		request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(webhookBody))
		request.Header = secrets.Sign("message-1", time.Now(), []byte(webhookBody))
		receiver.ServeHTTP(httptest.NewRecorder(), request)
	}
	// Output: job.done poster
}
