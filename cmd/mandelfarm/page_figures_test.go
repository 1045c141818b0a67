package main

import (
	"flag"
	"fmt"
	"io"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

var pageFigures = flag.Bool("page-figures", false, "measure the page in a browser")

// whenSettled notes in the page when the first view is there, in milliseconds since the beginning of the navigation, and has it
// remember all of its requests.
const whenSettled = `performance.setResourceTimingBufferSize(1e5)
addEventListener('DOMContentLoaded', () => {
	const map = document.querySelector('#map')
	new MutationObserver(() => { if (map.ariaBusy == 'false') window.settledAt ??= performance.now() }).observe(map, {attributes: true})
})`

// tilesOf are the paths of the tiles that the page has got since a time.
const tilesOf = `performance.getEntriesByType('resource').filter(entry => entry.name.includes('/data/') && entry.responseStatus == 200 && entry.startTime >= %f)
	.map(entry => entry.name.slice(entry.name.indexOf('/data/')))`

// screen is what the figures are of.
const screenWidth, screenHeight = 1920, 1080

// radii are of views about the tip of a filament at i, which looks alike at every depth.
var radii = []string{"1", "1e-9", "1e-30", "1e-300"}

// TestPageFigures measures the page on a screen of 1920x1080: how soon a view is there, cold and warm; tiles a second while it is panned, beside
// what drawing the same tiles takes without a farm; a change of the palette; and bytes. It prints the table of docs/benchmarks.md, of the radii
// that could be measured.
func TestPageFigures(t *testing.T) {
	if !*pageFigures {
		t.Skip("a measurement: make bench-page")
	}
	t.Parallel()
	rows := [][]string{
		{"| |"},
		{"|---|"},
		{"| first view, nothing drawn |"},
		{"| the same from the farm, which has drawn it |"},
		{"| the same from the browser's cache |"},
		{"| tiles a second while panning |"},
		{"| the same tiles drawn without farm and browser, on all cores |"},
	}
	var rest []string
	for _, radius := range radii { //nolint:paralleltest // one at a time has the machine
		t.Run(radius, func(t *testing.T) {
			column, more := measurePage(t, radius)
			rest = append(rest, more...)
			for i, cell := range append([]string{"radius " + radius, "---"}, column...) {
				rows[i] = append(rows[i], " "+cell+" |")
			}
		})
	}
	printFigures(t.Output(), rows, rest)
}

// printFigures prints a table by its rows, and what is said below it.
func printFigures(to io.Writer, rows [][]string, rest []string) {
	for _, row := range rows {
		fmt.Fprintln(to, strings.ReplaceAll(strings.Join(row, ""), " --- |", "---|"))
	}
	fmt.Fprintln(to, strings.Join(rest, "\n"))
}

// measurePage returns the cells of a radius, and what is measured once beside the table.
func measurePage(t *testing.T, radius string) (column, once []string) {
	t.Helper()
	view := "re=0&im=1&max_iterations=4000&radius=" + radius
	p := openTab(t, screenWidth, screenHeight)
	_, err := chromedp.Call(p.browser, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: whenSettled})
	require.NoError(t, err)
	cold := p.first(view)
	_, err = chromedp.Call(p.browser, network.ClearBrowserCache, struct{}{})
	require.NoError(t, err)
	for _, milliseconds := range []float64{cold, p.first(view), p.first(view)} {
		column = append(column, fmt.Sprintf("%.2g s", milliseconds/1000))
	}
	if radius == radii[0] { // a screen farther on are no tiles
		bytes, change := p.sent(), p.repainted()
		return append(column, "", ""), []string{
			fmt.Sprintf("Document, style and all modules: %.0f KB compressed. A change of the palette: %.0f ms, the median of nine.", bytes/1000, change),
		}
	}
	got, own := p.panned(2)
	return append(column, fmt.Sprintf("%.1f", got), fmt.Sprintf("%.0f", own)), []string{fmt.Sprintf("Panning at %s: %.2f of what the same tiles take without farm and browser.", radius, got/own)}
}

// first opens a view and returns how long that takes, in milliseconds.
func (p *tab) first(view string) float64 {
	p.t.Helper()
	require.NoError(p.t, chromedp.Do(p.browser, chromedp.Navigate(p.farm.url+"/?"+view)))
	p.until(`window.settledAt`)
	return look[float64](p.browser, p.t, `window.settledAt`)
}

// panned moves the view by so many screens, and returns the rate at which tiles come, and that at which they are drawn here.
func (p *tab) panned(screens int) (got, own float64) {
	p.t.Helper()
	from := look[float64](p.browser, p.t, `performance.now()`)
	for range screens {
		require.NoError(p.t, chromedp.Do(p.browser, chromedp.KeyEvent(strings.Repeat("\u0303", screenWidth/120))))
		p.until(`document.querySelector('#map').ariaBusy == 'true'`)
		p.until(`document.querySelector('#map').ariaBusy == 'false'`)
	}
	took := look[float64](p.browser, p.t, `performance.now()`) - from
	paths := look[[]string](p.browser, p.t, fmt.Sprintf(tilesOf, from))
	require.NotEmpty(p.t, paths)
	start := time.Now()
	drawTiles(p.t, paths)
	return 1000 * float64(len(paths)) / took, float64(len(paths)) / time.Since(start).Seconds()
}

// drawTiles draws the tiles of some paths, with the prepass that most of them share, on all cores.
func drawTiles(t *testing.T, paths []string) {
	t.Helper()
	tiles := make([]spec.Spec, len(paths))
	prepasses := make(map[string]*renderer.Prepass)
	for i, path := range paths {
		address, err := url.Parse(path)
		require.NoError(t, err)
		parts := strings.Split(address.Path, "/") // "", data, version, z, x, y
		tiles[i], err = spec.DataTileFromQuery(parts[3], parts[4], parts[5], address.Query())
		require.NoError(t, err)
		if key := renderer.PrepassKey(tiles[i]); prepasses[key] == nil {
			prepasses[key], err = renderer.NewPrepass(t.Context(), tiles[i], 0, nil)
			require.NoError(t, err)
		}
	}
	var all sync.WaitGroup
	next := make(chan spec.Spec)
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for tile := range next {
				if err := renderer.Write(t.Context(), io.Discard, tile, renderer.Options{Threads: 1, Prepass: prepasses[renderer.PrepassKey(tile)]}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for _, tile := range tiles {
		next <- tile
	}
	close(next)
	all.Wait()
}

// sent is what the page takes, in bytes, compressed as it is sent.
func (p *tab) sent() float64 {
	p.t.Helper()
	return look[float64](p.browser, p.t, `[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
		.filter(entry => entry.entryType == 'navigation' || entry.name.includes('/assets/')).reduce((sum, entry) => sum + entry.encodedBodySize, 0)`)
}

// repainted is how long a change of the palette takes until the screen has it, in milliseconds: the median of some.
func (p *tab) repainted() float64 {
	p.t.Helper()
	require.NoError(p.t, chromedp.Do(p.browser, chromedp.KeyEvent("c"), chromedp.WaitVisible(chromedp.CSS(`.palettes`))))
	p.settle()
	took := look[[]float64](p.browser, p.t, `(async () => {
		const context = document.querySelector('#map').getContext('2d')
		const seen = () => String(context.getImageData(960, 540, 8, 8).data)
		const frame = () => new Promise(resolve => requestAnimationFrame(resolve))
		const took = []
		for (const name of ['fire', 'ocean', 'aurora', 'gray', 'twilight', 'copper', 'forest', 'spectrum', 'ultra']) {
			await frame()
			const before = seen(), began = performance.now()
			document.querySelector('.palettes [title=' + name + ']').click()
			do await frame(); while (seen() == before)
			took.push(performance.now() - began)
		}
		return took
	})()`, chromedp.EvalAwaitPromise)
	slices.Sort(took)
	return took[len(took)/2]
}
