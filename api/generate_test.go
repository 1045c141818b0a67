package api_test

import (
	"bytes"
	"image/png"
	"math/big"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

func TestOriginalPicture(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	f.work()
	for _, path := range []string{"/generate/800/600", "/"} {
		a := f.get(path)
		require.Equal(t, http.StatusOK, a.status, "%s: %s", path, a.body)
		assert.Equal(t, drawn(t, spec.Original(800, 600)), a.body, path)
		assert.Equal(t, "image/png", a.header.Get("Content-Type"))
		assert.Equal(t, `"`+string(spec.Original(800, 600).ID())+`"`, a.header.Get("ETag"))
		assert.Equal(t, "public, max-age=60", a.header.Get("Cache-Control"))
	}
	assert.EqualValues(t, 1, f.store.pictures.Load(), "drawn once for both")
}

func TestOriginalSizesAreClamped(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	f.work()
	for path, want := range map[string][2]int{
		"/generate/0/0":                                {100, 50},
		"/generate/99/49":                              {100, 50},
		"/generate/0101/051":                           {101, 51},
		"/generate/1201/1025":                          {1200, 1024},
		"/generate/99999999999999999999999/100":        {1200, 100},
		"/generate/100/" + strings.Repeat("9", 10_000): {100, 1024},
	} {
		a := f.get(path)
		require.Equal(t, http.StatusOK, a.status, "%.50s", path)
		config, err := png.DecodeConfig(bytes.NewReader(a.body))
		require.NoError(t, err)
		assert.Equal(t, want, [2]int{config.Width, config.Height}, "%.50s", path)
	}
}

func TestQueryMakesAPlainView(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	f.work()
	a := f.get("/generate/64/48?re=-1.25&im=0.1&radius=0.2&max_iterations=300&palette=fire")
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	want, err := spec.Parse([]byte(`{"width":64,"height":48,"center":{"re":-1.25,"im":0.1},"radius":0.2,
		"max_iterations":300,"coloring":{"palette":"fire"}}`))
	require.NoError(t, err)
	assert.Equal(t, drawn(t, want), a.body)
}

func TestBadRequestsCostNothing(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	for _, c := range []struct {
		path   string
		status int
		field  string
	}{
		{"/generate/-1/100", 404, ""},
		{"/generate/1.5/100", 404, ""},
		{"/generate/1e3/100", 404, ""},
		{"/generate/%2e%2e/100", 404, ""},
		{"/generate/٣/100", 404, ""},
		{"/generate/100", 404, ""},
		{"/generate/100/100/100", 404, ""},
		{"/nothing/here", 404, ""},
		{"/generate/0/100?re=0", 400, "width"},
		{"/generate/100/0?re=0", 400, "height"},
		{"/generate/99999999999999999999/100?re=0", 400, "width"},
		{"/generate/100000/100000?re=0", 400, "width"},
		{"/generate/100/100?re=NaN", 400, "re"},
		{"/generate/100/100?im=Inf", 400, "im"},
		{"/generate/100/100?radius=1e999999999", 400, "radius"},
		{"/generate/100/100?radius=1e-999999999", 400, "radius"},
		{"/generate/100/100?radius=0", 400, "radius"},
		{"/generate/100/100?radius=-1", 400, "radius"},
		{"/generate/100/100?radius=", 400, "radius"},
		{"/generate/100/100?re=0x10", 400, "re"},
		{"/generate/100/100?re=1&re=2", 400, "re"},
		{"/generate/100/100?re=" + strings.Repeat("1", 20_000), 400, "re"},
		{"/generate/100/100?max_iterations=0", 400, "max_iterations"},
		{"/generate/100/100?max_iterations=99999999999999999999", 400, "max_iterations"},
		{"/generate/100/100?samples=1000000", 400, "samples"},
		{"/generate/8000/8000?samples=64", 400, "width"},
		{"/generate/2000/2000?max_iterations=10000000", 400, "max_iterations"},
		{"/generate/100/100?formula=cube", 400, "formula"},
		{"/generate/100/100?coloring=rainbow", 400, "coloring"},
		{"/generate/100/100?palette=../../etc", 400, "palette"},
		{"/generate/100/100?interior=red", 400, "interior"},
		{"/generate/100/100?colour=red", 400, "colour"},
		{"/generate/100/100?%zz", 400, ""},
		{"/generate/100/100?a;b", 400, ""},
	} {
		a := f.get(c.path)
		p := a.problem(t)
		assert.Equal(t, c.status, a.status, "%.60s: %s", c.path, a.body)
		assert.Equal(t, c.field, p.Field, "%.60s: %s", c.path, a.body)
		assert.NotEmpty(t, p.Detail)
		assert.Less(t, len(a.body), 400, "an error repeats no more than a little of what it refuses")
	}
	a := f.ask(http.MethodPost, "/generate/800/600", nil)
	assert.Equal(t, http.StatusMethodNotAllowed, a.problem(t).Status)
	assert.Contains(t, a.header.Get("Allow"), http.MethodGet)
	f.untouched()
}

func TestIdenticalRequestsAreDrawnOnce(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	f.work()
	fronts := []string{f.url, f.serve(f.config), f.serve(f.config)}
	want := drawn(t, spec.Original(333, 222))
	var requests sync.WaitGroup
	for i := range 120 {
		requests.Go(func() {
			a := ask(t, http.MethodGet, fronts[i%len(fronts)]+"/generate/333/222", nil)
			assert.Equal(t, http.StatusOK, a.status)
			assert.True(t, bytes.Equal(want, a.body))
		})
	}
	requests.Wait()
	assert.EqualValues(t, 1, f.store.pictures.Load())
}

func TestWaitEndsAndTheDrawingGoesOn(t *testing.T) {
	t.Parallel()
	f := newFarm(t, waitLimit(2*time.Second))
	a := f.get("/generate/300/200")
	require.Equal(t, http.StatusServiceUnavailable, a.status)
	assert.NotEmpty(t, a.header.Get("Retry-After"))
	assert.Equal(t, "no-store", a.header.Get("Cache-Control"))
	assert.Contains(t, a.problem(t).Detail, "still being drawn")

	f.work() // what the request had queued is drawn now
	require.Eventually(t, func() bool { return f.store.pictures.Load() == 1 }, 30*time.Second, 10*time.Millisecond)
	require.Eventually(t, func() bool { return f.get("/generate/300/200").status == http.StatusOK }, 30*time.Second, 10*time.Millisecond)
	assert.EqualValues(t, 1, f.store.pictures.Load())
}

func TestPreferences(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	const path = "/generate/120/80?radius=0.7"

	async := f.get(path, "Prefer", "respond-async")
	require.Equal(t, http.StatusAccepted, async.status, "%s", async.body)
	assert.Equal(t, "respond-async", async.header.Get("Preference-Applied"))
	location := async.header.Get("Location")
	assert.Equal(t, job.Queued, f.get(location).job(t).State, "a 202 is a job on record")

	waited := f.get("/generate/120/81?radius=0.7", "Prefer", "wait=1")
	assert.Equal(t, http.StatusAccepted, waited.status)
	assert.Equal(t, "wait=1", waited.header.Get("Preference-Applied"))
	assert.NotEmpty(t, waited.header.Get("Location"))

	f.work()
	f.until(location, job.Done)
	f.until(waited.header.Get("Location"), job.Done)
	ready := f.get(path, "Prefer", "respond-async")
	assert.Equal(t, http.StatusOK, ready.status, "what is stored is sent at once")
	assert.Equal(t, "image/png", ready.header.Get("Content-Type"))
	assert.Equal(t, http.StatusOK, f.get("/generate/120/82", "Prefer", "wait=20, respond-async").status)
	assert.Equal(t, http.StatusOK, f.get("/generate/120/83", "Prefer", "wait=soon, handling=lenient").status, "what is not understood is ignored")
}

func TestRootNegotiates(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	f.work()
	const picture, page = "image/png", "text/html; charset=utf-8"
	for _, test := range []struct{ accept, bare, link string }{
		{"", picture, page},
		{"*/*", picture, page},
		{"image/avif,image/webp,image/*,*/*;q=0.8", picture, picture},
		{"text/html;q=0", picture, picture},
		{"text/html;q=0.4, image/png", picture, picture},
		{"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", page, page},
		{"TEXT/HTML", page, page},
	} {
		for path, want := range map[string]string{"/": test.bare, "/?re=-0.5": test.link} {
			a := f.get(path, "Accept", test.accept)
			assert.Equal(t, http.StatusOK, a.status)
			assert.Equal(t, want, a.header.Get("Content-Type"), "%s, Accept: %s", path, test.accept)
			assert.Equal(t, "Accept", a.header.Get("Vary"))
		}
	}
}

// TestOfALargePictureNoMoreIsReadThanIsSent: neither to find it nor to send it, for a request for a part or for nothing but
// the headers.
func TestOfALargePictureNoMoreIsReadThanIsSent(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	path, large := f.storeLarge()
	key := f.ledger.Image(spec.Original(100, 100).ID(), spec.PNG).String()
	f.store.reads.take()
	part := f.get(path, "Range", "bytes=4000000-4000999")
	require.Equal(t, http.StatusPartialContent, part.status)
	assert.True(t, bytes.Equal(large[4_000_000:4_001_000], part.body))
	end := f.get(path, "Range", "bytes=-8")
	assert.Equal(t, "89abcdef", string(end.body))
	assert.Equal(t, []storeRead{{key, 4_000_000, 1000, 1000}, {key, largeSize - 8, 8, 8}}, f.store.reads.take())

	head := f.ask(http.MethodHead, path, nil)
	assert.Equal(t, strconv.Itoa(largeSize), head.header.Get("Content-Length"))
	assert.Equal(t, http.StatusRequestedRangeNotSatisfiable, f.get(path, "Range", "bytes=-0").status)
	assert.Empty(t, f.store.reads.take())

	whole := f.get(path)
	assert.Equal(t, http.StatusOK, whole.status)
	assert.True(t, bytes.Equal(large, whole.body))
	reads := f.store.reads.take()
	assert.Equal(t, storeRead{key, 0, -1, largeSize}, reads[len(reads)-1], "all of it is read as all, and so checked")
	from := f.get(path, "Range", "bytes=0-")
	assert.Equal(t, http.StatusPartialContent, from.status)
	assert.True(t, bytes.Equal(large, from.body))
	reads = f.store.reads.take()
	assert.Equal(t, storeRead{key, 0, -1, largeSize}, reads[len(reads)-1], "and so is all of it as a range")
}

// TestADamagedPartIsNotSent: one that cannot be read from a picture that is damaged, as far as can be seen without reading all.
func TestADamagedPartIsNotSent(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	path, _ := f.storeLarge()
	f.store.damaged.Store(true)
	a := f.get(path, "Range", "bytes=1-9")
	p := a.problem(t)
	assert.Equal(t, http.StatusServiceUnavailable, p.Status)
	assert.Contains(t, p.Detail, "damaged")
	assert.NotEmpty(t, a.header.Get("Retry-After"))
	assert.Empty(t, a.header.Get("Content-Range"))
}

// TestTiles are the renderer's, wherever they are, and are cached as any picture is.
func TestTiles(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	f.work()
	column := new(big.Int).Lsh(big.NewInt(1), 99) // of level 100, beside the line re = 0
	row := new(big.Int).Lsh(big.NewInt(1), 98)    // below the line im = 1
	for _, address := range [][3]string{{"0", "0", "0"}, {"5", "11", "16"}, {"100", column.String(), row.String()}} {
		path := "/tiles/" + strings.Join(address[:], "/") + ".png"
		for query, values := range map[string]url.Values{"": nil, "?palette=fire&max_iterations=500": {"palette": {"fire"}, "max_iterations": {"500"}}} {
			want, err := spec.TileFromQuery(address[0], address[1], address[2], values)
			require.NoError(t, err)
			a := f.get(path + query)
			require.Equal(t, http.StatusOK, a.status, "%s", a.body)
			assert.Equal(t, drawn(t, want), a.body, path+query)
			assert.Equal(t, `"`+string(want.ID())+`"`, a.header.Get("ETag"))
			assert.Equal(t, "public, max-age=60", a.header.Get("Cache-Control"))
		}
	}
	var prepasses []string
	for stored, err := range f.ledger.Prepasses(t.Context()) {
		require.NoError(t, err)
		prepasses = append(prepasses, stored.String())
	}
	assert.Len(t, prepasses, 2, "of the deep tile, with and without a number of iterations: %v", prepasses)
}

func TestBadTilesCostNothing(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	for _, c := range []struct {
		path   string
		status int
		field  string
	}{
		{"/tiles/0/0/0", 404, ""},
		{"/tiles/0/0/0.jpg", 404, ""},
		{"/tiles/0/0/.png", 404, ""},
		{"/tiles/-1/0/0.png", 404, ""},
		{"/tiles/0/0/0/0.png", 404, ""},
		{"/tiles/a/b/c.png", 404, ""},
		{"/tiles/0/1/0.png", 400, "x"},
		{"/tiles/3/0/8.png", 400, "y"},
		{"/tiles/99999999999999999999/0/0.png", 400, "z"},
		{"/tiles/40000/0/0.png", 400, "z"},
		{"/tiles/60/0/0.png?formula=tricorn", 400, "z"},
		{"/tiles/0/0/0.png?re=1", 400, "re"},
		{"/tiles/0/0/0.png?radius=1", 400, "radius"},
		{"/tiles/0/0/0.png?max_iterations=0", 400, "max_iterations"},
		{"/tiles/0/0/0.png?samples=65", 400, "samples"},
	} {
		a := f.get(c.path)
		assert.Equal(t, c.status, a.problem(t).Status, "%s: %s", c.path, a.body)
		assert.Equal(t, c.field, a.problem(t).Field, "%s: %s", c.path, a.body)
	}
	f.untouched()
}

// TestLongReferencesAreForJobs: a request that would keep a worker for long is refused with the estimate.
func TestLongReferencesAreForJobs(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	a := f.get("/generate/64/48?re=0&im=1&radius=1e-8000&max_iterations=10000000")
	p := a.problem(t)
	assert.Equal(t, http.StatusBadRequest, p.Status)
	assert.Equal(t, "max_iterations", p.Field)
	assert.Regexp(t, `may take \d+m\d+s at radius 1e-8000: at most 2m0s is allowed here; POST /jobs takes longer pictures`, p.Detail)
	f.untouched()
}

// TestJobsMayBeDeep: the body of a job holds as many digits as the limits allow.
func TestJobsMayBeDeep(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	digits := strings.Repeat("1234567890", 2500)
	a := f.post(`{"width": 64, "height": 48, "max_iterations": 100, "radius": "1e-24990", "center": {"re": "-0.` + digits + `", "im": "0.` + digits + `"}}`)
	require.Equal(t, http.StatusAccepted, a.status, "%s", a.body)
}
