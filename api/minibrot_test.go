package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"path"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/api"
	"mandelfarm/queue"
	"mandelfarm/renderer/spec"
)

func findTime(d time.Duration) option {
	return func(a *api.Config, _ *queue.Config) { a.FindTime = d }
}

// minibrot is the body of a successful search.
func (a answer) minibrot(t *testing.T) spec.Minibrot {
	t.Helper()
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	var found spec.Minibrot
	require.NoError(t, json.Unmarshal(a.body, &found), "%s", a.body)
	return found
}

func TestFindAMinibrot(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	a := f.get("/find?re=-1.7597&im=-0.0126&radius=0.001&palette=fire&samples=2")
	found := a.minibrot(t)
	assert.Equal(t, 39, found.Period)
	assert.InEpsilon(t, 3.5164e-6, found.Size.Float64(), 1e-4)
	assert.Equal(t, "163.128", found.Angle.String())
	assert.Equal(t, "0.00000879", found.Radius.String())
	assert.Equal(t, 39*200, found.MaxIterations)
	assert.Contains(t, a.header.Get("Cache-Control"), "max-age")
	want, err := spec.FromQuery(800, 600, map[string][]string{
		"re": {found.Center.Re.String()}, "im": {found.Center.Im.String()}, "radius": {"0.00000879"}, "palette": {"fire"}, "samples": {"2"}, "max_iterations": {"7800"},
	})
	require.NoError(t, err)
	assert.Equal(t, want, found.Spec, "the picture that was asked with, of the minibrot")

	sized := f.get("/find?re=-1.7597&im=-0.0126&radius=0.001&width=1920&height=1080&max_period=39").minibrot(t)
	assert.Equal(t, 1920, sized.Spec.Width)
	assert.Equal(t, 1080, sized.Spec.Height)
	assert.Equal(t, found.Center, sized.Center)
	assert.Equal(t, http.StatusOK, f.ask(http.MethodHead, "/find?re=-1.75&radius=0.01", nil).status)
	f.untouched()
}

func TestIterationsOfAMinibrotAreWithinTheLimits(t *testing.T) {
	t.Parallel()
	f := newFarm(t, func(a *api.Config, _ *queue.Config) { a.Limits.MaxIterations = 5000 })
	found := f.get("/find?re=-1.7597&im=-0.0126&radius=0.001").minibrot(t)
	assert.Equal(t, 5000, found.MaxIterations)
	assert.Equal(t, spec.Iterations(5000), found.Spec.MaxIterations)
}

func TestNothingIsFound(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	for query, want := range map[string]string{
		"re=-0.1&im=0.1&radius=0.01&max_period=2000":       "no period up to 2000",
		"re=1&im=1&radius=0.1":                             "escapes",
		"re=-1.7597&im=-0.0126&radius=0.001&max_period=38": "no period up to 38",
	} {
		p := f.get("/find?" + query).problem(t)
		assert.Equal(t, http.StatusUnprocessableEntity, p.Status, query)
		assert.Contains(t, p.Detail, want, query)
	}
}

func TestSearchesThatAreRefused(t *testing.T) {
	t.Parallel()
	f := newFarm(t, findTime(time.Second))
	for query, field := range map[string]string{
		"formula=julia":             "formula",
		"re=x":                      "re",
		"radius=-1":                 "radius",
		"max_period=0":              "max_period",
		"max_period=1&max_period=2": "max_period",
		"max_period=25000001":       "max_period",
		"width=0":                   "width",
		"colour=red":                "colour",
		"re=-2&radius=1e-30000":     "radius",
		"re=-2&radius=1e-5000&max_period=1000000": "max_period",
	} {
		p := f.get("/find?" + query).problem(t)
		assert.Equal(t, http.StatusBadRequest, p.Status, query)
		assert.Equal(t, field, path.Ext("." + p.Field)[1:], "%s: %s", query, p.Detail)
	}
	p := f.get("/find?re=-2&radius=1e-5000&max_period=1000000").problem(t)
	assert.Contains(t, p.Detail, "FIND_TIME")
	assert.Regexp(t, `may take [0-9.]+s at radius 1e-5000: at most [0-9]+ is possible`, p.Detail)
	impatient := newFarm(t, findTime(1))
	assert.Equal(t, "radius", impatient.get("/find?re=-2&radius=1e-5000").problem(t).Field)
}

// slowly is a search that takes far longer than the periods that it tries: the nuclei at the tip of the set are tiny, and
// Newton's method needs twice the digits of the view.
const slowly = "/find?re=-2&im=0&radius=1e-3000&max_period=5000"

func TestSearchesEnd(t *testing.T) {
	t.Parallel()
	f := newFarm(t, findTime(150*time.Millisecond))
	a := f.get(slowly)
	p := a.problem(t)
	assert.Equal(t, http.StatusServiceUnavailable, p.Status, p.Detail)
	assert.Contains(t, p.Detail, "FIND_TIME is 150ms")
	assert.NotEmpty(t, a.header.Get("Retry-After"))
}

func TestOneSearchAtATime(t *testing.T) {
	t.Parallel()
	f := newFarm(t, findTime(time.Minute))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	first, err := http.NewRequestWithContext(ctx, http.MethodGet, f.url+"/find?re=-2&im=0&radius=1e-9000&max_period=16000", nil)
	require.NoError(t, err)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil { // a quick search that is on refuses it
			if response, err := http.DefaultTransport.RoundTrip(first); err == nil {
				_ = response.Body.Close()
			}
		}
	}()
	const quick = "/find?re=-1.75&radius=0.01"
	var refused answer
	require.Eventually(t, func() bool {
		refused = f.get(quick)
		return refused.status != http.StatusOK
	}, 30*time.Second, time.Millisecond)
	p := refused.problem(t)
	assert.Equal(t, http.StatusServiceUnavailable, p.Status)
	assert.Contains(t, p.Detail, "another search")
	assert.NotEmpty(t, refused.header.Get("Retry-After"))
	cancel()
	<-ended
	require.Eventually(t, func() bool { return f.get(quick).status == http.StatusOK }, 30*time.Second, time.Millisecond,
		"a client that leaves ends its search")
}
