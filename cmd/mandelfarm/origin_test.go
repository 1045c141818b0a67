package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/api"
	"mandelfarm/internal/testenv"
)

// fetching sends a request by fetch, without reading the answer, which a page of
// another origin may not. It resolves whether the browser has let it go or not.
const fetching = `fetch(%q, {method: %q, mode: %q, body: %s, headers: {'Content-Type': 'text/plain'}}).then(r => r.type + ' ' + r.status, e => String(e))`

// posting sends a form into a frame and resolves when the answer is there.
const posting = `new Promise(resolve => {
	const frame = Object.assign(document.createElement('iframe'), {name: 'answer'})
	const form = Object.assign(document.createElement('form'), {action: %q, method: 'post', enctype: 'text/plain', target: 'answer'})
	form.append(Object.assign(document.createElement('input'), {name: '{"width": 61, "height": 40, "x": "', value: '"}'}))
	document.body.append(frame, form)
	frame.onload = () => { frame.remove(); form.remove(); resolve('answered') }
	form.submit()
})`

// elsewhere are addresses of a page of other origins on this machine: of the same
// site as a farm on localhost, and of another.
func elsewhere(t *testing.T) []string {
	t.Helper()
	url := pageElsewhere(t, "<!doctype html><body>", nil)
	return []string{strings.Replace(url, "127.0.0.1", "localhost", 1), url}
}

// attack has pages try to change something, in every way.
func attack(browser context.Context, t *testing.T, pages []string, method, address string) {
	t.Helper()
	for _, page := range pages {
		require.NoError(t, chromedp.Do(browser, chromedp.Navigate(page+"/")))
		attackFrom(browser, t, method, address)
	}
}

// attackFrom has the page in the browser do so.
func attackFrom(browser context.Context, t *testing.T, method, address string) {
	t.Helper()
	body := "null"
	if strings.HasSuffix(address, "/jobs") {
		body = `'{"width": 61, "height": 40}'`
	}
	for _, mode := range []string{"no-cors", "cors"} {
		look[string](browser, t, fmt.Sprintf(fetching, address, method, mode, body), chromedp.EvalAwaitPromise)
	}
	if method == http.MethodPost {
		look[string](browser, t, fmt.Sprintf(posting, address), chromedp.EvalAwaitPromise)
	}
}

// TestPageOfAnotherOriginChangesNothing has a page on another port of this machine
// try what the farm's own page may.
func TestPageOfAnotherOriginChangesNothing(t *testing.T) {
	t.Parallel()
	browser := testenv.Browser(t)
	farm := serve(t, map[string]string{"DATA": t.TempDir()})
	pages := elsewhere(t)
	open := farm.submit(t, slow(endless))
	farm.awaitJob(t, open, "running", testTimeout)
	canceled := farm.submit(t, slow(endless+1))
	farm.change(t, http.MethodDelete, canceled)

	attack(browser, t, pages, http.MethodPost, farm.url+open+"/pause")
	assert.False(t, farm.says(open, `"paused":true`), "paused")
	farm.change(t, http.MethodPost, open+"/pause")
	attack(browser, t, pages, http.MethodPost, farm.url+open+"/resume")
	assert.True(t, farm.says(open, `"paused":true`), "resumed")
	attack(browser, t, pages, http.MethodDelete, farm.url+open)
	assert.False(t, farm.says(open, `"state":"canceled"`), "canceled")
	attack(browser, t, pages, http.MethodPost, farm.url+canceled+"/retry")
	assert.True(t, farm.says(canceled, `"state":"canceled"`), "retried")
	attack(browser, t, pages, http.MethodPost, farm.url+"/jobs")
	assert.False(t, farm.says("/jobs", `"width":61`), "submitted")

	// The farm's own page may.
	pages = []string{farm.url}
	attack(browser, t, pages, http.MethodPost, farm.url+open+"/resume")
	assert.False(t, farm.says(open, `"paused":true`), "not resumed")
	attack(browser, t, pages, http.MethodDelete, farm.url+open)
	assert.True(t, farm.says(open, `"state":"canceled"`), "not canceled")
}

// says reports whether an answer has a text in it.
func (s *service) says(path, text string) bool {
	_, body := s.get(path)
	return strings.Contains(string(body), text)
}

// TestReboundNameReadsNothing has a page whose host name has become an alias of
// the farm's address, so that the browser takes both for one origin.
func TestReboundNameReadsNothing(t *testing.T) {
	t.Parallel()
	browser := testenv.Browser(t, chromedp.Flag("host-resolver-rules", "MAP evil.test 127.0.0.1"))
	farm := serve(t, map[string]string{"DATA": t.TempDir()})
	job := farm.submit(t, slow(endless))
	farm.awaitJob(t, job, "running", testTimeout)

	fetchAnywhere(browser, t) // as from the page that the name led to before
	require.NoError(t, chromedp.Do(browser, chromedp.Navigate(strings.Replace(farm.url, "localhost", "evil.test", 1)+"/")))
	const asking = `fetch(%q, {method: %q}).then(async r => r.status + ' ' + await r.text())`
	for _, try := range []struct{ method, path string }{{http.MethodGet, "/jobs"}, {http.MethodGet, job}, {http.MethodPost, job + "/pause"}, {http.MethodDelete, job}} {
		got := look[string](browser, t, fmt.Sprintf(asking, try.path, try.method), chromedp.EvalAwaitPromise)
		assert.Regexp(t, `^421 .*ALLOWED_HOSTS`, got, try.path)
	}
	assert.True(t, farm.says(job, `"state":"running"`))
	assert.False(t, farm.says(job, `"paused":true`))
}

func TestNamesAndOriginsAreSettings(t *testing.T) {
	t.Parallel()
	farm := serve(t, map[string]string{"DATA": t.TempDir(), "ALLOWED_HOSTS": "farm.test, 10.0.0.1", "TRUSTED_ORIGINS": "https://farm.test"})
	for host, want := range map[string]int{"farm.test": http.StatusOK, "10.0.0.1:80": http.StatusOK, "localhost": http.StatusOK, "evil.test": http.StatusMisdirectedRequest} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, farm.url+"/jobs", nil)
		require.NoError(t, err)
		request.Host = host
		assert.Equal(t, want, statusOf(t, request), host)
	}
	for origin, want := range map[string]int{"https://farm.test": http.StatusNotFound, "http://farm.test": http.StatusForbidden} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, farm.url+"/jobs/"+anID, nil)
		require.NoError(t, err)
		request.Header.Set("Origin", origin)
		assert.Equal(t, want, statusOf(t, request), origin)
	}
}

func statusOf(t *testing.T, request *http.Request) int {
	t.Helper()
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode
}

func TestAllowedHostsFollowTheListener(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		listens   string
		set, want []string
	}{
		{"127.0.0.1", nil, nil},
		{"127.3.2.1", nil, nil},
		{"::1", nil, nil},
		{"0.0.0.0", nil, []string{api.AnyHost}},
		{"::", nil, []string{api.AnyHost}},
		{"10.0.0.1", nil, []string{api.AnyHost}},
		{"10.0.0.1", []string{"farm.test"}, []string{"farm.test"}},
		{"127.0.0.1", []string{"farm.test"}, []string{"farm.test"}},
	} {
		f := &farm{settings: defaultSettings()}
		f.settings.api.AllowedHosts = c.set
		assert.Equal(t, c.want, f.allowedHosts(&net.TCPAddr{IP: net.ParseIP(c.listens)}), "%s %v", c.listens, c.set)
	}
}
