package api_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/api"
	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// largeSize is more than the API keeps in memory of a picture.
const largeSize = 4<<20 + 16

// storeLarge puts what is as large as a poster in the place of the original's picture of 100x100.
func (f *farm) storeLarge() (path string, data []byte) {
	f.t.Helper()
	data = bytes.Repeat([]byte("0123456789abcdef"), largeSize/16)
	require.NoError(f.t, f.ledger.Image(spec.Original(100, 100).ID(), spec.PNG).Store(f.t.Context(), bytes.NewReader(data)))
	return "/generate/100/100", data
}

// resources are pictures as the farm has them: in memory, in storage alone, and of a job.
func (f *farm) resources() map[string]answer {
	f.t.Helper()
	f.work()
	large, _ := f.storeLarge()
	location := f.post(small).header.Get("Location")
	f.until(location, job.Done)
	all := make(map[string]answer)
	for _, path := range []string{"/generate/200/100", "/", "/tiles/2/1/1.png", large, location + "/image"} {
		all[path] = f.get(path)
		require.Equal(f.t, http.StatusOK, all[path].status, "%s: %s", path, all[path].body)
	}
	return all
}

// TestPreconditions are looked at in the order of RFC 9110, section 13.2.2, by every resource and both methods.
func TestPreconditions(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	for path, whole := range f.resources() {
		tag := whole.header.Get("ETag")
		for _, c := range []struct {
			want   int
			header []string
		}{
			{304, []string{"If-None-Match", tag}},
			{304, []string{"If-None-Match", "W/" + tag}},
			{304, []string{"If-None-Match", `"other", ` + tag}},
			{304, []string{"If-None-Match", `"a,b",` + tag + ` , ,"other"`}},
			{304, []string{"If-None-Match", `"other"`, "If-None-Match", tag}},
			{304, []string{"If-None-Match", "*"}},
			{200, []string{"If-None-Match", `"other"`}},
			{200, []string{"If-None-Match", strings.Trim(tag, `"`)}},
			{200, []string{"If-None-Match", `"*"`}},
			{200, []string{"If-Match", tag}},
			{200, []string{"If-Match", `"other", ` + tag}},
			{200, []string{"If-Match", `"other"`, "If-Match", tag}},
			{200, []string{"If-Match", "*"}},
			{412, []string{"If-Match", `"other"`}},
			{412, []string{"If-Match", "W/" + tag}}, // compared strongly
			{412, []string{"If-Match", ""}},
			{412, []string{"If-Match", `"other"`, "If-None-Match", tag}},
			{412, []string{"If-Match", `"other"`, "If-None-Match", "*"}},
			{304, []string{"If-Match", tag, "If-None-Match", tag}},
			{412, []string{"If-Match", `"other"`, "Range", "bytes=99999999-"}},
			{304, []string{"If-None-Match", tag, "Range", "bytes=99999999-"}},
			// There is no date to compare with.
			{200, []string{"If-Modified-Since", "Thu, 01 Jan 2099 00:00:00 GMT"}},
			{200, []string{"If-Unmodified-Since", "Thu, 01 Jan 1970 00:00:00 GMT"}},
		} {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				a := f.ask(method, path, nil, c.header...)
				require.Equal(t, c.want, a.status, "%s %s %q", method, path, c.header)
				f.requireAsTheStatus(a, method, whole)
			}
		}
	}
}

// requireAsTheStatus compares an answer with the one to a request without conditions.
func (f *farm) requireAsTheStatus(a answer, method string, whole answer) {
	f.t.Helper()
	switch a.status {
	case http.StatusOK:
		for _, name := range []string{"Content-Type", "Content-Length", "ETag", "Cache-Control", "Accept-Ranges", "Repr-Digest"} {
			require.Equal(f.t, whole.header.Get(name), a.header.Get(name), name)
		}
		if method == http.MethodGet {
			require.True(f.t, bytes.Equal(whole.body, a.body))
		}
	case http.StatusNotModified:
		require.Empty(f.t, a.body)
		require.Equal(f.t, whole.header.Get("ETag"), a.header.Get("ETag"))
		require.Equal(f.t, whole.header.Get("Cache-Control"), a.header.Get("Cache-Control"))
	default:
		require.Equal(f.t, "application/problem+json", a.header.Get("Content-Type"))
		require.Equal(f.t, "no-store", a.header.Get("Cache-Control"))
		for _, name := range []string{"ETag", "Accept-Ranges", "Content-Disposition", "Repr-Digest"} {
			require.Empty(f.t, a.header.Get(name), "%s is of no picture", name)
		}
		if method == http.MethodGet {
			require.NotEmpty(f.t, a.problem(f.t).Detail)
		}
	}
}

// TestRanges are those of RFC 9110, section 14: what the farm does not know it ignores.
func TestRanges(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	for path, whole := range f.resources() {
		n, tag := len(whole.body), whole.header.Get("ETag")
		const beyond = "99999999999999999999"
		for _, c := range []struct {
			header   []string
			from, to int // of the part that is wanted
		}{
			{[]string{"bytes=0-9"}, 0, 10},
			{[]string{"Bytes=0-9"}, 0, 10},
			{[]string{"BYTES=10-10"}, 10, 11},
			{[]string{"bytes= 0-9 "}, 0, 10},
			{[]string{"bytes=,10-19, ,"}, 10, 20},
			{[]string{"bytes=0-"}, 0, n},
			{[]string{"bytes=10-"}, 10, n},
			{[]string{fmt.Sprintf("bytes=%d-", n-1)}, n - 1, n},
			{[]string{"bytes=10-" + beyond}, 10, n},
			{[]string{"bytes=-7"}, n - 7, n},
			{[]string{"bytes=-" + beyond}, 0, n},
			{[]string{"bytes=0-9", "If-Range", tag}, 0, 10},
			{[]string{"bytes=0-9", "If-Match", tag, "If-Range", tag}, 0, 10},
		} {
			header := append([]string{"Range"}, c.header...)
			a := f.get(path, header...)
			require.Equal(t, http.StatusPartialContent, a.status, "%s %q: %.200q", path, c.header, a.body)
			require.True(t, bytes.Equal(whole.body[c.from:c.to], a.body), "%s %q", path, c.header)
			require.Equal(t, fmt.Sprintf("bytes %d-%d/%d", c.from, c.to-1, n), a.header.Get("Content-Range"))
			for _, name := range []string{"Content-Type", "ETag", "Cache-Control", "Accept-Ranges", "Repr-Digest"} {
				require.Equal(t, whole.header.Get(name), a.header.Get(name), name)
			}
			f.requireAsTheStatus(f.ask(http.MethodHead, path, nil, header...), http.MethodHead, whole) // for which there are none
		}
		for _, ignored := range [][]string{
			{"items=0-1"},
			{"bytes"},
			{"bytes="},
			{"bytes=,"},
			{"bytes=5"},
			{"bytes=-"},
			{"bytes=5-2"},
			{"bytes=+1-2"},
			{"bytes=1-2-3"},
			{"bytes=a-b"},
			{"bytes=0-9,x"},
			{"bytes =0-9"},
			{"bytes=0-0,-1"},
			{"bytes=0-9," + beyond + "-"},
			{"bytes=0-9", "Range", "bytes=20-29"},
			{"bytes=0-9", "If-Range", `"other"`},
			{"bytes=0-9", "If-Range", "W/" + tag},
			{"bytes=0-9", "If-Range", "Thu, 01 Jan 2099 00:00:00 GMT"},
			{"bytes=0-9", "If-Range", tag, "If-Range", tag},
			{"bytes=" + beyond + "-", "If-Range", `"other"`},
		} {
			a := f.get(path, append([]string{"Range"}, ignored...)...)
			require.Equal(t, http.StatusOK, a.status, "%s %q: %.200q", path, ignored, a.body)
			f.requireAsTheStatus(a, http.MethodGet, whole)
		}
		for _, refused := range []string{"bytes=-0", "Bytes=-000", fmt.Sprintf("bytes=%d-", n), "bytes=" + beyond + "-" + beyond, "bytes=-0,99999999-"} {
			a := f.get(path, "Range", refused)
			require.Equal(t, http.StatusRequestedRangeNotSatisfiable, a.status, "%s %s", path, refused)
			require.Equal(t, fmt.Sprintf("bytes */%d", n), a.header.Get("Content-Range"))
			f.requireAsTheStatus(a, http.MethodGet, whole)
		}
	}
}

// TestAMismatchCostsNothing: what a request means by If-Match is compared before anything is drawn. Of a job that is not
// there, or has no picture, that is said first.
func TestAMismatchCostsNothing(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	for _, path := range []string{"/generate/300/200", "/tiles/0/0/0.png", "/"} {
		require.Equal(t, http.StatusPreconditionFailed, f.get(path, "If-Match", `"other"`).problem(t).Status)
	}
	id := string(spec.Original(100, 100).ID())
	for _, header := range [][]string{{"If-Match", `"other"`}, {"If-None-Match", `"` + id + `"`}} {
		require.Equal(t, http.StatusNotFound, f.get("/jobs/"+id+"/image", header...).problem(t).Status)
	}
	f.untouched()
	image := f.post(small).header.Get("Location") + "/image"
	require.Equal(t, http.StatusServiceUnavailable, f.get(image, "If-Match", `"other"`).problem(t).Status)
}

// TestWhateverHasATagIsRevalidated, not pictures alone.
func TestWhateverHasATagIsRevalidated(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	var location string
	f.begin(&location)
	for _, path := range []string{"/openapi.json", "/docs", location + "/preview"} {
		whole := f.get(path)
		require.Equal(t, http.StatusOK, whole.status, path)
		tag := whole.header.Get("ETag")
		for _, c := range []struct {
			want   int
			header []string
		}{
			{304, []string{"If-None-Match", "W/" + tag}},
			{304, []string{"If-None-Match", "*"}},
			{304, []string{"If-Match", tag, "If-None-Match", tag}},
			{412, []string{"If-Match", `"other"`, "If-None-Match", tag}},
			{200, []string{"If-Match", "*", "If-None-Match", `"other"`}},
			{200, []string{"Range", "bytes=0-9"}},
		} {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				a := f.ask(method, path, nil, c.header...)
				require.Equal(t, c.want, a.status, "%s %s %q", method, path, c.header)
				f.requireAsTheStatus(a, method, whole)
			}
		}
	}
}

// TestErrorsAreProblems: whatever is asked, and however.
func TestErrorsAreProblems(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	unknown := "/jobs/" + strings.Repeat("0", 40)
	for _, c := range []struct {
		want         int
		method, path string
	}{
		{404, http.MethodGet, "/nothing"},
		{404, http.MethodPut, "/nothing"},
		{404, http.MethodGet, unknown},
		{404, http.MethodGet, "/jobs/"},
		{404, http.MethodDelete, "/jobs/"},
		{404, http.MethodGet, "/generate/800/600/"},
		{405, http.MethodPut, "/jobs"},
		{405, http.MethodOptions, "/generate/800/600"},
		{405, http.MethodPost, "/openapi.json"},
		{405, http.MethodDelete, "/healthz"},
		{405, http.MethodPost, unknown},
		{405, "BREW", "/"},
		{400, http.MethodGet, "/jobs?limit=0"},
		{415, http.MethodPost, "/jobs"},
	} {
		a := f.ask(c.method, c.path, nil)
		assert.Equal(t, c.want, a.problem(t).Status, "%s %s: %s", c.method, c.path, a.body)
		if c.want == http.StatusMethodNotAllowed {
			assert.NotEmpty(t, a.header.Get("Allow"), "%s %s", c.method, c.path)
		}
		if c.method == http.MethodGet {
			head := f.ask(http.MethodHead, c.path, nil)
			assert.Equal(t, c.want, head.status, c.path)
			assert.Equal(t, "application/problem+json", head.header.Get("Content-Type"))
		}
	}
	long := strings.Repeat(" ", 2<<20)
	for name, body := range map[string]interface{ Read([]byte) (int, error) }{
		"with a length": strings.NewReader(long), "in chunks": struct{ *strings.Reader }{strings.NewReader(long)},
	} {
		a := f.ask(http.MethodPost, "/jobs", body, "Content-Type", "application/json")
		assert.Equal(t, http.StatusRequestEntityTooLarge, a.problem(t).Status, name)
	}
}

// answers is an observer that remembers how requests for pictures were answered.
type answers struct {
	api.Observer
	mu    sync.Mutex
	heard []api.Answer
}

func (a *answers) Answered(how api.Answer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.heard = append(a.heard, how)
}

// TestEveryAnswerIsCountedOnce, and by what it came to.
func TestEveryAnswerIsCountedOnce(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	f.resources()
	deps := f.observedDependencies()
	heard := &answers{Observer: deps.Observer}
	deps.Observer = heard
	front := serveHTTP(t, f.serverOf(f.config, deps))
	s, err := spec.Parse([]byte(small))
	require.NoError(t, err)
	image, tag := front+"/jobs/"+string(s.ID())+"/image", `"`+string(s.ID())+`"`
	for _, header := range [][]string{
		nil, nil, {"If-None-Match", tag}, {"If-None-Match", "*"}, {"Range", "bytes=0-9"}, {"Range", "bytes=-0"}, {"If-Match", `"other"`},
	} {
		ask(t, http.MethodGet, image, nil, header...)
	}
	large := front + "/generate/100/100"
	ask(t, http.MethodGet, large, nil, "If-None-Match", "*")
	ask(t, http.MethodGet, large, nil, "Range", "bytes=0-9")
	ask(t, http.MethodHead, large, nil)
	heard.mu.Lock()
	defer heard.mu.Unlock()
	require.Equal(t, []api.Answer{
		api.FromStorage, api.FromMemory, api.NotModified, api.NotModified, api.FromMemory, api.FromMemory,
		api.NotModified, api.FromStorage, api.FromStorage,
	}, heard.heard)
}
