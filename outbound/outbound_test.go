package outbound_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/outbound"
)

func policy(t *testing.T, rules ...string) outbound.Policy {
	t.Helper()
	p, err := outbound.ParsePolicy(rules)
	require.NoError(t, err)
	return p
}

func TestAddressesThatAreNotPublic(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "100.127.255.255",
		"169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.0.192", "198.18.0.1", "192.0.2.1", "203.0.113.7", "224.0.0.1", "255.255.255.255",
		"::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1", "3fff::1",
		"::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1",
		"2002:7f00:1::", "2001:0:7f00:1::", "100::1",
	} {
		assert.False(t, outbound.IsPublic(netip.MustParseAddr(text)), text)
	}
	for _, text := range []string{
		"1.1.1.1", "9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0", "100.63.255.255", "100.128.0.0", "223.255.255.255",
		"2606:4700::1111", "2a00::1", "::ffff:1.1.1.1", "64:ff9b::101:101",
	} {
		assert.True(t, outbound.IsPublic(netip.MustParseAddr(text)), text)
	}
	assert.False(t, outbound.IsPublic(netip.Addr{}))
}

func TestWhatURLsMayName(t *testing.T) {
	t.Parallel()
	p := policy(t, "hooks.example.com", "*.example.org:8443", "http://receiver.internal:9000", "10.0.0.0/8", "http://127.0.0.1:9001", "https://[2606:4700::1]")
	for _, address := range []string{
		"https://hooks.example.com", "https://hooks.example.com/a/b?token=c", "https://HOOKS.example.com.:443/", "https://a.example.org:8443/", "https://a.b.example.org:8443/",
		"http://receiver.internal:9000/", "http://127.0.0.1:9001/x", "http://[::ffff:127.0.0.1]:9001/", "https://[2606:4700:0::1]/",
	} {
		require.NoError(t, p.Check(address), address)
	}
	for _, address := range []string{
		"", "hooks.example.com", "//hooks.example.com", "http://hooks.example.com", "https://hooks.example.com:8443", "https://example.com", "https://a.hooks.example.com",
		"https://example.org:8443", "https://badexample.org:8443", "https://a.example.org", "https://hooks.example.com.evil.example", "https://hooks.example.com@evil.example",
		"https://user:secret@hooks.example.com", "https://hooks.example.com/#part", "https://hooks.example.com:0", "https://hooks.example.com:99999", "ftp://hooks.example.com", "file:///etc/passwd",
		"https:hooks.example.com", "https://10.0.0.1", "http://10.0.0.1:9001", "http://127.0.0.1", "http://127.0.0.2:9001", "http://2130706433:9001", "http://0x7f.1:9001", "https://[::1]",
		"https://hooks.example.com/" + strings.Repeat("a", 2048), "gopher://receiver.internal:9000",
	} {
		require.Error(t, p.Check(address), address)
	}
}

func TestNobodyIsAllowedByDefault(t *testing.T) {
	t.Parallel()
	for _, p := range []outbound.Policy{{}, policy(t, "10.0.0.0/8")} {
		require.Error(t, p.Check("https://hooks.example.com"))
		require.Error(t, p.Check("https://10.0.0.1"))
	}
}

func TestAllNamesAreNoAddresses(t *testing.T) {
	t.Parallel()
	p := policy(t, "*")
	require.NoError(t, p.Check("https://hooks.example.com"))
	for _, address := range []string{"https://1.1.1.1", "https://[::1]", "http://hooks.example.com", "https://hooks.example.com:444"} {
		require.Error(t, p.Check(address), address)
	}
}

func TestRulesThatAreNone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "a b", "https://", "ftp://a.example", "a.example/path", "a.example?q", "*example.com", "*.", "a.*.example", "*.*.example", "10.0.0.0/33", "user@a.example", "a.example:0"} {
		require.Error(t, outbound.CheckRule(text), text)
	}
}

// receiver counts what it is asked on a loopback address.
func receiver(t *testing.T, handle http.HandlerFunc) (server *httptest.Server, asked *atomic.Int64) {
	t.Helper()
	asked = new(atomic.Int64)
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		handle(w, r)
	}))
	t.Cleanup(server.Close)
	return server, asked
}

func post(t *testing.T, p outbound.Policy, address string) (int, error) {
	t.Helper()
	return outbound.NewClient(p).Post(t.Context(), address, http.Header{"Content-Type": {"application/json"}}, []byte(`{"a": 1}`))
}

func TestWhatIsAllowedIsAsked(t *testing.T) {
	t.Parallel()
	server, asked := receiver(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Method == http.MethodPost && string(body) == `{"a": 1}` && r.Header.Get("Content-Type") == "application/json" {
			w.WriteHeader(http.StatusAccepted)
		}
	})
	status, err := post(t, policy(t, server.URL), server.URL+"/x")
	require.NoError(t, err)
	assert.Equal(t, http.StatusAccepted, status)
	assert.EqualValues(t, 1, asked.Load())
}

// TestNamesThatLeadInsideAreNotConnectedTo: what a name is checked for, before it is resolved, does not count.
func TestNamesThatLeadInsideAreNotConnectedTo(t *testing.T) {
	t.Parallel()
	server, asked := receiver(t, func(http.ResponseWriter, *http.Request) {})
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	require.NoError(t, err)
	named := "http://localhost:" + port
	_, err = post(t, policy(t, named), named+"/secret?token=abc")
	require.ErrorContains(t, err, "not public")
	assert.NotContains(t, err.Error(), "secret")
	assert.NotContains(t, err.Error(), "token")
	assert.Zero(t, asked.Load())

	_, err = post(t, policy(t, named, "127.0.0.0/8"), named)
	require.NoError(t, err, "the operator allows the address as well")
	assert.EqualValues(t, 1, asked.Load())
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	inside, asked := receiver(t, func(http.ResponseWriter, *http.Request) {})
	for _, status := range []int{http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect} {
		server, _ := receiver(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, inside.URL, status) })
		got, err := post(t, policy(t, server.URL, inside.URL), server.URL)
		require.NoError(t, err)
		assert.Equal(t, status, got)
	}
	assert.Zero(t, asked.Load())
}

func TestNoProxyIsAsked(t *testing.T) {
	proxy, asked := receiver(t, func(http.ResponseWriter, *http.Request) {})
	t.Setenv("HTTP_PROXY", proxy.URL)
	t.Setenv("HTTPS_PROXY", proxy.URL)
	_, err := post(t, policy(t, "http://hooks.invalid", "127.0.0.0/8"), "http://hooks.invalid")
	require.Error(t, err, "there is no such host")
	assert.Zero(t, asked.Load())
}

// TestAnswersAreReadUpToABound: one that never ends does not keep the farm busy.
func TestAnswersAreReadUpToABound(t *testing.T) {
	t.Parallel()
	var sent atomic.Int64
	ended := make(chan struct{})
	server, _ := receiver(t, func(w http.ResponseWriter, r *http.Request) {
		defer close(ended)
		chunk := make([]byte, 32<<10)
		for r.Context().Err() == nil {
			if _, err := w.Write(chunk); err != nil {
				return
			}
			sent.Add(int64(len(chunk)))
		}
	})
	status, err := post(t, policy(t, server.URL), server.URL)
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, status)
	<-ended
	assert.Less(t, sent.Load(), int64(64<<20), "what buffers of connections hold, and no more")

	large, _ := receiver(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Large", strings.Repeat("a", 1<<20)) })
	_, err = post(t, policy(t, large.URL), large.URL)
	require.Error(t, err)
}

func TestRequestsEndWithTheirContext(t *testing.T) {
	t.Parallel()
	began := make(chan struct{})
	server, _ := receiver(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // so that its end is heard of
		close(began)
		<-r.Context().Done()
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	go func() {
		<-began
		cancel()
	}()
	_, err := outbound.NewClient(policy(t, server.URL)).Post(ctx, server.URL, nil, nil)
	require.ErrorIs(t, err, context.Canceled)
}
