package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
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

// stageLimit is how long a stage of a measurement may take. There are at most six for each radius, so the whole ends whatever the machine does.
const stageLimit = 90 * time.Second

// TestPageFigures measures the page on a screen of 1920x1080: how soon a view is there, cold and warm; tiles a second while it is panned, beside
// what drawing the same tiles takes without a farm; a change of the palette; bytes; and the farm's own tiles a second once they are drawn. It
// prints the tables of docs/benchmarks.md, of the radii that could be measured; a stage that takes too long fails by its name.
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
		{"| the first beside the second |"},
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
	fmt.Fprintln(to, "\n"+strings.Join(rest, "\n"))
}

// measurePage returns the cells of a radius, and what is measured once beside the table.
func measurePage(t *testing.T, radius string) (column, once []string) {
	t.Helper()
	view := "re=0&im=1&max_iterations=4000&radius=" + radius
	p := openTab(t, screenWidth, screenHeight)
	_, err := chromedp.Call(p.browser, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: whenSettled})
	require.NoError(t, err)
	column = append(column, inSeconds(p.first("the first view, nothing drawn", view)))
	bytes := p.sent()
	_, err = chromedp.Call(p.browser, network.ClearBrowserCache, struct{}{})
	require.NoError(t, err)
	column = append(column, inSeconds(p.first("the first view from the farm", view)), inSeconds(p.first("the first view from the browser's cache", view)))
	if radius == radii[0] { // a screen farther on are no tiles
		return append(column, "", "", ""), []string{
			fmt.Sprintf("Document, style and all modules: %.0f KB compressed. A change of the palette: %.0f ms, the median of nine.", bytes/1000, p.repainted()),
			p.served(view),
		}
	}
	got, own := p.panned(3)
	return append(column, fmt.Sprintf("%.1f", got), fmt.Sprintf("%.0f", own), fmt.Sprintf("%.2f", got/own)), nil
}

// inSeconds is a cell of a table.
func inSeconds(milliseconds float64) string { return fmt.Sprintf("%.2g s", milliseconds/1000) }

// stage evaluates a promise in the page, and fails by its name where that takes too long.
func stage[T any](p *tab, name, promise string) T {
	p.t.Helper()
	began := time.Now()
	ctx, cancel := context.WithTimeout(p.browser, stageLimit)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](promise, chromedp.EvalAwaitPromise))
	require.NoError(p.t, err, "%s: not there after %s", name, time.Since(began).Round(time.Second))
	fmt.Fprintf(p.t.Output(), "%s: measured in %s\n", name, time.Since(began).Round(time.Millisecond))
	return value
}

// first opens a view and returns how long that takes, in milliseconds.
func (p *tab) first(name, view string) float64 {
	p.t.Helper()
	require.NoError(p.t, chromedp.Do(p.browser, chromedp.Navigate(p.farm.url+"/?"+view)))
	return stage[float64](p, name, `new Promise(resolve => {
		const look = () => window.settledAt ? resolve(window.settledAt) : setTimeout(look, 20)
		look()
	})`)
}

// movedOn moves the view by so many screens to the right, each when the one before is there, and returns when that began and ended.
const movedOn = `(async () => {
	const map = document.querySelector('#map'), frame = () => new Promise(resolve => requestAnimationFrame(resolve)), began = performance.now()
	for (let screen = 0; screen < %d; screen++) {
		for (let moved = 0; moved < innerWidth; moved += 120) document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true}))
		await frame()
		do await frame(); while (map.ariaBusy != 'false')
	}
	return [began, performance.now()]
})()`

// panned moves the view by so many screens, and returns the rate at which tiles come, and that at which they are drawn here.
func (p *tab) panned(screens int) (got, own float64) {
	p.t.Helper()
	span := stage[[]float64](p, "panning", fmt.Sprintf(movedOn, screens))
	paths := look[[]string](p.browser, p.t, fmt.Sprintf(tilesOf, span[0]))
	require.NotEmpty(p.t, paths)
	return 1000 * float64(len(paths)) / (span[1] - span[0]), float64(len(paths)) / drawTiles(p.t, paths).Seconds()
}

// served is how many tiles the farm answers with once they are drawn, in words: one by ten connections, as mod_tile's authors measured, and all of a view.
func (p *tab) served(view string) string {
	p.t.Helper()
	p.first("the view whose tiles are served", view)
	paths := look[[]string](p.browser, p.t, fmt.Sprintf(tilesOf, 0.0))
	require.NotEmpty(p.t, paths)
	return fmt.Sprintf("Tiles a second by ten connections: %.0f of one tile, %.0f of the %d of a view.", p.farm.answers(p.t, paths[:1]), p.farm.answers(p.t, paths), len(paths))
}

// answers is the rate at which some paths are answered over ten connections.
func (s *service) answers(t *testing.T, paths []string) float64 {
	t.Helper()
	const connections, span = 10, 5 * time.Second
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections, DisableCompression: true}}
	defer client.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(t.Context(), stageLimit)
	defer cancel()
	var done atomic.Int64
	var all sync.WaitGroup
	start := time.Now()
	for connection := range connections {
		all.Go(func() {
			for at := connection; time.Since(start) < span; at++ {
				if !fetched(ctx, client, s.url+paths[at%len(paths)]) {
					t.Error("a tile was not answered")
					return
				}
				done.Add(1)
			}
		})
	}
	all.Wait()
	return float64(done.Load()) / time.Since(start).Seconds()
}

// fetched reports whether an address is answered with what it is of, which is read and dropped.
func fetched(ctx context.Context, client *http.Client, address string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return false
	}
	response, err := client.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return err == nil && response.StatusCode == http.StatusOK
}

// drawTiles draws the tiles of some paths on all cores, and returns how long that takes with the prepasses at hand, as the farm has them.
func drawTiles(t *testing.T, paths []string) time.Duration {
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
	start := time.Now()
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
	return time.Since(start)
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
	took := stage[[]float64](p, "a change of the palette", `(async () => {
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
	})()`)
	slices.Sort(took)
	return took[len(took)/2]
}
