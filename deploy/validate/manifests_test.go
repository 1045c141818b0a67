package validate

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	scheduling "k8s.io/api/scheduling/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/json"
	"sigs.k8s.io/kustomize/api/krusty"
	kustomize "sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

const (
	manifests  = root + "/deploy/kubernetes"
	base       = "base"
	production = "overlays/production" // Redis and S3 by reference, autoscaling
	example    = "overlays/example"    // Redis and S3 beside the farm
	pools      = "overlays/pools"      // production with workers of a pool
	upgrade    = "overlays/upgrade"    // production with workers of the release before
)

// secretName is the Secret that base expects and example makes.
const secretName = "mandelfarm"

func topologies() []string { return []string{base, production, example, pools, upgrade} }

// newKind returns an empty object of a kind, or nil if it is none that the
// manifests should use.
func newKind(apiVersion, kind string) any {
	switch apiVersion + " " + kind {
	case "v1 ConfigMap":
		return new(core.ConfigMap)
	case "v1 Secret":
		return new(core.Secret)
	case "v1 Service":
		return new(core.Service)
	case "v1 ServiceAccount":
		return new(core.ServiceAccount)
	case "apps/v1 Deployment":
		return new(apps.Deployment)
	case "apps/v1 StatefulSet":
		return new(apps.StatefulSet)
	case "autoscaling/v2 HorizontalPodAutoscaler":
		return new(autoscaling.HorizontalPodAutoscaler)
	case "networking.k8s.io/v1 NetworkPolicy":
		return new(networking.NetworkPolicy)
	case "scheduling.k8s.io/v1 PriorityClass":
		return new(scheduling.PriorityClass)
	case "policy/v1 PodDisruptionBudget":
		return new(policy.PodDisruptionBudget)
	case "keda.sh/v1alpha1 ScaledObject":
		return new(scaledObject)
	case "keda.sh/v1alpha1 TriggerAuthentication":
		return new(triggerAuthentication)
	case "kustomize.config.k8s.io/v1beta1 Kustomization", "kustomize.config.k8s.io/v1alpha1 Component":
		return new(kustomize.Kustomization)
	default:
		return nil
	}
}

// objects are the decoded documents of one file or one build.
type objects []any

// decode reads YAML documents as an API server in its strict mode does: fields
// must be known, in their exact case, and there once.
func decode(t *testing.T, name string, text []byte) objects {
	t.Helper()
	var all objects
	for reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text))); ; {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		raw, err := yaml.YAMLToJSONStrict(document)
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, document)
		}
		var kind meta.TypeMeta
		if err := json.UnmarshalCaseSensitivePreserveInts(raw, &kind); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		object := newKind(kind.APIVersion, kind.Kind)
		if object == nil {
			t.Errorf("%s: unknown kind %s %s", name, kind.APIVersion, kind.Kind)
			continue
		}
		unknown, err := json.UnmarshalStrict(raw, object)
		if err = errors.Join(append(unknown, err)...); err != nil {
			t.Errorf("%s: %s: %v", name, kind.Kind, err)
		}
		all = append(all, object)
	}
}

// buildKustomize is kustomize build of a folder.
func buildKustomize(t *testing.T, folder string) objects {
	t.Helper()
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), filepath.Join(manifests, folder))
	if err != nil {
		t.Fatalf("kustomize build %s: %v", folder, err)
	}
	text, err := built.AsYaml()
	if err != nil {
		t.Fatal(err)
	}
	return decode(t, folder, text)
}

// all returns the objects of a type.
func all[T any](objs objects) []T {
	var found []T
	for _, o := range objs {
		if object, ok := o.(T); ok {
			found = append(found, object)
		}
	}
	return found
}

// one returns the only object of a type.
func one[T any](t *testing.T, objs objects) T {
	t.Helper()
	found := all[T](objs)
	if len(found) != 1 {
		t.Fatalf("%d objects of type %T", len(found), *new(T))
	}
	return found[0]
}

func TestManifestsDecodeStrictly(t *testing.T) {
	t.Parallel()
	files := 0
	err := filepath.WalkDir(manifests, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files++
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if found := decode(t, path, text); len(found) == 0 {
			t.Errorf("%s holds nothing", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 15 {
		t.Errorf("only %d files under %s", files, manifests)
	}
}

// TestManifestsAreAllBuilt: a file that no kustomization names is forgotten.
func TestManifestsAreAllBuilt(t *testing.T) {
	t.Parallel()
	for _, folder := range append(topologies(), "base/worker", "components/keda", "components/hpa", "components/pool", "components/pool/worker") {
		text, err := os.ReadFile(filepath.Join(manifests, folder, "kustomization.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		named := one[*kustomize.Kustomization](t, decode(t, folder, text)).Resources
		present, err := filepath.Glob(filepath.Join(manifests, folder, "*.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range present {
			if name := filepath.Base(path); name != "kustomization.yaml" && !slices.Contains(named, name) {
				t.Errorf("%s is in no kustomization", path)
			}
		}
	}
}

// TestManifestsDecodeIsStrict: the decoder itself refuses what an API server
// would drop in silence.
func TestManifestsDecodeIsStrict(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"unknown field":    "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {selectors: {}}",
		"case":             "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {Selector: {}}",
		"unknown of KEDA":  "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: a}\nspec: {coolDownPeriod: 1}",
		"type of a number": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {replicas: two}",
	} {
		var kind meta.TypeMeta
		if err := yaml.Unmarshal([]byte(text), &kind); err != nil {
			t.Fatal(err)
		}
		raw, err := yaml.YAMLToJSONStrict([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		unknown, err := json.UnmarshalStrict(raw, newKind(kind.APIVersion, kind.Kind))
		if err == nil && len(unknown) == 0 {
			t.Errorf("%s: accepted:\n%s", name, strings.TrimSpace(text))
		}
	}
}
