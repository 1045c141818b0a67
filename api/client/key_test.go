package client_test

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"mandelfarm/api/client"
)

// TestKeysGoToTheFarmAlone, and not with a redirect to storage, which is on another port of the same host here.
func TestKeysGoToTheFarmAlone(t *testing.T) {
	t.Parallel()
	const key = "mandelfarm_of_a_test"
	var mu sync.Mutex
	seen := make(map[string]string) // Authorization, by server
	note := func(server string, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		seen[server] = r.Header.Get("Authorization")
	}
	storage := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		note("storage", r)
		_, _ = w.Write([]byte("{}"))
	}))
	t.Cleanup(storage.Close)
	farm := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		note("farm", r)
		http.Redirect(w, r, storage.URL, http.StatusTemporaryRedirect)
	}))
	t.Cleanup(farm.Close)
	plain, err := client.New(farm.URL, nil)
	require.NoError(t, err)
	_, err = plain.WithKey(key).Job(t.Context(), "1")
	require.NoError(t, err)
	require.Equal(t, map[string]string{"farm": "Bearer " + key, "storage": ""}, seen)
	_, err = plain.Job(t.Context(), "1")
	require.NoError(t, err)
	require.Equal(t, map[string]string{"farm": "", "storage": ""}, seen, "the client that it was made of has none")
}
