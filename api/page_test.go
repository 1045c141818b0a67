package api_test

import (
	"bytes"
	"compress/gzip"
	"html"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pageOf is the page for a link.
func (f *farm) pageOf(query string, header ...string) string {
	f.t.Helper()
	a := f.get("/?"+query, append([]string{"Accept", "text/html"}, header...)...)
	require.Equal(f.t, http.StatusOK, a.status)
	return string(a.body)
}

// content is what an element of the page says, as a browser reads it.
func content(page, pattern string) string {
	found := regexp.MustCompile(pattern).FindStringSubmatch(page)
	if found == nil {
		return ""
	}
	return html.UnescapeString(found[1])
}

// TestPageShowsThePictureOfItsLink to those who preview it, at an address that the farm answers with it.
func TestPageShowsThePictureOfItsLink(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	f.work()
	page := f.pageOf("re=-0.5&im=0.25&radius=0.125&palette=fire&format=exr")
	assert.Equal(t, "Mandelbrot at a radius of 0.125", content(page, `<title>(.*?)</title>`))
	picture := content(page, `<meta content="(.*?)">`)
	assert.Equal(t, f.url+"/generate/1200/630?im=0.25&palette=fire&radius=0.125&re=-0.5", picture)
	assert.Equal(t, "image/png", f.get(strings.TrimPrefix(picture, f.url)).header.Get("Content-Type"))

	secure := content(f.pageOf("radius=1", "X-Forwarded-Proto", "https"), `<meta content="(.*?)">`)
	assert.True(t, strings.HasPrefix(secure, "https://"), secure)
}

// TestPageOfABadLinkShowsTheFirstPicture, and nothing of the link itself.
func TestPageOfABadLinkShowsTheFirstPicture(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	for _, query := range []string{"", "radius=0", "unknown=1", "radius=1&radius=2", "radius=1;", "palette=%22%3E%3Cscript%3E", "max_iterations=25000000&samples=64"} {
		page := f.pageOf(query)
		assert.Contains(t, content(page, `<meta content="(.*?)">`), "re=-0.743643887", query)
		assert.Equal(t, "mandelfarm", content(page, `<title>(.*?)</title>`), query)
		assert.NotContains(t, page, "<script", query)
	}
	assert.NotContains(t, f.pageOf("radius=1&interior=%23000000%22%3E"), `">"`)
}

// TestAssetsNeverChange under their address, and are compressed for those who take that.
func TestAssetsNeverChange(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	page := f.pageOf("")
	folder := content(page, `<link href="(.*?)a.css">`)
	assert.Contains(t, page, `<link rel="modulepreload" href="`+folder+`b.js">`)
	for name, mediaType := range map[string]string{
		"a.css": "text/css; charset=utf-8", "b.js": "text/javascript; charset=utf-8", "c.svg": "image/svg+xml", "d.webmanifest": "application/manifest+json",
	} {
		plain, packed := f.get(folder+name, "Accept-Encoding", "identity"), f.get(folder+name, "Accept-Encoding", "br, gzip")
		assert.Equal(t, mediaType, plain.header.Get("Content-Type"))
		assert.Equal(t, "public, max-age=31536000, immutable", packed.header.Get("Cache-Control"))
		assert.Empty(t, plain.header.Get("Content-Encoding"))
		assert.Equal(t, "gzip", packed.header.Get("Content-Encoding"))
		reader, err := gzip.NewReader(bytes.NewReader(packed.body))
		require.NoError(t, err)
		content, err := io.ReadAll(reader)
		require.NoError(t, err)
		assert.Equal(t, plain.body, content, name)
	}
	assert.Empty(t, f.get(folder+"a.css", "Accept-Encoding", "gzip;q=0").header.Get("Content-Encoding"))
	assert.Equal(t, http.StatusNotFound, f.get("/assets/other/a.css").status)
}

// TestTheServiceWorkerIsOfTheWholePage: browsers let it stand before nothing above its own folder unless the farm says so.
func TestTheServiceWorkerIsOfTheWholePage(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	folder := content(f.pageOf(""), `<link href="(.*?)a.css">`)
	worker, other := f.get(folder+"offline.js"), f.get(folder+"b.js")
	assert.Equal(t, "/", worker.header.Get("Service-Worker-Allowed"))
	assert.Contains(t, worker.header.Get("Content-Security-Policy"), "connect-src 'self'")
	assert.Empty(t, other.header.Get("Service-Worker-Allowed"))
	assert.NotContains(t, other.header.Get("Content-Security-Policy"), "connect-src")
}

// TestThePageLoadsNothingOfOthers: its policy lets it run its own files, and nothing that stands in the document.
func TestThePageLoadsNothingOfOthers(t *testing.T) {
	t.Parallel()
	policy := newFarm(t).get("/", "Accept", "text/html").header.Get("Content-Security-Policy")
	assert.True(t, strings.HasPrefix(policy, "default-src 'none'; "), policy)
	assert.NotContains(t, policy, "unsafe")
	assert.NotContains(t, policy, "http")
}
