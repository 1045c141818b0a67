package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/api"
	"mandelfarm/connlimit"
	"mandelfarm/internal/testenv"
	"mandelfarm/ledger"
	"mandelfarm/storage/dir"
)

// keys runs a command about keys on a folder, in this process.
func keys(t *testing.T, data string, args ...string) (stdout string, err error) {
	t.Helper()
	root := rootCommand(func(name string) (string, bool) { return data, name == "DATA" })
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetErr(io.Discard)
	root.SetArgs(append([]string{"keys"}, args...))
	err = root.ExecuteContext(t.Context())
	return out.String(), err
}

func madeKey(t *testing.T, data, role string, args ...string) string {
	t.Helper()
	text, err := keys(t, data, append([]string{"create", "--title", "a test's", "--role", role}, args...)...)
	require.NoError(t, err)
	return strings.TrimSpace(text)
}

// withKey runs a command that asks a farm with a key.
func withKey(t *testing.T, farmURL, key, stdin string, args ...string) result {
	t.Helper()
	cmd := command(t, map[string]string{"FARM_URL": farmURL, "FARM_KEY": key}, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &stdout, &stderr
	kill := time.AfterFunc(testTimeout, func() { _ = cmd.Process.Kill() })
	defer kill.Stop()
	_ = cmd.Run() // the code says
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// TestKeysFromCreationToRevocation on a farm that runs and answers nobody without one.
func TestKeysFromCreationToRevocation(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	farm := serve(t, map[string]string{"DATA": data, "ANONYMOUS": "off"})
	submits := madeKey(t, data, "submit", "--expires", "1h")
	id := strings.Split(submits, "_")[1]
	const small = `{"width": 60, "height": 40}`
	refused := ask(t, farm.url, small, "submit", "-")
	assert.Equal(t, exitFailure, refused.code)
	assert.Contains(t, refused.stderr, "a key is needed")
	require.Eventually(t, func() bool { return withKey(t, farm.url, submits, "", "jobs").code == exitOK }, testTimeout, 100*time.Millisecond)
	done := withKey(t, farm.url, submits, small, "submit", "-", "--wait")
	require.Equal(t, exitOK, done.code, done.stderr)
	job := strings.TrimSpace(done.stdout)
	assert.Contains(t, withKey(t, farm.url, submits, "", "purge", job).stderr, "the role operate")

	link := withKey(t, farm.url, submits, "", "link", job, "--for", "1h")
	require.Equal(t, exitOK, link.code, link.stderr)
	status, _ := farm.get(strings.TrimPrefix(strings.TrimSpace(link.stdout), farm.url))
	assert.Equal(t, http.StatusOK, status)

	list, err := keys(t, data, "list")
	require.NoError(t, err)
	assert.Contains(t, list, id)
	assert.Contains(t, list, "signed links")
	assert.NotContains(t, list, submits[len(submits)-52:])
	_, err = keys(t, data, "revoke", id)
	require.NoError(t, err)
	require.Eventually(t, func() bool { return withKey(t, farm.url, submits, "", "jobs").code != exitOK }, testTimeout, 100*time.Millisecond)
	operates := madeKey(t, data, "operate")
	require.Eventually(t, func() bool { return withKey(t, farm.url, operates, "", "purge", job).code == exitOK }, testTimeout, 100*time.Millisecond)
}

func TestKeyCommandsRefuse(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	for _, args := range [][]string{
		{"create", "--role", "read"},
		{"create", "--title", "x"},
		{"create", "--title", "x", "--role", "none"},
		{"create", "--title", "x", "--role", "admin"},
		{"create", "--title", "x", "--role", "read", "--expires", "-1h"},
	} {
		_, err := keys(t, data, args...)
		require.ErrorIs(t, err, errUsage, args)
	}
	for _, id := range []string{"aaaaaaaa", "x", "../../open/1", ""} {
		_, err := keys(t, data, "revoke", id)
		require.ErrorContains(t, err, "no such key", id)
	}
	store, err := dir.Open(data)
	require.NoError(t, err)
	operations, err := ledger.New(store, ledger.Options{}).Operations(t.Context(), 1)
	require.NoError(t, err)
	require.NoError(t, store.Close())
	assert.Empty(t, operations, "nothing was done")
	list, err := keys(t, data, "list")
	require.NoError(t, err)
	assert.Equal(t, 1, strings.Count(list, "\n"))
}

// writeCertificate writes a certificate for 127.0.0.1 and its key, of a number.
func writeCertificate(t *testing.T, files tlsFiles, number int64) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := x509.Certificate{
		SerialNumber: big.NewInt(number), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true,
	}
	cert, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	for name, block := range map[string]*pem.Block{files.cert: {Type: "CERTIFICATE", Bytes: cert}, files.key: {Type: "PRIVATE KEY", Bytes: private}} {
		require.NoError(t, os.WriteFile(name, pem.EncodeToMemory(block), 0o600))
		at := time.Unix(1_700_000_000+number, 0) // whatever the resolution of the file system
		require.NoError(t, os.Chtimes(name, at, at))
	}
}

func newTLSFiles(t *testing.T) tlsFiles {
	t.Helper()
	folder := t.TempDir()
	return tlsFiles{filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")}
}

// served is the number of the certificate that an address shows.
func served(t *testing.T, address string) int64 {
	t.Helper()
	conn, err := new(tls.Dialer).DialContext(t.Context(), "tcp", address)
	var unknown *tls.CertificateVerificationError
	if errors.As(err, &unknown) {
		return unknown.UnverifiedCertificates[0].SerialNumber.Int64()
	}
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	return 0
}

// TestTLSByFile: the API speaks TLS, the health check knows it, and a certificate is replaced while the farm runs.
func TestTLSByFile(t *testing.T) {
	t.Parallel()
	files := newTLSFiles(t)
	writeCertificate(t, files, 1)
	env := map[string]string{"DATA": t.TempDir(), "TLS_CERT": files.cert, "TLS_KEY": files.key, "LISTEN": "127.0.0.1:0"}
	process := testenv.Start(t, command(t, env))
	var address string
	require.Eventually(t, func() bool {
		found := regexp.MustCompile(`msg=listening url=https://localhost:(\d+)/`).FindStringSubmatch(process.Log())
		if found != nil {
			address = "127.0.0.1:" + found[1]
		}
		return found != nil
	}, testTimeout, 5*time.Millisecond)
	require.Eventually(t, func() bool { return healthcheck(t.Context(), address, files) == nil }, testTimeout, 50*time.Millisecond)
	require.EqualValues(t, 1, served(t, address))
	require.Error(t, healthcheck(t.Context(), address, tlsFiles{}), "without TLS")

	writeCertificate(t, files, 2)
	require.EqualValues(t, 2, served(t, address))
	require.NoError(t, os.WriteFile(files.cert, []byte("half"), 0o600))
	require.EqualValues(t, 2, served(t, address), "what is no certificate is not taken")
	other := newTLSFiles(t)
	writeCertificate(t, other, 3)
	require.Error(t, healthcheck(t.Context(), address, other), "another process's certificate")
}

// TestRequestsKeepTheirPlaceUnderTLS: the listener hears under TLS too which connections are at a request, and cuts none of those off.
func TestRequestsKeepTheirPlaceUnderTLS(t *testing.T) {
	t.Parallel()
	files := newTLSFiles(t)
	writeCertificate(t, files, 1)
	inner, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	bounded := connlimit.New(inner, connlimit.Config{Served: 1, SendTimeout: time.Minute})
	begun, release := make(chan struct{}, 1), make(chan struct{})
	overTLS(t, files, bounded, bounded.ConnState, func(w http.ResponseWriter, _ *http.Request) {
		begun <- struct{}{}
		<-release
		_, _ = io.WriteString(w, "served")
	})
	overTLS(t, files, bounded.Surplus(), bounded.ConnState, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "busy") })

	answer := make(chan string, 1)
	go func() { answer <- askTLS(t, files, inner.Addr().String()) }()
	<-begun
	const longer = 1500 * time.Millisecond // than an idle connection keeps its place
	for start := time.Now(); time.Since(start) < longer; {
		require.Equal(t, "busy", askTLS(t, files, inner.Addr().String()))
	}
	close(release)
	require.Equal(t, "served", <-answer)
}

// overTLS serves a listener by a handler until the test ends.
func overTLS(t *testing.T, files tlsFiles, listener net.Listener, state func(net.Conn, http.ConnState), handle http.HandlerFunc) {
	t.Helper()
	server := &http.Server{
		TLSConfig: serverTLS(files, func(err error) { t.Error(err) }), ConnState: state, ReadHeaderTimeout: time.Minute, Handler: handle,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug),
	}
	server.SetKeepAlivesEnabled(false)
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.ServeTLS(listener, "", "") })
	t.Cleanup(func() {
		_ = server.Close()
		serving.Wait()
	})
}

// askTLS is what an address answers; an error is told as one.
func askTLS(t *testing.T, files tlsFiles, address string) string {
	t.Helper()
	own, err := files.itself()
	if err != nil {
		return err.Error()
	}
	transport := &http.Transport{TLSClientConfig: own, DisableKeepAlives: true}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+address, nil)
	if err != nil {
		return err.Error()
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return string(body) + reason(err)
}

func TestAccessSettingsAreChecked(t *testing.T) {
	t.Parallel()
	for _, wrong := range [][]string{
		{"--anonymous=operate"},
		{"--key-requests=10"},
		{"--key-requests=0/1m"},
		{"--key-cost=1e6/1ms"},
		{"--key-cost=NaN/1h"},
		{"--trusted-proxies=proxy.example"},
		{"--tls-cert=/none"},
		{"--tls-cert=/none", "--tls-key=/none"},
	} {
		s := defaultSettings()
		cmd := &cobra.Command{}
		s.addAPI(cmd.Flags())
		s.addTLS(cmd.Flags())
		err := cmd.ParseFlags(wrong)
		require.Error(t, errors.Join(err, s.validate()), wrong)
	}
	assert.Equal(t, api.AnonymousAuto, api.DefaultConfig().Anonymous)
}
