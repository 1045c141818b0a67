package main

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/api/client"
	"mandelfarm/job"
)

const webhookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// told is a message that a receiver has got and believes.
type told struct {
	id    string
	event job.Event
}

// webhookReceiver answers messages, each after answer has returned a status, and hands them on.
func webhookReceiver(t *testing.T, answer func(r *http.Request) int) (url string, got <-chan told) {
	t.Helper()
	all := make(chan told, 100)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		event, id, err := client.VerifyWebhook(webhookSecret, r.Header, body)
		if !assert.NoError(t, err) {
			return
		}
		all <- told{id, event}
		w.WriteHeader(answer(r))
	}))
	t.Cleanup(server.Close)
	return server.URL, all
}

func next(t *testing.T, got <-chan told) told {
	t.Helper()
	select {
	case m := <-got:
		return m
	case <-time.After(testTimeout):
		require.Fail(t, "nobody was told")
		return told{}
	}
}

func withWebhooks(settings map[string]string, url string) map[string]string {
	settings = maps.Clone(settings)
	settings["WEBHOOK_ALLOW"], settings["WEBHOOK_SECRET"] = url, webhookSecret
	return settings
}

// TestWebhooksAreToldWhoeverDies: a worker is killed while it tells, and Redis comes back empty.
func TestWebhooksAreToldWhoeverDies(t *testing.T) {
	t.Parallel()
	redis, settings := servers(t)
	killed := make(chan struct{})
	url, got := webhookReceiver(t, func(r *http.Request) int {
		select {
		case <-killed:
			return http.StatusNoContent
		case <-r.Context().Done(): // the worker has died
			return http.StatusServiceUnavailable
		}
	})
	settings = withWebhooks(settings, url)
	front, first := serve(t, settings, "api"), serve(t, settings, "worker")
	id := strings.TrimSpace(asked(t, front.url, `{"width": 60, "height": 40}`, "submit", "-", "--webhook", url+"/a?token=secret", "--title", "poster"))
	begun := next(t, got)
	first.Kill()
	redis.FlushAll(t)
	close(killed)
	second := serve(t, settings, "worker")
	again := next(t, got)
	assert.Equal(t, begun, again, "it is the same message")
	assert.Equal(t, job.EventDone, again.event.Type)
	assert.Equal(t, id, string(again.event.Data.ID))
	assert.Equal(t, "poster", again.event.Data.Title)

	require.Eventually(t, func() bool {
		return strings.Contains(asked(t, front.url, "", "deliveries", "--state", "delivered"), again.id)
	}, testTimeout, 50*time.Millisecond)
	assert.Contains(t, asked(t, front.url, "", "replay", again.id), "owed")
	assert.Equal(t, again, next(t, got), "and so is a replay")
	assert.Contains(t, asked(t, front.url, "", "deliveries", "--json"), `"address":"`+url+`"`)
	assert.Equal(t, exitUsage, ask(t, front.url, "", "deliveries", "--state", "lost").code)
	for _, s := range []*service{front, first, second} {
		assert.NotContains(t, s.Log(), "secret")
	}
}

// TestReceiversThatAreSlowHoldUpNothingElse: there are more of them than a worker tells at a time.
func TestReceiversThatAreSlowHoldUpNothingElse(t *testing.T) {
	t.Parallel()
	url, got := webhookReceiver(t, func(r *http.Request) int {
		<-r.Context().Done()
		return http.StatusServiceUnavailable
	})
	settings := withWebhooks(map[string]string{"DATA": t.TempDir(), "WEBHOOK_TASKS": "2"}, url)
	farm := serve(t, settings)
	for i := range 5 {
		asked(t, farm.url, fmt.Sprintf(`{"width": %d, "height": 40}`, 60+i), "submit", "-", "--webhook", url)
	}
	next(t, got)
	next(t, got)
	farm.awaitJob(t, farm.submit(t, `{"width": 80, "height": 40}`), "done", testTimeout)
	status, _ := farm.get("/generate/90/40")
	assert.Equal(t, http.StatusOK, status)
	assert.NoError(t, farm.Stop(testTimeout))
}

func TestWebhooksTakeASecret(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string]map[string]string{
		"none":       {"WEBHOOK_ALLOW": "hooks.example.com"},
		"too short":  {"WEBHOOK_ALLOW": "hooks.example.com", "WEBHOOK_SECRET": "whsec_c2VjcmV0"},
		"no rule":    {"WEBHOOK_ALLOW": "https://hooks.example.com/path", "WEBHOOK_SECRET": webhookSecret},
		"no address": {"WEBHOOK_ALLOW": "10.0.0.0/99", "WEBHOOK_SECRET": webhookSecret},
	} {
		settings["DATA"] = t.TempDir()
		out, err := command(t, settings).CombinedOutput()
		require.Error(t, err, name)
		assert.Contains(t, string(out), "(WEBHOOK_", name)
		assert.NotContains(t, string(out), "c2VjcmV0", name)
	}
}
