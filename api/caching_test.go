package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/access"
	"mandelfarm/renderer/spec"
)

// TestOnlyWhatNamesItsPictureIsKeptForEver: an address that has neither an ID nor a version shows another picture after an
// upgrade of the renderer, and a client that keeps the old one would mix both. That holds of a whole picture, of a part, of the
// word that there is no other, with a key and without.
func TestOnlyWhatNamesItsPictureIsKeptForEver(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	f.work()
	location, _ := f.done(poster)
	lasting := map[string]bool{
		"/": false, "/generate/100/50": false, "/generate/60/40?re=-1": false, "/generate/60/40?format=npy&palette=fire": false,
		"/tiles/0/0/0.png": false, "/tiles/3/1/2.png?samples=4": false,
		"/data/" + spec.Version + "/0/0/0": true, location + "/image": true, location + "/image_files/11/0_0.png": true,
		location + "/iiif/full/max/0/default.png": true, content(f.pageOf(""), `<link href="(.*?a.css)">`): true,
	}
	key := bearer(f.key(access.Read))
	for front, key := range map[string][]string{f.url: nil, f.closed(): key} {
		for path, forever := range lasting {
			whole := ask(t, http.MethodGet, front+path, nil, key...)
			require.Equal(t, http.StatusOK, whole.status, "%s: %s", path, whole.body)
			answers := []answer{whole, ask(t, http.MethodHead, front+path, nil, key...)}
			if tag := whole.header.Get("ETag"); tag != "" {
				answers = append(answers, ask(t, http.MethodGet, front+path, nil, append(key, "If-None-Match", tag)...))
				assert.Equal(t, http.StatusNotModified, answers[2].status, path)
			}
			if whole.header.Get("Accept-Ranges") != "" {
				answers = append(answers, ask(t, http.MethodGet, front+path, nil, append(key, "Range", "bytes=1-9")...))
				assert.Equal(t, http.StatusPartialContent, answers[3].status, path)
			}
			for _, a := range answers {
				requireKept(t, path, a.header.Get("Cache-Control"), forever, key != nil)
			}
		}
	}
}

// requireKept checks how long, and by whom, an answer may be kept. Files of the page are everybody's.
func requireKept(t *testing.T, path, control string, forever, private bool) {
	t.Helper()
	want := "public, "
	if private && !strings.HasPrefix(path, "/assets/") {
		want = "private, "
	}
	if forever {
		want += "max-age=31536000, immutable"
	} else {
		want += "max-age=60"
	}
	require.Equal(t, want, control, path)
}
