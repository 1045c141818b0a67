package validate

import (
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// server is a redis-server of a test's own, which redis-cli speaks to.
type server struct{ address string }

// newServer starts a Redis with the password "password". Without one installed the
// test is skipped, or fails in CI.
func newServer(t *testing.T) server {
	t.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil && os.Getenv("CI") != "" {
		t.Fatal("redis-server is not installed: apt-get install redis-server")
	}
	if err != nil {
		t.Skip("redis-server is not installed: apt-get install redis-server")
	}
	s := server{freeAddress(t)}
	host, port, err := net.SplitHostPort(s.address)
	if err != nil {
		t.Fatal(err)
	}
	run(t, exec.CommandContext(t.Context(), program,
		"--bind", host, "--port", port, "--requirepass", "password", "--save", "", "--appendonly", "no", "--dir", t.TempDir()))
	until(t, "redis-server answers", func() bool { return s.ask(t, "PING") == "PONG" })
	return s
}

// ask sends a command and returns the answer, or what went wrong.
func (s server) ask(t *testing.T, command ...string) string {
	t.Helper()
	host, port, _ := net.SplitHostPort(s.address)
	args := append([]string{"-h", host, "-p", port, "-a", "password", "--no-auth-warning"}, command...)
	answer, err := exec.CommandContext(t.Context(), "redis-cli", args...).CombinedOutput()
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(answer))
}

// work is what the scaler computes of the lists that are in the server.
func (s server) work(t *testing.T, spec scaledObjectSpec) any {
	t.Helper()
	lengths := make(map[string]float64)
	for _, trigger := range spec.Triggers {
		length, err := strconv.Atoi(s.ask(t, "LLEN", trigger.Metadata["listName"]))
		if err != nil {
			t.Fatal(err)
		}
		lengths[trigger.Name] = float64(length)
	}
	return compute(t, spec, lengths)
}

// TestScalerForgetsGhosts runs api and worker on a real Redis. A worker is at a picture,
// and another task is left among the active ones whose lease is lost, which asynq never
// comes back to. The scaler counts both, until the ghost is gone; the picture counts
// until it is stored, though its lease is lost as well.
func TestScalerForgetsGhosts(t *testing.T) {
	t.Parallel()
	redis, store, spec := newServer(t), newBucket(t), scaler(t, workersName).Spec
	api := start(t, "api", redis.address, store, nil)
	start(t, "worker", redis.address, store, nil)
	submit(t, "http://"+api, `{"width": 101, "height": 51}`)
	until(t, "the picture is worked on", func() bool { return store.waiting() == 1 })
	if got := redis.work(t, spec); got != 1.0 {
		t.Fatalf("the scaler sees %v tasks, want the picture", got)
	}
	const ghost = "0123456789012345678901234567890123456789"
	redis.ask(t, "HSET", "asynq:{batch}:t:"+ghost, "state", "active")
	redis.ask(t, "LPUSH", "asynq:{batch}:active", ghost)
	redis.ask(t, "DEL", "asynq:{control}:lease")
	if got := redis.work(t, spec); got != 2.0 {
		t.Fatalf("the scaler sees %v tasks, want the picture and the ghost", got)
	}
	until(t, "the scaler sees the picture alone", func() bool { return redis.work(t, spec) == 1.0 })
	if got := redis.ask(t, "LLEN", "asynq:{control}:active"); got != "1" {
		t.Errorf("%s tasks are worked on, want the picture", got)
	}
	if got := redis.ask(t, "EXISTS", "asynq:{batch}:t:"+ghost); got != "0" {
		t.Errorf("the ghost's task is there: %s", got)
	}
	store.release()
	until(t, "there is no work", func() bool { return redis.work(t, spec) == 0.0 })
}
