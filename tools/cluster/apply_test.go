package cluster

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"

	"mandelfarm/internal/testenv"
)

// TestOverlaysAreAdmitted applies every overlay to an API server, in a namespace of its own where Pod Security is restricted, and has a
// pod of each workload admitted there.
//
//nolint:paralleltest // it takes the machine
func TestOverlaysAreAdmitted(t *testing.T) {
	c := newCluster(t)
	c.installDefinitions(t)
	overlays := filepath.Join(testenv.RepoRoot(t), "deploy/kubernetes/overlays")
	for _, overlay := range []string{"example", "production", "pools", "upgrade"} {
		t.Run(overlay, func(t *testing.T) {
			c.restrictedNamespace(t, overlay)
			for range 2 { // again changes nothing and conflicts with nothing
				c.must(t, "", "--namespace", overlay, "apply", "--server-side", "--kustomize", filepath.Join(overlays, overlay))
			}
			templates := c.templates(t, overlay)
			require.GreaterOrEqual(t, len(templates), 2)
			for name, template := range templates {
				said, err := c.admit(t, overlay, name, template)
				require.NoError(t, err, "a pod of %s: %s", name, said)
				template.Spec.Containers[0].SecurityContext = nil
				said, err = c.admit(t, overlay, name, template)
				require.Error(t, err, "a pod of %s without its guards", name)
				assert.Contains(t, said, "violates PodSecurity")
			}
		})
	}
}

// restrictedNamespace makes a namespace in which pods must meet the strictest of Kubernetes' standards, and workloads are warned of that
// do not.
func (c *cluster) restrictedNamespace(t *testing.T, name string) {
	t.Helper()
	c.must(t, "", "create", "namespace", name)
	c.must(t, "", "label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted", "pod-security.kubernetes.io/warn=restricted")
	require.Eventually(t, func() bool {
		return c.get(t.Context(), "/api/v1/namespaces/"+name+"/serviceaccounts/default", nil) == nil
	}, startLimit, lookInterval, "no ServiceAccount is made for pods of %s", name)
}

// templates are those of the pods of a namespace's workloads, without volumes that a StatefulSet adds.
func (c *cluster) templates(t *testing.T, namespace string) map[string]core.PodTemplateSpec {
	t.Helper()
	all := map[string]core.PodTemplateSpec{}
	var deployments apps.DeploymentList
	require.NoError(t, c.get(t.Context(), "/apis/apps/v1/namespaces/"+namespace+"/deployments", &deployments))
	for _, d := range deployments.Items {
		all[d.Name] = d.Spec.Template
	}
	var sets apps.StatefulSetList
	require.NoError(t, c.get(t.Context(), "/apis/apps/v1/namespaces/"+namespace+"/statefulsets", &sets))
	for _, s := range sets.Items {
		for _, claim := range s.Spec.VolumeClaimTemplates {
			s.Spec.Template.Spec.Volumes = append(s.Spec.Template.Spec.Volumes, core.Volume{Name: claim.Name, VolumeSource: core.VolumeSource{
				PersistentVolumeClaim: &core.PersistentVolumeClaimVolumeSource{ClaimName: claim.Name},
			}})
		}
		all[s.Name] = s.Spec.Template
	}
	return all
}

// admit asks whether a pod may be created, and creates none.
func (c *cluster) admit(t *testing.T, namespace, name string, template core.PodTemplateSpec) (said string, err error) {
	t.Helper()
	text, err := json.Marshal(core.Pod{
		TypeMeta: meta.TypeMeta{APIVersion: "v1", Kind: "Pod"}, ObjectMeta: meta.ObjectMeta{Name: name, Labels: template.Labels}, Spec: template.Spec,
	})
	require.NoError(t, err)
	return c.kubectl(t, strings.TrimSpace(string(text)), "--namespace", namespace, "create", "--dry-run=server", "--filename", "-")
}
