package cluster

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
)

// kedaAPI leads to the adapter: what the API server is asked for of external metrics, it asks there.
const kedaAPI = `
apiVersion: v1
kind: Service
metadata: {name: keda-metrics-apiserver, namespace: keda}
spec: {type: ExternalName, externalName: localhost}
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1beta1.external.metrics.k8s.io}
spec:
  service: {name: keda-metrics-apiserver, namespace: keda, port: ADAPTER_PORT}
  group: external.metrics.k8s.io
  version: v1beta1
  groupPriorityMinimum: 100
  versionPriority: 100
  insecureSkipTLSVerify: true
`

// installDefinitions gives the API server KEDA's kinds, of the release that its programs are of.
func (c *cluster) installDefinitions(tb testing.TB) {
	tb.Helper()
	c.must(tb, "", "apply", "--server-side", "--filename", filepath.Join(kedaFolder(tb), "config/crd/bases"))
	for _, kind := range []string{"scaledobjects", "triggerauthentications"} {
		require.Eventually(tb, func() bool { // kubectl wait fails on a definition that has no conditions yet
			return c.get(tb.Context(), "/apis/keda.sh/v1alpha1/"+kind, nil) == nil
		}, startLimit, lookInterval, "%s are not known", kind)
	}
}

// startKEDA starts its operator and its adapter, and returns when metrics can be asked for.
func (c *cluster) startKEDA(tb testing.TB) {
	tb.Helper()
	c.installDefinitions(tb)
	c.must(tb, "", "create", "namespace", "keda")
	folder, service, adapter := c.kedaCertificates(tb), testenv.FreeAddr(tb), testenv.FreeAddr(tb)
	environment := []string{"KUBECONFIG=" + c.config, "POD_NAMESPACE=keda", "KEDA_CLUSTER_OBJECT_NAMESPACE=keda", "WATCH_NAMESPACE="}
	health := testenv.FreeAddr(tb)
	start(tb, environment, "operator", "--cert-dir", folder, "--metrics-bind-address", testenv.FreeAddr(tb),
		"--health-probe-bind-address", health, "--metrics-service-bind-address", service, "--zap-log-level", "error")
	start(tb, environment, "adapter", "--secure-port", port(tb, adapter), "--bind-address", "127.0.0.1", "--cert-dir", folder,
		"--tls-cert-file", filepath.Join(folder, "tls.crt"), "--tls-private-key-file", filepath.Join(folder, "tls.key"),
		"--metrics-service-address", service, "--port", port(tb, testenv.FreeAddr(tb)), "--lister-kubeconfig", c.config,
		"--authentication-kubeconfig", c.config, "--authorization-kubeconfig", c.config, "--zap-log-level", "error")
	c.must(tb, strings.ReplaceAll(kedaAPI, "ADAPTER_PORT", port(tb, adapter)), "apply", "--filename", "-")
	require.Eventually(tb, func() bool { return answers(tb.Context(), "http://"+health+"/readyz") }, startLimit, lookInterval, "KEDA's operator is not ready")
	require.Eventually(tb, func() bool {
		return c.get(tb.Context(), "/apis/external.metrics.k8s.io/v1beta1", nil) == nil
	}, startLimit, lookInterval, "KEDA's adapter does not answer")
}

// kedaCertificates is a folder where operator and adapter find what they know each other by.
func (c *cluster) kedaCertificates(tb testing.TB) string {
	tb.Helper()
	folder := tb.TempDir()
	for name, from := range map[string]string{"ca.crt": c.certificates.CA, "tls.crt": c.certificates.Cert, "tls.key": c.certificates.Key} {
		text, err := os.ReadFile(from) //nolint:gosec // the test made it
		require.NoError(tb, err)
		write(tb, folder, name, string(text))
	}
	return folder
}

// kedaFolder is where the files of KEDA's module are.
func kedaFolder(tb testing.TB) string {
	tb.Helper()
	cmd := exec.CommandContext(tb.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/kedacore/keda/v2")
	cmd.Dir = filepath.Join(testenv.RepoRoot(tb), "tools/keda")
	out, err := cmd.Output()
	require.NoError(tb, err)
	return strings.TrimSpace(string(out))
}
