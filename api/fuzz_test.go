package api_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"mandelfarm/api"
	"mandelfarm/renderer"
)

// FuzzRouter asks for anything by any method: no panic, no 5xx but for the wait
// that nobody ends, and every error a problem document.
func FuzzRouter(f *testing.F) {
	for _, seed := range [][3]string{
		{"GET", "/", ""},
		{"GET", "/generate/800/600", ""},
		{"GET", "/generate/10/10?re=1e-5&radius=0.001&samples=2", ""},
		{"HEAD", "/generate/99999999999999999999/0", ""},
		{"POST", "/jobs", small},
		{"POST", "/jobs", `{"width":1e9,"height":-1}`},
		{"GET", "/jobs?limit=5&state=done&cursor=x", ""},
		{"DELETE", "/jobs/0123456789012345678901234567890123456789", ""},
		{"GET", "/jobs/..%2f..%2fjob.json/image", ""},
		{"PUT", "/healthz", "x"},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	server := fuzzServer(f)
	f.Fuzz(func(t *testing.T, method, target, body string) {
		u, err := url.ParseRequestURI(target)
		if err != nil || strings.ContainsAny(method, " \t\r\n") || method == "" {
			t.Skip()
		}
		request := httptest.NewRequest(http.MethodGet, "/", strings.NewReader(body))
		request.Method, request.URL, request.RequestURI = method, u, target
		request.Header.Set("Content-Type", "application/json")
		recorder := httptest.NewRecorder()
		server.ServeHTTP(recorder, request)
		if status := recorder.Code; status >= 500 && status != http.StatusServiceUnavailable {
			t.Errorf("%s %q: status %d: %s", method, target, status, recorder.Body)
		}
		if recorder.Code >= 400 && !strings.HasPrefix(target, "/healthz") && !strings.HasPrefix(target, "/readyz") &&
			recorder.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %q: status %d without a problem document: %q", method, target, recorder.Code, recorder.Body)
		}
	})
}

// fuzzServer draws nothing and waits for nothing.
func fuzzServer(f *testing.F) *api.Server {
	f.Helper()
	cfg := defaultsWithoutCache()
	cfg.WaitLimit = time.Nanosecond
	cfg.Limits = renderer.Limits{Pixels: 1000, MaxIterations: 1000, Digits: 100, Samples: 2}
	farm := newFarm(f)
	server := farm.server(cfg)
	f.Cleanup(server.Close)
	return server
}
