package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/access"
	"mandelfarm/api"
	"mandelfarm/job"
)

// TestTheClientOfAJobIsOnRecord: a key by its ID, or a network that many are in, and whoever asks for it again changes nothing. Those
// who see the queues see which share each has.
func TestTheClientOfAJobIsOnRecord(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	id, text := f.keyUntil(access.Submit, time.Time{})
	cfg := f.config
	cfg.Anonymous, cfg.TrustedProxies = api.AnonymousSubmit, []string{"127.0.0.1"}
	front := f.serve(cfg)
	post := func(width int, headers ...string) job.Status {
		t.Helper()
		body := strings.NewReader(fmt.Sprintf(`{"width": %d, "height": 10}`, width))
		answer := ask(t, http.MethodPost, front+"/jobs", body, append(headers, "Content-Type", "application/json")...)
		require.Equal(t, http.StatusAccepted, answer.status, "%s", answer.body)
		return answer.job(t)
	}
	from := func(address string) []string { return []string{"X-Forwarded-For", address} }
	require.Equal(t, "network:203.0.113.0/24", post(1, from("203.0.113.77")...).Client)
	require.Equal(t, "network:198.51.100.0/24", post(2, from("::ffff:198.51.100.9")...).Client)
	require.Equal(t, "network:2001:db8:1::/48", post(3, from("2001:db8:1:2:3::4")...).Client)
	keyed := post(4, bearer(text)...)
	require.Equal(t, "key:"+id, keyed.Client)
	require.Equal(t, keyed.Client, post(4, from("203.0.113.77")...).Client, "it was asked for before")
	recorded, err := f.ledger.Status(t.Context(), keyed.ID)
	require.NoError(t, err)
	require.Equal(t, keyed.Client, recorded.Client)

	var control job.Backlog
	for _, lane := range read[queuesBody](t, ask(t, http.MethodGet, front+"/queues", nil)).Lanes {
		if lane.Lane == job.Control {
			control = lane
		}
	}
	require.Len(t, control.Clients, 4)
	for _, c := range control.Clients {
		require.InDelta(t, 0.25, c.Share, 1e-6, "jobs of one cost: %s", c.Client)
	}
}
