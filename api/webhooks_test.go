package api_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/api"
	"mandelfarm/internal/testenv"
	"mandelfarm/job"
	"mandelfarm/queue"
	"mandelfarm/renderer/spec"
)

func webhookAllow(rules ...string) option {
	return func(a *api.Config, _ *queue.Config) { a.WebhookAllow = rules }
}

const hook = "https://hooks.example.com/render/secret?token=secret"

// submitFor submits a job that names a webhook.
func (f *farm) submitFor(body, query string) answer {
	f.t.Helper()
	return f.ask(http.MethodPost, "/jobs?"+query, strings.NewReader(body), "Content-Type", "application/json")
}

func naming(address string) string { return url.Values{"webhook": {address}}.Encode() }

func (f *farm) deliveries(query string) []job.Message {
	f.t.Helper()
	a := f.get("/webhooks/deliveries" + query)
	require.Equal(f.t, http.StatusOK, a.status, "%s", a.body)
	return read[struct{ Deliveries []job.Message }](f.t, a).Deliveries
}

// keep has a message be in a state.
func (f *farm) keep(id string, state job.MessageState) {
	f.t.Helper()
	e, err := f.ledger.Envelope(f.t.Context(), id)
	require.NoError(f.t, err)
	e.State, e.Tries = state, 12
	require.NoError(f.t, f.ledger.KeepEnvelope(f.t.Context(), e))
}

// TestWebhooksAreOffByDefault, and a job that names one is not accepted.
func TestWebhooksAreOffByDefault(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	p := f.submitFor(small, naming(hook)).problem(t)
	assert.Equal(t, http.StatusBadRequest, p.Status)
	assert.Equal(t, "webhook", p.Field)
	assert.Contains(t, p.Detail, "WEBHOOK_ALLOW")
	assert.NotContains(t, p.Detail, "secret")
	f.untouched()
}

// TestWebhooksThatAreNotAllowedAreRefused: no job comes about, whatever is wrong.
func TestWebhooksThatAreNotAllowedAreRefused(t *testing.T) {
	t.Parallel()
	f := newFarm(t, webhookAllow("hooks.example.com", "10.0.0.0/8"))
	for query, field := range map[string]string{
		naming(""): "webhook", naming("x"): "webhook", naming("http://hooks.example.com"): "webhook", naming("https://other.example.com"): "webhook",
		naming("https://u:p@hooks.example.com"): "webhook", naming("https://127.0.0.1"): "webhook", naming("https://10.0.0.1"): "webhook",
		naming("http://169.254.169.254/latest/meta-data"): "webhook", naming("file:///etc/passwd"): "webhook",
		"webhook_progress=0.5": "webhook_progress", naming(hook) + "&webhook_progress=1": "webhook_progress", naming(hook) + "&webhook_progress=0": "webhook_progress",
		naming(hook) + "&webhook_progress=NaN": "webhook_progress", naming(hook) + "&webhook_progress=-0.5": "webhook_progress", naming(hook) + "&webhook_progress=": "webhook_progress",
	} {
		p := f.submitFor(small, query).problem(t)
		assert.Equal(t, http.StatusBadRequest, p.Status, query)
		assert.Equal(t, field, p.Field, query)
	}
	f.untouched()
}

// TestWebhooksAreOnRecordBeforeAnybodyIsPromisedAnything, and shown to operators without what may be secret.
func TestWebhooksAreOnRecordBeforeAnybodyIsPromisedAnything(t *testing.T) {
	t.Parallel()
	log := testenv.NewLog(t)
	f := newFarm(t, webhookAllow("hooks.example.com"))
	cfg, deps := f.config, f.dependencies()
	cfg.AccessLog, deps.Log = api.LogAll, log.Logger
	f.url = serveHTTP(t, f.serverOf(cfg, deps))
	a := f.submitFor(small, naming(hook)+"&webhook_progress=0.25&title=poster")
	require.Equal(t, http.StatusAccepted, a.status, "%s", a.body)
	s, err := spec.Parse([]byte(small))
	require.NoError(t, err)
	assert.Equal(t, s.ID(), a.job(t).ID, "it is no part of the ID")
	found := f.deliveries("")
	require.Len(t, found, 2)
	about := []job.About{found[0].About, found[1].About}
	assert.ElementsMatch(t, []job.About{job.AboutEnd, job.AboutProgress}, about)
	for _, m := range found {
		assert.Equal(t, job.Waiting, m.State)
		assert.Equal(t, "https://hooks.example.com", m.Address)
		assert.Equal(t, s.ID(), m.Job)
	}
	location := a.header.Get("Location")
	for _, path := range []string{"/webhooks/deliveries", "/jobs", location, location + "/history", "/operations", "/queues"} {
		assert.NotContains(t, string(f.get(path).body), "secret", path)
	}
	assert.NotContains(t, string(a.body), "secret")
	assert.NotEmpty(t, log.Lines("POST"))
	f.submitFor(small, "web%68ook=secret&webhook=secret;webhook=secret&a=%zz&title=b")
	assert.Empty(t, log.Lines("secret"))
	assert.Len(t, log.Lines(`query="webhook=...&webhook=...&a=%zz&title=b"`), 1, "all else is logged")

	again := f.submitFor(small, naming(hook)+"&webhook_progress=0.25")
	require.Equal(t, http.StatusAccepted, again.status)
	assert.Len(t, f.deliveries(""), 2, "asking twice is the same thing done once")
}

func TestDeliveriesAreListedByState(t *testing.T) {
	t.Parallel()
	f := newFarm(t, webhookAllow("hooks.example.com"))
	for _, address := range []string{hook + "1", hook + "2", hook + "3"} {
		require.Equal(t, http.StatusAccepted, f.submitFor(small, naming(address)).status)
	}
	all := f.deliveries("")
	require.Len(t, all, 3)
	f.keep(all[0].ID, job.Dead)
	f.keep(all[1].ID, job.Delivered)
	var states []job.MessageState
	for _, m := range f.deliveries("") {
		states = append(states, m.State)
	}
	assert.Equal(t, []job.MessageState{job.Waiting, job.Dead, job.Delivered}, states)
	assert.Equal(t, all[0].ID, f.deliveries("?state=dead")[0].ID)
	assert.Len(t, f.deliveries("?limit=2"), 2)
	assert.Empty(t, f.deliveries("?state=owed"))
}

func TestReplaysAreOwedAnewAndOnRecord(t *testing.T) {
	t.Parallel()
	f := newFarm(t, webhookAllow("hooks.example.com"))
	require.Equal(t, http.StatusAccepted, f.submitFor(small, naming(hook)).status)
	id := f.deliveries("")[0].ID
	replay := "/webhooks/deliveries/" + id + "/replay"
	assert.Equal(t, http.StatusConflict, f.ask(http.MethodPost, replay, nil).status, "there is nothing to tell yet")
	for _, state := range []job.MessageState{job.Dead, job.Delivered} {
		f.keep(id, state)
		a := f.ask(http.MethodPost, replay, nil)
		require.Equal(t, http.StatusAccepted, a.status, "%s", a.body)
		found := f.deliveries("")
		require.Len(t, found, 1)
		assert.Equal(t, job.Owed, found[0].State)
		assert.Zero(t, found[0].Tries)
		assert.Equal(t, id, found[0].ID, "the receiver knows it again")
	}
	done, err := f.ledger.Operations(t.Context(), 10)
	require.NoError(t, err)
	require.Len(t, done, 2)
	assert.Equal(t, job.ActionReplay, done[0].Action)
	assert.Equal(t, id, done[0].Target)
}
