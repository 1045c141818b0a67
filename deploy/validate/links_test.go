package validate

import (
	"slices"
	"testing"

	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// selects checks that a selector means pods of exactly one workload, and returns
// that.
func selects(t *testing.T, objs objects, by string, selector *meta.LabelSelector) workload {
	t.Helper()
	s, err := meta.LabelSelectorAsSelector(selector)
	if err != nil {
		t.Fatalf("%s: %v", by, err)
	}
	var found []workload
	for _, w := range workloads(objs) {
		if s.Matches(labels.Set(w.pod.Labels)) {
			found = append(found, w)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%s selects the pods of %d workloads with %s, want 1", by, len(found), s)
	}
	return found[0]
}

func TestSelectorsMeetTheirPods(t *testing.T) {
	t.Parallel()
	everyTopology(t, func(t *testing.T, objs objects) {
		t.Helper()
		for _, w := range workloads(objs) {
			if got := selects(t, objs, w.name, w.selector); got.name != w.name {
				t.Errorf("%s selects the pods of %s", w.name, got.name)
			}
			for _, spread := range w.pod.Spec.TopologySpreadConstraints {
				if got := selects(t, objs, "spread of "+w.name, spread.LabelSelector); got.name != w.name {
					t.Errorf("spread of %s looks at the pods of %s", w.name, got.name)
				}
			}
		}
		for _, budget := range all[*policy.PodDisruptionBudget](objs) {
			if got := selects(t, objs, "budget "+budget.Name, budget.Spec.Selector); got.name != budget.Name {
				t.Errorf("budget %s is for the pods of %s", budget.Name, got.name)
			}
			if budget.Spec.MaxUnavailable == nil {
				t.Errorf("budget %s could forbid every eviction: want maxUnavailable", budget.Name)
			}
		}
		if got, want := len(all[*policy.PodDisruptionBudget](objs)), len(objs.parts(t)); got != want {
			t.Errorf("%d disruption budgets, want %d", got, want)
		}
	})
}

func TestServicesMeetTheirPods(t *testing.T) {
	t.Parallel()
	everyTopology(t, func(t *testing.T, objs objects) {
		t.Helper()
		services := all[*core.Service](objs)
		if len(services) == 0 {
			t.Error("no Service")
		}
		for _, s := range services {
			w := selects(t, objs, "Service "+s.Name, &meta.LabelSelector{MatchLabels: s.Spec.Selector})
			if w.name != s.Name {
				t.Errorf("Service %s is served by %s", s.Name, w.name)
			}
			for _, p := range s.Spec.Ports {
				if _, ok := containerPort(w.pod.Spec.Containers[0], p.TargetPort); !ok {
					t.Errorf("Service %s: %s has no port %s", s.Name, w.name, p.TargetPort.String())
				}
			}
		}
		for _, s := range all[*apps.StatefulSet](objs) {
			if !slices.ContainsFunc(services, func(service *core.Service) bool { return service.Name == s.Spec.ServiceName }) {
				t.Errorf("StatefulSet %s names no Service that is there: %s", s.Name, s.Spec.ServiceName)
			}
		}
	})
}

// TestNetworkPoliciesLetTheFarmWork: every port that something is asked on is
// open to whoever asks.
func TestNetworkPoliciesLetTheFarmWork(t *testing.T) {
	t.Parallel()
	everyTopology(t, func(t *testing.T, objs objects) {
		t.Helper()
		policies := all[*networking.NetworkPolicy](objs)
		for _, w := range workloads(objs) {
			c := w.pod.Spec.Containers[0]
			for _, p := range c.Ports {
				if !slices.ContainsFunc(policies, func(np *networking.NetworkPolicy) bool { return opens(t, np, w, p, objs) }) {
					t.Errorf("no NetworkPolicy opens port %s of %s to those who use it", p.Name, w.name)
				}
			}
		}
	})
}

// opens reports whether a policy lets others in on a port of a workload:
// everyone if it runs mandelfarm, and else mandelfarm's pods.
func opens(t *testing.T, np *networking.NetworkPolicy, w workload, port core.ContainerPort, objs objects) bool {
	t.Helper()
	if !matches(t, &np.Spec.PodSelector, w.pod.Labels) {
		return false
	}
	part := w.pod.Spec.Containers[0].Name == "mandelfarm"
	for _, rule := range np.Spec.Ingress {
		open := slices.ContainsFunc(rule.Ports, func(p networking.NetworkPolicyPort) bool { return p.Port.String() == port.Name })
		if !open || part != (len(rule.From) == 0) {
			continue
		}
		for _, peer := range rule.From {
			for _, client := range objs.parts(t) {
				open = open && matches(t, peer.PodSelector, client.pod.Labels)
			}
		}
		return open
	}
	return false
}

func matches(t *testing.T, selector *meta.LabelSelector, of map[string]string) bool {
	t.Helper()
	s, err := meta.LabelSelectorAsSelector(selector)
	if err != nil {
		t.Fatal(err)
	}
	return s.Matches(labels.Set(of))
}

func TestScalersMeetTheirDeployments(t *testing.T) {
	t.Parallel()
	objs := buildKustomize(t, production)
	hpa := one[*autoscaling.HorizontalPodAutoscaler](t, objs).Spec.ScaleTargetRef
	keda := scaler(t, workersName).Spec.ScaleTargetRef
	for target, want := range map[string]string{
		hpa.APIVersion + " " + hpa.Kind + " " + hpa.Name:    "apps/v1 Deployment mandelfarm-api",
		keda.APIVersion + " " + keda.Kind + " " + keda.Name: "apps/v1 Deployment mandelfarm-worker",
	} {
		if target != want {
			t.Errorf("scaler is for %s, want %s", target, want)
		}
	}
	for _, d := range all[*apps.Deployment](objs) {
		if d.Spec.Replicas != nil {
			t.Errorf("%s has a number of replicas, which every apply would reset", d.Name)
		}
	}
	for _, d := range all[*apps.Deployment](buildKustomize(t, base)) {
		if d.Spec.Replicas == nil || *d.Spec.Replicas != 2 {
			t.Errorf("%s without a scaler: want 2 replicas", d.Name)
		}
	}
}

func TestObjectsHaveNoNamespace(t *testing.T) {
	t.Parallel()
	everyTopology(t, func(t *testing.T, objs objects) {
		t.Helper()
		names := make(map[string]bool)
		for _, o := range objs {
			object, ok := o.(meta.Object)
			if !ok {
				t.Fatalf("%T has no metadata", o)
			}
			if object.GetNamespace() != "" || object.GetName() == "" {
				t.Errorf("%T is called %q in namespace %q", o, object.GetName(), object.GetNamespace())
			}
			names[object.GetName()] = true
		}
		if len(names) < 5 {
			t.Errorf("only %v", names)
		}
	})
}
