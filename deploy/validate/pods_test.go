package validate

import (
	"context"
	"io"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// workload is what a Deployment and a StatefulSet have in common.
type workload struct {
	kind, name string
	selector   *meta.LabelSelector
	pod        core.PodTemplateSpec
}

func workloads(objs objects) []workload {
	var found []workload
	for _, d := range all[*apps.Deployment](objs) {
		found = append(found, workload{"Deployment", d.Name, d.Spec.Selector, d.Spec.Template})
	}
	for _, s := range all[*apps.StatefulSet](objs) {
		found = append(found, workload{"StatefulSet", s.Name, s.Spec.Selector, s.Spec.Template})
	}
	return found
}

func podOf(t *testing.T, objs objects, name string) core.PodTemplateSpec {
	t.Helper()
	for _, w := range workloads(objs) {
		if w.name == name {
			return w.pod
		}
	}
	t.Fatalf("no workload %s", name)
	return core.PodTemplateSpec{}
}

// parts are the workloads that run mandelfarm.
func (objs objects) parts(t *testing.T) []workload {
	t.Helper()
	var found []workload
	for _, w := range workloads(objs) {
		if w.pod.Spec.Containers[0].Name == "mandelfarm" {
			found = append(found, w)
		}
	}
	if len(found) < 2 {
		t.Fatalf("%d workloads run mandelfarm, want api and workers", len(found))
	}
	return found
}

// launch is how a pod starts the program: the environment is the image's, then
// that of ConfigMaps, then its own, as Kubernetes has it.
func (objs objects) launch(t *testing.T, pod core.PodSpec) launch {
	t.Helper()
	c := pod.Containers[0]
	l := launch{args: c.Args, env: builtImage(t).env}
	maps.Copy(l.env, objs.environment(t, c))
	return l
}

// environment is what a container sets.
func (objs objects) environment(t *testing.T, c core.Container) map[string]string {
	t.Helper()
	env := make(map[string]string)
	for _, from := range c.EnvFrom {
		if from.ConfigMapRef == nil || from.Prefix != "" {
			t.Errorf("%s: want variables from ConfigMaps, by their own names", c.Name)
			continue
		}
		values := objs.configMap(t, from.ConfigMapRef.Name)
		for name := range values {
			if _, taken := env[name]; taken {
				t.Errorf("%s: %s is set twice", c.Name, name)
			}
		}
		maps.Copy(env, values)
	}
	for _, v := range c.Env {
		if v.ValueFrom == nil {
			env[v.Name] = v.Value
			continue
		}
		if v.ValueFrom.SecretKeyRef == nil {
			t.Errorf("%s: %s comes from no Secret", c.Name, v.Name)
			continue
		}
		if value := objs.secret(t, v.ValueFrom.SecretKeyRef); value != "" {
			env[v.Name] = value
		}
	}
	return env
}

func (objs objects) configMap(t *testing.T, name string) map[string]string {
	t.Helper()
	for _, m := range all[*core.ConfigMap](objs) {
		if m.Name == name {
			return m.Data
		}
	}
	t.Errorf("no ConfigMap %s", name)
	return nil
}

// secret is the value of a Secret's key, or, where the Secret is not one of the
// manifests, something in its place.
func (objs objects) secret(t *testing.T, ref *core.SecretKeySelector) string {
	t.Helper()
	secrets := all[*core.Secret](objs)
	for _, s := range secrets {
		if s.Name == ref.Name {
			value, ok := s.Data[ref.Key]
			if optional := ref.Optional != nil && *ref.Optional; !ok && !optional {
				t.Errorf("Secret %s has no %s", ref.Name, ref.Key)
			}
			return string(value)
		}
	}
	documented := map[string]string{
		"REDIS_URL":             "redis://redis.example:6379/0",
		"REDIS_USERNAME":        "mandelfarm",
		"REDIS_PASSWORD":        "password",
		"AWS_ACCESS_KEY_ID":     "id",
		"AWS_SECRET_ACCESS_KEY": "secret",
	}
	if len(secrets) > 0 || ref.Name != secretName || documented[ref.Key] == "" {
		t.Errorf("Secret %s with %s is neither made here nor documented", ref.Name, ref.Key)
	}
	return documented[ref.Key]
}

func everyTopology(t *testing.T, check func(t *testing.T, objs objects)) {
	t.Helper()
	for _, folder := range topologies() {
		t.Run(folder, func(t *testing.T) {
			t.Parallel()
			check(t, buildKustomize(t, folder))
		})
	}
}

func TestPodsStartTheProgramAsItWants(t *testing.T) {
	t.Parallel()
	everyTopology(t, func(t *testing.T, objs objects) {
		t.Helper()
		for _, w := range objs.parts(t) {
			l, c := objs.launch(t, w.pod.Spec), w.pod.Spec.Containers[0]
			if name := "mandelfarm-" + l.command(); name != w.name && name+"-large-memory" != w.name && name+"-previous" != w.name || len(c.Command) > 0 {
				t.Errorf("%s runs %q with arguments %q", w.name, c.Command, c.Args)
			}
			l.check(t, slices.Collect(maps.Keys(objs.environment(t, c))))
			l.checkMemory(t, c.Resources.Limits.Memory().Value())
			checkStop(t, l, gracePeriod(w.pod.Spec)-pause(c))
			startup := c.StartupProbe
			checkStart(t, l, time.Duration(startup.PeriodSeconds*startup.FailureThreshold)*time.Second)
		}
	})
}

// gracePeriod is how long a pod's end may take, the pause before it included.
func gracePeriod(pod core.PodSpec) time.Duration {
	return time.Duration(*pod.TerminationGracePeriodSeconds) * time.Second
}

// pause is how long a container is left alone before it is told to stop.
func pause(c core.Container) time.Duration {
	if c.Lifecycle == nil {
		return 0
	}
	return time.Duration(c.Lifecycle.PreStop.Sleep.Seconds) * time.Second
}

// readiness is how long an answer of /readyz may take.
const readiness = 2 * time.Second

func TestProbesAreAnswered(t *testing.T) {
	t.Parallel()
	answers := serveProbes(t)
	everyTopology(t, func(t *testing.T, objs objects) {
		t.Helper()
		for _, w := range objs.parts(t) {
			c := w.pod.Spec.Containers[0]
			env := objs.launch(t, w.pod.Spec).env
			for name, probe := range map[string]*core.Probe{"startup": c.StartupProbe, "readiness": c.ReadinessProbe, "liveness": c.LivenessProbe} {
				if probe == nil || probe.HTTPGet == nil {
					t.Errorf("%s: no %s probe", w.name, name)
					continue
				}
				if n, ok := containerPort(c, probe.HTTPGet.Port); !ok || env["LISTEN"] != ":"+n {
					t.Errorf("%s: %s probe asks port %s, and LISTEN is %s", w.name, name, probe.HTTPGet.Port.String(), env["LISTEN"])
				}
				want := map[bool]string{true: "ready\n", false: "ok\n"}[name == "readiness"]
				if got := answers(probe.HTTPGet.Path); got != want {
					t.Errorf("%s: %s probe asks %s, which says %q, want %q", w.name, name, probe.HTTPGet.Path, got, want)
				}
			}
			if got := time.Duration(c.ReadinessProbe.TimeoutSeconds) * time.Second; got <= readiness {
				t.Errorf("%s: readiness probe waits %v, and the answer may take %v", w.name, got, readiness)
			}
		}
	})
}

// serveProbes runs the whole farm in one process, as the image does without a
// command, and returns what it answers to a path.
func serveProbes(t *testing.T) func(path string) string {
	t.Helper()
	l := launch{env: builtImage(t).env}
	address := freeAddress(t)
	run(t, l.exec(t.Context(), t, map[string]string{"LISTEN": address, "DATA": t.TempDir()}))
	healthy(t, address)
	return func(path string) string {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
}

// containerPort is the number of a container's port.
func containerPort(c core.Container, port intstr.IntOrString) (string, bool) {
	for _, p := range c.Ports {
		number := intstr.FromInt32(p.ContainerPort)
		if port.StrVal == p.Name || port.Type == intstr.Int && port.IntVal == p.ContainerPort {
			return number.String(), true
		}
	}
	return "", false
}

// TestWorkersOfBeforeAreKept by the overlay for upgrades, beside those that are the same in the release that is rolled out.
func TestWorkersOfBeforeAreKept(t *testing.T) {
	t.Parallel()
	images := map[string]string{}
	for _, w := range buildKustomize(t, upgrade).parts(t) {
		images[w.name] = w.pod.Spec.Containers[0].Image
	}
	want := map[string]string{
		"mandelfarm-api": "registry.example/mandelfarm:dev", "mandelfarm-worker": "registry.example/mandelfarm:dev",
		"mandelfarm-worker-previous": "registry.example/mandelfarm:before",
	}
	if !maps.Equal(images, want) {
		t.Errorf("images are %v, want %v", images, want)
	}
}
