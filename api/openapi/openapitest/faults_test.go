package openapitest

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mandelfarm/api/openapi"
)

// exchange is a request and its answer, in which a test can plant a fault.
type exchange struct {
	method, address, mediaType, body string
	status                           int
	headers                          http.Header
	answer                           string
}

const (
	id     = "9f4d9744f8e8b5f33a0564ad147245dd22995506"
	job    = `{"id":"` + id + `","spec":{"formula":"mandelbrot","width":8,"height":6,"max_iterations":9,"samples":1},"accepted_at":"2026-11-30T10:00:00Z","state":"running","bands":3}`
	events = "retry: 1000\n\nevent: progress\nid: 1\ndata: " + job + "\n\n"
)

func status() exchange {
	return exchange{
		method: http.MethodGet, address: "/jobs/" + id, status: http.StatusOK, answer: job,
		headers: http.Header{"Content-Type": {"application/json; charset=utf-8"}, "Cache-Control": {"no-store"}},
	}
}

func listing() exchange {
	e := status()
	e.address, e.answer = "/jobs?limit=100&state=running", `{"jobs":[`+job+`]}`
	return e
}

func submission() exchange {
	e := status()
	e.method, e.address, e.mediaType, e.body, e.status = http.MethodPost, "/jobs", "application/json", `{"width":8,"height":6,"depth":16}`, http.StatusAccepted
	e.headers.Set("Location", "/jobs/"+id)
	return e
}

func refusal() exchange {
	e := status()
	e.status, e.answer = http.StatusNotFound, `{"title":"Not Found","status":404,"detail":"no such job"}`
	e.headers.Set("Content-Type", "application/problem+json")
	return e
}

func unavailable() exchange {
	e := refusal()
	e.status, e.answer = http.StatusServiceUnavailable, `{"title":"Service Unavailable","status":503,"detail":"not now"}`
	e.headers.Set("Retry-After", "2")
	return e
}

func notModified() exchange {
	return exchange{
		method: http.MethodGet, address: "/generate/800/600", status: http.StatusNotModified,
		headers: http.Header{"Etag": {`"` + id + `"`}, "Cache-Control": {"public, max-age=60"}, "Mandelfarm-Answered": {"not_modified"}},
	}
}

func head() exchange {
	e := status()
	e.method, e.answer = http.MethodHead, ""
	return e
}

func stream() exchange {
	e := status()
	e.address, e.answer = "/jobs/"+id+"/events", events
	e.headers.Set("Content-Type", "text/event-stream")
	e.headers.Set("X-Accel-Buffering", "no")
	return e
}

// check holds an exchange against a document.
func (e exchange) check(t *testing.T, d *Document) error {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), e.method, "http://farm.example"+e.address, http.NoBody)
	require.NoError(t, err)
	request.Header.Set("Content-Type", e.mediaType)
	if err := d.CheckAnswer(request, Answer{Status: e.status, Header: e.headers, Body: []byte(e.answer)}); err != nil {
		return err
	}
	return d.CheckRequest(request, []byte(e.body))
}

// document is the farm's, changed at a path if there is one; nil removes what is
// there.
func document(t *testing.T, value any, path ...string) []byte {
	t.Helper()
	if path == nil {
		return openapi.JSON("test")
	}
	var whole map[string]any
	require.NoError(t, json.Unmarshal(openapi.JSON("test"), &whole))
	at := whole
	for _, step := range path[:len(path)-1] {
		next, ok := at[step].(map[string]any)
		require.True(t, ok, "%v has no %s", path, step)
		at = next
	}
	last := path[len(path)-1]
	if value == nil {
		require.Contains(t, at, last)
		delete(at, last)
	} else {
		at[last] = value
	}
	text, err := json.Marshal(whole)
	require.NoError(t, err)
	return text
}

func TestWhatIsAsDocumented(t *testing.T) {
	t.Parallel()
	d, err := Read(t.Context(), document(t, nil))
	require.NoError(t, err)
	for name, e := range map[string]exchange{
		"status": status(), "listing": listing(), "submission": submission(), "refusal": refusal(), "unavailable": unavailable(),
		"not modified": notModified(), "head": head(), "stream": stream(),
	} {
		require.NoError(t, e.check(t, d), name)
	}
}

// TestFaultsOfTheDocument: whatever the document says that the farm does not do is found.
func TestFaultsOfTheDocument(t *testing.T) {
	t.Parallel()
	fields := func(path ...string) []string { return append([]string{"components", "schemas", "JobFields"}, path...) }
	answers := func(path ...string) []string {
		return append([]string{"paths", "/jobs/{id}", "get", "responses"}, path...)
	}
	text := map[string]any{"type": "string"}
	for name, c := range map[string]struct {
		exchange exchange
		value    any
		path     []string
		says     string
	}{
		"an operation is missing": {status(), nil, []string{"paths", "/jobs/{id}", "get"}, "is not in the document, and is answered 200"},
		"a path is missing":       {status(), nil, []string{"paths", "/jobs/{id}"}, "is not in the document, and is answered 200"},
		"a status is missing":     {status(), nil, answers("200"), "status 200 is not in the document"},

		"a header is missing":                 {status(), nil, answers("200", "headers", "Cache-Control"), "header Cache-Control is not"},
		"a header is promised":                {status(), map[string]any{"required": true, "schema": text}, answers("200", "headers", "X-Job"), "header X-Job is missing"},
		"a header has another value":          {status(), "no-cache", []string{"components", "headers", "NoStore", "schema", "const"}, "must be 'no-cache'"},
		"a header of a 304 has another value": {notModified(), "no-cache", []string{"components", "headers", "Brief", "schema", "const"}, "must be 'no-cache'"},
		"a number in a header is bounded":     {unavailable(), 3, []string{"components", "headers", "Retry-After", "schema", "minimum"}, "got 2, want 3"},

		"another media type":           {status(), map[string]any{"text/plain": map[string]any{}}, answers("200", "content"), "media type application/json is not"},
		"no body":                      {status(), nil, answers("200", "content"), "has no body"},
		"a field is missing":           {status(), nil, fields("properties", "bands"), "'/bands': false schema"},
		"a field of a part is missing": {status(), nil, []string{"components", "schemas", "Spec", "properties", "samples"}, "at '/spec': additional properties 'samples'"},
		"a field is promised":          {status(), []any{"eta"}, fields("required"), "missing property 'eta'"},
		"a field has another type":     {status(), text, fields("properties", "bands"), "'/bands': got number, want string"},
		"a field is bounded":           {status(), 2, fields("properties", "bands", "maximum"), "'/bands': maximum: got 3, want 2"},
		"a field has another pattern":  {status(), "^[0-9]+$", []string{"components", "schemas", "ID", "pattern"}, "'/id': '" + id + "' does not match"},
		"a word is missing":            {status(), []any{"queued"}, []string{"components", "schemas", "State", "enum"}, "'/state': value must be"},
		"an item has another type":     {listing(), text, []string{"components", "schemas", "Listing", "properties", "jobs", "items"}, "'/jobs/0': got object"},
		"an event has another type":    {stream(), text, fields("properties", "bands"), "event: "},

		"a parameter is missing": {listing(), []any{}, []string{"paths", "/jobs", "get", "parameters"}, `parameter "limit" is not in the document`},
		"a parameter is bounded": {
			listing(),
			[]any{
				map[string]any{"name": "limit", "in": "query", "schema": map[string]any{"type": "integer", "maximum": 10}},
				map[string]any{"name": "state", "in": "query", "schema": text},
			},
			[]string{"paths", "/jobs", "get", "parameters"},
			"got 100, want 10",
		},
		"a field of a body is missing":   {submission(), nil, []string{"components", "schemas", "Spec", "properties", "depth"}, "additional properties 'depth'"},
		"a rule of a body is stricter":   {submission(), []any{8}, []string{"components", "schemas", "Depth", "enum"}, "'/depth': value must be 8"},
		"a body's media type is missing": {submission(), nil, []string{"paths", "/jobs", "post", "requestBody", "content", "application/json"}, "media type application/json is not"},
	} {
		d, err := load(document(t, c.value, c.path...))
		require.NoError(t, err, name)
		require.ErrorContains(t, c.exchange.check(t, d), c.says, name)
	}
}

// TestInvalidDocuments are not read.
func TestInvalidDocuments(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		value any
		path  []string
		says  string
	}{
		"a reference leads nowhere":        {"#/components/schemas/Nothing", []string{"components", "schemas", "JobFields", "properties", "id", "$ref"}, "Nothing"},
		"an example is none":               {"many", []string{"components", "examples", "running", "value", "bands"}, "/bands"},
		"an example of an error is none":   {4, []string{"components", "responses", "NotFound", "content", "application/problem+json", "example", "status"}, "/status"},
		"a path's parameter is not listed": {nil, []string{"paths", "/jobs/{id}", "parameters"}, "/jobs/{id}"},
		"two operations have one name":     {"getJob", []string{"paths", "/jobs/{id}", "delete", "operationId"}, "getJob"},
	} {
		_, err := Read(t.Context(), document(t, c.value, c.path...))
		require.ErrorContains(t, err, c.says, name)
	}
}

// TestFaultsOfAnswers: whatever the farm does that the document does not say is found.
func TestFaultsOfAnswers(t *testing.T) {
	t.Parallel()
	d, err := load(document(t, nil))
	require.NoError(t, err)
	for name, c := range map[string]struct {
		exchange exchange
		says     string
	}{
		"another status":             {status().but(func(e *exchange) { e.status = http.StatusTeapot }), "status 418 is not"},
		"a path that nobody knows":   {status().but(func(e *exchange) { e.address = "/farm" }), "GET /farm is not"},
		"a method that nobody knows": {status().but(func(e *exchange) { e.method = http.MethodPut }), "is not in the document, and is answered 200"},

		"a field that nobody knows":         {status().with(`"bands":3`, `"bands":3,"strips":4`), "'/strips': false schema"},
		"a field of a part":                 {status().with(`"samples":1`, `"samples":1,"zoom":4`), "at '/spec': additional properties 'zoom'"},
		"a field is missing":                {status().with(`"state":"running",`, ``), "missing property 'state'"},
		"a field is null":                   {status().with(`"bands":3`, `"bands":null`), "'/bands': got null"},
		"a number is a string":              {status().with(`"bands":3`, `"bands":"3"`), "'/bands': got string"},
		"a time is none":                    {status().with(`10:00:00Z`, `10:00`), "'/accepted_at': '2026-11-30T10:00' is not valid date-time"},
		"a word that nobody knows":          {status().with(`running`, `drawing`), "'/state': value must be"},
		"no JSON":                           {status().with(`}`, ``), "unexpected EOF"},
		"no body":                           {status().with(job, ``), "there is no body"},
		"warnings where they have no place": {status().with(`"bands":3`, `"warnings":[{"key":"k","reason":"r"}]`), "'/warnings': false schema"},
		"an event that is no job":           {stream().with(`running`, `drawing`), "event: "},
		"a stream without events":           {stream().with(events, "retry: 1000\n\n"), "no event"},
		"a body where there is none":        {notModified().but(func(e *exchange) { e.answer = "x" }), "has no body"},
		"a body that HEAD must not have":    {head().but(func(e *exchange) { e.answer = job }), "HEAD has a body"},
		"another media type for HEAD":       {head().header("Content-Type", "image/png"), "image/png is not"},

		"an error without its document": {refusal().header("Content-Type", "text/plain"), "text/plain is not"},
		"an error of another status":    {refusal().with(`404`, `400`), "another status"},
		"an error without detail":       {refusal().with(`no such job`, ``), "'/detail': minLength"},

		"a header is missing":          {submission().header("Location"), "header Location is missing"},
		"a header of a 304 is missing": {notModified().header("ETag"), "header ETag is missing"},
		"a header that nobody knows":   {status().header("X-Powered-By", "x"), "header X-Powered-By is not"},
		"a header with a wrong value":  {notModified().header("ETag", id), "does not match pattern"},
		"a header twice":               {status().header("Cache-Control", "no-store", "no-store"), "comes 2 times"},
		"a header that is no number":   {unavailable().header("Retry-After", "soon"), "got string, want integer"},

		"a parameter that nobody knows":    {listing().but(func(e *exchange) { e.address += "&order=up" }), `parameter "order" is not`},
		"a parameter given twice":          {listing().but(func(e *exchange) { e.address += "&limit=3" }), "2 times"},
		"a parameter that is out of range": {listing().but(func(e *exchange) { e.address = "/jobs?limit=201" }), "got 201, want 200"},
		"a body that is no Spec":           {submission().but(func(e *exchange) { e.body = `{"width":8}` }), "missing property 'height'"},
		"a body that nobody wants":         {status().but(func(e *exchange) { e.body = `{}` }), "no body for the request"},
	} {
		require.ErrorContains(t, c.exchange.check(t, d), c.says, name)
	}
}

// but changes an exchange.
func (e exchange) but(change func(*exchange)) exchange {
	change(&e)
	return e
}

// with replaces a part of the answer.
func (e exchange) with(before, after string) exchange {
	e.answer = strings.ReplaceAll(e.answer, before, after)
	return e
}

// header replaces the values of a header.
func (e exchange) header(name string, values ...string) exchange {
	e.headers.Del(name)
	for _, v := range values {
		e.headers.Add(name, v)
	}
	return e
}
