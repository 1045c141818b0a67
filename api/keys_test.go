package api_test

import (
	"bytes"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"mandelfarm/access"
	"mandelfarm/api"
	"mandelfarm/internal/testenv"
	"mandelfarm/internal/tracing"
	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// key adds a key of a role, for servers that are begun after that, and returns its text.
func (f *farm) key(role access.Role) string {
	f.t.Helper()
	_, text := f.keyUntil(role, time.Time{})
	return text
}

func (f *farm) keyUntil(role access.Role, expires time.Time) (id, text string) {
	f.t.Helper()
	k, text := access.NewKey("a test's", role, time.Now(), expires)
	require.NoError(f.t, f.ledger.AddKey(f.t.Context(), k))
	return k.ID, text
}

// bearer is the header of a key.
func bearer(key string) []string { return []string{"Authorization", "Bearer " + key} }

// closed is a server of the farm that answers nobody without a key.
func (f *farm) closed() string {
	f.t.Helper()
	cfg := f.config
	cfg.Anonymous = api.AnonymousOff
	return f.serve(cfg)
}

// needed is the role that each operation takes; those that are not here take none.
func needed() map[string]access.Role {
	return map[string]access.Role{
		"GET /": access.Read, "GET /generate/{width}/{height}": access.Read, "GET /tiles/{z}/{x}/{y}.png": access.Read, "GET /find": access.Read,
		"GET /jobs": access.Read, "GET /jobs/{id}": access.Read, "GET /jobs/{id}/events": access.Read, "GET /jobs/{id}/image": access.Read,
		"GET /jobs/{id}/preview": access.Read, "GET /jobs/{id}/history": access.Read, "GET /workers": access.Read, "GET /queues": access.Read, "GET /storage": access.Read,
		"GET /metrics": access.Read, "POST /quote": access.Read, "GET /data/{version}/{z}/{x}/{y}": access.Read, "GET /jobs/{id}/image.dzi": access.Read,
		"GET /jobs/{id}/image_files/{level}/{tile}": access.Read, "GET /jobs/{id}/iiif": access.Read, "GET /jobs/{id}/iiif/info.json": access.Read, "GET /jobs/{id}/iiif/manifest.json": access.Read,
		"GET /jobs/{id}/iiif/{region}/{size}/{rotation}/{image}": access.Read,
		"POST /jobs": access.Submit, "POST /jobs/{id}/retry": access.Submit, "POST /jobs/{id}/link": access.Submit,
		"DELETE /jobs/{id}": access.Operate, "POST /jobs/{id}/pause": access.Operate, "POST /jobs/{id}/resume": access.Operate,
		"POST /jobs/{id}/priority": access.Operate, "POST /workers/{name}/drain": access.Operate, "GET /operations": access.Operate,
		"GET /webhooks/deliveries": access.Operate, "POST /webhooks/deliveries/{id}/replay": access.Operate,
	}
}

// TestRolesOpenWhatTheyAreFor and nothing else, whatever the operation.
func TestRolesOpenWhatTheyAreFor(t *testing.T) {
	t.Parallel()
	f := newFarm(t, waitLimit(time.Millisecond))
	roles := []access.Role{access.Read, access.Submit, access.Operate}
	keys := make([]string, len(roles))
	for i, role := range roles {
		keys[i] = f.key(role)
	}
	front := f.closed()
	for operation := range document(t).Operations() {
		method, path, _ := strings.Cut(operation, " ")
		address := front + strings.NewReplacer("{y}", "x", "{width}", "x", "{", "", "}", "").Replace(path)
		need := needed()[operation]
		if need == access.None {
			assert.Empty(t, document(t).Role(operation), operation)
			assert.NotEqual(t, http.StatusUnauthorized, ask(t, method, address, nil).status, operation)
			continue
		}
		assert.Equal(t, need.String(), document(t).Role(operation), operation)
		a := ask(t, method, address, nil)
		assert.Equal(t, http.StatusUnauthorized, a.status, operation)
		assert.Equal(t, `Bearer realm="mandelfarm"`, a.header.Get("WWW-Authenticate"))
		for i, role := range roles {
			if operation == "GET /metrics" && role >= need { // what is answered then is package metrics' matter
				continue
			}
			refused := ask(t, method, address, nil, bearer(keys[i])...).status == http.StatusForbidden
			assert.Equal(t, role < need, refused, "%s with a key to %s", operation, role)
		}
	}
}

// keyless drives every operation without a key, with one whose role is not enough, and with a budget that is used up.
func (tr *traffic) keyless(f *farm) {
	tr.t.Helper()
	cfg := f.config
	cfg.Anonymous = api.AnonymousOff
	cfg.KeyBudgets = api.Budgets{Requests: access.Budget{Quota: 1, Window: time.Hour}}
	none, all := f.key(access.None), f.key(access.Operate)
	front := f.serve(cfg)
	tr.get(http.StatusOK, front+"/workers", bearer(all)...)
	for operation, statuses := range document(tr.t).Operations() {
		method, path, _ := strings.Cut(operation, " ")
		address := front + regexp.MustCompile(`{\w+}`).ReplaceAllString(strings.Replace(path, "{version}", spec.Version, 1), "11")
		if !slices.Contains(statuses, "401") {
			continue
		}
		tr.send(http.StatusUnauthorized, method, address, "")
		tr.send(http.StatusForbidden, method, address, "", bearer(none)...)
		if slices.Contains(statuses, "429") {
			tr.send(http.StatusTooManyRequests, method, address, "", bearer(all)...)
		}
	}
}

// TestKeysThatAreNoneOpenNothing, also where anybody may read.
func TestKeysThatAreNoneOpenNothing(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	good := f.key(access.Operate)
	_, expired := f.keyUntil(access.Operate, time.Now().Add(-time.Second))
	_, other := access.NewKey("", access.Operate, time.Now(), time.Time{})
	for _, front := range []string{f.closed(), f.serve(f.config)} {
		assert.Equal(t, http.StatusOK, ask(t, http.MethodGet, front+"/jobs", nil, bearer(good)...).status)
		for _, header := range [][]string{
			bearer(expired), bearer(other), bearer(""), bearer(good[:len(good)-1]), bearer(good + "a"), bearer(strings.ToUpper(good)),
			bearer(good[:len(good)-52] + other[len(other)-52:]), slices.Concat(bearer(good), bearer(good)),
		} {
			a := ask(t, http.MethodGet, front+"/jobs", nil, header...)
			assert.Equal(t, http.StatusUnauthorized, a.status, header)
			assert.Contains(t, a.header.Get("WWW-Authenticate"), "invalid_token")
		}
	}
}

// TestRevokedKeysStop in every process: at once where word is heard of it, and soon where none is.
func TestRevokedKeysStop(t *testing.T) {
	t.Parallel()
	for name, publish := range map[string]bool{"told": true, "not told": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFarm(t)
			id, key := f.keyUntil(access.Read, time.Time{})
			fronts := []string{f.closed(), f.closed()}
			for _, front := range fronts {
				require.Equal(t, http.StatusOK, ask(t, http.MethodGet, front+"/jobs", nil, bearer(key)...).status)
			}
			require.NoError(t, f.ledger.RemoveKey(t.Context(), id))
			if publish {
				require.NoError(t, f.queue.PublishKeys(t.Context()))
			}
			for _, front := range fronts {
				require.Eventually(t, func() bool {
					return ask(t, http.MethodGet, front+"/jobs", nil, bearer(key)...).status == http.StatusUnauthorized
				}, 30*time.Second, 10*time.Millisecond)
			}
			require.ErrorIs(t, f.ledger.RemoveKey(t.Context(), id), access.ErrNoKey)
		})
	}
}

// TestKeysAreNeverTold by the log, by traces, by answers or by what is stored; only their IDs are.
func TestKeysAreNeverTold(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	id, key := f.keyUntil(access.Operate, time.Time{})
	_, unknown := access.NewKey("", access.Read, time.Now(), time.Time{})
	spans := tracetest.NewInMemoryExporter()
	log := testenv.NewLog(t)
	cfg, deps := f.config, f.dependencies()
	cfg.AccessLog, deps.Log = api.LogAll, log.Logger
	deps.Tracer = tracing.New(t.Context(), sdk.NewTracerProvider(sdk.WithSyncer(spans)), func(err error) { t.Error(err) })
	front := serveHTTP(t, f.serverOf(cfg, deps))

	location := ask(t, http.MethodPost, front+"/jobs", strings.NewReader(small), append(bearer(key), "Content-Type", "application/json")...).header.Get("Location")
	require.Equal(t, http.StatusOK, ask(t, http.MethodDelete, front+location, nil, bearer(key)...).status)
	link := ask(t, http.MethodPost, front+location+"/link", nil, bearer(key)...).header.Get("Location")
	signature := link[strings.LastIndex(link, ".")+1:]
	require.NotEmpty(t, signature)
	answers := []answer{
		ask(t, http.MethodGet, front+link, nil), ask(t, http.MethodGet, front+"/operations", nil, bearer(key)...),
		ask(t, http.MethodGet, front+"/jobs", nil, bearer(unknown)...), ask(t, http.MethodGet, front+"/jobs", nil, bearer(key+"x")...),
	}
	require.Eventually(t, func() bool { return len(log.Lines("msg=request ")) == 7 }, 30*time.Second, time.Millisecond)
	var told strings.Builder
	for _, line := range log.Lines("") {
		told.WriteString(line)
	}
	for _, a := range answers {
		told.Write(a.body)
	}
	for _, span := range spans.GetSpans() {
		told.WriteString(span.Name)
		for _, attribute := range span.Attributes {
			told.WriteString(attribute.Value.String())
		}
	}
	for info, err := range f.store.List(t.Context(), "", "") {
		require.NoError(t, err)
		data, err := readAll(t, f, info.Key)
		require.NoError(t, err)
		told.Write(data)
	}
	for _, secret := range []string{key, key[len(key)-52:], unknown[len(unknown)-52:], signature} {
		assert.NotContains(t, told.String(), secret)
	}
	assert.Contains(t, told.String(), " key="+id+" ")
	assert.Contains(t, string(answers[1].body), `"key":"`+id+`"`, "who has canceled")
}

func readAll(t *testing.T, f *farm, key string) ([]byte, error) {
	t.Helper()
	body, _, err := f.store.Get(t.Context(), key, 0, -1)
	require.NoError(t, err)
	defer body.Close()
	var data bytes.Buffer
	_, err = data.ReadFrom(body)
	return data.Bytes(), err
}

// TestAnonymous: who may do what without a key, by setting, address and what proxies say.
func TestAnonymous(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	for _, test := range []struct {
		name      string
		anonymous api.Anonymous
		loopback  bool
		proxies   []string
		header    []string
		want      access.Role
	}{
		{"on the machine", api.AnonymousAuto, true, nil, nil, access.Operate},
		{"elsewhere", api.AnonymousAuto, false, nil, nil, access.Read},
		{"elsewhere, by a name of the machine", api.AnonymousAuto, false, nil, []string{"Host", "localhost"}, access.Read},
		{"behind a proxy on the machine", api.AnonymousAuto, true, nil, []string{"X-Forwarded-For", "127.0.0.1"}, access.Read},
		{"behind one that says so otherwise", api.AnonymousAuto, true, nil, []string{"Via", "1.1 proxy"}, access.Read},
		{"behind a trusted one", api.AnonymousAuto, true, []string{"127.0.0.1"}, []string{"X-Forwarded-For", "127.0.0.1"}, access.Read},
		{"behind a trusted one that says nothing", api.AnonymousAuto, true, []string{"127.0.0.0/8"}, nil, access.Read},
		{"nobody", api.AnonymousOff, true, nil, nil, access.None},
		{"to read", api.AnonymousRead, true, nil, nil, access.Read},
		{"to submit", api.AnonymousSubmit, false, nil, nil, access.Submit},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			cfg := f.config
			cfg.Anonymous, cfg.Loopback, cfg.TrustedProxies, cfg.AllowedHosts = test.anonymous, test.loopback, test.proxies, []string{api.AnyHost}
			front := f.serve(cfg)
			may := access.None
			for role, request := range map[access.Role][2]string{
				access.Read: {http.MethodGet, "/jobs"}, access.Submit: {http.MethodPost, "/jobs"}, access.Operate: {http.MethodGet, "/operations"},
			} {
				if ask(t, request[0], front+request[1], nil, test.header...).status != http.StatusUnauthorized {
					may = max(may, role)
				}
			}
			assert.Equal(t, test.want, may)
		})
	}
}

// TestStrangersHaveSmallPicturesDrawn and see what is stored, and make no jobs.
func TestStrangersHaveSmallPicturesDrawn(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	f.work()
	cfg := defaultsWithoutCache()
	cfg.Anonymous, cfg.Strangers.Pixels = api.AnonymousRead, 100*100
	front := f.serve(cfg)
	const large = "/generate/120/100?radius=0.7"
	a := ask(t, http.MethodGet, front+large, nil, "Prefer", "respond-async")
	require.Equal(t, http.StatusUnauthorized, a.status)
	assert.Contains(t, a.problem(t).Detail, "width")
	assert.Equal(t, http.StatusUnauthorized, ask(t, http.MethodGet, front+"/tiles/0/0/0.png", nil).status)
	assert.Equal(t, http.StatusOK, ask(t, http.MethodGet, front+"/generate/90/100?radius=0.7", nil, "Prefer", "respond-async").status, "it is not promised but drawn")
	assert.JSONEq(t, `{"jobs":[]}`, string(f.get("/jobs").body))
	require.Equal(t, http.StatusOK, f.get(large).status)
	assert.Equal(t, http.StatusOK, ask(t, http.MethodGet, front+large, nil).status)
}

// TestLinks open the picture of their job until they run out, and nothing else.
func TestLinks(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	f.work()
	key := f.key(access.Submit)
	fronts := []string{f.closed(), f.closed()}
	location, other := f.post(small).header.Get("Location"), f.post(`{"width": 61, "height": 40}`).header.Get("Location")
	f.until(location, job.Done)
	f.until(other, job.Done)
	signed := func(query string) string {
		a := ask(t, http.MethodPost, fronts[0]+location+"/link"+query, nil, bearer(key)...)
		require.Equal(t, http.StatusCreated, a.status, "%s", a.body)
		return a.header.Get("Location")
	}
	status := func(front, address string) int { return ask(t, http.MethodGet, front+address, nil).status }
	link := signed("")
	for _, front := range fronts { // the second has to hear of the key that signs
		require.Eventually(t, func() bool { return status(front, link) == http.StatusOK }, 30*time.Second, 10*time.Millisecond)
	}
	a := ask(t, http.MethodHead, fronts[0]+link, nil)
	assert.Equal(t, "private, max-age=31536000, immutable", a.header.Get("Cache-Control"), "caches that are shared would go on with it")

	_, query, _ := strings.Cut(link, "?")
	parts := strings.Split(query, ".")
	for _, wrong := range []string{
		other + "/image?" + query, location + "?" + query, location + "/preview?" + query, location + "/image", location + "/image?link=",
		location + "/image?" + parts[0] + ".99999999999." + parts[2], location + "/image?" + query + "A", location + "/image?" + query + "&x=1",
	} {
		assert.Equal(t, http.StatusUnauthorized, status(fronts[0], wrong), wrong)
	}
	short := signed("?for=1s")
	require.Eventually(t, func() bool { return status(fronts[0], short) == http.StatusUnauthorized }, 30*time.Second, 10*time.Millisecond)
	assert.Equal(t, http.StatusOK, status(fronts[0], link))

	id := strings.TrimPrefix(parts[0], "link=")
	require.NoError(t, f.ledger.RemoveKey(t.Context(), id), "the key that signs is removed as others are")
	require.NoError(t, f.queue.PublishKeys(t.Context()))
	require.Eventually(t, func() bool { return status(fronts[0], link) == http.StatusUnauthorized }, 30*time.Second, 10*time.Millisecond)
}
