package chaos

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"

	"github.com/stretchr/testify/require"
)

// fullAnswer is what versitygw answers where its disk has no room left, with status 507: storage/s3's TestFullDisk has it do so on a disk that is full.
const fullAnswer = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>InsufficientStorage</Code><Message>No space left on device.</Message></Error>`

// filled puts before S3 a server that takes nothing of more than some bytes, as a disk does that is full. What is there is served, and can be removed.
func filled(c *scene, room int64) func() {
	target, err := url.Parse(c.farm.bucket.Endpoint)
	require.NoError(c.tb, err)
	through := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host // which is signed
	}}
	return served(c, func(w http.ResponseWriter, r *http.Request) {
		_, removes := r.URL.Query()["delete"]
		if writes := r.Method == http.MethodPut || r.Method == http.MethodPost && !removes; !writes || r.ContentLength >= 0 && r.ContentLength <= room {
			through.ServeHTTP(w, r)
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(http.StatusInsufficientStorage)
		_, _ = io.Copy(w, strings.NewReader(fullAnswer))
	})
}

// served puts a server in the place of S3.
func served(c *scene, answer http.HandlerFunc) func() {
	server := httptest.NewServer(answer)
	end := led(c, server.Listener.Addr().String(), linksOf(c.farm.members, toStore)...)
	return func() {
		end()
		server.CloseClientConnections()
		server.Close()
	}
}
