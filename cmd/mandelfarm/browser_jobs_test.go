package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// openJob opens the panel of jobs and in it the page of the only job there is.
func (p *tab) openJob() {
	p.t.Helper()
	require.NoError(p.t, chromedp.Do(p.browser, chromedp.KeyEvent("j"), chromedp.WaitVisible(chromedp.CSS(`.jobs .title`))))
	look[any](p.browser, p.t, `document.querySelector('.jobs .title').click()`)
	p.until(`document.querySelector('.body .facts dd')`)
}

// lookClosely zooms into the picture of the job whose page is open.
func (p *tab) lookClosely() {
	p.t.Helper()
	p.until(`document.querySelector('.body .picture:enabled')`)
	look[any](p.browser, p.t, `document.querySelector('.body .picture').click()`)
	p.until(`document.querySelector('.poster canvas')`)
}

// TestPageShowsAJobInFull: who has drawn which band, and the picture as it is in the file, pixel by pixel.
func TestPageShowsAJobInFull(t *testing.T) {
	t.Parallel()
	farm := serve(t, map[string]string{"DATA": t.TempDir(), "BAND_TIME": shortBands})
	location := farm.submit(t, heavy(posterIterations/10))
	farm.awaitJob(t, location, "done", 2*testTimeout)
	p := openTabOf(t, farm, 1100, 1280) // as large as the picture
	p.visit("re=-0.5&im=0&radius=1.5&max_iterations=100")
	p.openJob()
	p.until(`document.querySelectorAll('.shares li').length == 1`)
	p.until(`/^(\d+) bands: \1 drawn, 0 being drawn, 0 failed$/.test(document.querySelector('.bands').ariaLabel)`)
	look[any](p.browser, t, `document.querySelector('.bands').focus()`)
	require.NoError(t, chromedp.Do(p.browser, chromedp.KeyEvent("\u0303")))
	p.until(`/^Band 1: drawn by /.test(document.querySelector('.bands').ariaValueText) && document.querySelector('.bands + p').textContent.startsWith('Band 1')`)
	require.NoError(t, chromedp.Do(p.browser, chromedp.Click(chromedp.CSS(`.bands`))))
	p.until(`!document.querySelector('.bands + p').textContent.startsWith('Band 1:')`)
	assert.Empty(t, look[[]string](p.browser, t, nameless))
	screenshot(p.browser, t, "job")
	p.lookClosely()
	p.until(`document.querySelector('.poster canvas').ariaBusy == 'false'`)
	screenshot(p.browser, t, "poster")
	assert.InDelta(t, 1, p.compareCanvas(".poster canvas", location+"/image"), 0, "the poster beside the file")
	require.NoError(t, chromedp.Do(p.browser, chromedp.KeyEvent("\x1b")))
	p.until(`!document.querySelector('.poster')`)
}

// TestPageOutlivesItsFarm: it says when the farm does not answer, and goes on with the job when it does again.
func TestPageOutlivesItsFarm(t *testing.T) {
	t.Parallel()
	settings := map[string]string{"DATA": t.TempDir(), "BAND_TIME": shortBands}
	farm := serve(t, settings)
	p := openTabOf(t, farm, 1000, 700)
	p.expected = "ERR_" // what a browser notes of requests that nobody answers
	p.visit("re=-0.5&im=0&radius=1.5&max_iterations=100")
	location := farm.submit(t, heavy(10*posterIterations))
	p.openJob()
	p.until(`document.querySelector('.body .state').textContent.startsWith('running')`)
	farm.Kill()
	p.until(`document.querySelector('#toasts .bad')?.textContent.includes('The farm does not answer')`)
	screenshot(p.browser, t, "away")
	launch(t, command(t, settings, "--listen", strings.TrimPrefix(farm.url, "http://")))
	p.until(`!document.querySelector('#toasts .bad')`)
	p.until(`document.querySelector('.body .state').textContent.startsWith('running')`)
	look[any](p.browser, t, `[...document.querySelectorAll('.body .actions button')].find(b => b.textContent == 'Cancel').click()`)
	p.until(`document.querySelector('.body .state').textContent.startsWith('canceled')`)
	farm.awaitJob(t, location, "canceled", testTimeout)
}

// TestPageOutlivesAKilledWorker, the only one, amid a band of the picture that is looked at closely: another finishes it.
func TestPageOutlivesAKilledWorker(t *testing.T) {
	t.Parallel()
	_, settings := servers(t)
	settings["BAND_TIME"] = shortBands
	front := serve(t, settings, "api")
	doomed := serve(t, settings, "worker")
	p := openTabOf(t, front, 1100, 1280) // as large as the picture
	p.expected = "status of 503"         // the answer to tiles of the map for which a busy machine takes too long
	p.visit("re=-0.5&im=0&radius=1.5&max_iterations=100")
	location := front.submit(t, heavy(posterIterations))
	awaitBands(t, 1, doomed)
	require.Equal(t, http.StatusOK, front.order(t, http.MethodPost, location+"/pause")) // while the page comes to it
	p.openJob()
	p.lookClosely()

	seen := len(bandsDrawn(doomed))
	require.Equal(t, http.StatusOK, front.order(t, http.MethodPost, location+"/resume"))
	awaitBands(t, seen+3, doomed)
	doomed.Kill()
	left := front.progress(t, location)
	require.Equal(t, "running", left.State)
	require.Less(t, left.BandsDone, left.Bands)
	other := serve(t, settings, "worker")
	p.until(`document.querySelector('.poster [role=status]').textContent.startsWith('done')`)
	p.until(`document.querySelector('.poster canvas').ariaBusy == 'false'`)
	screenshot(p.browser, t, "taken-over")
	requirePoster(t, front, location)
	requireOnce(t, doomed, other)
	assert.NotEmpty(t, bandsDrawn(other))
	assert.InDelta(t, 1, p.compareCanvas(".poster canvas", location+"/image"), 0, "the poster beside the file")
}

// TestPageShowsAJobWhileNobodyDrawsTheMap: its tiles wait for a worker, and leave connections to what needs none.
func TestPageShowsAJobWhileNobodyDrawsTheMap(t *testing.T) {
	t.Parallel()
	_, settings := servers(t)
	settings["BAND_TIME"] = shortBands
	settings["WAIT_LIMIT"] = "30m" // longer than any test
	front := serve(t, settings, "api")
	doomed := serve(t, settings, "worker")
	front.submit(t, heavy(posterIterations))
	awaitBands(t, 3, doomed)
	doomed.Kill()
	p := openTabOf(t, front, 1100, 1280)
	require.NoError(t, chromedp.Do(p.browser, chromedp.Navigate(front.url+"/?re=-0.5&im=0&radius=1.5&max_iterations=100")))
	p.until(`document.querySelector('#map').ariaBusy == 'true'`)
	p.openJob()
	p.lookClosely()
	const givenUp = `performance.getEntriesByType('resource').filter(entry => entry.name.includes('/data/') && !entry.responseStatus)`
	p.until(givenUp + `.length >= 5`) // the map is not seen, and holds no connection
	p.until(`document.querySelector('.poster canvas').ariaBusy == 'false'`)
	screenshot(p.browser, t, "part")
}

// TestPageHasSlowViewsDrawnAsJobs by itself, where the farm is one's own: the picture sharpens in place of the tiles, and goes with the view.
func TestPageHasSlowViewsDrawnAsJobs(t *testing.T) {
	t.Parallel()
	p := openTabOf(t, serve(t, map[string]string{"DATA": t.TempDir(), "MAX_SYNC_ITERATIONS": "100000000"}), 640, 480)
	p.expected = "status of 400" // the answer to tiles that take too long
	p.visit("re=-0.5&im=0&radius=1.25&max_iterations=1000")
	require.Equal(t, "true", look[string](p.browser, t, `String(document.querySelector('#slow').hidden)`))
	look[any](p.browser, t, `(() => {
		document.querySelector('#goto input').value = '?re=-0.5&im=0&radius=1.25&max_iterations=5000'
		document.querySelector('#goto').requestSubmit()
	})()`)
	p.until(`/\/jobs\/\w+\/image$/.test(document.querySelector('#slow').src)`)
	p.until(`document.querySelector('#slow').complete && document.querySelector('#slow').naturalWidth == 640`)
	screenshot(p.browser, t, "slow")
	status, body := p.farm.get("/jobs")
	require.Equal(t, http.StatusOK, status)
	assert.Regexp(t, `"tags":\["view-\d+-\d+"\]`, string(body))

	require.NoError(t, chromedp.Do(p.browser, chromedp.KeyEvent("\u0303")))
	p.until(`document.querySelector('#slow').hidden`)
}

// TestPageSaysThatNoWorkerIsThere, and no longer when one has drawn what is seen.
func TestPageSaysThatNoWorkerIsThere(t *testing.T) {
	t.Parallel()
	_, settings := servers(t)
	settings["WAIT_LIMIT"] = "1s"
	p := openTabOf(t, serve(t, settings, "api"), 800, 600)
	p.expected = "status of 503"
	require.NoError(t, chromedp.Do(p.browser, chromedp.Navigate(p.farm.url+"/?re=-0.5&im=0&radius=1.5&max_iterations=100")))
	p.until(`document.querySelector('#toasts .bad')?.textContent.includes('No worker is there')`)
	screenshot(p.browser, t, "no-worker")
	serve(t, settings, "worker")
	p.settle()
	p.until(`!document.querySelector('#toasts .bad')`)
}

// TestPageSaysThatTheQueueIsAway, in the farm's words, and goes on by itself when it is back. What is drawn already is shown all the while.
func TestPageSaysThatTheQueueIsAway(t *testing.T) {
	t.Parallel()
	redis, settings := servers(t)
	farm := serve(t, settings, "api")
	serve(t, settings, "worker")
	p := openTabOf(t, farm, 600, 400, sharp())
	p.expected = "status of 503"
	p.visit("re=-0.5&im=0&radius=1.5&max_iterations=100")
	before := look[string](p.browser, t, shownNow, chromedp.EvalAwaitPromise)
	redis.Stop(t)
	require.NoError(t, chromedp.Do(p.browser, chromedp.KeyEvent("+")))
	p.until(`location.search.includes('radius=0.75&')`)
	p.until(`document.querySelector('#toasts .bad')?.textContent.includes('redis: ')`)
	screenshot(p.browser, t, "no-queue")
	require.NoError(t, chromedp.Do(p.browser, chromedp.NavigateBack()))
	p.settle()
	assert.Equal(t, before, look[string](p.browser, t, shownNow, chromedp.EvalAwaitPromise), "what is there")
	require.NoError(t, chromedp.Do(p.browser, chromedp.NavigateForward()))
	redis.Restart(t)
	p.settle()
	p.until(`!document.querySelector('#toasts .bad')`)
}

// TestPageListsManyJobs: the newest at once and older ones when asked for, by state, and one that has left the state leaves the list.
func TestPageListsManyJobs(t *testing.T) {
	t.Parallel()
	p := openTab(t, 1000, 700)
	const many = 90
	for n := range many {
		p.farm.submit(t, fmt.Sprintf(`{"width": %d, "height": 9}`, 10+n))
	}
	location := p.farm.submit(t, heavy(10*posterIterations))
	p.visit("re=-0.5&im=0&radius=1.5&max_iterations=100")
	require.NoError(t, chromedp.Do(p.browser, chromedp.KeyEvent("j")))
	p.until(`document.querySelectorAll('.jobs li').length == 40`)
	for _, listed := range []int{80, many + 1} {
		look[any](p.browser, t, `document.querySelector('[aria-label="Older jobs"]').click()`)
		p.until(fmt.Sprintf(`document.querySelectorAll('.jobs li').length == %d`, listed))
	}
	look[any](p.browser, t, `(() => {
		const state = document.querySelector('.body select')
		state.value = 'running'
		state.dispatchEvent(new Event('change'))
	})()`)
	p.until(`document.querySelectorAll('.jobs [data-state=running] progress').length == 1`)
	p.farm.change(t, "DELETE", location)
	p.until(`document.querySelector('.jobs').textContent == 'No such jobs.'`)
}
