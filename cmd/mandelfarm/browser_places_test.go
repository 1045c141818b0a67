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

// typed enters a text in the line for places.
func (p *tab) typed(text string) {
	p.t.Helper()
	look[any](p.browser, p.t, fmt.Sprintf(`(() => {
		document.querySelector('#goto input').value = %q
		document.querySelector('#goto').requestSubmit()
	})()`, text))
}

// pasted pastes a text while something has the focus.
func (p *tab) pasted(selector, text string) {
	p.t.Helper()
	look[any](p.browser, p.t, fmt.Sprintf(`(() => {
		const clipboardData = new DataTransfer()
		clipboardData.setData('text', %q)
		document.querySelector(%q).dispatchEvent(new ClipboardEvent('paste', {clipboardData, bubbles: true, cancelable: true}))
	})()`, text, selector))
}

// says waits for a message.
func (p *tab) says(words string) {
	p.t.Helper()
	p.until(fmt.Sprintf(`document.querySelector('#toasts').textContent.includes(%q)`, words))
}

// TestPageReadsWhatIsPasted: all that a file says whose text it is, wherever that is pasted, without a job of it; and depths alone.
func TestPageReadsWhatIsPasted(t *testing.T) {
	t.Parallel()
	p := openTab(t, 600, 400)
	p.visit("re=-0.5&im=0&radius=1&max_iterations=100")
	p.pasted("body", "Re: -0.75\r\nIm: 0.1\r\nZoom: 100\r\nIterations: 150\r\nSmooth: 0\r\nRotateAngle: 30\r\nMystery: 7\r\n")
	p.says("Mystery")
	p.until(`location.search.includes('re=-0.75&im=0.1&radius=0.02&rotation=30&') && location.search.includes('smooth=false')`)
	p.pasted("#goto input", "program = \"fraktaler-3\"\nlocation.real = \"-0.7\"\nlocation.imag = \"0.2\"\nlocation.zoom = \"1e3\"\n")
	p.until(`location.search.includes('re=-0.7&im=0.2&radius=0.002&')`)
	status, jobs := p.farm.get("/jobs")
	assert.Equal(t, http.StatusOK, status)
	assert.JSONEq(t, `{"jobs": []}`, string(jobs), "reading a file draws nothing")

	p.typed("nowhere")
	p.says("no place")
	p.typed("1e-5 zoom")
	p.until(`location.search.includes('re=-0.7&im=0.2&radius=1e-5&')`)
	assert.NotContains(t, look[string](p.browser, t, `document.querySelector('#toasts').textContent`), "no place", "what was wrong is right")
}

// TestPageSaysWhatItDoesNotTake of a link, in its own words or in the farm's, and shows what there is.
func TestPageSaysWhatItDoesNotTake(t *testing.T) {
	t.Parallel()
	p := openTab(t, 600, 400)
	p.visit("re=bogus&palette=fires&max_iterations=100")
	p.says("re=bogus, palette=fires")
	p.until(`location.search.includes('re=-0.75&im=0&radius=1.25&')`)

	p.expected = "status of 400"
	p.visit("re=-0.5&im=0&radius=0.5&max_iterations=100&formula=burning_ship&seed_re=0.1&seed_im=0.1")
	p.says("seed")
	screenshot(p.browser, t, "refused")
	assert.Less(t, look[int](p.browser, t, fmt.Sprintf(`(%s).length`, strings.Replace(fmt.Sprintf(tilesOf, 0.0), "== 200", "== 400", 1))), 16, "one refusal stands for all tiles")
	assert.NotContains(t, look[string](p.browser, t, `document.querySelector('#toasts').textContent`), "job", "a job would be refused as well")
}

// TestPageGoesOnAfterADepthThatIsRefused: what is too deep is a tile's fault, and says nothing of others with the same parameters.
func TestPageGoesOnAfterADepthThatIsRefused(t *testing.T) {
	t.Parallel()
	p := openTab(t, 600, 400)
	p.expected = "status of 400"
	p.visit("formula=tricorn&re=-0.25&im=0&radius=1e-25&max_iterations=auto")
	p.says("z: ")
	p.typed("-0.25 0 2")
	p.until(`location.search.includes('radius=2&formula=tricorn&')`)
	p.settle()
	assert.NotEmpty(t, look[[]string](p.browser, t, fmt.Sprintf(tilesOf, 0.0)), "tiles that are drawn")
}

// TestPageSaysWhereThereIsSomethingToSee: how far out detail ends, and how many iterations tell more.
func TestPageSaysWhereThereIsSomethingToSee(t *testing.T) {
	t.Parallel()
	p := openTab(t, 600, 400)
	act := func() { look[any](p.browser, t, `document.querySelector('#toasts button').click()`) }
	p.visit("re=10&im=10&radius=0.001&max_iterations=100")
	p.says("detail ends at a radius of")
	screenshot(p.browser, t, "nothing")
	act()
	p.until(`/&radius=\d\d&/.test(location.search)`)

	p.visit("re=-0.743643887037158704752191506114774&im=0.131825904205311970493132056385139&radius=1e-15&max_iterations=100")
	p.says("as far as 100 iterations tell")
	screenshot(p.browser, t, "inside")
	act()
	p.until(`!location.search.includes('max_iterations=100&') && !document.querySelector('#toasts').textContent.includes('inside')`)
	p.settle()
	assert.NotContains(t, look[string](p.browser, t, `document.querySelector('#toasts').textContent`), "inside", "there is something to see")
}

// TestPageLeavesNoHoles: wherever a fast movement goes from a view that has rested, there is something already.
func TestPageLeavesNoHoles(t *testing.T) {
	t.Parallel()
	p := openTab(t, 800, 500)
	p.visit("re=-0.75&im=0.1&radius=0.001&max_iterations=300&palette=gray")
	p.until(fmt.Sprintf(`(%s).filter(path => path.split('/')[3] == '9').length >= 9`, fmt.Sprintf(tilesOf, 0.0)))
	p.settle()
	holes := look[[]int](p.browser, t, `(async () => {
		const map = document.querySelector('#map'), context = map.getContext('2d'), found = []
		for (let step = 0; step < 24; step++) {
			document.body.dispatchEvent(new KeyboardEvent('keydown', {key: step % 12 < 6 ? 'ArrowRight' : 'ArrowDown', bubbles: true}))
			await new Promise(resolve => requestAnimationFrame(resolve))
			const {data} = context.getImageData(0, 0, map.width, map.height)
			let holes = 0
			for (let i = 0; i < data.length; i += 4) holes += data[i] == 5 && data[i + 1] == 6 && data[i + 2] == 10
			found.push(holes)
		}
		return found
	})()`, chromedp.EvalAwaitPromise)
	require.Len(t, holes, 24)
	for _, pixels := range holes {
		assert.Zero(t, pixels, "pixels of the empty canvas in a frame: %v", holes)
	}
}
