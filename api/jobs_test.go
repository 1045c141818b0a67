package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/api"
	"mandelfarm/job"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage/storagetest"
)

const small = `{"width": 60, "height": 40}`

func TestJobFromSpecToPicture(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	s, err := spec.Parse([]byte(small))
	require.NoError(t, err)

	submitted := f.post(small)
	require.Equal(t, http.StatusAccepted, submitted.status, "%s", submitted.body)
	location := submitted.header.Get("Location")
	assert.Equal(t, "/jobs/"+string(s.ID()), location)
	st := submitted.job(t)
	assert.Equal(t, job.Queued, st.State)
	assert.Equal(t, s, st.Spec)
	assert.WithinDuration(t, time.Now(), st.AcceptedAt, time.Minute)
	again := f.post(`{"height": 40, "width": 60, "center": {"re": "-75e-2"}}`)
	require.Equal(t, http.StatusAccepted, again.status, "%s", again.body)
	assert.Equal(t, st.Job, again.job(t).Job, "the same picture is the same job")

	early := f.get(location + "/image")
	assert.Equal(t, http.StatusServiceUnavailable, early.problem(t).Status, "not yet is not 404")
	assert.NotEmpty(t, early.header.Get("Retry-After"))

	f.work()
	st = f.until(location, job.Done)
	assert.Equal(t, 1, st.Attempts)
	assert.False(t, st.StartedAt.IsZero())
	assert.False(t, st.FinishedAt.Before(st.StartedAt))
	image := f.get(location + "/image")
	require.Equal(t, http.StatusOK, image.status)
	assert.Equal(t, drawn(t, s), image.body)
	assert.Len(t, image.body, int(st.Bytes))
	assert.Equal(t, `inline; filename="mandelbrot-60x40-`+string(s.ID())[:8]+`.png"`, image.header.Get("Content-Disposition"))
	assert.Equal(t, http.StatusNotModified, f.get(location+"/image", "If-None-Match", image.header.Get("ETag")).status)

	done := f.post(small)
	assert.Equal(t, http.StatusOK, done.status, "the result exists")
	assert.Equal(t, job.Done, done.job(t).State)
	assert.EqualValues(t, 1, f.store.pictures.Load())
}

func TestJobForAPictureThatExists(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	f.work()
	image := f.get("/generate/60/40?palette=ultra")
	require.Equal(t, http.StatusOK, image.status)
	a := f.post(small)
	assert.Equal(t, http.StatusOK, a.status, "%s", a.body)
	assert.Equal(t, job.Done, a.job(t).State)
	assert.EqualValues(t, len(image.body), a.job(t).Bytes)
	assert.EqualValues(t, 1, f.store.pictures.Load(), "drawn once, for the synchronous request")
}

func TestPictureThatWasRemovedIsDrawnAgain(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	f.work()
	location := f.post(small).header.Get("Location")
	id := f.until(location, job.Done).ID
	require.NoError(t, f.store.Delete(t.Context(), "renders/"+string(id)+".png"))
	other := f.serve(defaultsWithoutCache())
	gone := ask(t, http.MethodGet, other+location+"/image", nil)
	assert.Equal(t, http.StatusConflict, gone.problem(t).Status)
	a := ask(t, http.MethodPost, other+"/jobs", strings.NewReader(small), "Content-Type", "application/json")
	assert.Equal(t, http.StatusAccepted, a.status, "%s", a.body)
	f.until(location, job.Done)
	assert.Equal(t, http.StatusOK, ask(t, http.MethodGet, other+location+"/image", nil).status)
	assert.EqualValues(t, 2, f.store.pictures.Load())
}

func TestCancel(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	queued := f.post(small).header.Get("Location")
	canceled := f.ask(http.MethodDelete, queued, nil)
	assert.Equal(t, http.StatusOK, canceled.status, "%s", canceled.body)
	assert.Equal(t, job.Canceled, canceled.job(t).State)
	assert.Equal(t, http.StatusOK, f.ask(http.MethodDelete, queued, nil).status, "canceling twice is canceling")
	assert.Equal(t, http.StatusConflict, f.get(queued+"/image").problem(t).Status)

	f.work()
	// Orbits that neither escape nor repeat, on the real axis: minutes of work.
	const endless = `{"width":100000,"height":1,"max_iterations":10000000,"formula":"julia","seed":{"re":"-2","im":"0"},"center":{"re":"0"},"radius":"0.000015"}`
	running := f.post(endless).header.Get("Location")
	assert.NotEmpty(t, f.until(running, job.Running).StartedAt)
	assert.Equal(t, job.Canceled, f.ask(http.MethodDelete, running, nil).job(t).State)

	done := f.post(`{"width": 61, "height": 40}`).header.Get("Location")
	f.until(done, job.Done) // the worker is free again
	refused := f.ask(http.MethodDelete, done, nil)
	assert.Equal(t, http.StatusConflict, refused.problem(t).Status)
	assert.Contains(t, refused.problem(t).Detail, "done")

	assert.Equal(t, http.StatusAccepted, f.post(small).status, "a canceled job can be asked for again")
	f.until(queued, job.Done)
	assert.EqualValues(t, 2, f.store.pictures.Load(), "two drawn; the one canceled was being planned or drawn in bands")
}

func TestJobsAreListedNewestFirst(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	var want []string
	for i := range 7 {
		a := f.post(fmt.Sprintf(`{"width": %d, "height": 10}`, 10+i))
		require.Equal(t, http.StatusAccepted, a.status)
		want = append([]string{a.header.Get("Location")}, want...)
		clock := time.Now()
		for time.Since(clock) < 2*time.Millisecond { // the order within one millisecond is not promised
			runtime.Gosched()
		}
	}
	var got []string
	path := "/jobs?limit=3&state=queued"
	for path != "" {
		a := f.get(path)
		require.Equal(t, http.StatusOK, a.status, "%s", a.body)
		var page struct {
			Jobs []job.Status
			Next string
		}
		require.NoError(t, json.Unmarshal(a.body, &page))
		assert.LessOrEqual(t, len(page.Jobs), 3)
		for _, st := range page.Jobs {
			got = append(got, "/jobs/"+string(st.ID))
		}
		path = ""
		if page.Next != "" {
			path = "/jobs?limit=3&state=queued&cursor=" + url.QueryEscape(page.Next)
			assert.Contains(t, a.header.Get("Link"), `rel="next"`)
		}
	}
	assert.Equal(t, want, got)

	f.ask(http.MethodDelete, want[2], nil)
	for state, count := range map[string]int{"": 7, "queued": 6, "canceled": 1, "running": 0, "done": 0} {
		query := ""
		if state != "" {
			query = "?state=" + state
		}
		var page struct{ Jobs []job.Status }
		require.NoError(t, json.Unmarshal(f.get("/jobs"+query).body, &page))
		assert.Len(t, page.Jobs, count, state)
		assert.NotNil(t, page.Jobs, "an empty list is [], not null")
	}
	for query, field := range map[string]string{
		"state=finished": "state", "limit=0": "limit", "limit=201": "limit", "limit=x": "limit", "page=2": "page", "cursor=../../x": "cursor", "limit=1&limit=2": "limit",
	} {
		a := f.get("/jobs?" + query)
		assert.Equal(t, http.StatusBadRequest, a.problem(t).Status, query)
		assert.Equal(t, field, a.problem(t).Field, query)
	}
}

func TestBadSpecsCostNothing(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	for _, c := range []struct{ body, field string }{
		{``, ""},
		{`{`, ""},
		{`{"width": 100, "hei`, ""},
		{`null`, ""},
		{`[]`, ""},
		{`"x"`, ""},
		{small + small, ""},
		{`{}`, "width"},
		{`{"width": 0, "height": 10}`, "width"},
		{`{"width": -5, "height": 10}`, "width"},
		{`{"width": 10.5, "height": 10}`, "width"},
		{`{"width": "10", "height": 10}`, "width"},
		{`{"width": 1e99, "height": 10}`, "width"},
		{`{"width": 99999999999999999999, "height": 10}`, "width"},
		{`{"width": 2147483647, "height": 2147483647}`, "width"},
		{`{"width": 10, "height": 10, "radius": "NaN"}`, "radius"},
		{`{"width": 10, "height": 10, "radius": NaN}`, ""},
		{`{"width": 10, "height": 10, "radius": "1e999999999"}`, "radius"},
		{`{"width": 10, "height": 10, "radius": 1e999999999}`, "radius"},
		{`{"width": 10, "height": 10, "formula": "tricorn", "radius": "1e-1000"}`, "radius"},
		{`{"width": 10, "height": 10, "center": {"re": "Inf"}}`, "center.re"},
		{`{"width": 10, "height": 10, "center": {"re": "` + strings.Repeat("1", 900_000) + `"}}`, "center.re"},
		{`{"width": 10, "height": 10, "center": {"re": "0.` + strings.Repeat("1", 900_000) + `"}}`, "center.re"},
		{`{"width": 10, "height": 10, "max_iterations": 1000000000}`, "max_iterations"},
		{`{"width": 10, "height": 10, "samples": 1000}`, "samples"},
		{`{"width": 10, "height": 10, "colour": 1}`, "colour"},
		{`{"width": 10, "height": 10, "coloring": {"palette": "../../etc/passwd"}}`, "coloring.palette"},
		{`{"width": 10, "width": 20, "height": 10}`, "width"},
	} {
		a := f.post(c.body)
		assert.Equal(t, http.StatusBadRequest, a.problem(t).Status, "%.80s", c.body)
		assert.Equal(t, c.field, a.problem(t).Field, "%.80s: %s", c.body, a.body)
		assert.Less(t, len(a.body), 400, "%.80s", c.body)
	}
	for _, kind := range []string{"", "text/plain", "application/x-www-form-urlencoded", "application/jsonp", ";;"} {
		a := f.ask(http.MethodPost, "/jobs", strings.NewReader(small), "Content-Type", kind)
		assert.Equal(t, http.StatusUnsupportedMediaType, a.problem(t).Status, kind)
	}
	f.untouched()
}

// zeros is an endless body.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}

func TestHugeBodiesAreNotRead(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.url+"/jobs", http.NoBody)
	require.NoError(t, err)
	for _, length := range []int64{100 << 20, -1} { // announced, and not
		request.Body, request.ContentLength = struct {
			zeros
			nothing
		}{}, length
		request.Header.Set("Content-Type", "application/json")
		response, err := http.DefaultTransport.RoundTrip(request)
		require.NoError(t, err)
		assert.Equal(t, http.StatusRequestEntityTooLarge, response.StatusCode)
		assert.Equal(t, "application/problem+json", response.Header.Get("Content-Type"))
		require.NoError(t, response.Body.Close())
	}
	f.untouched()
}

type nothing struct{}

func (nothing) Close() error { return nil }

func TestUnknownJobs(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	for _, id := range []string{
		strings.Repeat("0", 40), "x", strings.Repeat("0", 39), strings.Repeat("0", 100_000), strings.Repeat("A", 40),
		"..%2f..%2fetc%2fpasswd", "%00", "..", "%2e%2e%2f", strings.Repeat("0", 36) + "%2fx", "job.json",
	} {
		for _, path := range []string{"/jobs/" + id, "/jobs/" + id + "/image"} {
			a := f.get(path)
			assert.Equal(t, http.StatusNotFound, a.problem(t).Status, "%.60s", path)
		}
		a := f.ask(http.MethodDelete, "/jobs/"+id, nil)
		assert.Contains(t, []int{http.StatusNotFound, http.StatusMethodNotAllowed}, a.problem(t).Status, "%.60s", id)
	}
	f.untouched()
}

// TestRawDataIsAJobOfItsOwn: another file of the same view, under its own name and type, with a picture to look at.
func TestRawDataIsAJobOfItsOwn(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	f.work()
	for format, mediaType := range map[string]string{"npy": "application/x-npy", "exr": "image/x-exr"} {
		text := `{"width": 60, "height": 40, "format": "` + format + `"}`
		s, err := spec.Parse([]byte(text))
		require.NoError(t, err)
		submitted := f.post(text)
		require.Equal(t, http.StatusAccepted, submitted.status, "%s", submitted.body)
		location := submitted.header.Get("Location")
		assert.Equal(t, "/jobs/"+string(s.ID()), location)
		f.until(location, job.Done)
		image := f.get(location + "/image")
		require.Equal(t, http.StatusOK, image.status)
		assert.Equal(t, drawn(t, s), image.body)
		assert.Equal(t, mediaType, image.header.Get("Content-Type"))
		assert.Equal(t, `inline; filename="mandelbrot-60x40-`+string(s.ID())[:8]+"."+format+`"`, image.header.Get("Content-Disposition"))
		info, err := f.store.Stat(t.Context(), "renders/"+string(s.ID())+"."+format)
		require.NoError(t, err)
		assert.EqualValues(t, len(image.body), info.Size)
		part := f.get(location+"/image", "Range", "bytes=1-5")
		assert.Equal(t, http.StatusPartialContent, part.status)
		assert.Equal(t, image.body[1:6], part.body)

		now := f.get("/generate/60/40?format=" + format)
		assert.Equal(t, http.StatusOK, now.status)
		assert.Equal(t, image.body, now.body)
		assert.Equal(t, mediaType, now.header.Get("Content-Type"))
		assert.Equal(t, `"`+string(s.ID())+`"`, now.header.Get("ETag"))
		assert.Equal(t, http.StatusOK, f.post(text).status, "the result exists")
	}
	p := f.get("/generate/60/40?format=tiff").problem(t)
	assert.Equal(t, http.StatusBadRequest, p.Status)
	assert.Equal(t, "format", p.Field)
	p = f.post(`{"width": 200000, "height": 160000, "format": "npy"}`).problem(t)
	assert.Equal(t, http.StatusBadRequest, p.Status)
	assert.Equal(t, "format", p.Field)
	assert.Contains(t, p.Detail, "256000000000 bytes")
}

// presigner hands out URLs of a storage that does not exist.
type presigner struct{}

func (presigner) Presign(_ context.Context, key string, validity time.Duration, filename string) (string, error) {
	return fmt.Sprintf("https://s3.example/%s?for=%s&as=%s", key, validity, filename), nil
}

func TestPicturesCanBeFetchedStraightFromStorage(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	cfg := f.config
	cfg.Presign = time.Minute
	deps := f.dependencies()
	_, err := api.New(t.Context(), cfg, deps)
	require.ErrorContains(t, err, "presigned", "not every storage can")
	deps.Presigner = presigner{}
	front := serveHTTP(t, f.serverOf(cfg, deps))
	submitted := f.post(small)
	image := front + submitted.header.Get("Location") + "/image"
	assert.Equal(t, http.StatusServiceUnavailable, ask(t, http.MethodGet, image, nil).problem(t).Status, "no URL of what is not there")

	f.work()
	id := f.until(submitted.header.Get("Location"), job.Done).ID
	a := ask(t, http.MethodGet, image, nil)
	assert.Equal(t, http.StatusTemporaryRedirect, a.status, "%s", a.body)
	assert.Equal(t, "no-store", a.header.Get("Cache-Control"))
	assert.Equal(t, fmt.Sprintf("https://s3.example/renders/%s.png?for=1m0s&as=mandelbrot-60x40-%s.png", id, id[:8]), a.header.Get("Location"))
	assert.Equal(t, http.StatusOK, ask(t, http.MethodHead, image, nil).status, "a URL is good for GET only")
	assert.Equal(t, http.StatusNotModified, ask(t, http.MethodGet, image, nil, "If-None-Match", `"`+string(id)+`"`).status)
}

// TestASubmissionTakesTwoOperationsOfStorage, if nobody has submitted the Spec before: the record, and the entry by which the
// job is owed and listed. More of them are a loss of speed that no clock is needed to see.
func TestASubmissionTakesTwoOperationsOfStorage(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	counted, isCounted := f.store.Store.(*storagetest.Counted)
	require.True(t, isCounted)
	counted.Taken()
	require.Equal(t, http.StatusAccepted, f.post(small).status)
	var names []string
	for _, operation := range counted.Taken() {
		if name, key, _ := strings.Cut(operation, " "); !strings.HasPrefix(key, "keys/") { // which are listed now and then
			names = append(names, name)
		}
	}
	require.Equal(t, []string{"create", "put"}, names)
}
