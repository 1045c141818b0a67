package main

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestPageColoursAsTheFarmDoes: by every method each pixel is within a step of that of the farm's own picture, and what
// changes only colours is asked of nobody.
func TestPageColoursAsTheFarmDoes(t *testing.T) {
	t.Parallel()
	p := openTab(t, 256, 256, sharp())
	const view = "re=-0.75&im=0.125&radius=0.0625&max_iterations=1000"
	for _, style := range []string{
		"", "&palette=fire&density=3&offset=0.25", "&coloring=set", "&coloring=distance&palette=aurora", "&coloring=slope&light=120&relief=1",
		"&coloring=slope&formula=multibrot&power=4", "&cyclic=false&steps=9&interior=%23204060", "&palette=102030@0,ffee88@0.3,004020@0.71",
		"&range=9,60", "&range=9,60&cyclic=false&coloring=slope", "&equalize=1", "&range=9,60&equalize=0.5&palette=fire&density=2&offset=0.25", "&coloring=histogram",
		"&smooth=false&density=2", "&smooth=false&coloring=slope&palette=aurora", "&smooth=false&coloring=histogram&palette=fire", "&smooth=false&range=9,60&equalize=0.5",
		"&smooth=false&formula=multibrot&power=5&palette=copper",
		"&periods=true&interior=%23204060", "&periods=true&coloring=distance&palette=fire", "&periods=true&coloring=slope&steps=9", "&periods=true&coloring=set", "&periods=true&formula=julia",
	} {
		p.visit(view + style)
		assert.Greater(t, p.compare("/generate/512/512?"+view+style), 0.9999, "%q", style)
	}
	p.visit(view)
	// Neighbours of the view are fetched all the while; no tile is asked for twice, and nothing for the colours' sake.
	const again = `performance.getEntriesByType('resource').map(entry => entry.name)
		.filter((name, i, all) => /palette=/.test(name) || /data/.test(name) && all.indexOf(name) != i)`
	require.NoError(t, chromedp.Do(p.browser, chromedp.KeyEvent("c"), chromedp.WaitVisible(chromedp.CSS(`.palettes [title=aurora]`))))
	require.NoError(t, chromedp.Do(p.browser, chromedp.Click(chromedp.CSS(`.palettes [title=aurora]`))))
	p.until(`location.search.includes('palette=aurora')`)
	require.NoError(t, chromedp.Do(p.browser, chromedp.Click(chromedp.CSS(`[aria-label="Reverse the palette"]`))))
	p.until(`decodeURIComponent(location.search).includes('palette=10062c@0,0a5c70@0.14')`)
	require.NoError(t, chromedp.Do(p.browser, chromedp.Click(chromedp.CSS(`[aria-label="Undo the change of the palette"]`))))
	p.until(`location.search.includes('palette=aurora')`)
	require.NoError(t, chromedp.Do(p.browser, chromedp.Click(chromedp.CSS(`[aria-label="There and back"]`))))
	p.until(`decodeURIComponent(location.search).includes('0a5c70@0.5,')`)
	p.settle()
	assert.Empty(t, look[[]string](p.browser, t, again))
	assert.Greater(t, p.compare("/generate/512/512?"+p.link().Encode()), 0.9999)
	screenshot(p.browser, t, "there-and-back")
}

// TestPageSetsColoursOnThePicturesOwnCounts: the range is fitted, and dragged, set by keys and typed; the picture is the farm's all the while.
func TestPageSetsColoursOnThePicturesOwnCounts(t *testing.T) {
	t.Parallel()
	p := openTab(t, 1280, 800)
	p.visit("re=-0.743643887&im=0.1318259&radius=0.0001&max_iterations=2000&density=0.7&offset=0.1&samples=4")
	require.NoError(t, chromedp.Do(p.browser, chromedp.KeyEvent("c"), chromedp.WaitVisible(chromedp.CSS(`.counts .end`))))
	counts := look[string](p.browser, t, `document.querySelector('.counts canvas').ariaLabel`)
	assert.Regexp(t, `^Counts of the view: least [\d.,]+ · median [\d.,]+ · greatest [\d.,]+ · [\d.]+% inside the set$`, counts)
	screenshot(p.browser, t, "counts")

	require.NoError(t, chromedp.Do(p.browser, chromedp.Click(chromedp.CSS(`[aria-label="Fit the range to the view"]`))))
	p.until(`location.search.includes('range=')`)
	link := p.link()
	assert.Empty(t, link.Get("density")+link.Get("offset"), "a turn of the palette, from its beginning")
	var fitted [2]float64
	_, err := fmt.Sscanf(link.Get("range"), "%g,%g", &fitted[0], &fitted[1])
	require.NoError(t, err)
	assert.Regexp(t, `98% of the others in the range$`, look[string](p.browser, t, `document.querySelector('.counts canvas').ariaLabel`))

	box := look[[]float64](p.browser, t, `(() => { const b = document.querySelector('.counts .end:last-of-type').getBoundingClientRect(); return [b.x + b.width / 2, b.y + 20] })()`)
	require.NoError(t, chromedp.Do(p.browser,
		chromedp.MouseEvent(chromedp.MousePressed, box[0], box[1], chromedp.Button("left"), chromedp.ClickCount(1)),
		chromedp.MouseEvent(chromedp.MouseMoved, box[0]-60, box[1], chromedp.Button("left")),
		chromedp.MouseEvent(chromedp.MouseReleased, box[0]-60, box[1], chromedp.Button("left"), chromedp.ClickCount(1)),
	))
	const ends = `new URLSearchParams(location.search).get('range').split(',').map(Number)`
	p.until(fmt.Sprintf(`%s[1] < %g`, ends, fitted[1]))
	dragged := look[[]float64](p.browser, t, ends)
	assert.InDelta(t, fitted[0], dragged[0], 0, "the other end stays")
	look[any](p.browser, t, `document.querySelector('.counts .end').focus()`)
	require.NoError(t, chromedp.Do(p.browser, chromedp.KeyEvent("\u0303\u0303"))) // arrows to the right
	p.until(fmt.Sprintf(`%s[0] > %g`, ends, fitted[0]))
	assert.Equal(t, "Least count of the range", look[string](p.browser, t, `document.activeElement.ariaLabel`), "the handle keeps the focus")

	look[any](p.browser, t, `(() => {
		const slider = document.querySelector('[type=range][aria-label=Equalise]')
		slider.value = 0.6
		slider.dispatchEvent(new Event('change'))
	})()`)
	p.until(`location.search.includes('equalize=0.6')`)
	p.settle()
	screenshot(p.browser, t, "equalised")
	require.NoError(t, chromedp.Do(p.browser, chromedp.Click(chromedp.CSS(`[aria-label="No range"]`))))
	p.until(`!location.search.includes('range=')`)
}

// TestPageTakesPalettesOfOtherPrograms: chosen or dropped, they colour the place that is shown, are in its link, and make no job.
func TestPageTakesPalettesOfOtherPrograms(t *testing.T) {
	t.Parallel()
	p := openTab(t, 1280, 800)
	p.visit("re=-0.75&im=0.125&radius=0.0625&max_iterations=1000&density=2")
	const dropped = `(() => {
		const data = new DataTransfer()
		data.items.add(new File([%q], %q))
		document.querySelector('#map').dispatchEvent(new DragEvent('drop', {dataTransfer: data, bubbles: true, cancelable: true}))
	})()`
	require.NoError(t, chromedp.Do(p.browser, chromedp.KeyEvent("c"), chromedp.WaitVisible(chromedp.CSS(`.palettes`))))
	look[any](p.browser, t, fmt.Sprintf(dropped, "0 0 0 night\n255 128 0\n10 200 40\n0 0 80\n", "sunrise.map"))
	p.until(`decodeURIComponent(location.search).includes('palette=000000@0,ff8000@0.25,0ac828@0.5,000050@0.75&density=2')`)
	p.until(`document.querySelectorAll('.gradient input').length == 4`)
	p.settle()
	screenshot(p.browser, t, "map")
	look[any](p.browser, t, fmt.Sprintf(dropped, "two {\ngradient:\n  title=\"two\"\n  index=0 color=16711680\n  index=200 color=255\n}\n", "two.ugr"))
	p.until(`decodeURIComponent(location.search).includes('palette=0000ff@0,ff0000@0.5&density=2')`)

	chosen, err := filepath.Abs("../../foreign/testdata/fire.kfp")
	require.NoError(t, err)
	require.NoError(t, chromedp.Do(p.browser, chromedp.SetUploadFiles(chromedp.CSS(`[type=file]`), []string{chosen})))
	p.until(`!decodeURIComponent(location.search).includes('palette=0000ff@0')`)
	link := p.link()
	assert.Equal(t, "-0.75", link.Get("re"), "the place stays")
	assert.NotEqual(t, "2", link.Get("density"), "all that is about colours is the file's")
	p.settle()
	screenshot(p.browser, t, "kfp")
	_, list := p.farm.get("/jobs")
	assert.NotContains(t, string(list), `"spec"`, "no job is made of it")
	require.NoError(t, chromedp.Do(p.browser, chromedp.Click(chromedp.CSS(`[aria-label="Undo the change of the palette"]`))))
	p.until(`decodeURIComponent(location.search).includes('palette=0000ff@0,ff0000@0.5')`)
}
