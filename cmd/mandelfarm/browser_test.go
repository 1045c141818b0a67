package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

// tab is a browser with the page of a farm, and what the page has complained of.
type tab struct {
	t       *testing.T
	browser context.Context //nolint:containedctx // package chromedp drives a browser by its context
	farm    *service
	// expected is part of every fault that is none.
	expected string
	lock     sync.Mutex
	faults   []string
}

// openTab starts a farm and a browser whose window has so many pixels. At the end nothing may have been wrong in the page.
func openTab(t *testing.T, width, height int64, options ...chromedp.EmulateViewportOption) *tab {
	t.Helper()
	return openTabOf(t, serve(t, map[string]string{"DATA": t.TempDir()}), width, height, options...)
}

// openTabOf starts a browser for a farm that is there.
func openTabOf(t *testing.T, farm *service, width, height int64, options ...chromedp.EmulateViewportOption) *tab {
	t.Helper()
	p := &tab{t: t, browser: testenv.Browser(t), farm: farm}
	require.NoError(t, chromedp.Do(p.browser, chromedp.EmulateViewport(width, height, options...)))
	require.NoError(t, chromedp.Listen(p.browser, p.listen))
	t.Cleanup(func() {
		p.lock.Lock()
		defer p.lock.Unlock()
		assert.Empty(t, p.faults, "the console")
	})
	return p
}

// listen notes what a developer would see in the console.
func (p *tab) listen(event any) {
	var fault string
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Level == "error" { // others are advice
			fault = fmt.Sprint(e.Entry.Text, " ", e.Entry.URL)
		}
	case *runtime.EventExceptionThrown:
		fault = fmt.Sprint(e.ExceptionDetails.Text, " ", e.ExceptionDetails.Exception)
	case *runtime.EventConsoleAPICalled:
		fault = fmt.Sprint("console.", e.Type)
	}
	p.lock.Lock()
	defer p.lock.Unlock()
	if fault != "" && (p.expected == "" || !strings.Contains(fault, p.expected)) {
		p.faults = append(p.faults, fault)
	}
}

// visit opens a link of the farm and waits for its picture.
func (p *tab) visit(query string) {
	p.t.Helper()
	require.NoError(p.t, chromedp.Do(p.browser, chromedp.Navigate(p.farm.url+"/?"+query)))
	p.settle()
}

// until waits for an expression to hold in the page.
func (p *tab) until(condition string) {
	p.t.Helper()
	look[bool](p.browser, p.t, fmt.Sprintf(`new Promise(resolve => {
		const look = () => (%s) ? resolve(true) : setTimeout(look, 20)
		look()
	})`, condition), chromedp.EvalAwaitPromise)
}

// settle waits until all tiles of the view are there and drawn.
func (p *tab) settle() {
	p.t.Helper()
	p.until(`document.querySelector('#map').ariaBusy == 'false'`)
	look[bool](p.browser, p.t, `new Promise(resolve => setTimeout(() => requestAnimationFrame(() => resolve(true)), 300))`, chromedp.EvalAwaitPromise)
	p.until(`document.querySelector('#map').ariaBusy == 'false'`)
}

// link is the query of the address.
func (p *tab) link() url.Values {
	p.t.Helper()
	query, err := url.ParseQuery(strings.TrimPrefix(look[string](p.browser, p.t, `location.search`), "?"))
	require.NoError(p.t, err)
	return query
}

// compare returns the part of the pixels on the screen that are within one step of those of a picture of the farm's.
func (p *tab) compare(path string) float64 {
	p.t.Helper()
	return p.compareCanvas("#map", path)
}

// compareCanvas does so for a canvas.
func (p *tab) compareCanvas(selector, path string) float64 {
	p.t.Helper()
	return look[float64](p.browser, p.t, fmt.Sprintf(`(async () => {
		const bitmap = await createImageBitmap(await (await fetch(%q)).blob())
		const map = document.querySelector(%q)
		const copy = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d')
		copy.drawImage(bitmap, 0, 0)
		const [a, b] = [map.getContext('2d'), copy].map(c => c.getImageData(0, 0, bitmap.width, bitmap.height).data)
		if (map.width != bitmap.width || map.height != bitmap.height) throw new Error('other sizes')
		let same = 0
		for (let i = 0; i < a.length; i += 4) if ([0, 1, 2].every(c => Math.abs(a[i + c] - b[i + c]) <= 1)) same++
		return same / (a.length / 4)
	})()`, path, selector), chromedp.EvalAwaitPromise)
}

// sharp is a screen whose pixels are so small that a view at rest has one sample each.
func sharp() chromedp.EmulateViewportOption { return chromedp.EmulateScale(2) }

// zoomIn turns the wheel over the middle of the map, so many levels.
const zoomIn = `(() => {
	const map = document.querySelector('#map')
	map.dispatchEvent(new WheelEvent('wheel', {deltaY: -200 * %d, clientX: innerWidth / 2, clientY: innerHeight / 2, cancelable: true}))
})()`

// TestPageZoomsByTheWheelToAnyDepth: to the tip of a filament at i, which looks alike at every depth. The address says where
// that is, and the screen shows what the farm draws there.
func TestPageZoomsByTheWheelToAnyDepth(t *testing.T) {
	t.Parallel()
	p := openTab(t, 256, 256, sharp())
	p.visit("re=0&im=1&radius=1&max_iterations=4000")
	for _, depth := range []struct {
		levels int
		radius string
	}{{100, "7.88860905e-31"}, {900, "9.33263619e-302"}} {
		look[any](p.browser, t, fmt.Sprintf(zoomIn, depth.levels))
		p.until(fmt.Sprintf(`location.search.includes('radius=%s&')`, depth.radius))
		p.settle()
		link := p.link()
		assert.Equal(t, "0", strings.TrimRight(link.Get("re"), "0.")+"0", "the middle stays where it is")
		assert.Equal(t, "1", link.Get("im"), "exactly")
		assert.Greater(t, p.compare("/generate/512/512?"+link.Encode()), 0.99, "radius %s", depth.radius)
		screenshot(p.browser, t, "wheel-"+depth.radius)
	}
}

// TestPageMovesByDragAndKeys, and the address and its history follow.
func TestPageMovesByDragAndKeys(t *testing.T) {
	t.Parallel()
	p := openTab(t, 1000, 500)
	p.visit("re=-0.5&im=0&radius=1&max_iterations=200&palette=fire&samples=9&surprise=2")
	p.until(`document.querySelector('#toasts').textContent.includes('surprise')`)
	screenshot(p.browser, t, "start")
	require.NoError(t, chromedp.Do(p.browser,
		chromedp.MouseEvent(chromedp.MousePressed, 500, 250, chromedp.Button("left"), chromedp.ClickCount(1)),
		chromedp.MouseEvent(chromedp.MouseMoved, 300, 200, chromedp.Button("left")),
		chromedp.MouseEvent(chromedp.MouseMoved, 250, 125, chromedp.Button("left")),
	))
	p.until(`location.search.includes('re=0.5&im=-0.5&radius=1&')`)
	require.NoError(t, chromedp.Do(p.browser, chromedp.MouseEvent(chromedp.MouseReleased, 250, 125, chromedp.Button("left"), chromedp.ClickCount(1))))
	link := p.link()
	for name, want := range map[string]string{"max_iterations": "200", "palette": "fire", "samples": "9"} {
		assert.Equal(t, want, link.Get(name), name)
	}

	require.NoError(t, chromedp.Do(p.browser, chromedp.KeyEvent("++")))
	p.until(`location.search.includes('radius=0.25&')`)
	require.NoError(t, chromedp.Do(p.browser, chromedp.NavigateBack()))
	p.until(`location.search.includes('radius=1&')`)
	p.settle()
	require.NoError(t, chromedp.Do(p.browser, chromedp.KeyEvent("h")))
	assert.Equal(t, "hidden", look[string](p.browser, t, `getComputedStyle(document.querySelector('#bar')).visibility`))
	screenshot(p.browser, t, "bare")
	require.NoError(t, chromedp.Do(p.browser, chromedp.KeyEvent("h"), chromedp.KeyEvent("?"), chromedp.WaitVisible(chromedp.CSS(`#help`))))
	screenshot(p.browser, t, "keys")
}

// TestPageGoesToAPlace that is typed, and to the minibrot in it.
func TestPageGoesToAPlace(t *testing.T) {
	t.Parallel()
	p := openTab(t, 800, 500)
	p.visit("re=0&im=0&radius=2&max_iterations=auto&palette=ocean")
	const typed = `(() => {
		document.querySelector('#goto input').value = %q
		document.querySelector('#goto').requestSubmit()
	})()`
	look[any](p.browser, t, fmt.Sprintf(typed, "-1.7597 - 0.0126i zoom 2e3"))
	p.until(`location.search.includes('re=-1.7597&im=-0.0126&radius=0.001&max_iterations=auto&palette=ocean')`)
	p.settle()
	screenshot(p.browser, t, "typed")
	require.NoError(t, chromedp.Do(p.browser, chromedp.Click(chromedp.CSS(`#zoom [aria-label="Fly to the minibrot"]`))))
	p.until(`location.search.includes('re=-1.75998417') && location.search.includes('max_iterations=7800')`)
	p.settle()
	screenshot(p.browser, t, "minibrot")

	look[any](p.browser, t, fmt.Sprintf(typed, "/?formula=tricorn&max_iterations=100"))
	p.until(`document.querySelector('#zoom [aria-label="Fly to the minibrot"]').hidden`)
	require.NoError(t, chromedp.Do(p.browser, chromedp.KeyEvent("m")))
	p.until(`document.querySelector('#toasts').textContent.includes('in the Mandelbrot set alone')`)

	look[any](p.browser, t, fmt.Sprintf(typed, "nowhere"))
	p.until(`document.querySelector('#toasts .bad')?.textContent.includes('no place')`)
}

// TestPageRendersAJob: submitted, watched to its end, and fetched.
func TestPageRendersAJob(t *testing.T) {
	t.Parallel()
	p := openTab(t, 1366, 768)
	p.visit("re=-0.75&im=0.125&radius=0.0625&max_iterations=1000&samples=4&palette=copper")
	require.NoError(t, chromedp.Do(p.browser, chromedp.KeyEvent("r"), chromedp.WaitVisible(chromedp.CSS(`[aria-label="Render this view"]`))))
	const top = `document.querySelector('[aria-label="Render this view"]').getBoundingClientRect().top`
	before := look[float64](p.browser, t, top)
	p.until(`[...document.querySelectorAll('.price')].some(e => e.textContent.includes('the farm does nothing else'))`)
	assert.InDelta(t, before, look[float64](p.browser, t, top), 0, "the button moves from under the finger when the price comes")
	screenshot(p.browser, t, "render")
	require.NoError(t, chromedp.Do(p.browser, chromedp.Click(chromedp.CSS(`[aria-label="Render this view"]`))))
	p.until(`document.querySelector('.jobs [data-state=done] a[download]')`)
	screenshot(p.browser, t, "jobs")
	path := look[string](p.browser, t, `new URL(document.querySelector('.jobs a[download]').href).pathname`)
	status, got := p.farm.get(path)
	require.Equal(t, http.StatusOK, status)
	want, err := spec.FromQuery(1366, 768, p.link())
	require.NoError(t, err)
	var picture bytes.Buffer
	require.NoError(t, renderer.Write(t.Context(), &picture, want, renderer.Options{}))
	assert.Equal(t, picture.Bytes(), got)

	require.NoError(t, chromedp.Do(p.browser, chromedp.Click(chromedp.CSS(`#tabs [title=Farm]`)), chromedp.WaitVisible(chromedp.CSS(`.worker`))))
	p.until(`document.querySelector('#panel .good')`)
	p.until(`/at most [1-9].* in the last five minutes/.test(document.querySelector('.plot').getAttribute('aria-label'))`)
	screenshot(p.browser, t, "farm")
}

// TestPageSizesPosters in centimetres and dots per inch, those that have names and any other.
func TestPageSizesPosters(t *testing.T) {
	t.Parallel()
	p := openTab(t, 1366, 768)
	p.visit("re=-0.5&im=0&radius=1&max_iterations=100")
	require.NoError(t, chromedp.Do(p.browser, chromedp.KeyEvent("r"), chromedp.WaitVisible(chromedp.CSS(`[aria-label="Render this view"]`))))
	const set = `(() => {
		const field = [...document.querySelectorAll('#panel .field')].find(field => field.innerText.startsWith(%q)).querySelector('input, select')
		field.value = field.options ? [...field.options].find(option => option.text.startsWith(%[2]q)).value : %[2]q
		for (const type of ['input', 'change']) field.dispatchEvent(new Event(type, {bubbles: true}))
	})()`
	look[any](p.browser, t, fmt.Sprintf(set, "Size", "Poster A2, 59.4 x 42 cm"))
	p.until(`document.querySelector('.price').textContent.startsWith('7016 x 4961:')`)
	look[any](p.browser, t, fmt.Sprintf(set, "dpi", "150"))
	p.until(`document.querySelector('.price').textContent.startsWith('3508 x 2480:')`)
	look[any](p.browser, t, fmt.Sprintf(set, "Size", "Poster of any size"))
	look[any](p.browser, t, fmt.Sprintf(set, "Width, cm", "25.4"))
	look[any](p.browser, t, fmt.Sprintf(set, "Height, cm", "12.7"))
	p.until(`document.querySelector('.price').textContent.startsWith('1500 x 750:')`)
	screenshot(p.browser, t, "poster-size")
}

// TestPageOnAPhone is used by touch: two fingers zoom, and everything is within reach.
func TestPageOnAPhone(t *testing.T) {
	t.Parallel()
	p := openTab(t, 390, 844, chromedp.EmulateScale(2), chromedp.EmulateMobile, chromedp.EmulateTouch)
	p.expected = "status of 503" // the answer to deep places of the gallery for which a busy machine takes too long
	p.visit("re=-0.75&im=0&radius=2&max_iterations=200")
	screenshot(p.browser, t, "phone")
	p.touch("touchStart", 195, 380, 195, 460)
	p.touch("touchMove", 195, 340, 195, 500)
	p.touch("touchEnd")
	p.until(`location.search.includes('radius=1&')`)
	p.settle()
	for _, name := range []string{"Colours", "Places", "Render", "Jobs", "Farm"} {
		require.NoError(t, chromedp.Do(p.browser, chromedp.Click(chromedp.CSS(`#tabs [title=`+name+`]`)), chromedp.WaitVisible(chromedp.CSS(`#panel h2`))))
		wide := look[bool](p.browser, t, `[...document.querySelectorAll('#panel, #panel *')].some(e => e.getBoundingClientRect().right > innerWidth + 1)`)
		assert.False(t, wide, "%s is wider than the screen", name)
		screenshot(p.browser, t, "phone-"+name)
	}
	small := look[[]string](p.browser, t, `[...document.querySelectorAll('#bar button, #zoom button')]
		.filter(b => b.offsetParent && Math.min(b.offsetWidth, b.offsetHeight) < 36).map(b => b.title)`)
	assert.Empty(t, small, "too small for a finger")
}

// nameless lists what can be used or looked at and has no name.
const nameless = `[...document.querySelectorAll('button, input, select, a, canvas, dialog')]
	.filter(e => !e.closest('[aria-hidden=true]') && !(e.ariaLabel || e.title || e.textContent.trim() || e.labels?.length || e.getAttribute('aria-labelledby')))
	.map(e => e.outerHTML)`

// TestPageCanBeUsedWithoutEyesOrMouse: everything has a name, and focus goes where things open.
func TestPageCanBeUsedWithoutEyesOrMouse(t *testing.T) {
	t.Parallel()
	p := openTab(t, 1366, 768)
	p.expected = "status of 503" // the answer to deep places of the gallery for which a busy machine takes too long
	p.visit("re=-0.75&im=0&radius=1.25&max_iterations=200")
	assert.Empty(t, look[[]string](p.browser, t, nameless))
	var order []string
	for range 15 {
		require.NoError(t, chromedp.Do(p.browser, chromedp.KeyEvent("\t")))
		order = append(order, look[string](p.browser, t, `document.activeElement.ariaLabel || document.activeElement.title || document.activeElement.textContent`))
	}
	assert.Equal(t, []string{
		"mandelfarm", "Go to a place", "Colours", "Places", "Render", "Jobs", "Farm", "Copy all digits", "Pin the point",
		"Half the iterations", "Iterations: 200", "Twice the iterations", "Closer", "Farther", "All of the formula",
	}, order, "the focus goes from the map as eyes do")
	for _, key := range []string{"c", "p", "r", "j"} {
		require.NoError(t, chromedp.Do(p.browser, chromedp.KeyEvent(key), chromedp.WaitVisible(chromedp.CSS(`#panel h2`))))
		assert.Equal(t, "panel-title", look[string](p.browser, t, `document.activeElement.id`), "the panel that opens has the focus")
		assert.Empty(t, look[[]string](p.browser, t, nameless), "panel of %q", key)
	}
	require.NoError(t, chromedp.Do(p.browser, chromedp.KeyEvent("\x1b")))
	assert.Equal(t, "Jobs", look[string](p.browser, t, `document.activeElement.title`), "and it goes back when that closes")
}

// TestPageHoldsStillForThoseWhoAskForIt: what moves for others is there at once.
func TestPageHoldsStillForThoseWhoAskForIt(t *testing.T) {
	t.Parallel()
	p := openTab(t, 600, 400)
	// closer presses plus, and reads the depth in the frame after the next, which is too early for what moves.
	const closer = `new Promise(resolve => {
		document.body.dispatchEvent(new KeyboardEvent('keydown', {key: '+', bubbles: true}))
		requestAnimationFrame(() => requestAnimationFrame(() => resolve(document.querySelector('.depth').textContent)))
	})`
	const view = "re=-0.75&im=0&radius=1&max_iterations=200"
	p.visit(view)
	assert.NotEqual(t, "radius 0.5", look[string](p.browser, t, closer, chromedp.EvalAwaitPromise))
	_, err := chromedp.Call(p.browser, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}},
	})
	require.NoError(t, err)
	p.visit(view)
	assert.Equal(t, "radius 0.5", look[string](p.browser, t, closer, chromedp.EvalAwaitPromise))
	require.NoError(t, chromedp.Do(p.browser, chromedp.KeyEvent("c"), chromedp.WaitVisible(chromedp.CSS(`#panel h2`))))
	assert.Zero(t, look[int](p.browser, t, `(document.querySelector('#progress').hidden = false, document.getAnimations().length)`))
}

// touch puts fingers on the screen, moves or lifts them; each is at an x and a y.
func (p *tab) touch(what input.DispatchTouchEventType, places ...float64) {
	p.t.Helper()
	event := input.DispatchTouchEventParams{Type: what, TouchPoints: []*input.TouchPoint{}}
	for i := 0; i < len(places); i += 2 {
		id := float64(i)
		event.TouchPoints = append(event.TouchPoints, &input.TouchPoint{X: places[i], Y: places[i+1], ID: &id})
	}
	_, err := chromedp.Call(p.browser, input.DispatchTouchEvent, event)
	require.NoError(p.t, err)
}

// fetchAnywhere has the browser let scripts fetch, whatever the policy of the page they are in.
func fetchAnywhere(browser context.Context, t *testing.T) {
	t.Helper()
	_, err := chromedp.Call(browser, page.SetBypassCSP, page.SetBypassCSPParams{Enabled: true})
	require.NoError(t, err)
}

// look evaluates an expression in the page.
func look[T any](browser context.Context, t *testing.T, expression string, options ...chromedp.EvaluateOption) T {
	t.Helper()
	value, err := chromedp.Run(browser, chromedp.Evaluate[T](expression, options...))
	require.NoError(t, err)
	return value
}

// screenshot keeps what the browser shows, for people to look at, when the test
// is run with -artifacts.
func screenshot(browser context.Context, t *testing.T, name string) {
	t.Helper()
	png, err := chromedp.Run(browser, chromedp.CaptureScreenshot())
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(t.ArtifactDir(), name+".png"), png, 0o600))
}
