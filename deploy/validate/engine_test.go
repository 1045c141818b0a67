package validate

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

var (
	onEngine = flag.Bool("engine", false, "build and run the farm by the Docker engine at hand (make compose-real)")
	restart  = flag.String("restart", "", "command of a shell that restarts the engine, such as systemctl restart docker")
)

// engineTimeout is the limit of what containers are waited for.
const engineTimeout = 5 * time.Minute

// composed is the farm as docker-compose.yml has it, in containers of an engine, from a clone of what is committed.
type composed struct {
	name   string // of the project
	folder string
	url    string
	env    []string
	files  []string // that compose reads
}

// compose runs one command of Compose on the farm and returns what it prints.
func (c *composed) compose(t *testing.T, args ...string) string {
	t.Helper()
	program := strings.Fields(os.Getenv("COMPOSE"))
	if len(program) == 0 {
		program = []string{"docker", "compose"}
	}
	all := append(program[1:len(program):len(program)], "--project-name", c.name, "--progress", "plain")
	for _, file := range c.files {
		all = append(all, "--file", file)
	}
	return c.run(t, program[0], append(all, args...)...)
}

// docker runs one command of the engine.
func (c *composed) docker(t *testing.T, args ...string) string {
	t.Helper()
	return c.run(t, "docker", args...)
}

func (c *composed) run(t *testing.T, program string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), program, args...)
	cmd.Dir, cmd.Env = c.folder, append(os.Environ(), c.env...)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(cmd.Args, " "), err, complaints.String())
	}
	return strings.TrimSpace(string(out))
}

// container is the ID of a container of a service: its first, or the one with a number.
func (c *composed) container(t *testing.T, service string) string {
	t.Helper()
	ids := strings.Fields(c.compose(t, "ps", "--quiet", service))
	if len(ids) == 0 {
		t.Fatalf("%s has no container", service)
	}
	return ids[0]
}

// up starts the farm with so many workers, and what is not running of it, and waits until all of it is healthy.
func (c *composed) up(t *testing.T, workers int) {
	t.Helper()
	c.compose(t, "up", "--detach", "--wait", "--no-recreate", "--scale", "worker="+strconv.Itoa(workers))
}

// startFarm clones the repository, builds the image and starts the farm. Without an engine the test is skipped.
func startFarm(t *testing.T, workers int) *composed {
	t.Helper()
	if !*onEngine {
		t.Skip("no engine is asked for: make compose-real")
	}
	version, err := exec.CommandContext(t.Context(), "docker", "version", "--format", "{{.Server.Version}}").Output()
	if err != nil {
		t.Skip("there is no Docker engine here that answers")
	}
	address := freeAddress(t)
	c := &composed{
		name: "mandelfarm-real", folder: filepath.Join(t.TempDir(), "clone"), url: "http://" + address,
		env:   []string{"MANDELFARM_PUBLISH=" + address, "MANDELFARM_IMAGE=mandelfarm:real"},
		files: []string{"docker-compose.yml"},
	}
	if out, err := exec.CommandContext(t.Context(), "git", "clone", "--quiet", absolute(t, root), c.folder).CombinedOutput(); err != nil {
		t.Fatalf("clone: %v\n%s", err, out)
	}
	if compareVersions(strings.SplitN(strings.TrimSpace(string(version)), "+", 2)[0], "25.0") < 0 {
		c.files = append(c.files, "deploy/compose-old-engine.yml")
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(c.compose(t, "ps", "--all"))
			t.Log(c.compose(t, "logs", "--tail", "30"))
		}
		c.compose(t, "--profile", monitoringProfile, "down", "--volumes", "--timeout", "1")
	})
	clock := time.Now()
	c.compose(t, "build", "api")
	t.Logf("built in %v", since(clock))
	clock = time.Now()
	c.up(t, workers)
	t.Logf("%d workers and all else healthy after %v", workers, since(clock))
	return c
}

func since(clock time.Time) time.Duration { return time.Since(clock).Round(10 * time.Millisecond) }

// await waits for a condition of containers.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), engineTimeout)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-ctx.Done():
			t.Fatalf("waited %v in vain: %s", engineTimeout, what)
		case <-tick.C:
		}
	}
}

// get asks the farm; status 0 means that it did not answer.
func (c *composed) get(t *testing.T, path string) (status int, body []byte) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil
	}
	defer response.Body.Close()
	if body, err = io.ReadAll(response.Body); err != nil {
		return 0, nil
	}
	return response.StatusCode, body
}

// progress is what the farm says of a job; zero if it does not answer.
type progress struct {
	State     string `json:"state"`
	Bands     int    `json:"bands"`
	BandsDone int    `json:"bands_done"`
	Error     string `json:"error"`
}

func (c *composed) progress(t *testing.T, job string) (p progress) {
	t.Helper()
	if _, body := c.get(t, job); json.Unmarshal(body, &p) != nil {
		return progress{}
	}
	return p
}

// poster is a Spec of some bands, each of which takes a core more than a second; no two numbers make the same picture.
func poster(number int) string {
	return fmt.Sprintf(`{"width": 1100, "height": 1280, "max_iterations": %d, "formula": "julia",
		"seed": {"re": "-0.75", "im": "0"}, "radius": "0.6"}`, 200_000+number)
}

// begin submits a poster and waits until bands of it are stored.
func (c *composed) begin(t *testing.T, number int) (job string) {
	t.Helper()
	job = submit(t, c.url, poster(number))
	await(t, "bands are stored", func() bool { return c.progress(t, job).BandsDone >= 2 })
	return job
}

// finish waits until a job is done, says how long that took, and compares its picture with what the program alone makes of it.
func (c *composed) finish(t *testing.T, job string, number int) {
	t.Helper()
	clock := time.Now()
	await(t, "the poster is done", func() bool {
		p := c.progress(t, job)
		if p.State == "failed" || p.State == "canceled" {
			t.Fatalf("the job is %s: %s", p.State, p.Error)
		}
		return p.State == "done"
	})
	t.Logf("poster done after another %v", since(clock))
	_, got := c.get(t, job+"/image")
	if want := c.rendered(t, poster(number)); sha256.Sum256(got) != sha256.Sum256(want) {
		t.Errorf("the poster has %d bytes that are not the %d of mandelfarm render", len(got), len(want))
	}
}

// rendered is what the program of the image alone makes of a Spec.
func (c *composed) rendered(t *testing.T, spec string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "docker", "run", "--rm", "--interactive", "--network", "none", "mandelfarm:real", "render", "-", "--output", "-")
	cmd.Stdin = strings.NewReader(spec)
	file, err := cmd.Output()
	if err != nil {
		t.Fatalf("render: %v", err)
	}
	return file
}

// underway fails unless a job is under way: what is tried on it would be tried on nothing.
func (c *composed) underway(t *testing.T, job string) {
	t.Helper()
	if p := c.progress(t, job); p.State != "running" {
		t.Errorf("the job is %s: it has ended before anything was done to the farm", p.State)
	}
}

// TestOnEngine is docs/reliability.md, section "On engines", as a test.
func TestOnEngine(t *testing.T) {
	c := startFarm(t, 4)
	t.Run("FirstPicture", func(t *testing.T) {
		clock := time.Now()
		status, got := c.get(t, "/generate/800/600")
		t.Logf("first picture after %v", since(clock))
		if status != http.StatusOK || !bytes.HasPrefix(got, []byte("\x89PNG")) {
			t.Errorf("status %d, and %d bytes that are no PNG", status, len(got))
		}
	})
	t.Run("ImageIsWhatItSays", func(t *testing.T) { imageIsWhatItSays(t, c) })
	t.Run("WorkersAreScaledDownInMidJob", func(t *testing.T) {
		job, clock := c.begin(t, 1), time.Now()
		c.underway(t, job)
		c.up(t, 1)
		t.Logf("one worker after %v", since(clock))
		c.up(t, 4)
		c.finish(t, job, 1)
	})
	for i, service := range []string{"worker", "redis", "s3", "api"} {
		t.Run(service+"IsKilled", func(t *testing.T) {
			id := c.container(t, service)
			job := c.begin(t, 10+i)
			c.underway(t, job)
			c.docker(t, "kill", id)
			c.up(t, 4)
			c.finish(t, job, 10+i)
		})
		t.Run(service+"Crashes", func(t *testing.T) { c.crash(t, service, 20+i) })
	}
	for i, service := range []string{"redis", "s3", "worker"} {
		t.Run(service+"IsCutOff", func(t *testing.T) { c.cutOff(t, service, 30+i) })
	}
	t.Run("EngineIsRestarted", func(t *testing.T) { c.restartEngine(t, 50) })
	t.Run("PicturesAreKept", func(t *testing.T) {
		job := submit(t, c.url, poster(40))
		c.finish(t, job, 40)
		c.compose(t, "down")
		c.up(t, 1)
		if status, _ := c.get(t, job+"/image"); status != http.StatusOK {
			t.Errorf("status %d of a picture from before", status)
		}
	})
	t.Run("PrometheusSeesAll", func(t *testing.T) { prometheusSeesAll(t, c) })
}

// crash ends the process of a service's container as a crash does, which the engine starts again.
func (c *composed) crash(t *testing.T, service string, number int) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root may end a process of a container from outside")
	}
	id := c.container(t, service)
	pid, err := strconv.Atoi(c.docker(t, "inspect", "--format", "{{.State.Pid}}", id))
	if err != nil {
		t.Fatal(err)
	}
	job := c.begin(t, number)
	c.underway(t, job)
	process, err := os.FindProcess(pid)
	if err == nil {
		err = process.Kill()
	}
	if err != nil {
		t.Fatal(err)
	}
	clock := time.Now()
	await(t, "the engine has started it again", func() bool {
		return c.docker(t, "inspect", "--format", "{{.RestartCount}} {{.State.Health.Status}}", id) == "1 healthy"
	})
	t.Logf("%s healthy again after %v", service, since(clock))
	c.finish(t, job, number)
}

// restartEngine restarts the engine in mid-job, which starts again whatever ran.
func (c *composed) restartEngine(t *testing.T, number int) {
	t.Helper()
	if *restart == "" {
		t.Skip("no command restarts the engine: make compose-real RESTART='systemctl restart docker'")
	}
	job := c.begin(t, number)
	c.underway(t, job)
	clock := time.Now()
	c.run(t, "sh", "-c", *restart)
	await(t, "the farm answers", func() bool { return c.progress(t, job).State != "" })
	t.Logf("the farm answers again after %v", since(clock))
	c.finish(t, job, number)
}

// cut is for how long a service is cut off: longer than claims last, and than a lease of asynq.
const cut = 40 * time.Second

// cutOff takes a service's container off the network that it meets the others on, for a while.
func (c *composed) cutOff(t *testing.T, service string, number int) {
	t.Helper()
	id, network := c.container(t, service), c.name+"_farm"
	job := c.begin(t, number)
	c.underway(t, job)
	c.docker(t, "network", "disconnect", network, id)
	clock := time.Now()
	await(t, "the cut is over", func() bool { return time.Since(clock) > cut })
	c.docker(t, "network", "connect", "--alias", service, network, id)
	c.finish(t, job, number)
}

// imageIsWhatItSays: it is small, has no shell and is nobody's but the program's, which is the very file that the same sources make here.
func imageIsWhatItSays(t *testing.T, c *composed) {
	t.Helper()
	var image []struct {
		Size   int64
		Config struct {
			User   string
			Labels map[string]string
		}
	}
	if err := json.Unmarshal([]byte(c.docker(t, "image", "inspect", "mandelfarm:real")), &image); err != nil {
		t.Fatal(err)
	}
	const most = 64 << 20
	if got := image[0]; got.Size > most || got.Config.User != "10001:10001" || got.Config.Labels["org.opencontainers.image.title"] != "mandelfarm" {
		t.Errorf("image is %+v", got)
	}
	t.Logf("the image has %.1f MB", float64(image[0].Size)/1e6)
	c.docker(t, "export", c.container(t, "worker"), "--output", "worker.tar")
	for name := range strings.Lines(c.run(t, "tar", "--list", "--file", "worker.tar")) {
		if folder := filepath.Dir(strings.TrimSpace(name)); filepath.Base(folder) == "bin" || filepath.Base(folder) == "sbin" {
			t.Errorf("there is a program in it beside its own: %s", name)
		}
	}
	c.run(t, "tar", "--extract", "--file", "worker.tar", "mandelfarm")
	here := filepath.Join(t.TempDir(), "mandelfarm")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", here, "./cmd/mandelfarm")
	cmd.Dir, cmd.Env = c.folder, append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	if digest(t, here) != digest(t, filepath.Join(c.folder, "mandelfarm")) {
		t.Error("the program in the image is not the file that is built here")
	}
}

func digest(t *testing.T, path string) [sha256.Size]byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return sha256.Sum256(data)
}

// prometheusSeesAll: every process of the farm, and no complaint about the rules.
func prometheusSeesAll(t *testing.T, c *composed) {
	t.Helper()
	c.compose(t, "--profile", monitoringProfile, "up", "--detach", "--wait", "--no-recreate", "prometheus")
	await(t, "api and worker are scraped", func() bool {
		var said struct {
			Data struct {
				ActiveTargets []struct {
					Health string `json:"health"`
				} `json:"activeTargets"`
			} `json:"data"`
		}
		answer := c.compose(t, "exec", "--no-TTY", "prometheus", "wget", "-q", "-O", "-", "http://127.0.0.1:9090/api/v1/targets")
		if err := json.Unmarshal([]byte(answer), &said); err != nil {
			t.Fatal(err)
		}
		up := 0
		for _, target := range said.Data.ActiveTargets {
			if target.Health == "up" {
				up++
			}
		}
		return up >= 2 && up == len(said.Data.ActiveTargets)
	})
}
