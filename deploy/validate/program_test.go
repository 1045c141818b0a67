package validate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// root is the repository's, from here.
const root = "../.."

func TestMain(m *testing.M) {
	code := m.Run()
	if folder := builtIn.Load(); folder != nil {
		_ = os.RemoveAll(*folder)
	}
	os.Exit(code)
}

// program returns the path of mandelfarm, built once from the sources at hand.
func program(t *testing.T) string {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatalf("build cmd/mandelfarm: %v", err)
	}
	return path
}

// builtIn is the folder to remove.
var builtIn atomic.Pointer[string]

var build = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "mandelfarm-")
	if err != nil {
		return "", err
	}
	builtIn.Store(&folder)
	path := filepath.Join(folder, "mandelfarm")
	cmd := exec.Command("go", "build", "-o", path, "./cmd/mandelfarm")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return path, nil
})

// launch is how a file starts the program.
type launch struct {
	args []string          // after the program's name: the command, and flags
	env  map[string]string // all of it, the image's included
}

// command is the name of the command that is started; the whole farm has none.
func (l launch) command() string {
	if len(l.args) > 0 && !strings.HasPrefix(l.args[0], "-") {
		return l.args[0]
	}
	return ""
}

// exec prepares the program with the launch's environment, changed by overrides,
// and no other.
func (l launch) exec(ctx context.Context, t *testing.T, overrides map[string]string) *exec.Cmd {
	t.Helper()
	env := make(map[string]string)
	maps.Copy(env, l.env)
	maps.Copy(env, overrides)
	cmd := exec.CommandContext(ctx, program(t), l.args...)
	cmd.Env = []string{}
	for _, name := range slices.Sorted(maps.Keys(env)) {
		cmd.Env = append(cmd.Env, name+"="+env[name])
	}
	return cmd
}

// setting is what --help says of one.
type setting struct {
	flag     string
	standard string // the default, empty if there is none
}

var settingLine = regexp.MustCompile(`(?m)^ +(--[a-z0-9-]+) .*\[([A-Z0-9_]+)\](?: \(default "?([^"\n]*?)"?\))?$`)

// settings returns the settings of a command, by their variables.
func settings(t *testing.T, command string) map[string]setting {
	t.Helper()
	args := append(strings.Fields(command), "--help")
	out, err := exec.Command(program(t), args...).Output()
	if err != nil {
		t.Fatalf("mandelfarm %s: %v", strings.Join(args, " "), err)
	}
	found := make(map[string]setting)
	for _, match := range settingLine.FindAllStringSubmatch(string(out), -1) {
		found[match[2]] = setting{flag: match[1], standard: match[3]}
	}
	if len(found) == 0 {
		t.Fatalf("mandelfarm %s lists no settings:\n%s", strings.Join(args, " "), out)
	}
	return found
}

// value is what the launch sets a variable to, or the command's default.
func (l launch) value(t *testing.T, variable string) string {
	t.Helper()
	if v, ok := l.env[variable]; ok {
		return v
	}
	s, ok := settings(t, l.command())[variable]
	if !ok {
		t.Fatalf("mandelfarm %s has no setting %s", l.command(), variable)
	}
	return s.standard
}

// required are the settings without which a part of the farm does not start.
func required() []string {
	return []string{"REDIS_URL", "S3_ENDPOINT", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
}

// runtimeVariables are read by the Go runtime and not by the program.
func runtimeVariables() []string { return []string{"GOMEMLIMIT"} }

// check reports what the program would not understand of a launch. The variables
// in own are those that the launch itself sets; the image's others are for
// another command.
func (l launch) check(t *testing.T, own []string) {
	t.Helper()
	known := settings(t, l.command())
	for _, name := range own {
		if _, ok := known[name]; !ok && !slices.Contains(runtimeVariables(), name) {
			t.Errorf("%s is no setting of mandelfarm %s", name, l.command())
		}
	}
	for _, name := range required() {
		if l.env[name] == "" {
			t.Errorf("%s is not given to mandelfarm %s", name, l.command())
		}
	}
	// A value that is wrong for certain keeps the program from starting, and is
	// the only one that it complains of. Two of them, for neither is judged
	// itself where it stands in for another.
	for _, wrong := range []string{"LOG_LEVEL", "START_TIMEOUT"} {
		if complaints := l.complaints(t, wrong); len(complaints) > 0 {
			t.Errorf("mandelfarm %s does not accept: %s", strings.Join(l.args, " "), strings.Join(complaints, "; "))
		}
	}
}

// complaints are the program's about the launch, without those about the
// setting that is wrong on purpose.
func (l launch) complaints(t *testing.T, wrong string) []string {
	t.Helper()
	cmd := l.exec(t.Context(), t, map[string]string{wrong: "wrong-on-purpose"})
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 2 {
		return []string{fmt.Sprintf("%v, where exit code 2 was due: %s", err, stderr.String())}
	}
	var others []string
	purposely := 0
	for line := range strings.Lines(strings.TrimSpace(stderr.String())) {
		switch line = strings.TrimSpace(line); {
		case strings.Contains(line, wrong):
			purposely++
		case line != "mandelfarm: wrong usage:":
			others = append(others, line)
		}
	}
	if purposely == 0 {
		others = append(others, "no complaint about "+wrong+" in: "+stderr.String())
	}
	return others
}

// checkMemory holds GOMEMLIMIT against the memory that the container may use, in
// bytes.
func (l launch) checkMemory(t *testing.T, limit int64) {
	t.Helper()
	text := l.env["GOMEMLIMIT"]
	mebibytes, err := strconv.ParseInt(strings.TrimSuffix(text, "MiB"), 10, 64)
	if err != nil {
		t.Errorf("GOMEMLIMIT is %q: want a number of MiB", text)
		return
	}
	if soft := mebibytes << 20; soft > limit*95/100 || soft < limit*80/100 {
		t.Errorf("GOMEMLIMIT is %s: want 80 to 95 %% of the container's %d MiB", text, limit>>20)
	}
}

func TestHelpIsUnderstood(t *testing.T) {
	t.Parallel()
	for command, want := range map[string][]string{
		"":            {"LISTEN", "DATA", "CACHE_BYTES", "GRACE"},
		"api":         {"LISTEN", "REDIS_URL", "WAIT_LIMIT"},
		"worker":      {"LISTEN", "REDIS_URL", "GRACE"},
		"healthcheck": {"LISTEN"},
	} {
		known := settings(t, command)
		for _, name := range want {
			if _, ok := known[name]; !ok {
				t.Errorf("mandelfarm %s: no %s among %v", command, name, slices.Sorted(maps.Keys(known)))
			}
		}
	}
	if got := settings(t, "worker")["GRACE"]; got.flag != "--grace" || got.standard != "20s" {
		t.Errorf("GRACE of worker is %+v", got)
	}
}
