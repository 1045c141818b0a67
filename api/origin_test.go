package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/api"
	"mandelfarm/job"
	"mandelfarm/queue"
)

func allowedHosts(hosts ...string) option {
	return func(a *api.Config, _ *queue.Config) { a.AllowedHosts = hosts }
}

func trustedOrigins(origins ...string) option {
	return func(a *api.Config, _ *queue.Config) { a.TrustedOrigins = origins }
}

// askAs asks a handler under a host name; header holds pairs of name and value.
func askAs(h http.Handler, host, method, path string, header ...string) answer {
	request := httptest.NewRequest(method, path, nil)
	request.Host = host
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, request)
	return answer{recorder.Code, recorder.Header(), recorder.Body.Bytes()}
}

func TestHosts(t *testing.T) {
	t.Parallel()
	loopback := []string{"localhost", "localhost:8080", "LocalHost", "localhost.", "localhost.:80", "127.0.0.1", "127.0.0.1:8080", "127.8.9.10", "[::1]", "[::1]:8080", "[::ffff:127.0.0.1]:80"}
	others := []string{"", "evil.test", "evil.test:8080", "localhost.evil.test", "127.0.0.1.evil.test", "notlocalhost", "10.0.0.1", "[2001:db8::1]:80", "localhost@evil.test", "[::1", "::1]evil.test"}
	for _, c := range []struct {
		name           string
		allowed        []string
		known, unknown []string
	}{
		{"none", nil, loopback, others},
		{
			"listed",
			[]string{"Farm.example.org", "10.0.0.1", "2001:db8::1"},
			append([]string{"farm.example.org", "FARM.example.org:443", "farm.example.org.", "10.0.0.1:80", "[2001:db8::1]:80"}, loopback...),
			[]string{"evil.test", "example.org", "x.farm.example.org", "10.0.0.2"},
		},
		{"any", []string{api.AnyHost}, append(others, loopback...), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newFarm(t, allowedHosts(c.allowed...))
			server := f.server(f.config)
			t.Cleanup(server.Close)
			for _, host := range c.known {
				assert.Equal(t, http.StatusOK, askAs(server, host, http.MethodGet, "/jobs").status, host)
			}
			for _, host := range c.unknown {
				for _, ask := range []struct{ method, path string }{{http.MethodGet, "/"}, {http.MethodHead, "/jobs"}, {http.MethodPost, "/jobs"}, {http.MethodGet, "/nothing"}} {
					got := askAs(server, host, ask.method, ask.path)
					assert.Equal(t, http.StatusMisdirectedRequest, got.status, "%s %s%s", ask.method, host, ask.path)
					assert.Contains(t, got.problem(t).Detail, "ALLOWED_HOSTS")
				}
			}
		})
	}
}

func TestProbesAreAnsweredUnderAnyName(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	server := f.server(f.config)
	t.Cleanup(server.Close)
	for _, path := range []string{"/healthz", "/readyz"} {
		assert.Equal(t, "ok", string(askAs(server, "10.1.2.3:8080", http.MethodGet, path).body), "what these tests have for probes")
	}
}

// TestScrapesComeByAddress, as Prometheus finds processes, or by a known name: an alias of a stranger's learns nothing.
func TestScrapesComeByAddress(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	deps := f.dependencies()
	deps.Metrics = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	server := f.serverOf(f.config, deps)
	t.Cleanup(server.Close)
	for host, status := range map[string]int{
		"10.1.2.3:8080": http.StatusOK, "[fd00::1]:8080": http.StatusOK, "localhost:8080": http.StatusOK,
		"rebound.example.com": http.StatusMisdirectedRequest,
	} {
		assert.Equal(t, status, askAs(server, host, http.MethodGet, "/metrics").status, host)
	}
}

// changes is everything that changes something about jobs.
func changes(id string) []struct{ method, path string } {
	return []struct{ method, path string }{
		{http.MethodPost, "/jobs"},
		{http.MethodPost, "/jobs/" + id + "/pause"},
		{http.MethodPost, "/jobs/" + id + "/resume"},
		{http.MethodPost, "/jobs/" + id + "/retry"},
		{http.MethodDelete, "/jobs/" + id},
	}
}

func TestAnotherOriginChangesNothing(t *testing.T) {
	t.Parallel()
	f := newFarm(t, trustedOrigins("https://farm.example.org"))
	location := f.post(small).header.Get("Location")
	before := f.get(location).job(t)
	for _, header := range [][]string{
		{"Sec-Fetch-Site", "cross-site"},
		{"Sec-Fetch-Site", "same-site"},
		{"Sec-Fetch-Site", "cross-site", "Origin", "null"},
		{"Sec-Fetch-Site", "same-site", "Origin", "http://localhost:9"},
		{"Origin", "http://evil.test"},
		{"Origin", "null"},
		{"Origin", "http://farm.example.org"},
	} {
		for _, change := range changes(string(before.ID)) {
			got := f.ask(change.method, change.path, strings.NewReader(`{"width": 61, "height": 40}`), append(header, "Content-Type", "application/json")...)
			assert.Equal(t, http.StatusForbidden, got.status, "%s %s %v", change.method, change.path, header)
			assert.Contains(t, got.problem(t).Detail, "TRUSTED_ORIGINS")
		}
		assert.Equal(t, http.StatusOK, f.get(location, header...).status, "reading is not changing")
	}
	assert.Equal(t, before, f.get(location).job(t))
	assert.Equal(t, 1, strings.Count(string(f.get("/jobs").body), `"state"`), "nothing was submitted")
}

func TestOwnOriginChangesJobs(t *testing.T) {
	t.Parallel()
	f := newFarm(t, trustedOrigins("https://farm.example.org"))
	for _, header := range [][]string{
		nil, // curl
		{"Sec-Fetch-Site", "same-origin"},
		{"Sec-Fetch-Site", "same-origin", "Origin", "https://behind.a.proxy"},
		{"Sec-Fetch-Site", "none"},
		{"Origin", f.url},
		{"Origin", "https://farm.example.org"},
		{"Sec-Fetch-Site", "cross-site", "Origin", "https://farm.example.org"},
	} {
		location := f.post(small).header.Get("Location")
		assert.Equal(t, http.StatusOK, f.ask(http.MethodDelete, location, nil, header...).status, "%v", header)
		assert.Equal(t, job.Canceled, f.get(location).job(t).State)
	}
}

func TestWrongHostsAndOriginsAreRefused(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"", "host:80", "http://host", "host/path", "*.example.org", "[::1]", "a b"} {
		require.ErrorContains(t, api.CheckHost(host), "invalid host", host)
	}
	for _, host := range []string{"host", "farm.example.org", "10.0.0.1", "::1", api.AnyHost} {
		require.NoError(t, api.CheckHost(host), host)
	}
	for _, origin := range []string{"", "host", "http://", "http://host/", "http://host/path"} {
		require.Error(t, api.CheckOrigin(origin), origin)
	}
	require.NoError(t, api.CheckOrigin("https://farm.example.org:8443"))
}

func TestBusyAnswersProbesAlone(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	server := f.server(f.config)
	t.Cleanup(server.Close)
	busy := server.Busy()
	for _, path := range []string{"/healthz", "/readyz"} {
		assert.Equal(t, "ok", string(askAs(busy, "x", http.MethodGet, path).body), "what these tests have for probes")
	}
	for _, ask := range []struct{ method, path string }{{http.MethodGet, "/"}, {http.MethodGet, "/generate/800/600"}, {http.MethodPost, "/jobs"}, {http.MethodGet, "/healthz/"}} {
		got := askAs(busy, "localhost", ask.method, ask.path)
		assert.Equal(t, http.StatusServiceUnavailable, got.problem(t).Status, ask.path)
		assert.Contains(t, got.problem(t).Detail, "MAX_CONNECTIONS")
		assert.Equal(t, "1", got.header.Get("Retry-After"))
	}
	f.untouched()
}
