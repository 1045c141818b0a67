package testenv

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// stopLimit is how long a server may take to end when asked.
const stopLimit = 10 * time.Second

// RedisServer is a redis-server that belongs to one test. It persists nothing
// and evicts nothing, as the farm's does. Its methods are for the test's
// goroutine.
type RedisServer struct {
	// Addr is its "host:port", the same after a restart.
	Addr string

	program string
	process *Process
}

// Redis starts a redis-server. See the package documentation for what happens
// without one installed.
func Redis(tb testing.TB) *RedisServer {
	tb.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil {
		missing(tb, "redis-server is not in PATH: apt-get install redis-server")
	}
	r := &RedisServer{program: program}
	r.process, r.Addr, err = startAnswering(r.command, redisAnswers)
	if err != nil {
		tb.Fatalf("start redis-server: %v", err)
	}
	tb.Cleanup(func() {
		r.process.Kill()
		r.process.logTo(tb)
	})
	return r
}

// missing skips the test, or fails it in CI.
func missing(tb testing.TB, message string) {
	tb.Helper()
	if inCI() {
		tb.Fatal(message)
	}
	tb.Skip(message)
}

// URL returns the address in the form of REDIS_URL.
func (r *RedisServer) URL() string { return "redis://" + r.Addr + "/0" }

// FlushAll empties the server.
func (r *RedisServer) FlushAll(tb testing.TB) {
	tb.Helper()
	client := redis.NewClient(redisOptions(r.Addr))
	defer client.Close()
	if err := client.FlushAll(tb.Context()).Err(); err != nil {
		tb.Fatalf("flush Redis: %v", err)
	}
}

// Kill ends the server at once, as a crash does. All its data is lost.
func (r *RedisServer) Kill() { r.process.Kill() }

// Stop has the server shut down. All its data is lost.
func (r *RedisServer) Stop(tb testing.TB) {
	tb.Helper()
	if err := r.process.Stop(stopLimit); err != nil {
		tb.Fatalf("stop redis-server: %v", err)
	}
}

// Restart ends the server if it runs and starts it again, empty, at the same
// address.
func (r *RedisServer) Restart(tb testing.TB) {
	tb.Helper()
	r.process.Kill()
	process, err := startAt(r.Addr, r.command, redisAnswers)
	if err != nil {
		tb.Fatalf("restart redis-server: %v", err)
	}
	r.process = process
}

func (r *RedisServer) command(addr string) *exec.Cmd {
	host, port, _ := net.SplitHostPort(addr)
	//nolint:gosec,noctx // the program is redis-server; Process ends it
	return exec.Command(r.program, "--bind", host, "--port", port,
		"--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction", "--loglevel", "notice")
}

// redisAnswers checks that the server at addr is the process: a stranger may
// have been faster to take the port.
func redisAnswers(ctx context.Context, addr string, p *Process) error {
	client := redis.NewClient(redisOptions(addr))
	defer client.Close()
	info, err := client.Info(ctx, "server").Result()
	if err != nil {
		return err
	}
	_, rest, _ := strings.Cut(info, "process_id:")
	if pid, _, _ := strings.Cut(rest, "\r\n"); pid != strconv.Itoa(p.PID()) {
		return fmt.Errorf("%w: process %s answers at %s", errStranger, pid, addr)
	}
	return nil
}

// errStranger says that a port has another server behind it than ours.
var errStranger = errors.New("not the server that was started")

// redisOptions makes a client that reports the first failure.
func redisOptions(addr string) *redis.Options {
	return &redis.Options{Addr: addr, MaxRetries: -1, PoolSize: 1, DialerRetries: 1, DisableIdentity: true}
}
