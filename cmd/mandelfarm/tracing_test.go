package main

import (
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// span is what a collector has got.
type span struct {
	trace, id, parent, name string
	service                 string
	fault                   string
	attrs                   map[string]string
}

// collector takes spans by OTLP over HTTP.
type collector struct {
	*httptest.Server
	mu    sync.Mutex
	spans []span
}

func newCollector(tb testing.TB) *collector {
	tb.Helper()
	c := &collector{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var batch tracepb.TracesData
		if err != nil || r.URL.Path != "/v1/traces" || r.Header.Get("Key") != "a b" || proto.Unmarshal(body, &batch) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		c.add(&batch)
	}))
	tb.Cleanup(c.Close)
	return c
}

func (c *collector) add(batch *tracepb.TracesData) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, process := range batch.GetResourceSpans() {
		service := attributes(process.GetResource().GetAttributes())["service.name"]
		for _, scope := range process.GetScopeSpans() {
			for _, s := range scope.GetSpans() {
				c.spans = append(c.spans, span{
					hex.EncodeToString(s.GetTraceId()), hex.EncodeToString(s.GetSpanId()), hex.EncodeToString(s.GetParentSpanId()), s.GetName(),
					service, s.GetStatus().GetMessage(), attributes(s.GetAttributes()),
				})
			}
		}
	}
}

func attributes(pairs []*commonpb.KeyValue) map[string]string {
	m := make(map[string]string)
	for _, p := range pairs {
		m[p.GetKey()] = p.GetValue().GetStringValue()
	}
	return m
}

// got are the spans so far.
func (c *collector) got() []span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]span(nil), c.spans...)
}

// tree is a trace, by the IDs of its spans.
type tree map[string]span

// named are the spans with a name.
func (t tree) named(name string) (found []span) {
	for _, s := range t {
		if s.name == name {
			found = append(found, s)
		}
	}
	return found
}

// one is the one span with a name.
func (t tree) one(tb testing.TB, name string) span {
	tb.Helper()
	found := t.named(name)
	require.Len(tb, found, 1, name)
	return found[0]
}

// under reports whether a span is somewhere within another.
func (t tree) under(s span, outer string) bool {
	for ; s.id != ""; s = t[s.parent] {
		if s.id == outer {
			return true
		}
	}
	return false
}

// requireWithin fails unless there is a span whose name and key begin so, within another.
func (t tree) requireWithin(tb testing.TB, outer span, name, key string) {
	tb.Helper()
	for _, s := range t {
		if strings.HasPrefix(s.name, name) && strings.HasPrefix(s.attrs["key"], key) && t.under(s, outer.id) {
			return
		}
	}
	require.Fail(tb, "missing", "%s of %s within %s", name, key, outer.name)
}

// The trace that a client has begun.
const (
	clientTrace = "4bf92f3577b34da6a3ce929d0e0e4736"
	clientSpan  = "00f067aa0ba902b7"
)

// TestAJobIsOneTrace, from the client that posts it to the assembly, with what api and worker ask of Redis and S3 on the
// way, and nothing else: a worker that idles makes no spans.
func TestAJobIsOneTrace(t *testing.T) {
	t.Parallel()
	spans := newCollector(t)
	_, settings := servers(t)
	settings["BAND_TIME"] = "10ms"
	settings["OTEL_TRACES_EXPORTER"], settings["OTEL_EXPORTER_OTLP_ENDPOINT"], settings["OTEL_EXPORTER_OTLP_HEADERS"] = "otlp", spans.URL, "key=a%20b"
	worker, front := serve(t, settings, "worker"), serve(t, settings, "api")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, front.url+"/jobs", strings.NewReader(heavy(2000)))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Traceparent", "00-"+clientTrace+"-"+clientSpan+"-01")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	location := response.Header.Get("Location")
	front.awaitJob(t, location, "done", testTimeout)
	require.Eventually(t, func() bool {
		for _, s := range spans.got() {
			if s.name == "task assemble" {
				return true
			}
		}
		return false
	}, 3*time.Second, time.Millisecond, "sent when the task has ended, not with a batch of the next five seconds")
	require.NoError(t, front.Stop(testTimeout))
	require.NoError(t, worker.Stop(testTimeout))

	trace := make(tree)
	for _, s := range spans.got() {
		if s.service == "mandelfarm-worker" {
			require.Equal(t, clientTrace, s.trace, "%s is work that nobody asked for", s.name)
		}
		if s.trace == clientTrace {
			trace[s.id] = s
		}
		for name, value := range s.attrs {
			require.NotContains(t, value, "max_iterations", "%s of %s holds a payload", name, s.name)
		}
		require.NotContains(t, s.attrs["http.route"], "readyz")
	}
	requireJob(t, trace, strings.TrimPrefix(location, "/jobs/"))
	require.Contains(t, worker.Log(), "trace="+clientTrace, "so that lines are found by it")
	require.Contains(t, front.Log(), "trace="+clientTrace)
}

// requireJob fails unless a trace is that of a large job.
func requireJob(t *testing.T, trace tree, id string) {
	t.Helper()
	post := trace.one(t, "POST /jobs")
	assert.Equal(t, clientSpan, post.parent)
	assert.Equal(t, "mandelfarm-api", post.service)
	for _, s := range trace {
		assert.Empty(t, s.fault, s.name)
		if s.id != post.id {
			assert.Contains(t, trace, s.parent, "parent of %s", s.name)
		}
	}
	image := trace.one(t, "task image")
	assert.Equal(t, "mandelfarm-worker", image.service)
	assert.Equal(t, trace.one(t, "queue image").id, image.parent)
	assert.Equal(t, post.id, trace[image.parent].parent)
	plan := trace.one(t, "plan")
	assert.Equal(t, image.id, plan.parent)

	bands := trace.named("task band")
	require.Greater(t, len(bands), 4, "more than are queued at once")
	for _, band := range bands {
		queued := trace[band.parent]
		assert.Equal(t, "queue band", queued.name)
		assert.Equal(t, plan.id, queued.parent, "whoever hands it out")
		trace.requireWithin(t, band, "storage put", "jobs/"+id+"/bands/")
		trace.requireWithin(t, band, "redis ", "")
	}
	assembly := trace.one(t, "task assemble")
	assert.Equal(t, "queue assemble", trace[assembly.parent].name)
	assert.Equal(t, "task band", trace[trace[assembly.parent].parent].name)
	trace.requireWithin(t, post, "storage create", "jobs/"+id+"/job.json")
	trace.requireWithin(t, trace[image.parent], "redis ", "")
	trace.requireWithin(t, plan, "storage create", "jobs/"+id+"/plan.json")
	trace.requireWithin(t, assembly, "storage get", "jobs/"+id+"/bands/")
	trace.requireWithin(t, assembly, "storage compose", "renders/"+id)
	trace.requireWithin(t, assembly, "redis ", "")
}

// TestACollectorThatIsAwayCostsAWarning and nothing else.
func TestACollectorThatIsAwayCostsAWarning(t *testing.T) {
	t.Parallel()
	farm := serve(t, map[string]string{
		"DATA": t.TempDir(), "OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1",
	})
	for _, path := range []string{"/generate/64/48", "/generate/64/49", "/generate/64/50"} {
		status, _ := farm.get(path)
		require.Equal(t, http.StatusOK, status)
	}
	warnings := func() int { return strings.Count(farm.Log(), `msg="traces not sent"`) }
	require.Eventually(t, func() bool { return warnings() > 0 }, testTimeout, time.Millisecond)
	require.NoError(t, farm.Stop(testTimeout))
	require.Equal(t, 1, warnings(), farm)
}

func TestHeadersOfACollectorAreRead(t *testing.T) {
	t.Parallel()
	headers, err := otlpHeaders("api-key=a%3Db, x-team = fractals")
	require.NoError(t, err)
	require.Equal(t, "a=b", headers.Get("Api-Key"))
	require.Equal(t, "fractals", headers.Get("X-Team"))
	for _, wrong := range []string{"secret", "=secret", "a=b,secret", "a=secret%zz"} {
		_, err := otlpHeaders(wrong)
		require.Error(t, err, wrong)
		require.NotContains(t, err.Error(), "secret")
	}
}
