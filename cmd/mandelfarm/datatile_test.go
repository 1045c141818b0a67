package main

import (
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
	"mandelfarm/renderer/planes/planestest"
	"mandelfarm/renderer/spec"
)

// documentedDecoder is the script in docs/http.md.
func documentedDecoder(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/http.md")
	require.NoError(t, err)
	_, script, ok := strings.Cut(string(page), "```js\n")
	require.True(t, ok)
	script, _, ok = strings.Cut(script, "```")
	require.True(t, ok)
	return script
}

// sums are what a test compares of a tile's numbers.
type sums struct {
	Limit, Inside, None     int
	Nu, Distance, Direction float64
	Milliseconds            float64
}

func fetchTile(t *testing.T, url string) *planestest.File {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	file, err := planestest.Read(body)
	require.NoError(t, err, "%s", body[:min(len(body), 300)])
	return file
}

// TestTheDocumentedDecoderReadsDataTiles in a browser: the script of the documentation gets the numbers that are in the file.
func TestTheDocumentedDecoderReadsDataTiles(t *testing.T) {
	t.Parallel()
	browser := testenv.Browser(t)
	farm := serve(t, map[string]string{"DATA": t.TempDir()})
	fetchAnywhere(browser, t)
	require.NoError(t, chromedp.Do(browser, chromedp.Navigate(farm.url+"/healthz")))
	for _, path := range []string{
		"/data/" + spec.Version + "/5/10/15?format=gradients&max_iterations=70000",
		"/data/" + spec.Version + "/100/633825300114114700748351602688/316912650057057350374175801344?format=gradients",
	} {
		file := fetchTile(t, farm.url+path)
		want := sums{Limit: file.Limit}
		for i := range file.N {
			if file.N[i] == 0 {
				want.Inside++
				continue
			}
			want.Nu += file.Nu[i]
			want.Distance += file.Distance[i]
			if file.Direction[i] >= 0 {
				want.Direction += file.Direction[i]
			} else {
				want.None++
			}
		}
		got := look[sums](browser, t, `(async () => {`+documentedDecoder(t)+`
			let tile, began
			for (let i = 0; i < 3; i++) { // the first time it is compiled
				const response = await fetch("`+path+`")
				const bytes = await response.arrayBuffer()
				began = performance.now()
				tile = await decode(new Response(bytes))
			}
			const sums = {Limit: tile.limit, Inside: 0, None: 0, Nu: 0, Distance: 0, Direction: 0, Milliseconds: performance.now() - began}
			tile.nu.forEach((nu, i) => {
				if (isNaN(nu)) { sums.Inside++; return }
				sums.Nu += nu
				sums.Distance += (2 ** (tile.distance[i] / 4096) - 1) / 8
				if (tile.direction[i] === 4096) sums.None++
				else sums.Direction += tile.direction[i] / 4096
			})
			return sums
		})()`, chromedp.EvalAwaitPromise)
		t.Logf("%s: decoded in %.1f ms", path, got.Milliseconds)
		assert.Equal(t, [3]int{want.Limit, want.Inside, want.None}, [3]int{got.Limit, got.Inside, got.None}, path)
		assert.InEpsilon(t, want.Nu, got.Nu, 1e-12, path)
		assert.InEpsilon(t, want.Distance, got.Distance, 1e-9, path)
		assert.InEpsilon(t, want.Direction, got.Direction, 1e-9, path)
		assert.Len(t, file.N, 256*256)
	}
}
