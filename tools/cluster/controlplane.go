package cluster

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
)

var programs = flag.String("programs", "", "folder of etcd, Kubernetes' and KEDA's programs (make k8s-real builds them)") //nolint:gochecknoglobals // a flag

// startLimit is for machines that do much else.
const startLimit = 5 * time.Minute

// cluster is a control plane that knows no nodes.
type cluster struct {
	*apiServer

	certificates testenv.Certificates
}

// newCluster starts etcd, an API server, and what makes pods of Deployments and gives them to nodes.
func newCluster(tb testing.TB) *cluster {
	tb.Helper()
	if *programs == "" {
		tb.Skip("no control plane is asked for: make k8s-real")
	}
	c := &cluster{certificates: testenv.NewCertificates(tb)}
	folder, address := tb.TempDir(), testenv.FreeAddr(tb)
	config := write(tb, folder, "config", kubeconfig(address))
	c.apiServer = newAPIServer(address, config, folder)

	key := write(tb, folder, "sa.key", serviceAccountKey(tb))
	c.startAPIServer(tb, address, key, startEtcd(tb))
	start(tb, nil, "kube-controller-manager", "--kubeconfig", config, "--service-account-private-key-file", key, "--leader-elect=false",
		"--bind-address", "127.0.0.1", "--secure-port", port(tb, testenv.FreeAddr(tb)), "--cert-dir", tb.TempDir())
	start(tb, nil, "kube-scheduler", "--kubeconfig", config, "--leader-elect=false",
		"--bind-address", "127.0.0.1", "--secure-port", port(tb, testenv.FreeAddr(tb)), "--cert-dir", tb.TempDir())
	return c
}

// startEtcd returns the store's address.
func startEtcd(tb testing.TB) (url string) {
	tb.Helper()
	clients, peers := "http://"+testenv.FreeAddr(tb), "http://"+testenv.FreeAddr(tb)
	start(tb, nil, "etcd", "--data-dir", tb.TempDir(), "--log-level", "error",
		"--listen-client-urls", clients, "--advertise-client-urls", clients,
		"--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers, "--initial-cluster", "default="+peers)
	return clients
}

// startAPIServer returns when it is ready. Who asks KEDA's adapter through it is told by headers, for which it has a certificate.
func (c *cluster) startAPIServer(tb testing.TB, address, key, etcd string) {
	tb.Helper()
	tokens := write(tb, tb.TempDir(), "tokens.csv", token+",admin,admin,system:masters\n")
	start(tb, nil, "kube-apiserver", "--etcd-servers", etcd, "--cert-dir", tb.TempDir(),
		"--bind-address", "127.0.0.1", "--advertise-address", "127.0.0.1", "--secure-port", port(tb, address), "--endpoint-reconciler-type", "none",
		"--service-account-issuer", "https://kubernetes.default.svc", "--service-account-key-file", key, "--service-account-signing-key-file", key,
		"--service-cluster-ip-range", "10.0.0.0/24", "--token-auth-file", tokens, "--authorization-mode", "RBAC",
		"--requestheader-client-ca-file", c.certificates.CA, "--requestheader-username-headers", "X-Remote-User",
		"--requestheader-group-headers", "X-Remote-Group", "--requestheader-extra-headers-prefix", "X-Remote-Extra-",
		"--proxy-client-cert-file", c.certificates.Cert, "--proxy-client-key-file", c.certificates.Key)
	require.Eventually(tb, func() bool {
		return c.do(tb.Context(), "GET", "/readyz", plain, nil, nil) == nil
	}, startLimit, 200*time.Millisecond, "the API server is not ready")
}

// start starts one of the programs.
func start(tb testing.TB, environment []string, name string, args ...string) {
	tb.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(tb.Context()), filepath.Join(*programs, name), args...) //nolint:gosec // what make built
	cmd.Env = append(cmd.Environ(), environment...)
	testenv.Start(tb, cmd)
}

func port(tb testing.TB, address string) string {
	tb.Helper()
	_, number, err := net.SplitHostPort(address)
	require.NoError(tb, err)
	return number
}

func write(tb testing.TB, folder, name, text string) (path string) {
	tb.Helper()
	path = filepath.Join(folder, name)
	require.NoError(tb, os.WriteFile(path, []byte(text), 0o600)) //nolint:gosec // below a folder of the test's
	return path
}

func kubeconfig(address string) string {
	return fmt.Sprintf(`{"apiVersion": "v1", "kind": "Config", "current-context": "it",
		"contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
		"clusters": [{"name": "it", "cluster": {"server": "https://%s", "insecure-skip-tls-verify": true}}],
		"users": [{"name": "it", "user": {"token": %q}}]}`, address, token)
}

// serviceAccountKey is what the API server signs tokens of service accounts with.
func serviceAccountKey(tb testing.TB) string {
	tb.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(tb, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
}
