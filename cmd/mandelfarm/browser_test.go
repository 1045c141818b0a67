package main

import (
	"context"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
)

// loaded waits until the picture of the page is there and returns its size.
const loaded = `new Promise(resolve => {
	const image = document.querySelector('img')
	const look = () => image.complete && !image.classList.contains('loading') ? resolve(image.naturalWidth + 'x' + image.naturalHeight) : setTimeout(look, 10)
	look()
})`

func TestPageInABrowser(t *testing.T) {
	t.Parallel()
	browser := testenv.Browser(t)
	farm := serve(t, map[string]string{"DATA": t.TempDir()})

	require.NoError(t, chromedp.Do(browser,
		chromedp.EmulateViewport(1100, 1000),
		chromedp.Navigate(farm.url+"/"),
	))
	assert.Equal(t, "800x600", look[string](browser, t, loaded, chromedp.EvalAwaitPromise))
	screenshot(browser, t, "original")

	// A click zooms to where it was: the picture changes, and the address with it.
	require.NoError(t, chromedp.Do(browser, chromedp.MouseClickXY(300, 480)))
	assert.Equal(t, "800x600", look[string](browser, t, loaded, chromedp.EvalAwaitPromise))
	box := look[[]float64](browser, t, `(b => [b.left, b.top, b.width, b.height])(document.querySelector('img').getBoundingClientRect())`)
	assert.InDelta(t, 4.0/3, box[2]/box[3], 0.01, "the picture is not distorted")
	view, err := url.ParseQuery(strings.TrimPrefix(look[string](browser, t, `location.hash`), "#"))
	require.NoError(t, err)
	for name, want := range map[string]float64{
		"re":     -2.25 + 3*(300-box[0])/box[2], // where the click was, in the original's view
		"im":     1.25 - 2.5*(480-box[1])/box[3],
		"radius": 1.25 / 3,
	} {
		got, err := strconv.ParseFloat(view.Get(name), 64)
		require.NoError(t, err)
		assert.InDelta(t, want, got, 0.001, name)
	}
	assert.Equal(t, 2, drawings(farm))
	screenshot(browser, t, "zoomed")

	// What the farm refuses is said in its words.
	require.NoError(t, chromedp.Do(browser,
		chromedp.SetValue(chromedp.CSS(`input[name=radius]`), "-1"),
		chromedp.Click(chromedp.CSS(`form button`)),
		chromedp.WaitVisible(chromedp.CSS(`output.error`)),
	))
	_, err = chromedp.Run(browser, chromedp.Poll[bool](`document.querySelector('output').value.includes('radius: must be greater than 0')`))
	require.NoError(t, err)
	screenshot(browser, t, "refused")

	// Back shows a picture that is there.
	require.NoError(t, chromedp.Do(browser, chromedp.NavigateBack()))
	assert.Equal(t, "800x600", look[string](browser, t, loaded, chromedp.EvalAwaitPromise))
	assert.Equal(t, 2, drawings(farm))

	// Another formula is shown whole, and offers its power.
	const choose = `(() => {
		const form = document.querySelector('form')
		form.elements.coloring.value = 'slope'
		form.elements.formula.value = 'multibrot'
		form.elements.formula.dispatchEvent(new Event('change'))
		return form.elements.power.parentElement.hidden
	})()`
	assert.False(t, look[bool](browser, t, choose))
	assert.Equal(t, "800x600", look[string](browser, t, loaded, chromedp.EvalAwaitPromise))
	view, err = url.ParseQuery(strings.TrimPrefix(look[string](browser, t, `location.hash`), "#"))
	require.NoError(t, err)
	assert.Equal(t, []string{"multibrot", "slope", "0", "1.5"},
		[]string{view.Get("formula"), view.Get("coloring"), view.Get("re"), view.Get("radius")})
	assert.Equal(t, 3, drawings(farm))
	screenshot(browser, t, "multibrot")

	// So is another power.
	const raise = `(() => {
		const power = document.querySelector('form').elements.power
		power.value = 5
		power.dispatchEvent(new Event('change'))
		return location.hash
	})()`
	view, err = url.ParseQuery(strings.TrimPrefix(look[string](browser, t, raise), "#"))
	require.NoError(t, err)
	assert.Equal(t, []string{"multibrot", "5", "1.3"}, []string{view.Get("formula"), view.Get("power"), view.Get("radius")})
	assert.Equal(t, "800x600", look[string](browser, t, loaded, chromedp.EvalAwaitPromise))
}

// TestPageZoomsExactly clicks beside the middle of a view that no double resolves, and keeps what the link says beside.
func TestPageZoomsExactly(t *testing.T) {
	t.Parallel()
	browser := testenv.Browser(t)
	farm := serve(t, map[string]string{"DATA": t.TempDir()})
	const re, im = "-1.768667862837488812627419470", "0.001645580546820209430325900"
	require.NoError(t, chromedp.Do(browser,
		chromedp.EmulateViewport(1100, 1000),
		chromedp.Navigate(farm.url+"/#re="+re+"&im="+im+"&radius=6e-22&max_iterations=auto&samples=2&rotation=90"),
	))
	assert.Equal(t, "800x600", look[string](browser, t, loaded, chromedp.EvalAwaitPromise))
	box := look[[]float64](browser, t, `(b => [b.left, b.top, b.width, b.height])(document.querySelector('img').getBoundingClientRect())`)
	right := box[3] / 8 // pixels to the right of the middle, which is upward in a view that is turned by 90 degrees
	require.NoError(t, chromedp.Do(browser, chromedp.MouseClickXY(box[0]+box[2]/2+right, box[1]+box[3]/2)))
	assert.Equal(t, "800x600", look[string](browser, t, loaded, chromedp.EvalAwaitPromise))
	view, err := url.ParseQuery(strings.TrimPrefix(look[string](browser, t, `location.hash`), "#"))
	require.NoError(t, err)
	assert.Equal(t, []string{"auto", "2", "90", "2.00000e-22"},
		[]string{view.Get("max_iterations"), view.Get("samples"), view.Get("rotation"), view.Get("radius")})
	for name, want := range map[string]string{"re": re, "im": im} {
		got, ok := new(big.Rat).SetString(view.Get(name))
		require.True(t, ok, view.Get(name))
		start, _ := new(big.Rat).SetString(want)
		moved, _ := got.Sub(got, start).Float64()
		expected := map[string]float64{"re": 0, "im": 2 * 6e-22 * right / box[3]}[name]
		assert.InDelta(t, expected, moved, 6e-22*0.01, "%s: %s", name, view.Get(name))
	}
	screenshot(browser, t, "deep")
}

func TestPageZoomsToTheMinibrot(t *testing.T) {
	t.Parallel()
	browser := testenv.Browser(t)
	farm := serve(t, map[string]string{"DATA": t.TempDir()})
	require.NoError(t, chromedp.Do(browser,
		chromedp.EmulateViewport(1100, 1000),
		chromedp.Navigate(farm.url+"/#re=-1.7597&im=-0.0126&radius=0.001&palette=fire"),
	))
	assert.Equal(t, "800x600", look[string](browser, t, loaded, chromedp.EvalAwaitPromise))
	require.NoError(t, chromedp.Do(browser, chromedp.Click(chromedp.CSS(`#minibrot`))))
	_, err := chromedp.Run(browser, chromedp.Poll[bool](`location.hash.includes('radius=0.00000879')`))
	require.NoError(t, err)
	assert.Equal(t, "800x600", look[string](browser, t, loaded, chromedp.EvalAwaitPromise))
	view, err := url.ParseQuery(strings.TrimPrefix(look[string](browser, t, `location.hash`), "#"))
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(view.Get("re"), "-1.759984174"), view.Get("re"))
	assert.Equal(t, []string{"7800", "fire"}, []string{view.Get("max_iterations"), view.Get("palette")})
	screenshot(browser, t, "minibrot")

	// Where there is none that is said, and the picture stays.
	require.NoError(t, chromedp.Do(browser, chromedp.Navigate(farm.url+"/#re=1&im=1&radius=0.1")))
	assert.Equal(t, "800x600", look[string](browser, t, loaded, chromedp.EvalAwaitPromise))
	require.NoError(t, chromedp.Do(browser,
		chromedp.Click(chromedp.CSS(`#minibrot`)),
		chromedp.WaitVisible(chromedp.CSS(`output.error`)),
	))
	assert.Contains(t, look[string](browser, t, `document.querySelector('output').value`), "no minibrot found")
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
