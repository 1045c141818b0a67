package main

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
)

// openSeadragon is where the viewer lies beside the source, if it is there.
const openSeadragon = "../../../shared/clients/openseadragon.min.js"

// viewerPage is a page of somebody else that shows what a farm has.
const viewerPage = `<!doctype html><title>viewer</title><style>body { margin: 0 } #viewer { width: 400px; height: 300px }</style>
<div id="viewer"></div><script src="/viewer.js"></script>`

// shown opens an image in the viewer, shows a part of it pixel by pixel, and returns what is to be seen.
const shown = `new Promise((resolve, reject) => {
	if (window.seadragon) window.seadragon.destroy()
	const viewer = window.seadragon = OpenSeadragon({
		id: 'viewer', tileSources: %q, prefixUrl: '', showNavigationControl: false, drawer: 'canvas', crossOriginPolicy: 'Anonymous',
		animationTime: 0, blendTime: 0, maxZoomPixelRatio: 2, visibilityRatio: 0.1
	})
	viewer.addHandler('open-failed', e => reject(new Error(e.message)))
	viewer.addHandler('tile-load-failed', e => reject(new Error(e.message + ' ' + e.tile.getUrl())))
	viewer.addHandler('open', () => {
		const item = viewer.world.getItemAt(0)
		viewer.viewport.fitBounds(item.imageToViewportRectangle(%d, %d, 400, 300), true)
		const look = () => {
			if (!item.getFullyLoaded()) { setTimeout(look, 20); return }
			viewer.forceRedraw()
			requestAnimationFrame(() => requestAnimationFrame(() => resolve(viewer.drawer.canvas.toDataURL())))
		}
		setTimeout(look, 0)
	})
})`

// pageElsewhere is a page of another origin than the farm's, which has a script at /viewer.js.
func pageElsewhere(t *testing.T, page string, script []byte) (url string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/viewer.js" {
			w.Header().Set("Content-Type", "text/javascript")
			_, _ = w.Write(script)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(page))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestOpenSeadragonShowsPosters as Deep Zoom Images and as IIIF, pixel by pixel, in a page of another origin.
func TestOpenSeadragonShowsPosters(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile(openSeadragon)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("OpenSeadragon is not there: " + openSeadragon)
	}
	require.NoError(t, err)
	browser := testenv.Browser(t)
	farm := serve(t, map[string]string{"DATA": t.TempDir()})
	file := asked(t, farm.url, `{"width": 2750, "height": 1900, "coloring": {"palette": "fire"}}`, "submit", "-", "-o", "-")
	picture, err := png.Decode(strings.NewReader(file))
	require.NoError(t, err)
	id := strings.TrimSpace(asked(t, farm.url, `{"width": 2750, "height": 1900, "coloring": {"palette": "fire"}}`, "submit", "-"))

	require.NoError(t, chromedp.Do(browser, chromedp.Navigate(pageElsewhere(t, viewerPage, script))))
	// Tiles without an overlap are drawn a pixel larger than they are, so that a pixel of the screen is one of up to four.
	for kind, spread := range map[string]int{"/image.dzi": 0, "/iiif/info.json": 1} {
		for _, at := range []image.Point{{0, 0}, {900, 700}, {2350, 1600}} {
			shot := look[string](browser, t, fmt.Sprintf(shown, farm.url+"/jobs/"+id+kind, at.X, at.Y), chromedp.EvalAwaitPromise)
			data, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(shot, "data:image/png;base64,"))
			require.NoError(t, err)
			got, err := png.Decode(bytes.NewReader(data))
			require.NoError(t, err)
			require.Equal(t, image.Pt(400, 300), got.Bounds().Size())
			assert.Zero(t, differences(got, picture, at, spread), "pixels of %s at %v", kind, at)
		}
	}
	screenshot(browser, t, "openseadragon")
}

// differences counts the pixels that are not what is in the picture there, or between what is so far around it, by more than a
// step of a channel.
func differences(got, picture image.Image, at image.Point, spread int) (count int) {
	channels := func(c color.Color) [3]int {
		r, g, b, _ := c.RGBA()
		return [3]int{int(r >> 8), int(g >> 8), int(b >> 8)}
	}
	for y := range got.Bounds().Dy() {
		for x := range got.Bounds().Dx() {
			least, most := [3]int{255, 255, 255}, [3]int{}
			for i := range (2*spread + 1) * (2*spread + 1) {
				around := image.Pt(at.X+x+i%(2*spread+1)-spread, at.Y+y+i/(2*spread+1)-spread)
				if !around.In(picture.Bounds()) {
					continue
				}
				for channel, value := range channels(picture.At(around.X, around.Y)) {
					least[channel], most[channel] = min(least[channel], value), max(most[channel], value)
				}
			}
			for channel, value := range channels(got.At(x, y)) {
				if value < least[channel]-1 || value > most[channel]+1 {
					count++
					break
				}
			}
		}
	}
	return count
}
