package webhook_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/webhook"
)

// The example that implementations of Standard Webhooks are compared by.
const (
	exampleSecret    = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	exampleID        = "msg_p5jXN8AQM9LWM0D4loKWxJek"
	exampleBody      = `{"test": 2432232314}`
	exampleSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	exampleTime      = 1614265330
)

func secrets(t *testing.T, text string) webhook.Secrets {
	t.Helper()
	s, err := webhook.ParseSecrets(text)
	require.NoError(t, err)
	return s
}

// other is a secret that signs nothing in these tests.
func other() string { return "whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 32)) }

func TestSignaturesAreThoseOfTheStandard(t *testing.T) {
	t.Parallel()
	header := secrets(t, exampleSecret).Sign(exampleID, time.Unix(exampleTime, 0), []byte(exampleBody))
	assert.Equal(t, http.Header{
		"Webhook-Id": {exampleID}, "Webhook-Timestamp": {"1614265330"}, "Webhook-Signature": {exampleSignature},
	}, header)
}

func TestMessagesThatAreSignedAreBelieved(t *testing.T) {
	t.Parallel()
	now := time.Unix(exampleTime, 0)
	rotating := secrets(t, other()+" "+exampleSecret)
	for name, header := range map[string]http.Header{
		"as it was sent":             secrets(t, exampleSecret).Sign(exampleID, now, []byte(exampleBody)),
		"with two signatures":        rotating.Sign(exampleID, now, []byte(exampleBody)),
		"at the end of its time":     secrets(t, exampleSecret).Sign(exampleID, now.Add(-webhook.Tolerance), []byte(exampleBody)),
		"by a clock that is ahead":   secrets(t, exampleSecret).Sign(exampleID, now.Add(webhook.Tolerance), []byte(exampleBody)),
		"beside one of another kind": {"Webhook-Id": {exampleID}, "Webhook-Timestamp": {"1614265330"}, "Webhook-Signature": {"v1a,AAAA " + exampleSignature}},
	} {
		for _, receiver := range []webhook.Secrets{secrets(t, exampleSecret), rotating} {
			id, err := receiver.Verify(header, []byte(exampleBody), now)
			require.NoError(t, err, name)
			assert.Equal(t, exampleID, id, name)
		}
	}
}

func TestMessagesThatAreChangedAreNotBelieved(t *testing.T) {
	t.Parallel()
	now := time.Unix(exampleTime, 0)
	for name, c := range map[string]struct {
		change func(http.Header)
		body   string
		secret string
		err    error
	}{
		"another body":     {body: `{"test": 2432232315}`, err: webhook.ErrSignature},
		"another ID":       {change: func(h http.Header) { h.Set("webhook-id", "msg_other") }, err: webhook.ErrSignature},
		"no ID":            {change: func(h http.Header) { h.Del("webhook-id") }, err: webhook.ErrSignature},
		"a later time":     {change: func(h http.Header) { h.Set("webhook-timestamp", "1614265331") }, err: webhook.ErrSignature},
		"no time":          {change: func(h http.Header) { h.Del("webhook-timestamp") }, err: webhook.ErrSignature},
		"no signature":     {change: func(h http.Header) { h.Del("webhook-signature") }, err: webhook.ErrSignature},
		"half a signature": {change: func(h http.Header) { h.Set("webhook-signature", exampleSignature[:20]) }, err: webhook.ErrSignature},
		"another version":  {change: func(h http.Header) { h.Set("webhook-signature", strings.Replace(exampleSignature, "v1", "v2", 1)) }, err: webhook.ErrSignature},
		"another secret":   {secret: other(), err: webhook.ErrSignature},
		"an old message": {change: func(h http.Header) {
			for name, values := range secrets(t, exampleSecret).Sign(exampleID, now.Add(-webhook.Tolerance-time.Second), []byte(exampleBody)) {
				h[name] = values
			}
		}, err: webhook.ErrTime},
	} {
		header := secrets(t, exampleSecret).Sign(exampleID, now, []byte(exampleBody))
		if c.change != nil {
			c.change(header)
		}
		body, secret := exampleBody, exampleSecret
		if c.body != "" {
			body = c.body
		}
		if c.secret != "" {
			secret = c.secret
		}
		_, err := secrets(t, secret).Verify(header, []byte(body), now)
		require.ErrorIs(t, err, c.err, name)
	}
}

func TestSecretsThatAreNone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", " ", "whsec_", "secret", exampleSecret[len("whsec_"):], exampleSecret[:30], exampleSecret + "!", exampleSecret + " x",
		"whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 23)), "whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 65)),
	} {
		_, err := webhook.ParseSecrets(text)
		require.ErrorIs(t, err, webhook.ErrSecret, text)
		assert.NotContains(t, err.Error(), "MfKQ9r8G")
	}
}
