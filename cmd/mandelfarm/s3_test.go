package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
)

// requireStorage fails unless the doctor finds nothing wrong with S3.
func requireStorage(t *testing.T, settings map[string]string) {
	t.Helper()
	_, text := examined(t, settings)
	require.Len(t, bad(text), 1, text)
	require.Contains(t, bad(text)[0], "start one")
	require.Contains(t, text, "s3 delete        works")
}

// TestBucketIsNamedByTheHost: the server's name is one that only a proxy finds.
func TestBucketIsNamedByTheHost(t *testing.T) {
	t.Parallel()
	_, settings := servers(t)
	target, err := url.Parse(settings["S3_ENDPOINT"])
	require.NoError(t, err)
	var mu sync.Mutex
	hosts := make(map[string]bool)
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		if r.In.URL.Path != "/"+settings["S3_BUCKET"]+"/" { // a bucket that is to be made is named by the path
			mu.Lock()
			hosts[r.In.Host] = true
			mu.Unlock()
		}
		r.SetURL(&url.URL{Scheme: target.Scheme, Host: target.Host})
		r.Out.Host = r.In.Host // it is signed
	}})
	t.Cleanup(proxy.Close)
	settings["S3_ENDPOINT"], settings["HTTP_PROXY"], settings["S3_ADDRESSING"] = "http://"+testenv.VirtualDomain, proxy.URL, "virtual-host"
	requireStorage(t, settings)
	mu.Lock()
	assert.Equal(t, map[string]bool{settings["S3_BUCKET"] + "." + testenv.VirtualDomain: true}, hosts)
	mu.Unlock()
}

// TestCredentialsOfTheChain: from the environment, from a shared file, and from a container's role.
func TestCredentialsOfTheChain(t *testing.T) {
	t.Parallel()
	_, settings := servers(t)
	id, secret := settings["AWS_ACCESS_KEY_ID"], settings["AWS_SECRET_ACCESS_KEY"]
	settings["S3_CREDENTIALS"] = "chain"
	requireStorage(t, settings)
	delete(settings, "AWS_ACCESS_KEY_ID")
	delete(settings, "AWS_SECRET_ACCESS_KEY")

	file := filepath.Join(t.TempDir(), "credentials")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, "[farm]\naws_access_key_id = %s\naws_secret_access_key = %s\n", id, secret), 0o600))
	shared := maps.Clone(settings)
	shared["AWS_SHARED_CREDENTIALS_FILE"], shared["AWS_PROFILE"] = file, "farm"
	requireStorage(t, shared)

	role := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"AccessKeyID": id, "SecretAccessKey": secret, "Expiration": time.Now().Add(time.Hour)})
	}))
	container := maps.Clone(settings)
	container["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = role.URL
	requireStorage(t, container)

	role.Close()
	_, text := examined(t, container)
	require.Contains(t, text, "S3_CREDENTIALS is chain, and there are none")
}

// TestSecretsAreMounted: a farm whose secrets are all in files.
func TestSecretsAreMounted(t *testing.T) {
	t.Parallel()
	redis, settings := servers(t)
	redis.Do(t, "CONFIG SET requirepass secret")
	folder := t.TempDir()
	for name, value := range map[string]string{"REDIS_PASSWORD": "secret\n", "AWS_SECRET_ACCESS_KEY": settings["AWS_SECRET_ACCESS_KEY"]} {
		file := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(file, []byte(value), 0o600))
		delete(settings, name)
		settings[name+"_FILE"] = file
	}
	requireStorage(t, settings)
}
