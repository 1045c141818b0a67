package api_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/access"
	"mandelfarm/api"
	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

func budget(quota int64) access.Budget { return access.Budget{Quota: quota, Window: time.Hour} }

// TestRequestsAreBudgeted by client, and told in headers; a client that has used up its own leaves others theirs.
func TestRequestsAreBudgeted(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	first, second := f.key(access.Read), f.key(access.Read)
	cfg := f.config
	cfg.KeyBudgets = api.Budgets{Requests: budget(2)}
	fronts := []string{f.serve(cfg), f.serve(cfg)} // they share the budgets
	for i, left := range []int{1, 0} {
		a := ask(t, http.MethodGet, fronts[i]+"/jobs", nil, bearer(first)...)
		require.Equal(t, http.StatusOK, a.status, "%s", a.body)
		assert.Equal(t, `"requests";q=2;w=3600`, a.header.Get("RateLimit-Policy"))
		assert.Contains(t, a.header.Get("RateLimit"), fmt.Sprintf(`"requests";r=%d;t=`, left))
	}
	a := ask(t, http.MethodGet, fronts[0]+"/jobs", nil, bearer(first)...)
	assert.Equal(t, http.StatusTooManyRequests, a.problem(t).Status)
	assert.Contains(t, a.problem(t).Detail, "the budget of requests")
	wait, err := strconv.Atoi(a.header.Get("Retry-After"))
	require.NoError(t, err)
	assert.Greater(t, wait, 900)
	assert.LessOrEqual(t, wait, 1800, "there is one for each half hour")
	assert.Equal(t, http.StatusOK, ask(t, http.MethodGet, fronts[0]+"/jobs", nil, bearer(second)...).status)
	free := ask(t, http.MethodGet, fronts[0]+"/jobs", nil)
	assert.Equal(t, http.StatusOK, free.status, "those without a key have a budget of their own, here none")
	assert.Empty(t, free.header.Get("RateLimit"))
}

// TestThoseWithoutKeysAreToldApartByNetwork as trusted proxies see it, and not as clients say.
func TestThoseWithoutKeysAreToldApartByNetwork(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	cfg := f.config
	cfg.AnonymousBudgets = api.Budgets{Requests: budget(1)}
	cfg.TrustedProxies = []string{"127.0.0.1", "10.0.0.0/8"}
	front := f.serve(cfg)
	for _, test := range []struct {
		forwarded string
		want      int
	}{
		{"192.0.2.1", http.StatusOK},
		{"192.0.2.1", http.StatusTooManyRequests},
		{"198.51.100.1, 192.0.2.1, 10.1.2.3", http.StatusTooManyRequests}, // what is before the last that is not trusted is hearsay
		{"192.0.2.2", http.StatusOK},
		{"2001:db8::1", http.StatusOK},
		{"[2001:db8::ffff:1]:4711", http.StatusTooManyRequests},
		{"2001:db8:0:1::1", http.StatusOK},
		{"::ffff:192.0.2.2", http.StatusTooManyRequests},
		{"192.0.2.9, nonsense", http.StatusOK}, // the proxy's own
		{"192.0.2.8, nonsense", http.StatusTooManyRequests},
	} {
		assert.Equal(t, test.want, ask(t, http.MethodGet, front+"/jobs", nil, "X-Forwarded-For", test.forwarded).status, test.forwarded)
	}
	untrusting := cfg
	untrusting.TrustedProxies = nil
	front = f.serve(untrusting)
	for _, forwarded := range []string{"203.0.113.1", "203.0.113.2"} {
		assert.Equal(t, http.StatusTooManyRequests, ask(t, http.MethodGet, front+"/jobs", nil, "X-Forwarded-For", forwarded).status)
	}
}

// TestCostIsBudgeted on every way in, once for each picture and not for what is stored or in memory.
func TestCostIsBudgeted(t *testing.T) {
	t.Parallel()
	const size = `{"width": 100, "height": 100, "max_iterations": 10000}` // 100 units
	for name, request := range map[string]func(f *farm, front string, n int) answer{
		"query": func(f *farm, front string, n int) answer {
			return ask(f.t, http.MethodGet, fmt.Sprintf("%s/generate/100/100?max_iterations=10000&radius=0.%d", front, 1+n), nil, "Prefer", "wait=1")
		},
		"tile": func(f *farm, front string, n int) answer {
			return ask(f.t, http.MethodGet, fmt.Sprintf("%s/tiles/4/%d/8.png?max_iterations=1600", front, n), nil, "Prefer", "wait=1")
		},
		"tile as data": func(f *farm, front string, n int) answer {
			return ask(f.t, http.MethodGet, fmt.Sprintf("%s/data/%s/4/%d/8?max_iterations=1600", front, spec.Version, n), nil, "Prefer", "wait=1")
		},
		"query for later": func(f *farm, front string, n int) answer {
			return ask(f.t, http.MethodGet, fmt.Sprintf("%s/generate/100/100?max_iterations=10000&radius=0.%d", front, 1+n), nil, "Prefer", "respond-async")
		},
		"JSON": func(f *farm, front string, n int) answer {
			body := strings.Replace(size, "{", fmt.Sprintf(`{"radius": 0.%d, `, 1+n), 1)
			return ask(f.t, http.MethodPost, front+"/jobs", strings.NewReader(body), "Content-Type", "application/json")
		},
		"import": func(f *farm, front string, n int) answer {
			body := fmt.Sprintf("Re: -1\r\nIm: 0\r\nZoom: %d\r\nIterations: 10000\r\n", 1+n)
			return ask(f.t, http.MethodPost, front+"/jobs?width=100&height=100", strings.NewReader(body), "Content-Type", "application/vnd.kallesfraktaler.kfr")
		},
		"retry": func(f *farm, front string, n int) answer {
			location := f.post(strings.Replace(size, "{", fmt.Sprintf(`{"radius": 0.%d, `, 1+n), 1)).header.Get("Location")
			require.Equal(f.t, http.StatusOK, f.ask(http.MethodDelete, location, nil).status)
			return ask(f.t, http.MethodPost, front+location+"/retry", nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFarm(t)
			cfg := f.config
			cfg.AnonymousBudgets = api.Budgets{Cost: budget(150)}
			front := f.serve(cfg)
			a := request(f, front, 0)
			require.NotEqual(t, http.StatusTooManyRequests, a.status, "%s", a.body)
			assert.Regexp(t, `^"cost";r=(50|45);t=\d+$`, a.header.Get("RateLimit"))
			assert.Equal(t, `"cost";q=150;qu="million-iterations";w=3600`, a.header.Get("RateLimit-Policy"))
			if name != "retry" { // of which the second is one of a job that is open
				assert.NotEqual(t, http.StatusTooManyRequests, request(f, front, 0).status, "it is paid for")
			}
			refused := request(f, front, 1)
			assert.Equal(t, http.StatusTooManyRequests, refused.status)
			assert.Contains(t, refused.problem(t).Detail, "the budget of cost")
		})
	}
}

// TestWhatIsStoredCostsNothing but a request, and what is in memory not even that.
func TestWhatIsStoredCostsNothing(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	f.work()
	require.Equal(t, http.StatusOK, f.get("/generate/100/100").status)
	cfg := f.config
	cfg.AnonymousBudgets = api.Budgets{Requests: budget(1), Cost: budget(1)}
	front := f.serve(cfg)
	for range 3 {
		require.Equal(t, http.StatusOK, ask(t, http.MethodGet, front+"/generate/100/100", nil).status)
	}
	assert.Equal(t, http.StatusTooManyRequests, ask(t, http.MethodGet, front+"/jobs", nil).status)
}

// TestLargePicturesTakeAWholeBudgetAndMore: what costs more than there ever is can be had, and is paid off after that.
func TestLargePicturesTakeAWholeBudgetAndMore(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	cfg := f.config
	cfg.AnonymousBudgets = api.Budgets{Cost: budget(10)}
	front := f.serve(cfg)
	submit := func(body string) answer {
		return ask(t, http.MethodPost, front+"/jobs", strings.NewReader(body), "Content-Type", "application/json")
	}
	require.Equal(t, http.StatusAccepted, submit(`{"width": 100, "height": 100, "max_iterations": 10000}`).status)
	a := submit(`{"width": 10, "height": 10, "max_iterations": 100}`)
	require.Equal(t, http.StatusTooManyRequests, a.status)
	wait, err := strconv.Atoi(a.header.Get("Retry-After"))
	require.NoError(t, err)
	assert.Greater(t, wait, 9*3600-600, "ten budgets are spent, and one was there")
}

// TestBudgetsDoNotHoldWithoutRedis, without which nothing is drawn anyway.
func TestBudgetsDoNotHoldWithoutRedis(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	cfg := f.config
	cfg.AnonymousBudgets = api.Budgets{Requests: budget(1), Cost: budget(1)}
	front := f.serve(cfg)
	require.NoError(t, f.queue.Close())
	for range 2 {
		a := ask(t, http.MethodPost, front+"/jobs", strings.NewReader(small), "Content-Type", "application/json")
		require.Equal(t, http.StatusAccepted, a.status, "%s", a.body)
		assert.Equal(t, job.Queued, a.job(t).State)
	}
}

// TestBoundsHoldOnEveryWayIn: one table of limits, whichever way a Spec takes.
func TestBoundsHoldOnEveryWayIn(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	location := f.post(`{"width": 100, "height": 100, "max_iterations": 10000}`).header.Get("Location")
	require.Equal(t, http.StatusOK, f.ask(http.MethodDelete, location, nil).status)
	for name, limit := range map[string]func(*api.Config){
		"pixels":     func(c *api.Config) { c.Limits.Pixels = 99 * 100 },
		"side":       func(c *api.Config) { c.Limits.Side = 99 },
		"iterations": func(c *api.Config) { c.Limits.MaxIterations = 9999 },
		"cost":       func(c *api.Config) { c.Limits.Cost = 99_999_999 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := f.config
			limit(&cfg)
			front := f.serve(cfg)
			for _, request := range []struct{ method, path, body, kind string }{
				{http.MethodPost, "/jobs", `{"width": 100, "height": 100, "max_iterations": 10000}`, "application/json"},
				{http.MethodPost, "/jobs?width=100&height=100", "Re: 0\r\nIm: 0\r\nZoom: 1\r\nIterations: 10000\r\n", "application/vnd.kallesfraktaler.kfr"},
				{http.MethodPost, "/quote", `{"width": 100, "height": 100, "max_iterations": 10000}`, "application/json"},
				{http.MethodGet, "/generate/100/100?max_iterations=10000", "", ""},
				{http.MethodGet, "/tiles/3/4/4.png?max_iterations=10000", "", ""},
				{http.MethodGet, "/data/" + spec.Version + "/3/4/4?max_iterations=10000", "", ""},
				{http.MethodGet, "/find?width=100&height=100&max_iterations=10000", "", ""},
				{http.MethodPost, location + "/retry", "", ""},
			} {
				a := ask(t, request.method, front+request.path, strings.NewReader(request.body), "Content-Type", request.kind, "Prefer", "respond-async")
				assert.Equal(t, http.StatusBadRequest, a.status, "%s: %s", request.path, a.body)
			}
		})
	}
}
