package openapi_test

import (
	"crypto/sha256"
	"encoding/base64"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/api/openapi"
)

// article is what the page shows under an anchor.
func article(t *testing.T, page, anchor string) string {
	t.Helper()
	_, rest, found := strings.Cut(page, `<article id="`+anchor+`">`)
	require.True(t, found, "the page has no %s", anchor)
	inside, _, _ := strings.Cut(rest, "</article>")
	return html.UnescapeString(inside)
}

// TestPageShowsEverything that the document has.
func TestPageShowsEverything(t *testing.T) {
	t.Parallel()
	page, document := string(openapi.Page(version)), read(t)
	for operation, statuses := range document.Operations() {
		method, path, _ := strings.Cut(operation, " ")
		anchor, _ := at(t, "paths", path, strings.ToLower(method), "operationId").(string)
		shown := article(t, page, anchor)
		assert.Contains(t, shown, ">"+method+"</b> <code>"+path+"</code>")
		for _, p := range document.Parameters(operation) {
			assert.Contains(t, shown, "<code>"+p.Name+"</code>", operation)
		}
		for _, status := range statuses {
			assert.Contains(t, shown, ">"+status+"</b>", operation)
		}
	}
	for _, name := range []string{"Spec", "Coloring", "Job", "Acceptance", "Minibrot", "Problem"} {
		shown, schema := article(t, page, name), name
		if name == "Job" || name == "Acceptance" {
			schema = "JobFields"
		}
		for _, field := range keys(at(t, "components", "schemas", schema, "properties")) {
			assert.Contains(t, shown, "<code>"+field+"</code>", name)
		}
	}
	assert.Contains(t, article(t, page, "Acceptance"), "<code>warnings</code>")
	assert.NotContains(t, article(t, page, "Job"), "<code>warnings</code>")
}

// TestPageSaysWhatIsAccepted in words, with bounds, defaults and what is required.
func TestPageSaysWhatIsAccepted(t *testing.T) {
	t.Parallel()
	page := string(openapi.Page(version))
	for anchor, wants := range map[string][]string{
		"Spec": {
			`<code>width</code> <em>required</em></dt>`, `integer from 1 to 2147483647`, `<a href="#Coloring">Coloring</a>`,
			`<code>mandelbrot</code> · <code>julia</code>`, `, by default <code>1000</code>`, `or <code>auto</code>`, `<li>A power is for <code>multibrot</code>`,
		},
		"Window":    {`list of 2 × decimal below 1e100`},
		"Job":       {`list of text`},
		"listJobs":  {`integer from 1 to 200, by default <code>50</code>`, `curl 'http://localhost:8080/jobs'`, `<a href="/jobs">Open /jobs</a>`},
		"submitJob": {`-H 'Content-Type: application/json'`, `-d '{"width":3840,"height":2160}'`, `"palette": [`, "\tSize: 1@-03"},
		"cancelJob": {`curl -X DELETE 'http://localhost:8080/jobs/9f4d9744`, `<a href="#Problem">Problem</a>`},
		"watchJob":  {`curl -N `, "event: progress\nid: "},
		"generate":  {`curl -o picture.png 'http://localhost:8080/generate/800/600?re=-1.7597&im=-0.0126&radius=0.001'`},
		"getImage":  {`<code>image/x-exr</code>`, `<code>Content-Disposition</code>`},
	} {
		for _, want := range wants {
			assert.Contains(t, article(t, page, anchor), want, anchor)
		}
	}
	assert.NotContains(t, page, "<nil>")
	assert.NotContains(t, page, "ZgotmplZ")
	assert.Equal(t, 0, strings.Count(html.UnescapeString(page), "`"), "code between backquotes is shown as such")
}

// TestPageLoadsNothing: it runs no script, its links stay on the farm and lead somewhere, and its policy allows its own
// style.
func TestPageLoadsNothing(t *testing.T) {
	t.Parallel()
	page := string(openapi.Page(version))
	assert.NotContains(t, page, "<script")
	assert.NotRegexp(t, ` (src|on\w+|style)=`, page)
	anchors := make(map[string]bool)
	for _, match := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		assert.False(t, anchors[match[1]], "%s is there twice", match[1])
		anchors[match[1]] = true
	}
	for _, match := range regexp.MustCompile(` href="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		anchor, isAnchor := strings.CutPrefix(match[1], "#")
		switch {
		case isAnchor:
			assert.True(t, anchors[anchor], "%s leads nowhere", match[1])
		default:
			assert.True(t, strings.HasPrefix(match[1], "/") || match[1] == "data:,", match[1])
		}
	}
	_, style, _ := strings.Cut(page, "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	sum := sha256.Sum256([]byte(style))
	assert.Contains(t, openapi.PagePolicy(), "style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	assert.NotContains(t, openapi.PagePolicy(), "unsafe")
}

// TestAddressesOfThePageAreValid: those that it links to, which are those of its curl lines.
func TestAddressesOfThePageAreValid(t *testing.T) {
	t.Parallel()
	document, count := read(t), 0
	for _, match := range regexp.MustCompile(` href="(/[^"]*)"`).FindAllStringSubmatch(string(openapi.Page(version)), -1) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://farm.example"+html.UnescapeString(match[1]), http.NoBody)
		require.NoError(t, err)
		require.NoError(t, document.CheckRequest(request, nil), match[1])
		count++
	}
	assert.Greater(t, count, 8)
}
