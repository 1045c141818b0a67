package main

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
)

// TestAsynqmonShowsTasks of a farm, in a browser, and changes none.
func TestAsynqmonShowsTasks(t *testing.T) {
	t.Parallel()
	_, settings := servers(t)
	front := serve(t, settings, "api")
	front.submit(t, heavy(2000))
	monitor := serve(t, settings, "asynqmon")
	browser := testenv.Browser(t)
	require.NoError(t, chromedp.Do(browser, chromedp.Navigate(monitor.url+"/"), chromedp.WaitVisible(chromedp.CSS(`a[href="/queues/control"]`))))

	status, body := monitor.get("/api/queues/control/pending_tasks")
	require.Equal(t, http.StatusOK, status)
	assert.Contains(t, string(body), `"pending":1`)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, monitor.url+"/api/queues/control:pause", nil)
	require.NoError(t, err)
	answer, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	_, _ = io.Copy(io.Discard, answer.Body)
	require.NoError(t, answer.Body.Close())
	assert.Equal(t, http.StatusMethodNotAllowed, answer.StatusCode)

	rebound := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	request, err = http.NewRequestWithContext(t.Context(), http.MethodGet, monitor.url+"/", nil)
	require.NoError(t, err)
	request.Host = "evil.test"
	answer, err = rebound.Do(request)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	assert.Equal(t, http.StatusMisdirectedRequest, answer.StatusCode)
}

// TestAsynqmonIsForThisMachine.
func TestAsynqmonIsForThisMachine(t *testing.T) {
	t.Parallel()
	cmd := command(t, map[string]string{"REDIS_URL": "redis://127.0.0.1:1"}, "asynqmon", "--listen", "0.0.0.0:0")
	out, err := cmd.CombinedOutput()
	require.Error(t, err)
	assert.Equal(t, 2, cmd.ProcessState.ExitCode())
	assert.Contains(t, strings.TrimSpace(string(out)), "must be an address of this machine alone")
}
