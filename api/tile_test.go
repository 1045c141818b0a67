package api_test

import (
	"context"
	"math/big"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/job"
	"mandelfarm/renderer/planes/planestest"
	"mandelfarm/renderer/spec"
)

// TestDataTiles are the renderer's, wherever they are, and are cached as any picture is.
func TestDataTiles(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	f.work()
	column := new(big.Int).Lsh(big.NewInt(1), 99).String()
	row := new(big.Int).Lsh(big.NewInt(1), 98).String()
	for query, values := range map[string]url.Values{
		"":                                     nil,
		"?format=gradients&max_iterations=500": {"format": {"gradients"}, "max_iterations": {"500"}},
	} {
		want, err := spec.DataTileFromQuery("100", column, row, values)
		require.NoError(t, err)
		a := f.get("/data/" + spec.Version + "/100/" + column + "/" + row + query)
		require.Equal(t, http.StatusOK, a.status, "%s", a.body)
		assert.Equal(t, drawn(t, want), a.body)
		assert.Equal(t, `"`+string(want.ID())+`"`, a.header.Get("ETag"))
		assert.Equal(t, "public, max-age=31536000, immutable", a.header.Get("Cache-Control"))
		assert.Equal(t, "application/x-mandelfarm-planes", a.header.Get("Content-Type"))
		tile, err := planestest.Read(a.body)
		require.NoError(t, err)
		assert.Equal(t, [2]int{spec.TileSide, spec.TileSide}, [2]int{tile.Width, tile.Height})
		assert.Equal(t, values != nil, tile.Distance != nil)
	}
}

func TestBadDataTilesCostNothing(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	for _, c := range []struct {
		path   string
		status int
		field  string
	}{
		{"/data/" + spec.Version + "/0/0", 404, ""},
		{"/data/" + spec.Version + "/0/0/0.png", 404, ""},
		{"/data/" + spec.Version + "/a/0/0", 404, ""},
		{"/data/2/0/0/0", 404, ""},
		{"/data/x/0/0/0", 404, ""},
		{"/data/" + spec.Version + "/0/1/0", 400, "x"},
		{"/data/" + spec.Version + "/40000/0/0", 400, "z"},
		{"/data/" + spec.Version + "/0/0/0?format=npy", 400, "format"},
		{"/data/" + spec.Version + "/0/0/0?format=png", 400, "format"},
		{"/data/" + spec.Version + "/0/0/0?palette=fire", 400, "palette"},
		{"/data/" + spec.Version + "/0/0/0?samples=4", 400, "samples"},
		{"/data/" + spec.Version + "/0/0/0?re=1", 400, "re"},
	} {
		a := f.get(c.path)
		assert.Equal(t, c.status, a.problem(t).Status, "%s: %s", c.path, a.body)
		assert.Equal(t, c.field, a.problem(t).Field, "%s: %s", c.path, a.body)
	}
	assert.Contains(t, f.get("/data/2/0/0/0").problem(t).Detail, "the version is "+spec.Version)
	f.untouched()
}

// TestAnswersSayHowTheyHaveComeAbout.
func TestAnswersSayHowTheyHaveComeAbout(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	f.work()
	const path = "/tiles/3/1/2.png"
	drawn := f.get(path)
	assert.Equal(t, "drawn", drawn.header.Get("Mandelfarm-Answered"))
	const timing = `^drawn;desc="[^"]+";dur=[0-9.]+, moves;desc="[1-9][0-9.]*"$`
	assert.Regexp(t, timing, drawn.header.Get("Server-Timing"))
	kept := f.get(path)
	assert.Equal(t, "memory", kept.header.Get("Mandelfarm-Answered"))
	assert.Equal(t, drawn.header.Get("Server-Timing"), kept.header.Get("Server-Timing"))
	assert.Equal(t, "not_modified", f.get(path, "If-None-Match", drawn.header.Get("ETag")).header.Get("Mandelfarm-Answered"))
	f.url = f.serve(f.config)
	stored := f.get(path)
	assert.Equal(t, "storage", stored.header.Get("Mandelfarm-Answered"))
	assert.Empty(t, stored.header.Get("Server-Timing"), "nobody remembers")
	assert.Equal(t, "promised", f.get("/tiles/3/1/3.png", "Prefer", "respond-async").header.Get("Mandelfarm-Answered"))
	assert.Empty(t, f.get("/tiles/3/1/9.png").header.Get("Mandelfarm-Answered"), "an error")
}

// waiter is a client that waits for a picture until it leaves.
type waiter struct {
	leave func()
	ended chan error
}

func (f *farm) await(address string) waiter {
	ctx, leave := context.WithCancel(f.t.Context())
	w := waiter{leave: leave, ended: make(chan error, 1)}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	require.NoError(f.t, err)
	go func() {
		response, err := http.DefaultTransport.RoundTrip(request)
		if err == nil {
			err = response.Body.Close()
		}
		w.ended <- err
	}()
	f.t.Cleanup(leave)
	return w
}

// waiting is how many tasks wait in the lane of those who wait.
func (f *farm) waiting() int {
	f.t.Helper()
	return f.backlog(job.Interactive).Pending
}

func (f *farm) untilWaiting(want int, why string) {
	f.t.Helper()
	require.Eventually(f.t, func() bool { return f.waiting() == want }, 30*time.Second, 5*time.Millisecond, why)
}

// TestTilesThatNobodyWaitsForAreNotDrawn: the task is withdrawn when the last client leaves, unless a worker has begun it.
func TestTilesThatNobodyWaitsForAreNotDrawn(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	first := f.await(f.url + "/data/" + spec.Version + "/5/1/1")
	f.untilWaiting(1, "it is queued")
	second, third := f.await(f.url+"/data/"+spec.Version+"/5/1/1"), f.await(f.url+"/data/"+spec.Version+"/5/1/2")
	f.untilWaiting(2, "one for both who want the same")
	third.leave()
	f.untilWaiting(1, "nobody waits for the other")
	first.leave()
	require.Error(t, <-first.ended)
	again := f.await(f.url + "/data/" + spec.Version + "/5/1/2")
	f.untilWaiting(2, "one still waits for the first, and it is asked for again")
	second.leave()
	again.leave()
	f.untilWaiting(0, "nobody waits for anything")
	f.work()
	assert.Equal(t, "drawn", f.get("/data/"+spec.Version+"/5/1/2").header.Get("Mandelfarm-Answered"))
	assert.EqualValues(t, 1, f.store.pictures.Load(), "what nobody waited for is not drawn")
}

// TestOthersGoOnWaiting: a task that one process withdraws is queued again by another for which somebody waits, and one that a
// client was told to come back for is not withdrawn.
func TestOthersGoOnWaiting(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	here := f.await(f.url + "/data/" + spec.Version + "/5/1/1")
	f.untilWaiting(1, "it is queued")
	other := f.serve(f.config)
	there := f.await(other + "/data/" + spec.Version + "/5/1/1")
	hurried := f.get("/data/"+spec.Version+"/5/1/3", "Prefer", "wait=1")
	require.Equal(t, http.StatusAccepted, hurried.status)
	here.leave()
	require.Error(t, <-here.ended)
	f.work()
	require.NoError(t, <-there.ended)
	assert.Equal(t, http.StatusOK, f.get("/data/"+spec.Version+"/5/1/3").status)
}
