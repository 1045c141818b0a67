package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"iter"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/api"
	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/preview"
	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
)

// begin makes a planned job of two bands, of which nothing is drawn.
func (f *farm) begin(location *string) (job.Job, job.Plan) {
	f.t.Helper()
	st := f.post(`{"width": 200, "height": 100}`).job(f.t)
	*location = "/jobs/" + string(st.ID)
	plan := job.Plan{Bands: []job.Band{{Start: 0, End: 64, Seconds: 3}, {Start: 64, End: 100, Seconds: 1}}}
	plan, err := f.ledger.StorePlan(f.t.Context(), st.Job, plan)
	require.NoError(f.t, err)
	base := drawn(f.t, st.Spec.Reduced(20, 10))
	require.NoError(f.t, f.ledger.Preview(st.ID).Store(f.t.Context(), bytes.NewReader(base)))
	require.NoError(f.t, f.queue.Begin(f.t.Context(), st.ID, len(plan.Bands)))
	return st.Job, plan
}

// storeBand stores a band, so to speak, notes that it is drawn, and shows it.
func (f *farm) storeBand(j job.Job, plan job.Plan, band int) {
	f.t.Helper()
	require.NoError(f.t, f.ledger.Band(j.ID, band).Store(f.t.Context(), strings.NewReader("band")))
	_, err := f.queue.Stored(f.t.Context(), j.ID, time.Now(), band)
	require.NoError(f.t, err)
	sampler := preview.NewSampler(preview.Of(j.Spec), plan.Bands[band].Rows())
	_, err = renderer.WriteBand(f.t.Context(), new(bytes.Buffer), j.Spec, plan.Bands[band].Rows(), renderer.Options{Segment: sampler.Add})
	require.NoError(f.t, err)
	strip, err := sampler.Strip()
	require.NoError(f.t, err)
	require.NoError(f.t, f.queue.StorePreview(f.t.Context(), j.ID, band, strip))
}

func TestProgressOfALargeJob(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	var location string
	j, plan := f.begin(&location)
	require.NoError(t, f.queue.Failed(t.Context(), j.ID, "disk was full"))
	st := f.get(location).job(t)
	assert.Equal(t, job.Running, st.State)
	assert.Equal(t, 2, st.Bands)
	assert.Zero(t, st.BandsDone)
	assert.Equal(t, 1, st.Failures)
	assert.Equal(t, "disk was full", st.Error)
	require.NoError(t, f.queue.RowsDrawn(t.Context(), j.ID, job.Drawing{Band: 0, Rows: 16, Since: time.Now().Add(-2 * time.Second)}))
	st = f.get(location).job(t)
	assert.Zero(t, st.BandsDone)
	assert.InDelta(t, 0.25*0.75, st.Fraction, 1e-9, "rows of a band that is being drawn")
	assert.InDelta(t, 16*200/2, st.PixelsPerSecond, 400)
	assert.False(t, st.ETA.IsZero())
	f.storeBand(j, plan, 0)
	require.NoError(t, f.queue.RowsDrawn(t.Context(), j.ID, job.Drawing{Band: 0, Rows: 8, Since: time.Now()}), "a straggler")
	st = f.get(location).job(t)
	assert.Equal(t, 1, st.BandsDone)
	assert.InDelta(t, 0.75, st.Fraction, 1e-9, "by the expected work")
	listed := f.get("/jobs?state=running")
	assert.Contains(t, string(listed.body), `"bands_done":1`)
}

// TestPreviewFillsIn with the bands that are drawn, and a client that has it is
// not sent it again.
func TestPreviewFillsIn(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	var location string
	j, plan := f.begin(&location)
	coarse := f.get(location + "/preview")
	require.Equal(t, http.StatusOK, coarse.status, "%s", coarse.body)
	require.Equal(t, "image/png", coarse.header.Get("Content-Type"))
	require.Equal(t, "no-cache", coarse.header.Get("Cache-Control"))
	tag := coarse.header.Get("ETag")
	same := f.get(location+"/preview", "If-None-Match", tag)
	assert.Equal(t, http.StatusNotModified, same.status)
	assert.Empty(t, same.body)

	f.storeBand(j, plan, 1)
	half := f.get(location+"/preview", "If-None-Match", tag)
	require.Equal(t, http.StatusOK, half.status)
	require.NotEqual(t, tag, half.header.Get("ETag"))
	whole := decode(t, drawn(t, j.Spec))
	requireRows(t, decode(t, coarse.body), decode(t, half.body), 0, 64)
	requireRows(t, whole, decode(t, half.body), 64, 100)

	f.storeBand(j, plan, 0)
	requireRows(t, whole, decode(t, f.get(location+"/preview").body), 0, 100)
}

func decode(t *testing.T, file []byte) image.Image {
	t.Helper()
	m, err := png.Decode(bytes.NewReader(file))
	require.NoError(t, err)
	return m
}

func requireRows(t *testing.T, want, got image.Image, start, end int) {
	t.Helper()
	require.Equal(t, want.Bounds(), got.Bounds())
	for y := start; y < end; y++ {
		for x := range want.Bounds().Dx() {
			require.Equal(t, fmt.Sprint(want.At(x, y).RGBA()), fmt.Sprint(got.At(x, y).RGBA()), "pixel %d, %d", x, y)
		}
	}
}

func TestPreviewsThatAreNotThere(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	queued := f.post(small).header.Get("Location")
	assert.Equal(t, http.StatusServiceUnavailable, f.get(queued+"/preview").problem(t).Status)
	f.work()
	f.until(queued, job.Done)
	assert.Equal(t, http.StatusConflict, f.get(queued+"/preview").problem(t).Status, "it was drawn whole")
	assert.Equal(t, http.StatusNotFound, f.get("/jobs/123/preview").problem(t).Status)
}

// TestPauseAndResume of a job that no worker has begun.
func TestPauseAndResume(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	location := f.post(small).header.Get("Location")
	for range 2 {
		a := f.ask(http.MethodPost, location+"/pause", nil)
		require.Equal(t, http.StatusOK, a.status, "%s", a.body)
		require.True(t, a.job(t).Paused)
	}
	f.work()
	other := f.post(`{"width": 61, "height": 40}`).header.Get("Location")
	f.until(other, job.Done)
	require.Eventually(t, func() bool {
		lane := f.backlog(job.Batch)
		return lane.Waiting+lane.Pending+lane.Active+lane.Delayed == 0
	}, 20*time.Second, 5*time.Millisecond, "the worker passes over the first")
	st := f.get(location).job(t)
	require.Equal(t, job.Queued, st.State)
	require.True(t, st.Paused)
	require.False(t, f.ask(http.MethodPost, location+"/resume", nil).job(t).Paused)
	f.until(location, job.Done)
	for _, action := range []string{"/pause", "/resume"} {
		require.Equal(t, http.StatusConflict, f.ask(http.MethodPost, location+action, nil).problem(t).Status)
	}
	require.Equal(t, http.StatusNotFound, f.ask(http.MethodPost, "/jobs/123/pause", nil).problem(t).Status)
}

// TestACanceledJobIsNotHeld when it is asked for again.
func TestACanceledJobIsNotHeld(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	location := f.post(small).header.Get("Location")
	f.ask(http.MethodPost, location+"/pause", nil)
	require.Equal(t, http.StatusOK, f.ask(http.MethodDelete, location, nil).status)
	f.post(small)
	f.work()
	f.until(location, job.Done)
}

// TestPriority is recorded, and stays what it was at first.
func TestPriority(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	post := func(query string) answer {
		return f.ask(http.MethodPost, "/jobs"+query, strings.NewReader(small), "Content-Type", "application/json")
	}
	p := post("?priority=urgent").problem(t)
	assert.Equal(t, http.StatusBadRequest, p.Status)
	assert.Equal(t, "priority", p.Field)
	f.untouched()
	assert.Equal(t, job.High, post("?priority=high").job(t).Priority)
	location := post("?priority=low").header.Get("Location")
	assert.Equal(t, job.High, f.get(location).job(t).Priority)
}

// TestLargePicturesAreForJobs: nobody waits for one.
func TestLargePicturesAreForJobs(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	p := f.get("/generate/20000/20000?radius=1").problem(t)
	assert.Equal(t, http.StatusBadRequest, p.Status)
	f.untouched()
	a := f.post(`{"width": 20000, "height": 20000}`)
	assert.Equal(t, http.StatusAccepted, a.status, "%s", a.body)
}

// TestProgressIsCountedInStorage: Redis may lose what it knows, all or a part, and
// the job has come as far as it had.
func TestProgressIsCountedInStorage(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	var location string
	j, plan := f.begin(&location)
	f.storeBand(j, plan, 0)
	before := f.get(location).job(t)
	require.Equal(t, 1, before.BandsDone)
	require.NoError(t, f.queue.Forget(t.Context(), j.ID))
	require.Equal(t, before, f.get(location).job(t), "lost")
	require.NoError(t, f.queue.Begin(t.Context(), j.ID, len(plan.Bands)))
	require.Equal(t, before, f.get(location).job(t), "noted anew, and not yet counted")
	deaf := f.dependencies()
	deaf.Progress = deafProgress{f.queue}
	other := serveHTTP(t, f.serverOf(f.config, deaf))
	require.Equal(t, before, ask(t, http.MethodGet, other+location, nil).job(t), "Redis does not answer")
}

// deafProgress is a queue that cannot be asked.
type deafProgress struct{ api.Progress }

func (deafProgress) ProgressOf(context.Context, ...spec.ID) (map[spec.ID]job.Progress, error) {
	return nil, job.ErrUnavailable
}

func (deafProgress) Completions(context.Context, spec.ID) ([]job.Completion, error) {
	return nil, job.ErrUnavailable
}

func (deafProgress) WorkersOf(context.Context, spec.ID) ([]string, error) {
	return nil, job.ErrUnavailable
}

// TestTheEndIsSeen by whoever reads a job, or a list, while it ends: what was noted of
// it is gone when the queue is asked, or when the bands are counted.
func TestTheEndIsSeen(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{"status": "%s", "list": "/jobs"} {
		for _, step := range []string{"before the queue is asked", "before the bands are counted"} {
			t.Run(name+" "+step, func(t *testing.T) {
				t.Parallel()
				f := newFarm(t)
				var location string
				j, plan := f.begin(&location)
				f.storeBand(j, plan, 0)
				f.storeBand(j, plan, 1)
				end := sync.OnceFunc(func() {
					_, err := f.ledger.Finish(t.Context(), j.ID, job.Progress{State: job.Done, Bands: 2, BandsDone: 2})
					assert.NoError(t, err)
					assert.NoError(t, f.ledger.RemoveParts(t.Context(), j.ID))
					assert.NoError(t, f.queue.Forget(t.Context(), j.ID))
				})
				deps := f.dependencies()
				if step == "before the queue is asked" {
					deps.Progress = endingProgress{f.queue, end}
				} else {
					deps.Ledger = ledger.New(endingStore{f.store, end}, ledger.Options{})
				}
				front := serveHTTP(t, f.serverOf(f.config, deps))
				a := ask(t, http.MethodGet, front+strings.ReplaceAll(path, "%s", location), nil)
				require.Equal(t, http.StatusOK, a.status, "%s", a.body)
				if name == "status" {
					require.Equal(t, job.Done, a.job(t).State)
					return
				}
				require.Contains(t, string(a.body), `"state":"done"`)
			})
		}
	}
}

// endingProgress has a job end before it is asked for it.
type endingProgress struct {
	api.Progress
	end func()
}

func (p endingProgress) ProgressOf(ctx context.Context, ids ...spec.ID) (map[spec.ID]job.Progress, error) {
	p.end()
	return p.Progress.ProgressOf(ctx, ids...)
}

// endingStore has a job end before anything is listed.
type endingStore struct {
	storage.Store
	end func()
}

func (s endingStore) List(ctx context.Context, prefix, after string) iter.Seq2[storage.Info, error] {
	s.end()
	return s.Store.List(ctx, prefix, after)
}

// TestAPageOfRunningJobsIsFull, though it is only the queue that knows which those are.
func TestAPageOfRunningJobsIsFull(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	for width := range 20 {
		st := f.post(fmt.Sprintf(`{"width": %d, "height": 100}`, 100+width)).job(t)
		if width%5 == 0 {
			require.NoError(t, f.queue.Begin(t.Context(), st.ID, 2))
		}
	}
	var page struct{ Jobs []job.Status }
	require.NoError(t, json.Unmarshal(f.get("/jobs?state=running&limit=3").body, &page))
	require.Len(t, page.Jobs, 3)
	require.NoError(t, json.Unmarshal(f.get("/jobs?state=queued&limit=200").body, &page))
	require.Len(t, page.Jobs, 16)
}
