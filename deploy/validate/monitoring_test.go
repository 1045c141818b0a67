package validate

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"sigs.k8s.io/yaml"
)

// readStrictly reads a YAML file of deploy/monitoring into a value that has all its fields.
func readStrictly[T any](t *testing.T, name string) (v T) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "deploy", "monitoring", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict(text, &v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return v
}

// mounted returns the file of the repository that a service finds under a path.
func mounted(t *testing.T, service types.ServiceConfig, path string) string {
	t.Helper()
	for _, v := range service.Volumes {
		below, inside := strings.CutPrefix(path, v.Target)
		if v.Type != types.VolumeTypeBind || !inside {
			continue
		}
		if !v.ReadOnly {
			t.Errorf("%s may write %s", service.Name, v.Source)
		}
		file, err := filepath.Rel(absolute(t, root), v.Source+below)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(root, file)); err != nil {
			t.Error(err)
		}
		return file
	}
	t.Errorf("%s finds nothing under %s", service.Name, path)
	return ""
}

// TestMonitoringIsThereOnlyIfAskedFor, and needs no variable otherwise.
func TestMonitoringIsThereOnlyIfAskedFor(t *testing.T) {
	t.Parallel()
	for name, s := range compose(t).Services {
		asked := slices.Equal(s.Profiles, []string{monitoringProfile})
		if want := name == "prometheus" || name == "grafana"; asked != want {
			t.Errorf("profiles of %s are %q", name, s.Profiles)
		}
	}
}

// TestPrometheusScrapesAllProcesses by the names and the port that they have, and finds
// its rules. What else is in its settings promtool checks, in cmd/mandelfarm.
func TestPrometheusScrapesAllProcesses(t *testing.T) {
	t.Parallel()
	service := compose(t).Services["prometheus"]
	if got := mounted(t, service, "/etc/prometheus/prometheus.yaml"); got != "deploy/monitoring/prometheus.yaml" {
		t.Errorf("its settings are %s", got)
	}
	if !slices.Contains(service.Command, "--config.file=/etc/prometheus/prometheus.yaml") {
		t.Errorf("command is %q", service.Command)
	}
	type settings struct {
		Global  map[string]string `json:"global"`
		Scrapes []struct {
			Job string `json:"job_name"`
			DNS []struct {
				Names   []string `json:"names"`
				Type    string   `json:"type"`
				Port    int      `json:"port"`
				Refresh string   `json:"refresh_interval"`
			} `json:"dns_sd_configs"`
		} `json:"scrape_configs"`
		Rules []string `json:"rule_files"`
	}
	s := readStrictly[settings](t, "prometheus.yaml")
	if len(s.Scrapes) != 1 || len(s.Scrapes[0].DNS) != 1 {
		t.Fatalf("scrapes are %+v", s.Scrapes)
	}
	dns := s.Scrapes[0].DNS[0]
	if want := slices.Sorted(maps.Keys(parts(t))); !slices.Equal(dns.Names, want) || dns.Type != "A" || fmt.Sprint(dns.Port) != port {
		t.Errorf("it looks up %+v, want %q on %s", dns, want, port)
	}
	for _, part := range parts(t) {
		if !shareNetwork(service, part) {
			t.Errorf("it cannot reach %s", part.Name)
		}
	}
	if len(s.Rules) != 1 || mounted(t, service, "/etc/prometheus/"+s.Rules[0]) != "deploy/monitoring/rules.yaml" {
		t.Errorf("rules are %q", s.Rules)
	}
}

// TestGrafanaShowsTheDashboardAndNothingElse: it has its data from Prometheus, and nobody
// can log in.
func TestGrafanaShowsTheDashboardAndNothingElse(t *testing.T) {
	t.Parallel()
	service := compose(t).Services["grafana"]
	for variable, want := range map[string]string{
		"GF_AUTH_ANONYMOUS_ENABLED": "true", "GF_AUTH_ANONYMOUS_ORG_ROLE": "Viewer", "GF_AUTH_DISABLE_LOGIN_FORM": "true",
		"GF_AUTH_BASIC_ENABLED": "false", "GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION": "true", "GF_SERVER_ENFORCE_DOMAIN": "true",
	} {
		if got := service.Environment[variable]; got == nil || *got != want {
			t.Errorf("%s is not %s", variable, want)
		}
	}
	for variable := range service.Environment {
		if strings.Contains(variable, "PASSWORD") {
			t.Errorf("%s: there should be no password", variable)
		}
	}
	type providers struct {
		APIVersion int `json:"apiVersion"`
		Providers  []struct {
			Name            string            `json:"name"`
			Type            string            `json:"type"`
			DisableDeletion bool              `json:"disableDeletion"`
			AllowUIUpdates  bool              `json:"allowUiUpdates"`
			Options         map[string]string `json:"options"`
		} `json:"providers"`
	}
	mounted(t, service, "/etc/grafana/provisioning/dashboards/mandelfarm.yaml")
	path := readStrictly[providers](t, "grafana/dashboards/mandelfarm.yaml").Providers[0].Options["path"]
	if got := mounted(t, service, path+"/mandelfarm.json"); got != "deploy/monitoring/dashboard.json" {
		t.Errorf("it shows %s", got)
	}
	if home := service.Environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]; home == nil || *home != path+"/mandelfarm.json" {
		t.Error("it begins with something else")
	}
	checkDataSource(t, service)
}

func checkDataSource(t *testing.T, grafana types.ServiceConfig) {
	t.Helper()
	type sources struct {
		APIVersion  int `json:"apiVersion"`
		Datasources []struct {
			Name      string `json:"name"`
			UID       string `json:"uid"`
			Type      string `json:"type"`
			Access    string `json:"access"`
			URL       string `json:"url"`
			IsDefault bool   `json:"isDefault"`
			Editable  bool   `json:"editable"`
		} `json:"datasources"`
	}
	mounted(t, grafana, "/etc/grafana/provisioning/datasources/prometheus.yaml")
	source := readStrictly[sources](t, "grafana/datasources/prometheus.yaml").Datasources[0]
	if source.Type != "prometheus" || source.URL != "http://prometheus:9090" || !source.IsDefault {
		t.Errorf("its data comes from %+v", source)
	}
	if !shareNetwork(grafana, compose(t).Services["prometheus"]) {
		t.Error("it cannot reach Prometheus")
	}
	for _, other := range []string{"redis", "s3"} {
		if shareNetwork(grafana, compose(t).Services[other]) {
			t.Errorf("it can reach %s", other)
		}
	}
	text, err := os.ReadFile(filepath.Join(root, "deploy", "monitoring", "dashboard.json"))
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Templating struct {
			List []struct{ Type, Query string }
		}
	}
	if err := json.Unmarshal(text, &dashboard); err != nil {
		t.Fatal(err)
	}
	if list := dashboard.Templating.List; len(list) != 1 || list[0].Type != "datasource" || list[0].Query != source.Type {
		t.Errorf("the dashboard chooses its data by %+v", list)
	}
}
