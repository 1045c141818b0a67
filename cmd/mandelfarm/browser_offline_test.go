package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// shownNow is a hash of what is on the map, which says whether it is the same.
const shownNow = `(async () => {
	const map = document.querySelector('#map')
	const hash = await crypto.subtle.digest('SHA-256', map.getContext('2d').getImageData(0, 0, map.width, map.height).data)
	return [...new Uint8Array(hash)].join()
})()`

// untilKept waits until the browser keeps a page, and answers with it.
func (p *tab) untilKept() {
	p.t.Helper()
	p.until(`navigator.serviceWorker.controller`)
}

// TestPageStartsWithoutItsFarm: a browser that has seen it shows it again, with the tiles it has, says that the farm does not answer, and goes on
// when that is back.
func TestPageStartsWithoutItsFarm(t *testing.T) {
	t.Parallel()
	settings := map[string]string{"DATA": t.TempDir()}
	farm := serve(t, settings)
	p := openTabOf(t, farm, 600, 400, sharp())
	p.expected = "ERR_" // what a browser notes of requests that nobody answers
	const view = "re=-0.5&im=0&radius=1&max_iterations=100"
	p.visit(view)
	p.untilKept()
	before := look[string](p.browser, t, shownNow, chromedp.EvalAwaitPromise)
	farm.Kill()
	p.visit(view)
	assert.Equal(t, before, look[string](p.browser, t, shownNow, chromedp.EvalAwaitPromise), "the picture without a farm")
	require.NoError(t, chromedp.Do(p.browser, chromedp.KeyEvent("+")))
	p.says("The farm does not answer")
	screenshot(p.browser, t, "offline")
	launch(t, command(t, settings, "--listen", strings.TrimPrefix(farm.url, "http://")))
	p.until(`!document.querySelector('#toasts .bad')`)
	p.settle()
}

// bystander stands between a browser and a farm, and gives the page another version, or breaks a file of it.
type bystander struct {
	http.Handler
	version atomic.Value // the name of the folder of the page's files, "" for the farm's own
	breaks  atomic.Int32 // how many more times motion.js comes broken
}

var folder = regexp.MustCompile(`/assets/\w+/`)

func newBystander(t *testing.T, farm *service) (*bystander, *service) {
	t.Helper()
	to, err := url.Parse(farm.url)
	require.NoError(t, err)
	status, page := farm.get("/?re=0")
	require.Equal(t, http.StatusOK, status)
	own := folder.Find(page)
	require.NotEmpty(t, own)
	b := &bystander{}
	b.version.Store("")
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Header.Del("Accept-Encoding")
			r.Out.URL.Path = folder.ReplaceAllString(r.Out.URL.Path, string(own))
		},
		ModifyResponse: func(r *http.Response) error { return b.meddle(r) },
	}
	b.Handler = proxy
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	return b, &service{Process: farm.Process, url: server.URL}
}

// meddle changes what the farm has answered.
func (b *bystander) meddle(r *http.Response) error {
	isPage := strings.HasPrefix(r.Header.Get("Content-Type"), "text/html")
	isBroken := strings.HasSuffix(r.Request.URL.Path, "/motion.js") && b.breaks.Add(-1) >= 0
	version, _ := b.version.Load().(string)
	if !isBroken && (!isPage || version == "") {
		return nil
	}
	content, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	if isBroken {
		content = content[:len(content)/2]
	} else {
		content = folder.ReplaceAll(content, []byte("/assets/"+version+"/"))
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(content)), int64(len(content))
	r.Header.Del("Content-Length")
	return nil
}

// untilAcrossPages waits for an expression to hold in whichever page is there.
func (p *tab) untilAcrossPages(condition string) {
	p.t.Helper()
	require.Eventually(p.t, func() bool {
		holds, err := chromedp.Run(p.browser, chromedp.Evaluate[bool](condition))
		return err == nil && holds // one page may go, and the next may not be there yet
	}, testTimeout, 20*time.Millisecond, condition)
}

// TestPageHealsWhatCameBroken: a file that the browser would keep broken for a year is fetched anew, by nobody's doing. What does not heal is said.
func TestPageHealsWhatCameBroken(t *testing.T) {
	t.Parallel()
	between, farm := newBystander(t, serve(t, map[string]string{"DATA": t.TempDir()}))
	p := openTabOf(t, farm, 600, 400)
	p.expected = "SyntaxError" // what the broken file is
	between.breaks.Store(1)
	require.NoError(t, chromedp.Do(p.browser, chromedp.Navigate(farm.url+"/?re=-0.5&im=0&radius=1&max_iterations=100")))
	p.untilAcrossPages(`document.querySelector('#map').ariaBusy == 'false'`)
	assert.Negative(t, between.breaks.Load(), "it has come broken")
	assert.Nil(t, look[*string](p.browser, t, `sessionStorage.getItem('mandelfarm healed')`), "the next time it may be mended again")

	between.version.Store("other") // so that it is fetched
	between.breaks.Store(1000)
	require.NoError(t, chromedp.Do(p.browser, chromedp.Navigate(farm.url+"/?re=0")))
	p.untilAcrossPages(`document.querySelector('#toasts').textContent.includes('has come broken')`)
	screenshot(p.browser, t, "broken")
}
