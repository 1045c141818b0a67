package api_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/api"
	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
)

// hangingStore answers no Get of a picture before its context ends.
type hangingStore struct{ storage.Store }

func (s hangingStore) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, storage.Info, error) {
	if !strings.HasPrefix(key, "renders/") {
		return s.Store.Get(ctx, key, offset, length)
	}
	<-ctx.Done()
	return nil, storage.Info{}, &storage.Error{Op: "get", Key: key, Err: context.Cause(ctx)}
}

// TestHangingStorageEndsTheWaitForAJobsPicture.
func TestHangingStorageEndsTheWaitForAJobsPicture(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it waits for 15 s")
	}
	f := newFarm(t)
	s := spec.Original(100, 50)
	_, err := f.ledger.Accept(t.Context(), s)
	require.NoError(t, err)
	deps := f.dependencies()
	deps.Ledger = ledger.New(hangingStore{f.store}, ledger.Options{})
	f.url = serveHTTP(t, f.serverOf(f.config, deps))
	began := time.Now()
	a := f.get("/jobs/" + string(s.ID()) + "/image")
	assert.Equal(t, http.StatusServiceUnavailable, a.status)
	assert.NotEmpty(t, a.header.Get("Retry-After"))
	assert.Less(t, time.Since(began), 25*time.Second)
}

// hangingTasks is a Redis that does not answer.
type hangingTasks struct{ api.Tasks }

func (hangingTasks) Room(ctx context.Context, _ job.Lane) error {
	<-ctx.Done()
	return job.ErrUnavailable
}

func (hangingTasks) Enqueue(ctx context.Context, _ job.Task) error {
	<-ctx.Done()
	return job.ErrUnavailable
}

// TestAHangingRedisDoesNotHoldUpAcceptance: neither of its answers decides the farm's.
func TestAHangingRedisDoesNotHoldUpAcceptance(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	deps := f.dependencies()
	deps.Tasks = hangingTasks{f.queue}
	f.url = serveHTTP(t, f.serverOf(f.config, deps))
	began := time.Now()
	assert.Equal(t, http.StatusAccepted, f.post(`{"width": 64, "height": 48}`).status)
	assert.Less(t, time.Since(began), 5*time.Second, "a second for each")
}

// TestChunkedRequestsAreTheLastOnTheirConnection, because one with a length as well is smuggling, and net/http hides that.
func TestChunkedRequestsAreTheLastOnTheirConnection(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	const body = `{"width":8,"height":6}`
	for name, lengths := range map[string]string{
		"both": "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "chunks": "Transfer-Encoding: chunked\r\n",
	} {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(f.url, "http://"))
		require.NoError(t, err)
		defer conn.Close()
		_, err = io.WriteString(conn, "POST /jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"+lengths+
			"\r\n16\r\n"+body+"\r\n0\r\n\r\n")
		require.NoError(t, err)
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(10*time.Second)))
		in := bufio.NewReader(conn)
		response, err := http.ReadResponse(in, nil)
		require.NoError(t, err, name)
		require.Less(t, response.StatusCode, http.StatusBadRequest, name)
		_, err = io.Copy(io.Discard, response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		_, err = in.ReadByte()
		require.ErrorIs(t, err, io.EOF, name)
	}
}
