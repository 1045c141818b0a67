package validate

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/sirupsen/logrus"
)

// compose returns the project as a user without any variables gets it.
func compose(t *testing.T) *types.Project {
	t.Helper()
	project, err := composeWithoutVariables()
	if err != nil {
		t.Fatalf("load docker-compose.yml: %v", err)
	}
	return project
}

var composeWithoutVariables = sync.OnceValues(func() (*types.Project, error) {
	logrus.AddHook(composeLog)
	return loadCompose(context.Background())
})

// monitoringProfile is that of the services that are there only if they are asked for.
const monitoringProfile = "monitoring"

// loadCompose reads the file strictly, with the given variables and no others.
func loadCompose(ctx context.Context, variables ...string) (*types.Project, error) {
	options, err := cli.NewProjectOptions([]string{filepath.Join(root, "docker-compose.yml")}, cli.WithEnv(variables), cli.WithProfiles([]string{monitoringProfile}))
	if err != nil {
		return nil, err
	}
	return options.LoadProject(ctx)
}

// composeLog keeps what the loader warns of: that is where it reports variables
// that are not set.
var composeLog = new(warnings)

type warnings struct {
	mu   sync.Mutex
	text []string
}

func (*warnings) Levels() []logrus.Level { return logrus.AllLevels }

func (w *warnings) Fire(entry *logrus.Entry) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text = append(w.text, entry.Message)
	return nil
}

func TestComposeLoadsWithoutWarnings(t *testing.T) {
	t.Parallel()
	project := compose(t)
	composeLog.mu.Lock()
	defer composeLog.mu.Unlock()
	for _, text := range composeLog.text {
		t.Errorf("docker-compose.yml: %s", text)
	}
	want := []string{"api", "grafana", "prometheus", "redis", "s3", "worker"}
	if got := slices.Sorted(maps.Keys(project.Services)); !slices.Equal(got, want) {
		t.Errorf("services are %q, want %q", got, want)
	}
}

func TestComposeVariablesArriveEverywhere(t *testing.T) {
	t.Parallel()
	project, err := loadCompose(t.Context(),
		"MANDELFARM_PUBLISH=0.0.0.0:80", "MANDELFARM_IMAGE=other:1", "MANDELFARM_REDIS_PASSWORD=other-password",
		"MANDELFARM_S3_KEY_ID=other-id", "MANDELFARM_S3_SECRET=other-secret", "MANDELFARM_WORKER_CPUS=1.5", "MANDELFARM_LOG_LEVEL=warn",
		"MANDELFARM_GRAFANA_PUBLISH=0.0.0.0:81", "MANDELFARM_GRAFANA_DOMAIN=grafana.example")
	if err != nil {
		t.Fatal(err)
	}
	text, err := project.MarshalYAML()
	if err != nil {
		t.Fatal(err)
	}
	// The defaults are development's: none may be left.
	for _, standard := range []string{"127.0.0.1:8080", "mandelfarm:dev", "mandelfarm-dev", "host_ip: 127.0.0.1", "DOMAIN: localhost"} {
		if strings.Contains(string(text), standard) {
			t.Errorf("%s is used somewhere although its variable is set:\n%s", standard, text)
		}
	}
	if got := project.Services["worker"].Deploy.Resources.Limits.NanoCPUs; got != 1.5 {
		t.Errorf("worker may use %v cores, want 1.5", got)
	}
}

// parts are the services that run mandelfarm.
func parts(t *testing.T) map[string]types.ServiceConfig {
	t.Helper()
	found := make(map[string]types.ServiceConfig)
	for name, service := range compose(t).Services {
		if strings.HasPrefix(service.Image, "mandelfarm:") {
			found[name] = service
		}
	}
	if len(found) != 2 {
		t.Fatalf("mandelfarm is run by %q", slices.Collect(maps.Keys(found)))
	}
	return found
}

// composeLaunch is how a service starts the program.
func composeLaunch(t *testing.T, service types.ServiceConfig) launch {
	t.Helper()
	l := launch{args: service.Command, env: builtImage(t).env}
	for name, value := range service.Environment {
		if value == nil {
			t.Errorf("%s: %s comes from the environment of whoever runs compose", service.Name, name)
			continue
		}
		l.env[name] = *value
	}
	return l
}

func TestComposeStartsTheProgramAsItWants(t *testing.T) {
	t.Parallel()
	for name, service := range parts(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := composeLaunch(t, service)
			if l.command() != name {
				t.Errorf("command is %q", service.Command)
			}
			l.check(t, slices.Collect(maps.Keys(service.Environment)))
			l.checkMemory(t, int64(service.Deploy.Resources.Limits.MemoryBytes))
			checkHealthcheck(t, builtImage(t), service.HealthCheck.Test, time.Duration(*service.HealthCheck.Timeout))
			checkStop(t, l, time.Duration(*service.StopGracePeriod))
			checkStart(t, l, time.Duration(*service.HealthCheck.StartPeriod))
			if b := service.Build; b == nil || b.Dockerfile != "deploy/Dockerfile" || filepath.Clean(b.Context) != absolute(t, root) {
				t.Errorf("build is %+v", b)
			}
			for _, other := range []string{"redis", "s3"} {
				if got := service.DependsOn[other].Condition; got != types.ServiceConditionHealthy {
					t.Errorf("waits for %s to be %q", other, got)
				}
			}
		})
	}
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	abs, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return abs
}

// stopSlack is what a stop may take beyond the work under way.
const stopSlack = 5 * time.Second

// checkStop checks that the program is not killed before it has ended by itself.
func checkStop(t *testing.T, l launch, allowed time.Duration) {
	t.Helper()
	variable := map[string]string{"api": "WAIT_LIMIT", "worker": "GRACE"}[l.command()]
	if needed := duration(t, l.value(t, variable)) + stopSlack; allowed < needed {
		t.Errorf("%s is killed after %v, but may take %v (%s and %v)", l.command(), allowed, needed, variable, stopSlack)
	}
}

// checkStart checks that the program may take as long to start as it waits for
// its servers.
func checkStart(t *testing.T, l launch, allowed time.Duration) {
	t.Helper()
	if needed := duration(t, l.value(t, "START_TIMEOUT")); allowed < needed {
		t.Errorf("%s must be up after %v, but may wait %v for its servers (START_TIMEOUT)", l.command(), allowed, needed)
	}
}

func duration(t *testing.T, text string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestComposeServicesAreGuarded(t *testing.T) {
	t.Parallel()
	for name, s := range compose(t).Services {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if s.HealthCheck == nil || s.HealthCheck.Disable || len(s.HealthCheck.Test) < 2 {
				t.Error("no health check")
			}
			if s.Restart != "unless-stopped" {
				t.Errorf("restart is %q", s.Restart)
			}
			if !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") || s.Privileged {
				t.Errorf("read_only is %v, cap_drop %q, security_opt %q, privileged %v", s.ReadOnly, s.CapDrop, s.SecurityOpt, s.Privileged)
			}
			if s.Deploy == nil || s.Deploy.Resources.Limits == nil || s.Deploy.Resources.Limits.MemoryBytes == 0 {
				t.Error("memory is not limited")
			}
			if s.StopGracePeriod == nil {
				t.Error("no stop_grace_period")
			}
			if s.Build == nil && !pinned.MatchString(s.Image) {
				t.Errorf("image %s: want a version of at least two parts", s.Image)
			}
		})
	}
}

func TestComposeWorkersCanBeMany(t *testing.T) {
	t.Parallel()
	project, err := compose(t).WithServicesTransform(func(name string, s types.ServiceConfig) (types.ServiceConfig, error) {
		if name == "worker" {
			s.SetScale(4)
		}
		return s, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	worker := project.Services["worker"]
	if worker.GetScale() != 4 {
		t.Errorf("scaled to %d", worker.GetScale())
	}
	if worker.ContainerName != "" || worker.Hostname != "" || len(worker.Ports) > 0 {
		t.Errorf("name %q, host %q and ports %v can be one worker's only", worker.ContainerName, worker.Hostname, worker.Ports)
	}
	for _, network := range worker.Networks {
		if network != nil && network.Ipv4Address != "" {
			t.Errorf("address %s can be one worker's only", network.Ipv4Address)
		}
	}
}

func TestComposePublishesOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	all := map[string][]string{"api": {"127.0.0.1:8080:" + port}, "grafana": {"127.0.0.1:3000:3000"}}
	for name, s := range compose(t).Services {
		var published []string
		for _, p := range s.Ports {
			published = append(published, fmt.Sprintf("%s:%s:%d", p.HostIP, p.Published, p.Target))
		}
		want := all[name]
		if !slices.Equal(published, want) {
			t.Errorf("%s publishes %q, want %q", name, published, want)
		}
	}
	for _, name := range []string{"farm", "monitoring"} {
		if !compose(t).Networks[name].Internal {
			t.Errorf("network %s has a way out", name)
		}
	}
}

// TestComposeServersMatchTheirClients holds what Redis and S3 are told against
// what the program is told of them.
func TestComposeServersMatchTheirClients(t *testing.T) {
	t.Parallel()
	services := compose(t).Services
	redis, s3 := services["redis"], services["s3"]
	for name, service := range parts(t) {
		env := composeLaunch(t, service).env
		if want := "redis://:" + *redis.Environment["REDISCLI_AUTH"] + "@redis:6379/0"; env["REDIS_URL"] != want {
			t.Errorf("%s: REDIS_URL is %s, want %s", name, env["REDIS_URL"], want)
		}
		listen, _ := argument(s3.Command, "--port")
		for variable, want := range map[string]string{
			"S3_ENDPOINT":           "http://s3" + listen,
			"S3_REGION":             *s3.Environment["VGW_REGION"],
			"AWS_ACCESS_KEY_ID":     *s3.Environment["ROOT_ACCESS_KEY_ID"],
			"AWS_SECRET_ACCESS_KEY": *s3.Environment["ROOT_SECRET_ACCESS_KEY"],
		} {
			if env[variable] != want {
				t.Errorf("%s: %s is %s, want %s", name, variable, env[variable], want)
			}
		}
		for _, other := range []string{"redis", "s3"} {
			if !shareNetwork(service, services[other]) {
				t.Errorf("%s cannot reach %s", name, other)
			}
		}
	}
	checkRedis(t, redis.Command)
	path, _ := argument(s3.Command, "--health")
	listen, _ := argument(s3.Command, "--port")
	if want := "http://127.0.0.1" + listen + path; !slices.Contains(s3.HealthCheck.Test, want) {
		t.Errorf("health check of s3 is %q, want one of %s", s3.HealthCheck.Test, want)
	}
	if folder := s3.Command[len(s3.Command)-1]; len(s3.Volumes) != 1 || s3.Volumes[0].Target != folder {
		t.Errorf("s3 keeps files in %s, and volumes are %v", folder, s3.Volumes)
	}
}

func shareNetwork(a, b types.ServiceConfig) bool {
	for name := range a.Networks {
		if _, ok := b.Networks[name]; ok {
			return true
		}
	}
	return false
}

// argument returns what follows flag in a command.
func argument(command []string, flag string) (string, bool) {
	i := slices.Index(command, flag)
	if i < 0 || i+1 == len(command) {
		return "", false
	}
	return command[i+1], true
}

// checkRedis checks that a Redis evicts nothing, so that no task is lost, writes
// nothing, as its file system is read-only, and has its password from the environment.
func checkRedis(t *testing.T, command []string) {
	t.Helper()
	script := strings.ReplaceAll(command[len(command)-1], "$$", "$")
	for _, want := range []string{"maxmemory-policy noeviction", `save ""`, "appendonly no", "requirepass $REDISCLI_AUTH"} {
		if !slices.Contains(strings.Split(script, "\n"), want) {
			t.Errorf("redis: no line %q in:\n%s", want, script)
		}
	}
}

// TestComposePublishedElsewhereWantsPasswords runs what the container of Redis runs, with a program in place of the server.
func TestComposePublishedElsewhereWantsPasswords(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "valkey-server"), []byte("#!/bin/sh\ncat\n"), 0o700); err != nil { //nolint:gosec // it is run
		t.Fatal(err)
	}
	own := []string{"MANDELFARM_REDIS_PASSWORD=one", "MANDELFARM_S3_SECRET=other"}
	for name, test := range map[string]struct {
		variables []string
		password  string // empty if it does not start
	}{
		"a trial":                    {nil, "mandelfarm-dev"},
		"a trial at another port":    {[]string{"MANDELFARM_PUBLISH=127.0.0.1:9000"}, "mandelfarm-dev"},
		"published":                  {[]string{"MANDELFARM_PUBLISH=80"}, ""},
		"published, half":            {append(own[:1:1], "MANDELFARM_PUBLISH=0.0.0.0:80"), ""},
		"published, the other half":  {append(own[1:2:2], "MANDELFARM_PUBLISH=0.0.0.0:80"), ""},
		"published, with both":       {append(own[:2:2], "MANDELFARM_PUBLISH=0.0.0.0:80"), "one"},
		"on this machine, with both": {own, "one"},
	} {
		project, err := loadCompose(t.Context(), test.variables...)
		if err != nil {
			t.Fatal(err)
		}
		redis := project.Services["redis"]
		cmd := exec.CommandContext(t.Context(), redis.Command[0], redis.Command[1], strings.ReplaceAll(redis.Command[2], "$$", "$"))
		cmd.Env = []string{"PATH=" + folder + ":" + os.Getenv("PATH")}
		for variable, value := range redis.Environment {
			cmd.Env = append(cmd.Env, variable+"="+*value)
		}
		said, err := cmd.CombinedOutput()
		if started := err == nil; started != (test.password != "") {
			t.Errorf("%s: started is %v: %s", name, started, said)
		} else if want := "requirepass " + test.password + "\n"; started && !strings.HasPrefix(string(said), want) {
			t.Errorf("%s: the server is told %q, want %q first", name, said, want)
		}
	}
}
