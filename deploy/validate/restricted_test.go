package validate

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	core "k8s.io/api/core/v1"
)

func TestPodsAreRestricted(t *testing.T) {
	t.Parallel()
	everyTopology(t, func(t *testing.T, objs objects) {
		t.Helper()
		for _, w := range workloads(objs) {
			pod := w.pod.Spec
			s := pod.SecurityContext
			if s == nil || s.RunAsNonRoot == nil || !*s.RunAsNonRoot || s.RunAsUser == nil || *s.RunAsUser == 0 ||
				s.SeccompProfile == nil || s.SeccompProfile.Type != core.SeccompProfileTypeRuntimeDefault {
				t.Errorf("%s: security context of the pod is not restricted: %+v", w.name, s)
			}
			if pod.AutomountServiceAccountToken == nil || *pod.AutomountServiceAccountToken {
				t.Errorf("%s is given a token", w.name)
			}
			if pod.EnableServiceLinks == nil || *pod.EnableServiceLinks {
				t.Errorf("%s is given variables of Services, which could be taken for settings", w.name)
			}
			for _, c := range slices.Concat(pod.InitContainers, pod.Containers) {
				checkContainer(t, w.name, c)
			}
		}
		account := one[*core.ServiceAccount](t, objs)
		if account.AutomountServiceAccountToken == nil || *account.AutomountServiceAccountToken {
			t.Errorf("ServiceAccount %s mounts its token", account.Name)
		}
		for _, w := range objs.parts(t) {
			if w.pod.Spec.ServiceAccountName != account.Name {
				t.Errorf("%s runs as %q, want %s", w.name, w.pod.Spec.ServiceAccountName, account.Name)
			}
			if uid, _, _ := strings.Cut(builtImage(t).user, ":"); strconv.FormatInt(*w.pod.Spec.SecurityContext.RunAsUser, 10) != uid {
				t.Errorf("%s runs as user %d, the image as %s", w.name, *w.pod.Spec.SecurityContext.RunAsUser, uid)
			}
		}
	})
}

func checkContainer(t *testing.T, name string, c core.Container) {
	t.Helper()
	s := c.SecurityContext
	if s == nil || s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation ||
		s.ReadOnlyRootFilesystem == nil || !*s.ReadOnlyRootFilesystem ||
		s.Capabilities == nil || !slices.Equal(s.Capabilities.Drop, []core.Capability{"ALL"}) || len(s.Capabilities.Add) > 0 {
		t.Errorf("%s: security context of the container is not restricted: %+v", name, s)
	}
	for _, resource := range []core.ResourceName{core.ResourceCPU, core.ResourceMemory} {
		request, limit := c.Resources.Requests[resource], c.Resources.Limits[resource]
		if request.IsZero() || limit.IsZero() || request.Cmp(limit) > 0 {
			t.Errorf("%s: %s: request %s, limit %s", name, resource, request.String(), limit.String())
		}
	}
	if c.Name != "mandelfarm" && !pinned.MatchString(c.Image) {
		t.Errorf("%s: image %s: want a version of at least two parts", name, c.Image)
	}
}
