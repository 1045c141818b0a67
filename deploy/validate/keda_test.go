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

// workersName is the Deployment of the workers of no pool, and of their scaler.
const workersName = "mandelfarm-worker"

// poolWorkersName is that of the workers of the pool.
const poolWorkersName = "mandelfarm-worker-large-memory"

// scaler returns the ScaledObject that workers are scaled by.
func scaler(t *testing.T, name string) *scaledObject {
	t.Helper()
	for _, found := range all[*scaledObject](buildKustomize(t, pools)) {
		if found.Name == name {
			return found
		}
	}
	t.Fatalf("no ScaledObject %s", name)
	return nil
}

// everyScaler checks the scaler of all workers and that of a pool's.
func everyScaler(t *testing.T, check func(t *testing.T, s *scaledObject)) {
	t.Helper()
	for _, name := range []string{workersName, poolWorkersName} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, scaler(t, name))
		})
	}
}

// TestScalersCountAllWork computes the formula as KEDA does.
func TestScalersCountAllWork(t *testing.T) {
	t.Parallel()
	everyScaler(t, func(t *testing.T, s *scaledObject) {
		t.Helper()
		countsAllWork(t, s.Spec)
	})
}

func countsAllWork(t *testing.T, spec scaledObjectSpec) {
	t.Helper()
	lengths := make(map[string]float64)
	var want, messages float64
	for i, trigger := range spec.Triggers {
		if _, taken := lengths[trigger.Name]; taken || trigger.Name == "" {
			t.Errorf("trigger %d is called %q", i, trigger.Name)
		}
		lengths[trigger.Name] = float64(int(1) << i)
		if isOfWebhooks(trigger) {
			messages = 1
		} else {
			want += lengths[trigger.Name]
		}
	}
	if got := compute(t, spec, lengths); got != want+messages {
		t.Errorf("formula makes %v of %v, want the sum %v, and %v for messages", got, lengths, want, messages)
	}
	for name := range lengths {
		lengths[name] = 0
	}
	for name := range lengths {
		lengths[name] = 1
		if got := compute(t, spec, lengths); got != 1.0 {
			t.Errorf("one task in %s alone makes %v", name, got)
		}
		lengths[name] = 0
	}
}

// isOfWebhooks tells of a list whether it holds messages to webhooks, which are no pictures.
func isOfWebhooks(t trigger) bool { return strings.Contains(t.Metadata["listName"], "{webhooks}") }

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

// TestScalersKeepBusyWorkers: as many tasks as a worker takes are one worker's.
func TestScalersKeepBusyWorkers(t *testing.T) {
	t.Parallel()
	everyScaler(t, keepsBusyWorkers)
}

func keepsBusyWorkers(t *testing.T, s *scaledObject) {
	t.Helper()
	spec, objects := s.Spec, buildKustomize(t, pools)
	if spec.ScaleTargetRef.Name != s.Name {
		t.Errorf("it scales %s", spec.ScaleTargetRef.Name)
	}
	l := objects.launch(t, podOf(t, objects, s.Name).Spec)
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
	least := int32(0)
	if s.Name == workersName {
		least = 1 // nobody would be there to answer
	}
	if spec.MinReplicaCount < least || spec.MaxReplicaCount <= spec.MinReplicaCount {
		t.Errorf("%d to %d workers, want %d at least", spec.MinReplicaCount, spec.MaxReplicaCount, least)
	}
}

func TestScalersReachRedis(t *testing.T) {
	t.Parallel()
	everyScaler(t, reachesRedis)
}

func reachesRedis(t *testing.T, s *scaledObject) {
	t.Helper()
	objects := buildKustomize(t, production)
	auth := one[*triggerAuthentication](t, objects)
	var parameters []string
	for _, ref := range auth.Spec.SecretTargetRef {
		parameters = append(parameters, ref.Parameter)
		if ref.Name != secretName {
			t.Errorf("%s comes from Secret %s, want %s", ref.Parameter, ref.Name, secretName)
		}
	}
	if want := []string{"address", "username", "password"}; !slices.Equal(parameters, want) {
		t.Errorf("parameters are %q, want %q", parameters, want)
	}
	for _, trigger := range s.Spec.Triggers {
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

// scaledLists returns the lists of pictures that workers are scaled by whose names end so.
func scaledLists(s *scaledObject, suffix string) []string {
	var lists []string
	for _, trigger := range s.Spec.Triggers {
		if name := trigger.Metadata["listName"]; strings.HasSuffix(name, suffix) && !isOfWebhooks(trigger) {
			lists = append(lists, name)
		}
	}
	slices.Sort(lists)
	return lists
}
