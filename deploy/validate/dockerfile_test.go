package validate

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// dockerfile returns the stages of the Dockerfile.
func dockerfile(t *testing.T) []instructions.Stage {
	t.Helper()
	file, err := os.Open(filepath.Join(root, "deploy/Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	result, err := parser.Parse(file)
	if err != nil {
		t.Fatalf("parse Dockerfile: %v", err)
	}
	for _, warning := range result.Warnings {
		t.Errorf("Dockerfile: %s", warning.Short)
	}
	stages, _, err := instructions.Parse(result.AST, nil)
	if err != nil {
		t.Fatalf("parse Dockerfile: %v", err)
	}
	return stages
}

// image is what the Dockerfile's last stage says of the containers.
type image struct {
	env         map[string]string
	entrypoint  []string
	user        string
	workdir     string
	ports       []string
	healthcheck []string
	timeout     time.Duration // of the health check with an answer
	files       []string      // folders and files that are copied, as they are called there
	labels      []string
}

func builtImage(t *testing.T) image {
	t.Helper()
	stages := dockerfile(t)
	img := image{env: make(map[string]string)}
	for _, command := range stages[len(stages)-1].Commands {
		switch c := command.(type) {
		case *instructions.EnvCommand:
			for _, pair := range c.Env {
				img.env[pair.Key] = pair.Value
			}
		case *instructions.EntrypointCommand:
			if c.PrependShell {
				t.Error("ENTRYPOINT needs a shell")
			}
			img.entrypoint = c.CmdLine
		case *instructions.UserCommand:
			img.user = c.User
		case *instructions.WorkdirCommand:
			img.workdir = c.Path
		case *instructions.ExposeCommand:
			img.ports = append(img.ports, c.Ports...)
		case *instructions.HealthCheckCommand:
			img.healthcheck, img.timeout = c.Health.Test, c.Health.Timeout
		case *instructions.LabelCommand:
			for _, pair := range c.Labels {
				img.labels = append(img.labels, pair.Key)
			}
		case *instructions.ArgCommand: // of the labels
		case *instructions.CopyCommand:
			img.files = append(img.files, c.DestPath)
		default:
			t.Errorf("%s in the last stage: it has no shell and no use for it", command.Name())
		}
	}
	return img
}

// healthTimeout is how long mandelfarm healthcheck waits for an answer.
const healthTimeout = 4 * time.Second

// port is where the program listens in every container.
const port = "8080"

func TestImage(t *testing.T) {
	t.Parallel()
	img := builtImage(t)
	if got := img.entrypoint; len(got) != 1 || !slices.Contains(img.files, got[0]) {
		t.Errorf("ENTRYPOINT is %q: want the program alone, one of %q", got, img.files)
	}
	checkHealthcheck(t, img, img.healthcheck, img.timeout)
	if uid, _, _ := strings.Cut(img.user, ":"); !positiveNumber(uid) {
		t.Errorf("USER is %q: want a number that is not 0", img.user)
	}
	for _, label := range []string{"title", "description", "version", "revision"} {
		if !slices.Contains(img.labels, "org.opencontainers.image."+label) {
			t.Errorf("no label %s among %q", label, img.labels)
		}
	}
	known := settings(t, "")
	for name := range img.env {
		if _, ok := known[name]; !ok {
			t.Errorf("ENV %s is no setting", name)
		}
	}
	if img.env["LISTEN"] != ":"+port || !slices.Equal(img.ports, []string{port}) {
		t.Errorf("LISTEN is %q and EXPOSE is %q: want %s", img.env["LISTEN"], img.ports, port)
	}
	if img.env["DATA"] != img.workdir || !slices.Contains(img.files, img.workdir) {
		t.Errorf("DATA is %q and WORKDIR is %q: want a folder that is copied, one of %q", img.env["DATA"], img.workdir, img.files)
	}
	if !slices.ContainsFunc(img.files, func(path string) bool { return strings.HasPrefix(path, "/etc/ssl/certs") }) {
		t.Error("no certificates: https:// S3 could not be reached")
	}
}

func positiveNumber(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n > 0
}

// checkHealthcheck checks that a health check runs the program as the image has
// it, without a shell, and waits for its answer.
func checkHealthcheck(t *testing.T, img image, test []string, timeout time.Duration) {
	t.Helper()
	if want := append([]string{"CMD"}, append(img.entrypoint, "healthcheck")...); !slices.Equal(test, want) {
		t.Errorf("health check is %q, want %q", test, want)
	}
	if timeout <= healthTimeout {
		t.Errorf("health check is cut off after %v: it gives up itself after %v", timeout, healthTimeout)
	}
}

var pinned = regexp.MustCompile(`:v?[0-9]+\.[0-9]+[^:]*$|@sha256:[0-9a-f]{64}$`)

func TestImagesOfStagesArePinned(t *testing.T) {
	t.Parallel()
	for _, stage := range dockerfile(t) {
		if stage.BaseName != "scratch" && !pinned.MatchString(stage.BaseName) {
			t.Errorf("FROM %s: want a version of at least two parts", stage.BaseName)
		}
	}
}

func TestImageIsBuiltByAGoThatIsNewEnough(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-C", root, "-m", "-f", "{{.GoVersion}}").Output()
	if err != nil {
		t.Fatal(err)
	}
	tag := regexp.MustCompile(`^golang:([0-9.]+)`).FindStringSubmatch(dockerfile(t)[0].BaseName)
	if tag == nil {
		t.Fatalf("first stage is %s: want golang", dockerfile(t)[0].BaseName)
	}
	want := strings.TrimSpace(string(out))
	if compareVersions(tag[1], want) < 0 {
		t.Errorf("image is built by Go %s, go.mod wants %s", tag[1], want)
	}
}

// compareVersions compares versions of numbers and dots, as slices.Compare does.
func compareVersions(a, b string) int {
	numbers := func(v string) (ns []int) {
		for part := range strings.SplitSeq(v, ".") {
			n, _ := strconv.Atoi(part)
			ns = append(ns, n)
		}
		return ns
	}
	return slices.Compare(numbers(a), numbers(b))
}

func TestBuildIsStaticAndReproducible(t *testing.T) {
	t.Parallel()
	var runs []string
	for _, command := range dockerfile(t)[0].Commands {
		if run, ok := command.(*instructions.RunCommand); ok {
			runs = append(runs, strings.Join(run.CmdLine, " "))
		}
	}
	all := strings.Join(runs, "\n")
	for _, want := range []string{"CGO_ENABLED=0", "-trimpath", `-ldflags "-s -w"`, "GOARCH=$TARGETARCH", "./cmd/mandelfarm"} {
		if !strings.Contains(all, want) {
			t.Errorf("no %s in what the Dockerfile runs:\n%s", want, all)
		}
	}
}

// TestContextHasEverySource holds .dockerignore against what the program is
// compiled from and embeds.
func TestContextHasEverySource(t *testing.T) {
	t.Parallel()
	ignored := contextFilter(t)
	cmd := exec.Command("go", "list", "-C", root, "-deps", "-json=Dir,Standard,Module,GoFiles,SFiles,EmbedFiles", "./cmd/mandelfarm")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	top, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	files := []string{"go.mod", "go.sum"}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			Dir                         string
			Module                      struct{ Main bool }
			GoFiles, SFiles, EmbedFiles []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if !p.Module.Main {
			continue
		}
		for _, name := range slices.Concat(p.GoFiles, p.SFiles, p.EmbedFiles) {
			rel, err := filepath.Rel(top, filepath.Join(p.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, rel)
		}
	}
	if len(files) < 50 {
		t.Fatalf("only %d source files: %q", len(files), files)
	}
	for _, name := range files {
		if ignored(name) {
			t.Errorf(".dockerignore leaves out %s, which the program is built from", name)
		}
	}
	for _, name := range []string{".git/config", "data/x", "deploy/Dockerfile", "cmd/mandelfarm/x_test.go", ".env"} {
		if !ignored(name) {
			t.Errorf(".dockerignore lets %s into the image's context", name)
		}
	}
}

func contextFilter(t *testing.T) func(path string) bool {
	t.Helper()
	file, err := os.Open(filepath.Join(root, ".dockerignore"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	patterns, err := ignorefile.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	matcher, err := patternmatcher.New(patterns)
	if err != nil {
		t.Fatal(err)
	}
	return func(path string) bool {
		t.Helper()
		matches, err := matcher.MatchesOrParentMatches(path)
		if err != nil {
			t.Fatal(err)
		}
		return matches
	}
}
