package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
)

// family is what a process says of a metric, or the documentation.
type family struct {
	kind   string
	labels map[string]bool
}

var (
	typeLine   = regexp.MustCompile(`^# TYPE (\S+) (\S+)`)
	sampleLine = regexp.MustCompile(`^([a-z_0-9]+)(?:\{(.*)\})? \S+$`)
	labelName  = regexp.MustCompile(`([a-z_]+)="(?:[^"\\]|\\.)*"`)
)

// metricsOf scrapes a process and adds what it tells to known.
func metricsOf(tb testing.TB, s *service, known map[string]family) {
	tb.Helper()
	status, body := s.get("/metrics")
	require.Equal(tb, http.StatusOK, status)
	of := ""
	for line := range strings.Lines(string(body)) {
		line = strings.TrimSpace(line)
		if found := typeLine.FindStringSubmatch(line); found != nil {
			of = found[1]
			if known[of].labels == nil {
				known[of] = family{found[2], make(map[string]bool)}
			}
		} else if found := sampleLine.FindStringSubmatch(line); found != nil {
			require.True(tb, strings.HasPrefix(found[1], of), line)
			for _, label := range labelName.FindAllStringSubmatch(found[2], -1) {
				known[of].labels[label[1]] = true
			}
		}
	}
}

// isOurs reports whether a metric is the farm's own.
func isOurs(name string) bool { return strings.HasPrefix(name, "mandelfarm_") }

// documentedMetrics reads the table of docs/metrics.md.
func documentedMetrics(tb testing.TB) map[string]family {
	tb.Helper()
	text, err := os.ReadFile("../../docs/metrics.md")
	require.NoError(tb, err)
	known := make(map[string]family)
	row := regexp.MustCompile("(?m)^\\| `(mandelfarm_[a-z_]+)` \\| (\\w+) \\|([^|]*)\\|")
	for _, found := range row.FindAllStringSubmatch(string(text), -1) {
		require.NotContains(tb, known, found[1], "there are two rows")
		f := family{found[2], make(map[string]bool)}
		for _, label := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(found[3], -1) {
			f.labels[label[1]] = true
		}
		if f.kind == "histogram" {
			f.labels["le"] = true
		}
		known[found[1]] = f
	}
	return known
}

// TestMetricsAreThoseOfTheDocumentation, no more and no fewer, and dashboard and rules ask for
// nothing else: of a farm of processes that has done something of each kind.
func TestMetricsAreThoseOfTheDocumentation(t *testing.T) {
	t.Parallel()
	_, settings := servers(t)
	settings["RECONCILE_INTERVAL"], settings["SWEEP_INTERVAL"] = "200ms", "200ms"
	front, drawing := serve(t, settings, "api"), serve(t, settings, "worker")
	status, _ := front.get("/generate/64/48")
	require.Equal(t, http.StatusOK, status)
	front.awaitJob(t, front.submit(t, `{"width": 50, "height": 50}`), "done", testTimeout)

	want, got := documentedMetrics(t), make(map[string]family)
	require.EventuallyWithT(t, func(c *assert.CollectT) { // some turns are still to come
		metricsOf(t, front, got)
		metricsOf(t, drawing, got)
		for name := range want {
			assert.Contains(c, got, name)
		}
	}, testTimeout, 100*time.Millisecond)
	for name, f := range got {
		if isOurs(name) {
			assert.Equal(t, want[name], f, name)
		}
	}
	for at, expression := range expressions(t) {
		requireKnown(t, at, expression, got)
	}
}

// TestFarmInOneProcessHasAllMetrics, each once.
func TestFarmInOneProcessHasAllMetrics(t *testing.T) {
	t.Parallel()
	farm := serve(t, map[string]string{"DATA": t.TempDir(), "RECONCILE_INTERVAL": "200ms", "SWEEP_INTERVAL": "200ms"})
	status, _ := farm.get("/generate/64/48")
	require.Equal(t, http.StatusOK, status)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		got := make(map[string]family)
		metricsOf(t, farm, got)
		maps.DeleteFunc(got, func(name string, _ family) bool { return !isOurs(name) })
		assert.ElementsMatch(c, slices.Collect(maps.Keys(documentedMetrics(t))), slices.Collect(maps.Keys(got)))
	}, testTimeout, 100*time.Millisecond)
}

// monitoring is the path of a file in deploy/monitoring.
func monitoring(name string) string { return filepath.Join("../../deploy/monitoring", name) }

// expressions are those of the dashboard and of the rules, by where they are.
func expressions(tb testing.TB) map[string]string {
	tb.Helper()
	all := panels(tb)
	rules, err := os.ReadFile(monitoring("rules.yaml"))
	require.NoError(tb, err)
	for i, rule := range strings.Split(string(rules), "- alert: ")[1:] {
		_, expression, _ := strings.Cut(rule, "expr: ")
		expression, _, _ = strings.Cut(expression, "labels:")
		expression, _, _ = strings.Cut(expression, "for: ")
		require.Contains(tb, expression, "mandelfarm_", i)
		name, _, _ := strings.Cut(rule, "\n")
		all["alert "+name] = expression
	}
	return all
}

// panels are the expressions of the dashboard, with its variable for intervals filled in.
func panels(tb testing.TB) map[string]string {
	tb.Helper()
	text, err := os.ReadFile(monitoring("dashboard.json"))
	require.NoError(tb, err)
	var dashboard struct {
		Panels []struct {
			Title   string
			Type    string
			Targets []struct{ Expr, RefID string }
		}
	}
	require.NoError(tb, json.Unmarshal(text, &dashboard))
	all := make(map[string]string)
	for _, p := range dashboard.Panels {
		require.True(tb, p.Type == "row" || len(p.Targets) > 0, p.Title)
		for _, target := range p.Targets {
			all["panel "+p.Title+" "+target.RefID] = strings.ReplaceAll(target.Expr, "$__rate_interval", "5m")
		}
	}
	return all
}

var (
	selector = regexp.MustCompile(`\b((?:mandelfarm|process|go)_[a-z_]+)(?:\{([^}]*)\})?`)
	matcher  = regexp.MustCompile(`([a-z_]+)\s*(?:=~|!~|!=|=)\s*"`)
	grouping = regexp.MustCompile(`\b(?:by|on) \(([a-z_, ]+)\)`)
)

// requireKnown fails if an expression names a metric or a label that no process has.
func requireKnown(tb testing.TB, at, expression string, known map[string]family) {
	tb.Helper()
	labels := map[string]bool{"instance": true} // Prometheus' own
	named := selector.FindAllStringSubmatch(expression, -1)
	require.NotEmpty(tb, named, at)
	for _, found := range named {
		name := found[1]
		f, ok := known[name]
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			if base, is := strings.CutSuffix(name, suffix); is && known[base].kind == "histogram" {
				f, ok = known[base], true
			}
		}
		if !assert.True(tb, ok, "%s: there is no %s", at, name) {
			continue
		}
		for _, m := range matcher.FindAllStringSubmatch(found[2], -1) {
			assert.Contains(tb, f.labels, m[1], "%s: %s has no such label", at, name)
		}
		maps.Copy(labels, f.labels)
	}
	for _, by := range grouping.FindAllStringSubmatch(expression, -1) {
		for label := range strings.SplitSeq(by[1], ",") {
			assert.Contains(tb, labels, strings.TrimSpace(label), at)
		}
	}
}

// TestRulesAreRight by their own tests, and the dashboard's expressions by Prometheus' parser.
func TestRulesAreRight(t *testing.T) {
	t.Parallel()
	promtool := testenv.Promtool(t)
	var recorded strings.Builder
	recorded.WriteString("groups:\n  - name: dashboard\n    rules:\n")
	all := panels(t)
	for i, at := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&recorded, "      - {record: 'panel:%d', expr: %q}\n", i, all[at])
	}
	file := filepath.Join(t.TempDir(), "dashboard.yaml")
	require.NoError(t, os.WriteFile(file, []byte(recorded.String()), 0o600))
	for _, arguments := range [][]string{
		{"check", "config", monitoring("prometheus.yaml")}, {"check", "rules", monitoring("rules.yaml"), file}, {"test", "rules", monitoring("rules_test.yaml")},
	} {
		output, err := exec.CommandContext(t.Context(), promtool, arguments...).CombinedOutput()
		require.NoError(t, err, "%s", output)
	}
}

// TestEachAlertSaysWhatToDo in docs/metrics.md, and has a test.
func TestEachAlertSaysWhatToDo(t *testing.T) {
	t.Parallel()
	read := func(path string) []byte {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		return text
	}
	docs, tests := read("../../docs/metrics.md"), read(monitoring("rules_test.yaml"))
	alerts := regexp.MustCompile(`- alert: (\w+)`).FindAllSubmatch(read(monitoring("rules.yaml")), -1)
	require.NotEmpty(t, alerts)
	for _, alert := range alerts {
		assert.Equal(t, 1, bytes.Count(docs, fmt.Appendf(nil, `<a id="%s"></a>`, alert[1])), "%s", alert[1])
		assert.Contains(t, string(read(monitoring("rules.yaml"))), "runbook: docs/metrics.md#"+string(alert[1]))
		assert.Contains(t, string(tests), "alertname: "+string(alert[1])+"\n        exp_alerts:", "it fires in a test")
	}
	assert.Equal(t, len(alerts), bytes.Count(docs, []byte(`<a id="`)))
}

// TestMetricsCountWhatWasDone by a farm in one process.
func TestMetricsCountWhatWasDone(t *testing.T) {
	t.Parallel()
	farm := serve(t, map[string]string{"DATA": t.TempDir()})
	for range 2 {
		status, _ := farm.get("/generate/64/48")
		require.Equal(t, http.StatusOK, status)
	}
	farm.awaitJob(t, farm.submit(t, `{"width": 50, "height": 50}`), "done", testTimeout)
	endless := farm.submit(t, slow(endless))
	farm.awaitJob(t, endless, "running", testTimeout)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, farm.url+endless, nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.EventuallyWithT(t, func(c *assert.CollectT) { // the worker hears of it soon
		status, body := farm.get("/metrics")
		assert.Equal(c, http.StatusOK, status)
		for _, sample := range []string{
			`mandelfarm_http_requests_total{code="200",method="GET",route="/generate/:width/:height"} 2`,
			`mandelfarm_http_requests_total{code="202",method="POST",route="/jobs"} 2`,
			`mandelfarm_answers_total{how="drawn"} 1`,
			`mandelfarm_answers_total{how="memory"} 1`,
			`mandelfarm_http_waiting_clients 0`,
			`mandelfarm_jobs_accepted_total 2`,
			`mandelfarm_jobs_ended_total{state="done"} 1`,
			`mandelfarm_jobs_ended_total{state="canceled"} 1`,
			`mandelfarm_tasks_total{kind="image",lane="interactive",outcome="done"} 1`,
			`mandelfarm_tasks_total{kind="image",lane="control",outcome="done"} 1`,
			`mandelfarm_task_wait_seconds_count{lane="interactive"} 1`,
			`mandelfarm_storage_operations_total{operation="put",outcome="no_space"} 0`,
			`mandelfarm_redis_up 1`,
			`mandelfarm_workers 1`,
		} {
			assert.Contains(c, string(body), sample+"\n")
		}
		assert.Regexp(c, `mandelfarm_tasks_total\{kind="(image|band)",lane="(control|batch)",outcome="canceled"\} [1-9]`, string(body))
		assert.Regexp(c, `mandelfarm_pixels_total [1-9]`, string(body))
		assert.Regexp(c, `mandelfarm_iterations_total [1-9]`, string(body))
	}, testTimeout, 50*time.Millisecond)
}
