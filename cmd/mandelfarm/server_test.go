package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// bulky is a picture of 16 MB, far more than the system takes in before the
// client does, that is soon drawn.
const bulky = "/generate/2000/2000?format=npy&max_iterations=10&radius=0.1&re=1"

// confined limits the files that a process may have open.
func confined(cmd *exec.Cmd, files int) *exec.Cmd {
	cmd.Args = append([]string{"sh", "-c", fmt.Sprintf(`ulimit -n %d && exec "$@"`, files), "sh", cmd.Path}, cmd.Args[1:]...)
	cmd.Path = "/bin/sh"
	return cmd
}

// unread asks a process for a path and does not read the answer.
func unread(tb testing.TB, s *service, path string) net.Conn {
	tb.Helper()
	host := strings.TrimPrefix(s.url, "http://")
	client, err := new(net.Dialer).DialContext(tb.Context(), "tcp", host)
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = client.Close() })
	_, err = fmt.Fprintf(client, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, host)
	require.NoError(tb, err)
	return client
}

// descriptors counts the files that a process has open, connections included.
func descriptors(tb testing.TB, s *service) int {
	tb.Helper()
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.PID()))
	require.NoError(tb, err)
	return len(open)
}

// backlogs counts the connections of a process on which bytes wait, for it or for
// the other side. Idle ones of its pools do not count.
func backlogs(tb testing.TB, s *service) (n int) {
	tb.Helper()
	own := make(map[string]bool)
	dir := fmt.Sprintf("/proc/%d/", s.PID())
	open, err := os.ReadDir(dir + "fd")
	require.NoError(tb, err)
	for _, file := range open {
		if target, err := os.Readlink(dir + "fd/" + file.Name()); err == nil { // else it is closed already
			own[target] = true
		}
	}
	for _, table := range []string{"net/tcp", "net/tcp6"} {
		data, err := os.ReadFile(dir + table)
		require.NoError(tb, err)
		for line := range strings.Lines(string(data)) {
			if f := strings.Fields(line); own["socket:["+f[9]+"]"] && f[3] == "01" && f[4] != "00000000:00000000" {
				n++
			}
		}
	}
	return n
}

func onLinux(tb testing.TB) {
	tb.Helper()
	if runtime.GOOS != "linux" {
		tb.Skip("looks at /proc")
	}
}

// TestCrowdThatNeverReads is of more clients than an API has descriptors, each of
// which asks for a large picture and takes nothing of it.
func TestCrowdThatNeverReads(t *testing.T) {
	t.Parallel()
	onLinux(t)
	_, settings := servers(t)
	serve(t, settings, "worker")
	settings["CACHE_BYTES"], settings["SEND_TIMEOUT"] = "0", "10m"
	const files = 300
	front := launch(t, confined(command(t, settings, "api", "--listen", "127.0.0.1:0"), files))
	status, _ := front.get(bulky)
	require.Equal(t, http.StatusOK, status)

	for range files + 100 {
		unread(t, front, bulky)
	}
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		status, body := newcomer(t, front, "/healthz")
		assert.Equal(t, http.StatusOK, status, "every time, not only in the end: %s", body)
		status, body = newcomer(t, front, "/generate/200/100")
		if status != http.StatusOK {
			assert.Contains(t, body, "MAX_CONNECTIONS")
		}
		require.Equal(c, http.StatusOK, status)
	}, testTimeout, 50*time.Millisecond)
	assert.Less(t, descriptors(t, front), files)
}

// newcomer asks a process on a connection of its own; status 0 means that there is
// no answer.
func newcomer(tb testing.TB, s *service, path string) (status int, body string) {
	tb.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: testTimeout / 2}
	response, err := client.Get(s.url + path)
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err.Error()
	}
	return response.StatusCode, string(data)
}

func TestClientsThatNeverReadAreCutOff(t *testing.T) {
	t.Parallel()
	onLinux(t)
	_, settings := servers(t)
	serve(t, settings, "worker")
	const limit = 2 * time.Second
	settings["CACHE_BYTES"], settings["SEND_TIMEOUT"] = "0", limit.String()
	front := serve(t, settings, "api")
	status, whole := front.get(bulky)
	require.Equal(t, http.StatusOK, status)
	job := front.submit(t, slow(endless))
	front.change(t, http.MethodPost, job+"/pause")
	silent, err := http.Get(front.url + job + "/events") // for 15 seconds
	require.NoError(t, err)
	defer silent.Body.Close()

	const crowd = 40
	clients := make([]net.Conn, crowd)
	for i := range clients {
		clients[i] = unread(t, front, bulky)
	}
	require.Eventually(t, func() bool { return backlogs(t, front) > crowd*3/2 }, testTimeout, 10*time.Millisecond,
		"each has a connection, and one to storage")
	steady := unread(t, front, bulky)
	var reading sync.WaitGroup
	var read []byte
	var readErr error
	reading.Go(func() { read, readErr = readSlowly(steady, 3*limit) })
	const steadys = 2
	require.Eventually(t, func() bool { return backlogs(t, front) <= steadys }, testTimeout, 100*time.Millisecond,
		"both are given back")
	for _, c := range clients {
		n, _ := io.Copy(io.Discard, c) // cut off or reset
		assert.Less(t, n, int64(len(whole)))
	}
	reading.Wait()
	require.NoError(t, readErr)
	assert.Equal(t, sha256.Sum256(whole), sha256.Sum256(read), "who reads slowly and steadily gets all")

	front.change(t, http.MethodDelete, job)
	events, err := io.ReadAll(silent.Body)
	require.NoError(t, err)
	assert.Contains(t, string(events), "event: canceled", "a stream on which nothing happened goes on")
}

// readSlowly reads the body of an answer at 60 KB a second for so long, and then
// the rest.
func readSlowly(client io.Reader, slow time.Duration) ([]byte, error) {
	response, err := http.ReadResponse(bufio.NewReader(client), nil)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	pace := time.NewTicker(100 * time.Millisecond)
	defer pace.Stop()
	var body bytes.Buffer
	for began := time.Now(); time.Since(began) < slow; <-pace.C {
		if _, err := io.CopyN(&body, response.Body, 6000); err != nil {
			return nil, err
		}
	}
	_, err = io.Copy(&body, response.Body)
	return body.Bytes(), err
}

// change sends a request without a body that must succeed.
func (s *service) change(tb testing.TB, method, path string) {
	tb.Helper()
	request, err := http.NewRequestWithContext(tb.Context(), method, s.url+path, nil)
	require.NoError(tb, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(tb, err)
	require.NoError(tb, response.Body.Close())
	require.Equal(tb, http.StatusOK, response.StatusCode, "%s %s", method, path)
}

func TestMoreConnectionsThanDescriptorsAreRefused(t *testing.T) {
	t.Parallel()
	onLinux(t)
	out, err := confined(command(t, nil, "--max-connections", "1000"), 1024).CombinedOutput()
	require.Error(t, err)
	assert.Contains(t, string(out), "MAX_CONNECTIONS")
	assert.Contains(t, string(out), "at most 448: the process may open 1024 files")
}
