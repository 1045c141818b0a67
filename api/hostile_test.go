package api_test

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestAnswersDoNothingInABrowser: whatever is answered and is no picture says that it is what its media type says, loads and runs nothing that is not its own,
// and is in nobody's frame.
func TestAnswersDoNothingInABrowser(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	location := f.post(small).header.Get("Location")
	paths := map[string]bool{"/nowhere": true, "/generate/x/y": true, "/healthz": true, location: true, location + "/image": true, "/generate/10/10?radius=0": true}
	for operation := range document(t).Operations() {
		method, path, _ := strings.Cut(operation, " ")
		if method == http.MethodGet && path != "/metrics" {
			paths[strings.NewReplacer("{z}", "0", "{x}", "0", "{y}", "0", "{", "", "}", "").Replace(path)] = true
		}
	}
	for path := range paths {
		for _, method := range []string{http.MethodGet, http.MethodPut} {
			a := f.ask(method, path, nil, "Accept", "text/html", "Prefer", "respond-async")
			assert.Equal(t, "nosniff", a.header.Get("X-Content-Type-Options"), path)
			policy := a.header.Get("Content-Security-Policy")
			assert.Contains(t, policy, "default-src 'none'", path)
			assert.Contains(t, policy, "frame-ancestors 'none'", path)
			assert.NotContains(t, policy, "unsafe", path)
		}
	}
}

// TestHostileBodiesAreRefused with little work: nothing is stored or queued, and none of them takes more memory or time than its length does.
func TestHostileBodiesAreRefused(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	const most = 1 << 20 // MAX_BODY
	deep := func(begin, inside, end string) string {
		n := (most - 200 - len(inside)) / (len(begin) + len(end))
		return strings.Repeat(begin, n) + inside + strings.Repeat(end, n)
	}
	const asJSON, asTOML, asKFR = "application/json", "application/toml", "application/vnd.kallesfraktaler.kfr"
	digits := strings.Repeat("7", most-100)
	for name, body := range map[string][2]string{
		"deep arrays":              {asJSON, deep("[", "", "]")},
		"deep objects":             {asJSON, deep(`{"a":`, "1", "}")},
		"deep in a field":          {asJSON, `{"width": 10, "height": 10, "center": ` + deep("[", "", "]") + "}"},
		"a field twice":            {asJSON, `{"width": 10, "width": 20, "height": 10}`},
		"a field twice, within":    {asJSON, `{"width": 10, "height": 10, "center": {"re": "0", "re": "1"}}`},
		"a name twice, escaped":    {asJSON, `{"width": 10, "wid\u0074h": 20, "height": 10}`},
		"a million digits":         {asJSON, `{"width": 10, "height": 10, "center": {"re": "0.` + digits + `"}}`},
		"a million digits, bare":   {asJSON, `{"width": 10, "height": 10, "radius": ` + digits + `}`},
		"a huge exponent":          {asJSON, `{"width": 10, "height": 10, "radius": "1e-999999999"}`},
		"a huge width":             {asJSON, `{"width": ` + digits + `, "height": 10}`},
		"a long name":              {asJSON, `{"` + digits + `": 1}`},
		"many fields":              {asJSON, `{` + strings.Repeat(`"a":1,`, most/6-50) + `"b":1}`},
		"no UTF-8":                 {asJSON, "{\"formula\": \"\xff\xfe\"}"},
		"TOML, deep arrays":        {asTOML, "a = " + deep("[", "", "]")},
		"TOML, deep tables":        {asTOML, "a = " + deep("{a=", "1", "}")},
		"TOML, a long key":         {asTOML, strings.Repeat("a.", most/2-100) + "a = 1"},
		"TOML, many tables":        {asTOML, strings.Repeat("[[a.b]]\n", most/8-50)},
		"TOML, digits":             {asTOML, "location.real = \"0." + digits + "\"\nlocation.imag = \"0\"\nlocation.zoom = \"1\""},
		"Kalles Fraktaler, digits": {asKFR, "Re: 0." + digits + "\r\nIm: 0\r\nZoom: 1\r\n"},
		"Kalles Fraktaler, lines":  {asKFR, strings.Repeat("\n", most-100)},
		"Kalles Fraktaler, colors": {asKFR, "Re: 0\r\nIm: 0\r\nZoom: 1E-9999999\r\nColors: " + strings.Repeat("1,", most/2-100)},
	} {
		require.LessOrEqual(t, len(body[1]), most, name)
		a := f.ask(http.MethodPost, "/jobs", strings.NewReader(body[1]), "Content-Type", body[0])
		assert.Equal(t, http.StatusBadRequest, a.status, "%s: %.300s", name, a.body)
		assert.Less(t, len(a.body), 2000, "%s: what is wrong is not sent back", name)
	}
	f.untouched()
}

// TestCompressedBodiesAreNotUnpacked, whatever they may hold.
func TestCompressedBodiesAreNotUnpacked(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	var bomb bytes.Buffer
	packer := gzip.NewWriter(&bomb)
	_, err := packer.Write(append([]byte(small), bytes.Repeat([]byte(" "), 64<<20)...))
	require.NoError(t, err)
	require.NoError(t, packer.Close())
	for _, encoding := range []string{"gzip", "deflate", "br", "zstd", "identity, gzip"} {
		a := f.ask(http.MethodPost, "/jobs", bytes.NewReader(bomb.Bytes()), "Content-Type", "application/json", "Content-Encoding", encoding)
		assert.Equal(t, http.StatusUnsupportedMediaType, a.problem(t).Status, encoding)
		assert.Equal(t, "identity", a.header.Get("Accept-Encoding"))
	}
	f.untouched()
	a := f.ask(http.MethodPost, "/jobs", strings.NewReader(small), "Content-Type", "application/json", "Content-Encoding", "identity")
	assert.Equal(t, http.StatusAccepted, a.status)
}
