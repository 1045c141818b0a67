package main

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
)

var mirador = flag.String("mirador", "", "the bundle of Mirador that is to show a poster")

// miradorPage shows the manifest in its query, as Mirador's own instructions do.
const miradorPage = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><div id="viewer"></div><script src="/viewer.js"></script>
<script>Mirador.viewer({id: 'viewer', windows: [{manifestId: location.search.slice(1)}]})</script>`

// TestMiradorShowsPosters by their manifests, in a page of another origin.
func TestMiradorShowsPosters(t *testing.T) {
	t.Parallel()
	if *mirador == "" {
		t.Skip("no bundle is named: -mirador FILE, which is dist/mirador.min.js of the package mirador")
	}
	script, err := os.ReadFile(*mirador)
	require.NoError(t, err)
	browser := testenv.Browser(t)
	farm := serve(t, map[string]string{"DATA": t.TempDir()})
	id := strings.TrimSpace(asked(t, farm.url, `{"width": 2750, "height": 1900, "coloring": {"palette": "fire"}}`, "submit", "--wait", "-"))
	require.NoError(t, chromedp.Do(browser, chromedp.EmulateViewport(1280, 900)))
	require.NoError(t, chromedp.Do(browser, chromedp.Navigate(pageElsewhere(t, miradorPage, script)+"/?"+farm.url+"/jobs/"+id+"/iiif/manifest.json")))
	// What it has drawn cannot be read by scripts, since it does not say that pictures of other origins may be; so what they ask for is.
	look[bool](browser, t, `new Promise(resolve => {
		const tiles = () => performance.getEntriesByType('resource').filter(({ name, responseEnd }) => /iiif.[0-9]+,[0-9]+,[0-9]+,[0-9]+.5/.test(name) && responseEnd > 0)
		const look = () => document.body.textContent.includes('mandelbrot, 2750x1900') && tiles().length > 3 ? resolve(true) : setTimeout(look, 50)
		look()
	})`, chromedp.EvalAwaitPromise)
	screenshot(browser, t, "mirador")
}
