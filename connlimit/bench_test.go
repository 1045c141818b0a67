package connlimit_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/connlimit"
)

// BenchmarkAnswer measures what the bounds cost an answer over loopback, small and
// large, beside a listener without any.
func BenchmarkAnswer(b *testing.B) {
	for _, size := range []int{1 << 10, 64 << 10, 8 << 20} {
		for _, bounded := range []bool{false, true} {
			b.Run("bytes="+strconv.Itoa(size)+"/bounded="+strconv.FormatBool(bounded), func(b *testing.B) {
				data := make([]byte, size)
				server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Length", strconv.Itoa(size))
					_, _ = w.Write(data)
				}))
				if bounded {
					l := connlimit.New(server.Listener, connlimit.Config{Served: 100, SendTimeout: time.Minute})
					server.Listener, server.Config.ConnState = l, l.ConnState
				}
				server.Start()
				b.Cleanup(server.Close)
				client, err := new(net.Dialer).DialContext(b.Context(), "tcp", server.Listener.Addr().String())
				require.NoError(b, err)
				b.Cleanup(func() { _ = client.Close() })
				reader := bufio.NewReaderSize(client, 64<<10)
				ask(b, client, reader)
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					ask(b, client, reader)
				}
			})
		}
	}
}

// ask sends a request and reads its answer.
func ask(b *testing.B, c net.Conn, reader *bufio.Reader) {
	b.Helper()
	_, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	require.NoError(b, err)
	response, err := http.ReadResponse(reader, nil)
	require.NoError(b, err)
	_, err = io.Copy(io.Discard, response.Body)
	require.NoError(b, err)
	require.NoError(b, response.Body.Close())
}
