package main

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestADrawingIsFoundByItsRequest, which waits for it.
func TestADrawingIsFoundByItsRequest(t *testing.T) {
	t.Parallel()
	farm := serve(t, map[string]string{"DATA": t.TempDir()})
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, farm.url+"/generate/64/48", nil)
	require.NoError(t, err)
	request.Header.Set("X-Request-Id", "visitor-1")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)
	drawn := regexp.MustCompile("msg=drawn .*request=visitor-1")
	require.Eventually(t, func() bool { return drawn.MatchString(farm.Log()) }, testTimeout, time.Millisecond, farm)
}

// TestLinesOfAJobAreFoundByItsRequest, from the answer with 202 to the assembly.
func TestLinesOfAJobAreFoundByItsRequest(t *testing.T) {
	t.Parallel()
	farm := serve(t, map[string]string{"DATA": t.TempDir(), "BAND_TIME": "10ms"})
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, farm.url+"/jobs", strings.NewReader(heavy(2000)))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Request-Id", "artist-1")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusAccepted, response.StatusCode)
	require.Equal(t, "artist-1", response.Header.Get("X-Request-Id"))
	location := response.Header.Get("Location")
	farm.awaitJob(t, location, "done", testTimeout)

	for _, message := range []string{"request", "planned", `"band drawn"`, "assembled"} {
		line := regexp.MustCompile("msg=" + message + " .*id=" + strings.TrimPrefix(location, "/jobs/") + ".* request=artist-1")
		require.Eventually(t, func() bool { return line.MatchString(farm.Log()) }, testTimeout, time.Millisecond, "%s in %s", message, farm)
	}
}
