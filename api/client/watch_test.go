package client_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

func TestWatchGoesOnAfterABreak(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	p := newProxy(t, f.url)
	c := connect(t, p.url)
	st, err := c.Submit(t.Context(), parse(t, 60))
	require.NoError(t, err)
	p.mu.Lock()
	p.cuts = []int64{10, 600} // before the first event, and behind it
	p.mu.Unlock()
	var states []job.State
	for st, err := range c.Watch(t.Context(), st.ID) {
		require.NoError(t, err)
		if states = append(states, st.State); len(states) == 1 {
			p.mu.Lock()
			p.refusals = 2 // the farm restarts behind its proxy
			p.mu.Unlock()
			f.work()
		}
	}
	assert.Equal(t, job.Done, states[len(states)-1])
	assert.NotContains(t, states[1:], job.Queued, "what was seen does not come again")
	ids := p.headers("Last-Event-ID")
	assert.NotEmpty(t, ids[len(ids)-1])
	assert.GreaterOrEqual(t, len(ids), 5, "%q", ids)
}

func TestWatchEndsWithItsContextAndItsConsumer(t *testing.T) {
	t.Parallel()
	c := connect(t, newFarm(t).url)
	st, err := c.Submit(t.Context(), parse(t, 60))
	require.NoError(t, err)
	for _, err := range c.Watch(t.Context(), st.ID) {
		require.NoError(t, err)
		break
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for _, err = range c.Watch(ctx, st.ID) {
		cancel()
	}
	require.ErrorIs(t, err, context.Canceled)
}

func TestStreamsOfAnyForm(t *testing.T) {
	t.Parallel()
	digits := strings.Repeat("1", 3<<20)
	done := `{"id":"a","state":"done"}`
	for name, c := range map[string]struct {
		stream string
		want   string // states, or the error
	}{
		"plain":         {"event: progress\nid: 1\ndata: {\"state\":\"queued\"}\n\nevent: done\nid: 2\ndata: " + done + "\n\n", "queued done"},
		"carriage":      {"id: 1\r\ndata: " + done + "\r\n\r\n", "done"},
		"no spaces":     {"data:" + done + "\n\n", "done"},
		"comments":      {": a\n:\n\nretry: 10\n\ndata: " + done + "\n\n", "done"},
		"several lines": {"data: {\"id\":\"a\",\ndata: \"state\":\"done\"}\n\n", "done"},
		"long":          {`data: {"state":"done","error":"` + digits + "\"}\n\n", "done"},
		"after the end": {"data: " + done + "\n\ndata: " + done + "\n\n", "done"},
		"not JSON":      {"data: hello\n\n", "an event of job a: invalid character"},
		"wrong type":    {"data: []\n\n", "an event of job a: json"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, c.stream) }))
		t.Cleanup(server.Close)
		var got []string
		for st, err := range connect(t, server.URL).Watch(t.Context(), spec.ID("a")) {
			if err != nil {
				got = append(got, err.Error())
			} else {
				got = append(got, string(st.State))
			}
		}
		assert.Contains(t, strings.Join(got, " "), c.want, name)
		assert.LessOrEqual(t, len(got), 2, name)
	}
}
