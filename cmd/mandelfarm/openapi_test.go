package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/api/openapi"
	"mandelfarm/api/openapi/openapitest"
	"mandelfarm/internal/testenv"
	"mandelfarm/metrics"
	"mandelfarm/renderer/spec"
)

// TestProbesAnswerAsDocumented: those of the farm, when a server answers and
// when it does not.
func TestProbesAnswerAsDocumented(t *testing.T) {
	t.Parallel()
	document, err := openapitest.Read(t.Context(), openapi.JSON(version()))
	require.NoError(t, err)
	q, folder := onEmbedded(t)
	for _, store := range []pingedStore{folder, unreadable{folder}} {
		for _, path := range []string{"/healthz", "/readyz", "/readyz?verbose"} {
			answer := inspect(t, q, store, onlyServes, path)
			_, broken := store.(unreadable)
			assert.Equal(t, broken && path != "/healthz", answer.Code == http.StatusServiceUnavailable, path)
			request := httptest.NewRequest(http.MethodGet, path, nil)
			require.NoError(t, document.CheckAnswer(request, openapitest.Answer{Status: answer.Code, Header: answer.Header(), Body: answer.Body.Bytes()}), path)
		}
	}
}

// TestMetricsAnswerAsDocumented in the format that is asked for.
func TestMetricsAnswerAsDocumented(t *testing.T) {
	t.Parallel()
	document, err := openapitest.Read(t.Context(), openapi.JSON(version()))
	require.NoError(t, err)
	recorder, request := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/metrics", nil)
	metrics.New(version(), spec.Version).Handler().ServeHTTP(recorder, request)
	require.Contains(t, recorder.Body.String(), "mandelfarm_")
	require.NoError(t, document.CheckAnswer(request, openapitest.Answer{Status: recorder.Code, Header: recorder.Header(), Body: recorder.Body.Bytes()}))
}

// TestDocsInABrowser: the page is one request, its policy lets it have its own
// style, it has room on a phone, and its links work.
func TestDocsInABrowser(t *testing.T) {
	t.Parallel()
	browser := testenv.Browser(t)
	farm := serve(t, map[string]string{"DATA": t.TempDir()})
	for name, width := range map[string]int64{"phone": 360, "desk": 1200} {
		require.NoError(t, chromedp.Do(browser,
			chromedp.EmulateViewport(width, 800),
			chromedp.Navigate(farm.url+"/docs#generate"),
			chromedp.WaitVisible(chromedp.CSS(`#generate h3`)),
		))
		assert.Equal(t, "none", look[string](browser, t, `getComputedStyle(document.querySelector('nav ul')).listStyleType`), "styled")
		assert.LessOrEqual(t, look[int64](browser, t, `document.documentElement.scrollWidth`), width, "nothing sticks out")
		assert.Zero(t, look[int](browser, t, `performance.getEntriesByType('resource').length`), "nothing else is loaded")
		assert.InDelta(t, 0, look[float64](browser, t, `document.querySelector('#generate').getBoundingClientRect().top`), 40, "the anchor is in view")
		screenshot(browser, t, name)
	}
	require.NoError(t, chromedp.Do(browser, chromedp.Click(chromedp.CSS(`nav a[href="#Spec"]`)), chromedp.WaitVisible(chromedp.CSS(`#Spec`))))
	assert.Equal(t, "#Spec", look[string](browser, t, `location.hash`))
	require.NoError(t, chromedp.Do(browser,
		chromedp.Click(chromedp.CSS(`#healthz a[href="/healthz"]`)),
		chromedp.WaitVisible(chromedp.CSS(`pre`)),
	))
	assert.Equal(t, "ok", look[string](browser, t, `document.body.innerText.trim()`))
}
