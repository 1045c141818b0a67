package main

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// outcome is what the page says of the point that is looked at.
const outcome = `document.querySelector('#where .count').textContent`

// drawnPixels is how much of the orbit is to be seen on the map.
const drawnPixels = `(() => {
	const canvas = document.querySelector('#orbit')
	return canvas.width ? canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.filter((v, i) => i % 4 == 3 && v).length : 0
})()`

// TestPageInspectsAPoint: a click keeps to it, with its period and its orbit, wherever the pointer and the view go.
func TestPageInspectsAPoint(t *testing.T) {
	t.Parallel()
	p := openTab(t, 1000, 500)
	p.visit("re=-0.5&im=0&radius=1.25&max_iterations=1000")
	require.NoError(t, chromedp.Do(p.browser, chromedp.KeyEvent("i"), chromedp.WaitVisible(chromedp.CSS(`#inspector`))))
	require.NoError(t, chromedp.Do(p.browser, chromedp.MouseClickXY(500+0.375*200, 250-0.745*200))) // in the bulb of period 3
	p.until(outcome + ` == 'inside, period 3'`)
	p.until(drawnPixels + ` > 100`)
	screenshot(p.browser, t, "orbit")
	digits := look[string](p.browser, t, `document.querySelector('.point').textContent`)
	require.NoError(t, chromedp.Do(p.browser, chromedp.MouseEvent(chromedp.MouseMoved, 800, 300)))
	const spot = `(() => { const b = document.querySelector('#pin').getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2].map(Math.round) })()`
	assert.Equal(t, []int{575, 101}, look[[]int](p.browser, t, spot))
	require.NoError(t, chromedp.Do(p.browser, chromedp.KeyEvent("\u0304"))) // an arrow upward
	p.until(spot + `[1] == 221`)
	p.settle()
	assert.Equal(t, digits, look[string](p.browser, t, `document.querySelector('.point').textContent`))
	assert.Equal(t, "inside, period 3", look[string](p.browser, t, outcome))

	require.NoError(t, chromedp.Do(p.browser, chromedp.KeyEvent("x"))) // let go: the pointer is outside the set
	p.until(outcome + `.startsWith('count ')`)
	assert.True(t, look[bool](p.browser, t, `document.querySelector('#pin').hidden`))
	assert.Empty(t, look[[]string](p.browser, t, nameless))
}

// TestPageInspectsByKeysAndTouch: without a pointer the middle is kept to, at any depth; a finger keeps to where it taps.
func TestPageInspectsByKeysAndTouch(t *testing.T) {
	t.Parallel()
	p := openTab(t, 390, 844, chromedp.EmulateScale(2), chromedp.EmulateMobile, chromedp.EmulateTouch)
	const nucleus = "-1.7548776662466927600495088963585286918946066177727931439892839706460806551280810907382270928422503036"
	p.visit("re=" + nucleus + "&im=0&radius=1e-60&max_iterations=1000")
	require.NoError(t, chromedp.Do(p.browser, chromedp.KeyEvent("x")))
	p.until(outcome + ` == 'inside, period 3'`)
	assert.Equal(t, "true", look[string](p.browser, t, `document.querySelector('#where [aria-label="Pin the point"]').ariaPressed`))
	require.NoError(t, chromedp.Do(p.browser, chromedp.KeyEvent("x")))

	p.visit("re=-0.5&im=0&radius=1.25&max_iterations=1000")
	require.NoError(t, chromedp.Do(p.browser, chromedp.KeyEvent("i"), chromedp.WaitVisible(chromedp.CSS(`#inspector`))))
	p.touch("touchStart", 195, 422)
	p.touch("touchEnd")
	p.until(outcome + ` == 'inside, period 1'`)
	screenshot(p.browser, t, "phone-orbit")
}

// TestPageSaysHowTilesHaveCome: drawn the first time, from the farm when somebody else asks, by the browser's own copy when it has one.
func TestPageSaysHowTilesHaveCome(t *testing.T) {
	t.Parallel()
	p := openTab(t, 1000, 600, sharp())
	const view = "re=-0.743643887&im=0.1318259&radius=0.0001&max_iterations=2000"
	const tiles = `Object.fromEntries([...document.querySelectorAll('#origins li')].map(row => [row.textContent.replace(/\d+/, ''), Number(row.querySelector('b').textContent)]))`
	p.visit(view)
	require.NoError(t, chromedp.Do(p.browser, chromedp.KeyEvent("t"), chromedp.WaitVisible(chromedp.CSS(`#origins li`))))
	first := look[map[string]int](p.browser, t, tiles)
	assert.Positive(t, first["drawn for this"], "%v", first)
	assert.Zero(t, first["kept by this browser"], "%v", first)
	const by = `Object.entries(%s).filter(([words]) => words.startsWith('by ')).map(([, count]) => count)`
	workers := look[[]int](p.browser, t, fmt.Sprintf(by, tiles))
	require.Len(t, workers, 1, "the farm has one worker")
	assert.GreaterOrEqual(t, workers[0], first["drawn for this"])
	screenshot(p.browser, t, "origins")
	p.visit(view)
	require.NoError(t, chromedp.Do(p.browser, chromedp.KeyEvent("t"), chromedp.WaitVisible(chromedp.CSS(`#origins li`))))
	again := look[map[string]int](p.browser, t, tiles)
	assert.Positive(t, again["kept by this browser"], "%v", again)
	assert.Zero(t, again["drawn for this"], "%v", again)
}
