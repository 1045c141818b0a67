package main

import (
	"strconv"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestPageTurns by keys, the wheel and two fingers, about the point that they are at, and asks for the same tiles.
func TestPageTurns(t *testing.T) {
	t.Parallel()
	p := openTab(t, 600, 400, chromedp.EmulateTouch)
	p.visit("re=-0.5&im=0&radius=1&max_iterations=100")
	require.NoError(t, chromedp.Do(p.browser, chromedp.KeyEvent("]]]")))
	p.until(`location.search.includes('re=-0.5&im=0&radius=1&rotation=45&')`)
	p.until(`document.querySelector('.depth').textContent == 'radius 1, turned by 45°'`)
	screenshot(p.browser, t, "turned")
	require.NoError(t, chromedp.Do(p.browser, chromedp.KeyEvent("[[[[")))
	p.until(`location.search.includes('rotation=-15&')`)
	require.NoError(t, chromedp.Do(p.browser, chromedp.KeyEvent("n")))
	p.until(`!location.search.includes('rotation')`)

	const under = `(() => {
		document.querySelector('#map').dispatchEvent(new PointerEvent('pointermove', {clientX: 450, clientY: 150}))
		return new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(() => resolve(document.querySelector('.point').textContent))))
	})()`
	before := look[string](p.browser, t, under, chromedp.EvalAwaitPromise)
	look[any](p.browser, t, `document.querySelector('#map').dispatchEvent(new WheelEvent('wheel', {shiftKey: true, deltaX: 240, clientX: 450, clientY: 150, cancelable: true}))`)
	p.until(`location.search.includes('rotation=30&')`)
	assert.Equal(t, before, look[string](p.browser, t, under, chromedp.EvalAwaitPromise), "what is under the pointer stays there")

	p.visit("re=-0.5&im=0&radius=1&max_iterations=100")
	p.touch("touchStart", 300, 100, 300, 300)
	p.touch("touchMove", 310, 100, 290, 300)
	p.touch("touchMove", 400, 200, 200, 200)
	p.touch("touchEnd")
	p.until(`location.search.includes('rotation=')`)
	rotation, err := strconv.ParseFloat(p.link().Get("rotation"), 64)
	require.NoError(t, err)
	assert.InDelta(t, 90-12, rotation, 0.1, "a quarter of a turn but for what fingers twist without meaning to")
	require.NoError(t, chromedp.Do(p.browser, chromedp.Click(chromedp.CSS(`#zoom [aria-label="Upright"]`))))
	p.until(`!location.search.includes('rotation') && document.querySelector('#zoom [aria-label="Upright"]').hidden`)
}

// TestPageGoesBackToAnotherFormula: that is an entry of the history of its own, with a title of its own, however near the places are.
func TestPageGoesBackToAnotherFormula(t *testing.T) {
	t.Parallel()
	p := openTab(t, 600, 400)
	p.visit("re=-0.75&im=0&radius=1.25&max_iterations=100")
	p.typed("/?formula=julia&re=0&im=0&radius=1.25&max_iterations=100")
	p.until(`location.search.includes('formula=julia') && document.title == 'Julia at a radius of 1.25'`)
	require.NoError(t, chromedp.Do(p.browser, chromedp.NavigateBack()))
	p.until(`location.search.includes('re=-0.75&') && document.title == 'Mandelbrot at a radius of 1.25'`)
	require.NoError(t, chromedp.Do(p.browser, chromedp.NavigateForward()))
	p.until(`location.search.includes('formula=julia') && document.title == 'Julia at a radius of 1.25'`)
}
