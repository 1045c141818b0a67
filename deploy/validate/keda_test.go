package validate

import (
	"slices"
	"strings"
	"testing"

	"github.com/expr-lang/expr"
	autoscaling "k8s.io/api/autoscaling/v2"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// KEDA's kinds, as far as the manifests use them: strict decoding refuses the
// rest. Names are those of KEDA 2.21's API, keda.sh/v1alpha1. Its own types would
// bring controller-runtime with them, which takes longer to compile than all
// else here together.
type (
	scaledObject struct {
		meta.TypeMeta   `json:",inline"`
		meta.ObjectMeta `json:"metadata"`
		Spec            scaledObjectSpec `json:"spec"`
	}
	scaledObjectSpec struct {
		ScaleTargetRef struct {
			APIVersion string `json:"apiVersion"`
			Kind       string `json:"kind"`
			Name       string `json:"name"`
		} `json:"scaleTargetRef"`
		PollingInterval int32         `json:"pollingInterval"`
		CooldownPeriod  int32         `json:"cooldownPeriod"`
		MinReplicaCount int32         `json:"minReplicaCount"`
		MaxReplicaCount int32         `json:"maxReplicaCount"`
		Advanced        scaleAdvanced `json:"advanced"`
		Triggers        []trigger     `json:"triggers"`
	}
	scaleAdvanced struct {
		ScalingModifiers struct {
			Formula          string                       `json:"formula"`
			Target           string                       `json:"target"`
			ActivationTarget string                       `json:"activationTarget"`
			MetricType       autoscaling.MetricTargetType `json:"metricType"`
		} `json:"scalingModifiers"`
		HorizontalPodAutoscalerConfig struct {
			Behavior autoscaling.HorizontalPodAutoscalerBehavior `json:"behavior"`
		} `json:"horizontalPodAutoscalerConfig"`
	}
	trigger struct {
		Type              string            `json:"type"`
		Name              string            `json:"name"`
		Metadata          map[string]string `json:"metadata"`
		AuthenticationRef struct {
			Name string `json:"name"`
		} `json:"authenticationRef"`
	}
	triggerAuthentication struct {
		meta.TypeMeta   `json:",inline"`
		meta.ObjectMeta `json:"metadata"`
		Spec            struct {
			SecretTargetRef []struct {
				Parameter string `json:"parameter"`
				Name      string `json:"name"`
				Key       string `json:"key"`
			} `json:"secretTargetRef"`
		} `json:"spec"`
	}
)

// scaler returns the ScaledObject that production scales workers by.
func scaler(t *testing.T) *scaledObject {
	t.Helper()
	return one[*scaledObject](t, buildKustomize(t, production))
}

// TestScalerCountsAllWork computes the formula as KEDA does.
func TestScalerCountsAllWork(t *testing.T) {
	t.Parallel()
	spec := scaler(t).Spec
	lengths := make(map[string]float64)
	var want float64
	for i, trigger := range spec.Triggers {
		if _, taken := lengths[trigger.Name]; taken || trigger.Name == "" {
			t.Errorf("trigger %d is called %q", i, trigger.Name)
		}
		lengths[trigger.Name] = float64(int(1) << i)
		want += lengths[trigger.Name]
	}
	if got := compute(t, spec, lengths); got != want {
		t.Errorf("formula makes %v of %v, want the sum %v", got, lengths, want)
	}
}

// compute computes the scaler's formula of the lengths of its lists, by trigger.
func compute(t *testing.T, spec scaledObjectSpec, lengths map[string]float64) any {
	t.Helper()
	formula, err := expr.Compile(spec.Advanced.ScalingModifiers.Formula, expr.Env(lengths))
	if err != nil {
		t.Fatalf("formula: %v", err)
	}
	work, err := expr.Run(formula, lengths)
	if err != nil {
		t.Fatalf("formula: %v", err)
	}
	return work
}

// TestScalerKeepsBusyWorkers: as many tasks as a worker takes are one worker's.
func TestScalerKeepsBusyWorkers(t *testing.T) {
	t.Parallel()
	objects := buildKustomize(t, production)
	spec := scaler(t).Spec
	l := objects.launch(t, podOf(t, objects, "mandelfarm-worker").Spec)
	modifiers := spec.Advanced.ScalingModifiers
	if got, want := modifiers.Target, l.value(t, "BATCH_TASKS"); got != want {
		t.Errorf("target is %s tasks a worker, which takes BATCH_TASKS=%s", got, want)
	}
	if modifiers.MetricType != autoscaling.AverageValueMetricType {
		t.Errorf("target is of type %q: only an average grows with the workers", modifiers.MetricType)
	}
	if modifiers.ActivationTarget != "0" {
		t.Errorf("activationTarget is %q: one task must wake a worker", modifiers.ActivationTarget)
	}
	if spec.MinReplicaCount < 1 || spec.MaxReplicaCount <= spec.MinReplicaCount {
		t.Errorf("%d to %d workers: nobody would be there to answer", spec.MinReplicaCount, spec.MaxReplicaCount)
	}
}

func TestScalerReachesRedis(t *testing.T) {
	t.Parallel()
	objects := buildKustomize(t, production)
	auth := one[*triggerAuthentication](t, objects)
	var parameters []string
	for _, ref := range auth.Spec.SecretTargetRef {
		parameters = append(parameters, ref.Parameter)
		if ref.Name != secretName {
			t.Errorf("%s comes from Secret %s, want %s", ref.Parameter, ref.Name, secretName)
		}
	}
	if want := []string{"address", "password"}; !slices.Equal(parameters, want) {
		t.Errorf("parameters are %q, want %q", parameters, want)
	}
	for _, trigger := range scaler(t).Spec.Triggers {
		if trigger.Type != "redis" || trigger.AuthenticationRef.Name != auth.Name {
			t.Errorf("trigger %s is of type %s with authentication %s", trigger.Name, trigger.Type, trigger.AuthenticationRef.Name)
		}
		for key := range trigger.Metadata {
			if !slices.Contains([]string{"listName", "listLength", "enableTLS", "databaseIndex"}, key) {
				t.Errorf("trigger %s has metadata %s", trigger.Name, key)
			}
		}
	}
}

// scaledLists returns the lists that workers are scaled by whose names end so.
func scaledLists(t *testing.T, suffix string) []string {
	t.Helper()
	var lists []string
	for _, trigger := range scaler(t).Spec.Triggers {
		if name := trigger.Metadata["listName"]; strings.HasSuffix(name, suffix) {
			lists = append(lists, name)
		}
	}
	slices.Sort(lists)
	return lists
}
