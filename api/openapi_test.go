package api_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/api/openapi"
	"mandelfarm/api/openapi/openapitest"
	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
)

// readDocument reads the document that all answers are held against.
var readDocument = sync.OnceValues(func() (*openapitest.Document, error) {
	return openapitest.Read(context.Background(), openapi.JSON("test"))
})

func document(tb testing.TB) *openapitest.Document {
	tb.Helper()
	d, err := readDocument()
	require.NoError(tb, err)
	return d
}

// traffic is what was asked and how it was answered, by operation and status.
type traffic struct {
	t    *testing.T
	seen map[string]map[string]bool
}

// send asks. The answer, and a request that is not refused, must be as the
// document has them. A path begins with a farm's URL.
func (tr *traffic) send(want int, method, address, body string, header ...string) answer {
	tr.t.Helper()
	a := ask(tr.t, method, address, strings.NewReader(body), header...)
	require.Equal(tr.t, want, a.status, "%s %s: %s", method, address, a.body)
	request, err := http.NewRequestWithContext(tr.t.Context(), method, address, http.NoBody)
	require.NoError(tr.t, err)
	for i := 0; i < len(header); i += 2 {
		request.Header.Add(header[i], header[i+1])
	}
	if want < http.StatusBadRequest {
		require.NoError(tr.t, document(tr.t).CheckRequest(request, []byte(body)), "%s %s", method, address)
	}
	operation := document(tr.t).Operation(request)
	if tr.seen[operation] == nil {
		tr.seen[operation] = make(map[string]bool)
	}
	tr.seen[operation][strconv.Itoa(a.status)] = true
	return a
}

func (tr *traffic) get(want int, address string, header ...string) answer {
	tr.t.Helper()
	return tr.send(want, http.MethodGet, address, "", header...)
}

// post submits a Spec.
func (tr *traffic) post(want int, farm, body string) answer {
	tr.t.Helper()
	return tr.send(want, http.MethodPost, farm+"/jobs", body, "Content-Type", "application/json")
}

// TestEveryOperationAnswersAsTheDocumentSays drives every operation to every
// status that it has in the document. What an answer holds is checked by ask.
func TestEveryOperationAnswersAsTheDocumentSays(t *testing.T) {
	t.Parallel()
	tr := &traffic{t, make(map[string]map[string]bool)}
	f := newFarm(t)
	waiting := newFarm(t)
	tr.waiting(waiting)
	f.work()
	tr.pictures(f)
	tr.searches(f)
	tr.jobs(f)
	tr.descriptions(f)
	tr.operators(f)
	tr.redirects(f)
	tr.fullQueue()
	tr.faults()
	tr.strangers(f)
	tr.keyless(f)

	unprovoked := map[string][]string{
		// Nothing in a search or a quote can fail in another way.
		"GET /find": {"500"}, "POST /quote": {"500"},
		// What tells how the process is comes from cmd/mandelfarm, and is driven there.
		// These ask Redis, of which there is no faulty one here.
		"GET /workers": {"500"}, "GET /queues": {"500"}, "GET /storage": {"500"}, "POST /workers/{name}/drain": {"500"},
		"GET /healthz": {"200"}, "GET /readyz": {"200", "503"}, "GET /metrics": {"200"},
	}
	for operation, statuses := range document(t).Operations() {
		got := slices.Sorted(maps.Keys(tr.seen[operation]))
		got = append(got, unprovoked[operation]...)
		slices.Sort(got)
		assert.Equal(t, statuses, got, operation)
	}
}

// pictures drives the operations that are answered with a picture.
func (tr *traffic) pictures(f *farm) {
	tr.t.Helper()
	for _, path := range []string{"/", "/generate/200/100", "/generate/64/48?re=-1.25&im=0.1&radius=0.2&palette=fire", "/tiles/5/11/16.png", "/data/" + spec.Version + "/5/11/16"} {
		whole := tr.get(http.StatusOK, f.url+path)
		tag := whole.header.Get("ETag")
		tr.get(http.StatusNotModified, f.url+path, "If-None-Match", tag)
		tr.get(http.StatusPartialContent, f.url+path, "Range", "bytes=0-9", "If-Range", tag)
		tr.get(http.StatusRequestedRangeNotSatisfiable, f.url+path, "Range", "bytes=99999999-")
		tr.get(http.StatusPreconditionFailed, f.url+path, "If-Match", `"other"`)
		tr.send(http.StatusOK, http.MethodHead, f.url+path, "")
	}
	page := tr.get(http.StatusOK, f.url+"/", "Accept", "text/html")
	for _, file := range regexp.MustCompile(`/assets/[0-9a-f]+/`).FindAllString(string(page.body), 1) {
		tr.get(http.StatusOK, f.url+file+"b.js", "Accept-Encoding", "gzip")
		tr.send(http.StatusOK, http.MethodHead, f.url+file+"a.css", "")
		tr.get(http.StatusNotFound, f.url+file+"none.js")
	}
	tr.get(http.StatusBadRequest, f.url+"/generate/64/48?radius=0")
	tr.get(http.StatusBadRequest, f.url+"/tiles/0/1/0.png")
	tr.get(http.StatusBadRequest, f.url+"/data/"+spec.Version+"/0/0/0?format=npy")
	tr.get(http.StatusNotFound, f.url+"/generate/x/100")
	tr.get(http.StatusNotFound, f.url+"/tiles/0/0/x.png")
	tr.get(http.StatusNotFound, f.url+"/data/0/0/0/0")
	for _, format := range spec.FileFormats() {
		tr.get(http.StatusOK, f.url+"/generate/64/48?format="+string(format))
	}
}

// searches drives the search for minibrots.
func (tr *traffic) searches(f *farm) {
	tr.t.Helper()
	tr.get(http.StatusOK, f.url+"/find?re=-1.7597&im=-0.0126&radius=0.001&width=1920&height=1080&max_period=39")
	tr.get(http.StatusBadRequest, f.url+"/find?formula=julia")
	tr.get(http.StatusUnprocessableEntity, f.url+"/find?re=1&im=1&radius=0.1")
	hasty := newFarm(tr.t, findTime(150*time.Millisecond))
	tr.get(http.StatusServiceUnavailable, hasty.url+slowly)
	tr.quote(http.StatusOK, f, small)
	tr.quote(http.StatusBadRequest, f, `{"width": 0, "height": 1}`)
	tr.quote(http.StatusRequestEntityTooLarge, f, strings.Repeat(" ", 2<<20))
	tr.send(http.StatusUnsupportedMediaType, http.MethodPost, f.url+"/quote", small, "Content-Type", "text/plain")
	tr.quote(http.StatusServiceUnavailable, newFarm(tr.t, findTime(time.Millisecond)), endlessReference)
}

func (tr *traffic) quote(want int, f *farm, body string) answer {
	tr.t.Helper()
	return tr.send(want, http.MethodPost, f.url+"/quote", body, "Content-Type", "application/json")
}

// waiting drives what is answered while nobody draws.
func (tr *traffic) waiting(f *farm) {
	tr.t.Helper()
	for _, path := range []string{"/", "/generate/120/80?radius=0.7", "/tiles/0/0/0.png", "/data/" + spec.Version + "/0/0/0"} {
		tr.get(http.StatusAccepted, f.url+path, "Prefer", "respond-async")
	}
	location := f.url + tr.post(http.StatusAccepted, f.url, small).header.Get("Location")
	tr.get(http.StatusServiceUnavailable, location+"/image")
	tr.get(http.StatusServiceUnavailable, location+"/preview")
	tr.send(http.StatusOK, http.MethodPost, location+"/pause", "")
	tr.get(http.StatusOK, location)
	tr.send(http.StatusOK, http.MethodPost, location+"/resume", "")
	tr.send(http.StatusOK, http.MethodDelete, location, "")
	for _, path := range []string{"/pause", "/resume"} {
		tr.send(http.StatusConflict, http.MethodPost, location+path, "")
	}
	tr.get(http.StatusConflict, location+"/preview")
	tr.get(http.StatusConflict, location+"/image")
	for _, path := range viewed() {
		tr.get(http.StatusConflict, location+path)
	}
	lower := f.config
	lower.Limits.Pixels = 100
	tr.send(http.StatusBadRequest, http.MethodPost, f.serve(lower)+strings.TrimPrefix(location, f.url)+"/retry", "")
	tr.send(http.StatusAccepted, http.MethodPost, location+"/retry", "")

	tr.page(f)
	tr.preview(f)
}

// page drives a listing that has more than one.
func (tr *traffic) page(f *farm) {
	tr.t.Helper()
	tr.post(http.StatusAccepted, f.url, `{"width": 61, "height": 40}`)
	first := tr.get(http.StatusOK, f.url+"/jobs?limit=1&state=queued")
	_, next, found := strings.Cut(strings.TrimSuffix(first.header.Get("Link"), `>; rel="next"`), "</jobs?")
	require.True(tr.t, found, first.header)
	tr.get(http.StatusOK, f.url+"/jobs?"+next)
}

// preview drives the preview of a large job, and shows its progress.
func (tr *traffic) preview(f *farm) {
	tr.t.Helper()
	var path string
	j, plan := f.begin(&path)
	location := f.url + path
	f.storeBand(j, plan, 0)
	require.NoError(tr.t, f.queue.Failed(tr.t.Context(), j.ID, "disk was full"))
	tr.get(http.StatusOK, location)
	coarse := tr.get(http.StatusOK, location+"/preview")
	tr.get(http.StatusNotModified, location+"/preview", "If-None-Match", coarse.header.Get("ETag"))
	tr.get(http.StatusPreconditionFailed, location+"/preview", "If-Match", `"other"`)
}

// jobs drives what is answered of a job.
func (tr *traffic) jobs(f *farm) {
	tr.t.Helper()
	size := tr.send(http.StatusAccepted, http.MethodPost, f.url+"/jobs?priority=low&width=60&height=40", kfr,
		"Content-Type", "application/vnd.kallesfraktaler.kfr")
	assert.Contains(tr.t, string(size.body), "warnings")
	path := tr.post(http.StatusAccepted, f.url, small).header.Get("Location")
	location := f.url + path
	f.until(path, job.Done)
	tr.post(http.StatusOK, f.url, small)
	tr.post(http.StatusBadRequest, f.url, `{"width": 0, "height": 1}`)
	tr.post(http.StatusRequestEntityTooLarge, f.url, strings.Repeat(" ", 2<<20))
	tr.send(http.StatusUnsupportedMediaType, http.MethodPost, f.url+"/jobs", small, "Content-Type", "text/plain")
	tr.post(http.StatusMultiStatus, f.url, "["+small+`, {"width": 2000000000, "height": 1}]`)
	tr.get(http.StatusOK, f.url+"/jobs")
	tr.get(http.StatusBadRequest, f.url+"/jobs?cursor=x")
	tr.get(http.StatusOK, location)
	tr.send(http.StatusOK, http.MethodHead, location, "")
	tr.send(http.StatusConflict, http.MethodDelete, location, "")
	tr.send(http.StatusConflict, http.MethodPost, location+"/retry", "")
	tr.image(location + "/image")
	tr.viewers(location)
	tr.stream(location + "/events")

	unknown := f.url + "/jobs/" + strings.Repeat("0", 40)
	tr.send(http.StatusNotFound, http.MethodDelete, unknown, "")
	for _, path := range slices.Concat([]string{"", "/image", "/preview", "/events"}, viewed()) {
		tr.get(http.StatusNotFound, unknown+path)
	}
	tr.send(http.StatusNotFound, http.MethodPost, unknown+"/link", "")
	tr.send(http.StatusCreated, http.MethodPost, location+"/link?for=1h", "")
	tr.send(http.StatusBadRequest, http.MethodPost, location+"/link?for=1y", "")
	for _, path := range []string{"/pause", "/resume", "/retry"} {
		tr.send(http.StatusNotFound, http.MethodPost, unknown+path, "")
	}
	tr.existing()
}

// existing retries a canceled job whose picture is there: it was drawn for somebody
// who waited.
func (tr *traffic) existing() {
	tr.t.Helper()
	f := newFarm(tr.t)
	location := f.url + tr.post(http.StatusAccepted, f.url, small).header.Get("Location")
	tr.send(http.StatusOK, http.MethodDelete, location, "")
	s, err := spec.Parse([]byte(small))
	require.NoError(tr.t, err)
	require.NoError(tr.t, f.ledger.Image(s.ID(), spec.PNG).Store(tr.t.Context(), bytes.NewReader(drawn(tr.t, s))))
	tr.send(http.StatusOK, http.MethodPost, location+"/retry", "")
}

// image drives the picture of a job that is done.
func (tr *traffic) image(address string) {
	tr.t.Helper()
	tag := tr.get(http.StatusOK, address).header.Get("ETag")
	tr.get(http.StatusNotModified, address, "If-None-Match", tag)
	tr.get(http.StatusPartialContent, address, "Range", "bytes=0-9")
	tr.get(http.StatusRequestedRangeNotSatisfiable, address, "Range", "bytes=99999999-")
	tr.get(http.StatusPreconditionFailed, address, "If-Match", `"other"`)
}

// viewed are what deep-zoom viewers ask of a job.
func viewed() []string {
	return []string{"/image.dzi", "/image_files/0/0_0.png", "/iiif", "/iiif/info.json", "/iiif/manifest.json", "/iiif/full/max/0/default.png"}
}

// viewers drives what deep-zoom viewers are answered.
func (tr *traffic) viewers(location string) {
	tr.t.Helper()
	tr.get(http.StatusOK, location+"/image.dzi")
	tr.get(http.StatusSeeOther, location+"/iiif")
	tr.get(http.StatusOK, location+"/iiif/info.json", "Accept", "application/ld+json")
	tr.get(http.StatusOK, location+"/iiif/manifest.json", "Accept", "application/ld+json")
	for _, path := range []string{"/image_files/0/0_0.png", "/iiif/full/max/0/default.jpg"} {
		tag := tr.get(http.StatusOK, location+path).header.Get("ETag")
		tr.get(http.StatusNotModified, location+path, "If-None-Match", tag)
	}
	tr.get(http.StatusBadRequest, location+"/iiif/full/max/1/default.png")
}

// stream drives the events of a job that is done.
func (tr *traffic) stream(address string) {
	tr.t.Helper()
	events := tr.get(http.StatusOK, address)
	_, id, _ := strings.Cut(string(events.body), "id: ")
	id, _, _ = strings.Cut(id, "\n")
	tr.get(http.StatusNoContent, address, "Last-Event-ID", id)
	tr.send(http.StatusOK, http.MethodHead, address, "")
}

// descriptions drives the document itself.
func (tr *traffic) descriptions(f *farm) {
	tr.t.Helper()
	for _, path := range []string{"/openapi.json", "/docs"} {
		tag := tr.get(http.StatusOK, f.url+path).header.Get("ETag")
		tr.get(http.StatusNotModified, f.url+path, "If-None-Match", tag)
		tr.get(http.StatusPreconditionFailed, f.url+path, "If-Match", `"other"`)
		tr.send(http.StatusOK, http.MethodHead, f.url+path, "")
	}
}

// operators drives what is for those who run the farm.
func (tr *traffic) operators(f *farm) {
	tr.t.Helper()
	var workers workersBody
	require.Eventually(tr.t, func() bool {
		workers = read[workersBody](tr.t, tr.get(http.StatusOK, f.url+"/workers"))
		return len(workers.Workers) > 0
	}, 20*time.Second, 10*time.Millisecond)
	tr.get(http.StatusOK, f.url+"/queues")
	tr.get(http.StatusOK, f.url+"/storage")
	tr.send(http.StatusNotFound, http.MethodPost, f.url+"/workers/nobody/drain", "")
	tr.send(http.StatusAccepted, http.MethodPost, f.url+"/workers/"+workers.Workers[0].Name+"/drain", "")
	tr.get(http.StatusOK, f.url+"/operations")
	tr.get(http.StatusBadRequest, f.url+"/operations?limit=0")
	tr.webhooks()

	idle := newFarm(tr.t)
	location := idle.url + tr.send(http.StatusAccepted, http.MethodPost, idle.url+"/jobs?title=a+poster&tag=print&tag=blue", small,
		"Content-Type", "application/json").header.Get("Location")
	tr.send(http.StatusOK, http.MethodPost, location+"/priority?priority=high", "")
	tr.send(http.StatusBadRequest, http.MethodPost, location+"/priority?priority=most", "")
	tr.get(http.StatusOK, location)
	tr.get(http.StatusOK, location+"/history")
	tr.get(http.StatusOK, idle.url+"/jobs?tag=print")
	tr.get(http.StatusOK, idle.url+"/jobs?id=0")
	tr.send(http.StatusBadRequest, http.MethodDelete, location+"?purge=perhaps", "")
	tr.send(http.StatusOK, http.MethodDelete, location, "")
	tr.send(http.StatusConflict, http.MethodPost, location+"/priority?priority=low", "")
	tr.send(http.StatusNoContent, http.MethodDelete, location+"?purge=true", "")
	tr.get(http.StatusNotFound, location+"/history")
	tr.send(http.StatusNotFound, http.MethodPost, location+"/priority?priority=low", "")
}

// webhooks drives what operators see of webhooks.
func (tr *traffic) webhooks() {
	tr.t.Helper()
	f := newFarm(tr.t, webhookAllow("hooks.example.com"))
	location := f.url + tr.send(http.StatusAccepted, http.MethodPost, f.url+"/jobs?webhook_progress=0.5&webhook="+url.QueryEscape("https://hooks.example.com/x"), small,
		"Content-Type", "application/json").header.Get("Location")
	found := f.deliveries("")
	require.Len(tr.t, found, 2)
	tr.get(http.StatusOK, f.url+"/webhooks/deliveries?state=waiting&limit=200")
	tr.get(http.StatusBadRequest, f.url+"/webhooks/deliveries?state=lost")
	replay := f.url + "/webhooks/deliveries/" + found[0].ID + "/replay"
	tr.send(http.StatusConflict, http.MethodPost, replay, "")
	tr.send(http.StatusNotFound, http.MethodPost, f.url+"/webhooks/deliveries/none/replay", "")
	tr.send(http.StatusOK, http.MethodDelete, location, "")
	f.keep(found[0].ID, job.Dead)
	tr.send(http.StatusAccepted, http.MethodPost, replay, "")
	tr.get(http.StatusOK, f.url+"/webhooks/deliveries")
}

// redirects drives a farm whose clients fetch pictures from storage.
func (tr *traffic) redirects(f *farm) {
	tr.t.Helper()
	cfg, deps := f.config, f.dependencies()
	cfg.Presign, deps.Presigner = time.Minute, presigner{}
	front := serveHTTP(tr.t, f.serverOf(cfg, deps))
	tr.get(http.StatusTemporaryRedirect, front+tr.post(http.StatusOK, front, small).header.Get("Location")+"/image")
}

// fullQueue drives a farm that can take no more.
func (tr *traffic) fullQueue() {
	tr.t.Helper()
	f := newFarm(tr.t, queueLimit(1))
	first := f.url + tr.post(http.StatusAccepted, f.url, small).header.Get("Location")
	tr.post(http.StatusTooManyRequests, f.url, `{"width": 61, "height": 40}`)
	tr.send(http.StatusOK, http.MethodDelete, first, "")
	tr.post(http.StatusAccepted, f.url, `{"width": 61, "height": 40}`)
	tr.send(http.StatusTooManyRequests, http.MethodPost, first+"/retry", "")
	require.NoError(tr.t, f.queue.Enqueue(tr.t.Context(), job.ImageTask(spec.Original(100, 100), job.Interactive)))
	for _, path := range []string{"/", "/generate/101/100", "/tiles/0/0/0.png", "/data/" + spec.Version + "/0/0/0"} {
		tr.get(http.StatusTooManyRequests, f.url+path)
	}
}

// strangers drives every operation under a name that is not the farm's, from a
// page that is not its own, and while there is no room for more clients.
func (tr *traffic) strangers(f *farm) {
	tr.t.Helper()
	server := f.server(f.config)
	tr.t.Cleanup(server.Close)
	busy := httptest.NewServer(server.Busy())
	tr.t.Cleanup(busy.Close)
	for operation := range document(tr.t).Operations() {
		method, path, _ := strings.Cut(operation, " ")
		path = regexp.MustCompile(`{\w+}`).ReplaceAllString(path, "1")
		if path == "/healthz" || path == "/readyz" {
			continue
		}
		tr.send(http.StatusMisdirectedRequest, method, f.url+path, "", "Host", "evil.example")
		tr.send(http.StatusServiceUnavailable, method, busy.URL+path, "")
		if method != http.MethodGet {
			tr.send(http.StatusForbidden, method, f.url+path, "", "Sec-Fetch-Site", "cross-site")
		}
	}
}

// faultyStore fails whatever is asked of it.
type faultyStore struct{ fault func() error }

func (s faultyStore) Put(context.Context, string, string, io.Reader) error     { return s.fault() }
func (s faultyStore) Create(context.Context, string, string, []byte) error     { return s.fault() }
func (s faultyStore) Delete(context.Context, ...string) error                  { return s.fault() }
func (s faultyStore) Stat(context.Context, string) (i storage.Info, err error) { return i, s.fault() }

func (s faultyStore) Compose(context.Context, string, string, []storage.Part) error { return s.fault() }

func (s faultyStore) Get(context.Context, string, int64, int64) (io.ReadCloser, storage.Info, error) {
	return nil, storage.Info{}, s.fault()
}

func (s faultyStore) List(context.Context, string, string) iter.Seq2[storage.Info, error] {
	return func(yield func(storage.Info, error) bool) { yield(storage.Info{}, s.fault()) }
}

// faults drives every operation that needs storage on one that is away, and on
// one that fails in a way that nobody expects.
func (tr *traffic) faults() {
	tr.t.Helper()
	for status, fault := range map[int]func() error{
		http.StatusServiceUnavailable:  func() error { return &storage.Error{Op: "get", Key: "k", Err: io.ErrUnexpectedEOF} },
		http.StatusInternalServerError: func() error { return errors.New("internal matters") },
	} {
		f := newFarm(tr.t)
		deps := f.dependencies()
		deps.Ledger = ledger.New(faultyStore{fault}, ledger.Options{})
		front := serveHTTP(tr.t, f.serverOf(f.config, deps))
		unknown := front + "/jobs/" + strings.Repeat("0", 40)
		for _, address := range []string{
			front + "/", front + "/generate/100/100", front + "/tiles/0/0/0.png", front + "/data/" + spec.Version + "/0/0/0", front + "/jobs",
			unknown, unknown + "/image", unknown + "/preview", unknown + "/events", unknown + "/history", front + "/operations", front + "/webhooks/deliveries",
			unknown + "/image.dzi", unknown + "/image_files/0/0_0.png", unknown + "/iiif", unknown + "/iiif/info.json", unknown + "/iiif/manifest.json", unknown + "/iiif/full/max/0/default.png",
		} {
			tr.get(status, address)
		}
		tr.post(status, front, small)
		tr.send(status, http.MethodDelete, unknown, "")
		for _, path := range []string{"/pause", "/resume", "/retry", "/link", "/priority?priority=low"} {
			tr.send(status, http.MethodPost, unknown+path, "")
		}
		tr.send(status, http.MethodPost, front+"/webhooks/deliveries/none/replay", "")
	}
}

// TestParametersOutsideTheDocumentAreRefused: those that it has for another
// operation or not at all, those that are given twice, and values that their
// schemas do not have.
func TestParametersOutsideTheDocumentAreRefused(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	known := map[string]map[string]openapitest.Parameter{ // by path and name
		"/generate/64/48": inQuery(t, "GET /generate/{width}/{height}"), "/tiles/3/2/1.png": inQuery(t, "GET /tiles/{z}/{x}/{y}.png"),
		"/data/" + spec.Version + "/3/2/1": inQuery(t, "GET /data/{version}/{z}/{x}/{y}"),
		"/find":                            inQuery(t, "GET /find"), "/jobs": inQuery(t, "GET /jobs"), "POST /jobs": inQuery(t, "POST /jobs"), "POST /quote": inQuery(t, "POST /quote"),
		"/operations": inQuery(t, "GET /operations"), "/webhooks/deliveries": inQuery(t, "GET /webhooks/deliveries"), "POST /jobs/0/priority": inQuery(t, "POST /jobs/{id}/priority"), "POST /jobs/0/link": inQuery(t, "POST /jobs/{id}/link"), "DELETE /jobs/0": inQuery(t, "DELETE /jobs/{id}"),
	}
	free := []string{"tag", "title"} // any text
	names := map[string]bool{"colour": true}
	for operation := range document(t).Operations() {
		parameters := inQuery(t, operation)
		assert.True(t, len(parameters) == 0 || operation == "GET /readyz" || operation == "GET /jobs/{id}/image" || slices.ContainsFunc(slices.Collect(maps.Values(known)), func(k map[string]openapitest.Parameter) bool {
			return maps.Equal(k, parameters)
		}), "%s has parameters, and is not tried", operation)
		for name := range parameters {
			names[name] = true
		}
	}
	for path, parameters := range known {
		for name := range names {
			p, isKnown := parameters[name]
			if !isKnown {
				f.refuses(path, name, "1")
				continue
			}
			if path != "POST /jobs" || name != "tag" {
				f.refuses(path, name, "1", "1")
			}
			if slices.Contains(free, name) {
				continue
			}
			for _, value := range p.Outside() {
				f.refuses(path, name, value)
			}
		}
	}
	f.untouched()
	location := f.post(small).header.Get("Location")
	assert.Equal(t, http.StatusOK, f.get(location+"?colour=red").status, "operations without parameters ignore the query")
}

// inQuery are the parameters of an operation in the query, by name.
func inQuery(t *testing.T, operation string) map[string]openapitest.Parameter {
	t.Helper()
	parameters := make(map[string]openapitest.Parameter)
	for _, p := range document(t).Parameters(operation) {
		if p.In == "query" {
			parameters[p.Name] = p
		}
	}
	return parameters
}

// refuses requires that a parameter is refused by its name. A path may have a
// method before it.
func (f *farm) refuses(path, name string, values ...string) {
	f.t.Helper()
	method, path, isPost := strings.Cut(path, " ")
	if !isPost {
		method, path = http.MethodGet, method
	}
	a := f.ask(method, path+"?"+url.Values{name: values}.Encode(), strings.NewReader(small), "Content-Type", "application/json")
	p := a.problem(f.t)
	assert.Equal(f.t, http.StatusBadRequest, p.Status, "%s %s", path, name)
	assert.Equal(f.t, name, p.Field, "%s %s: %s", path, name, p.Detail)
}
