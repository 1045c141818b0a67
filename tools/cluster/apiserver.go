package cluster

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// token is what everybody says to the API server who may do everything.
const token = "all"

// apiServer is the one of a [cluster].
type apiServer struct {
	url    string
	config string // a kubeconfig
	folder string // where kubectl is, and may leave what it remembers
	http   *http.Client
}

func newAPIServer(address, config, folder string) *apiServer {
	insecure := &tls.Config{InsecureSkipVerify: true} //nolint:gosec // it signs its certificate itself, and is on loopback
	return &apiServer{
		url: "https://" + address, config: config, folder: folder,
		http: &http.Client{Transport: &http.Transport{TLSClientConfig: insecure, MaxIdleConnsPerHost: 32, ForceAttemptHTTP2: true}},
	}
}

// do asks for a path; body and answer are JSON, or nil.
func (a *apiServer) do(ctx context.Context, method, path, contentType string, body, answer any) error {
	var sent io.Reader = http.NoBody
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		sent = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, a.url+path, sent)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", contentType)
	response, err := a.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%s %s: %d: %s", method, path, response.StatusCode, text)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(text, answer)
}

func (a *apiServer) get(ctx context.Context, path string, answer any) error {
	return a.do(ctx, http.MethodGet, path, plain, nil, answer)
}

// Types of what is sent.
const (
	plain = "application/json"
	patch = "application/strategic-merge-patch+json"
)

// kubectl runs one command with a text as its input, and returns all it prints.
func (a *apiServer) kubectl(tb testing.TB, input string, args ...string) (said string, err error) {
	tb.Helper()
	cmd := exec.CommandContext(tb.Context(), filepath.Join(*programs, "kubectl"), append([]string{"--kubeconfig", a.config}, args...)...) //nolint:gosec // a test's
	cmd.Env = append(cmd.Environ(), "HOME="+a.folder)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// must runs a command that must succeed without a warning, and returns what it prints.
func (a *apiServer) must(tb testing.TB, input string, args ...string) (said string) {
	tb.Helper()
	said, err := a.kubectl(tb, input, args...)
	require.NoError(tb, err, "kubectl %s: %s", strings.Join(args, " "), said)
	require.NotContains(tb, said, "Warning", "kubectl %s", strings.Join(args, " "))
	return said
}
