package testenv

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
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
	notInShort(tb)
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
	r.Do(tb, "FLUSHALL")
}

// Do has the server obey a command that is answered with OK.
func (r *RedisServer) Do(tb testing.TB, command string) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
	defer cancel()
	if answer, err := ask(ctx, r.Addr, command); err != nil || !strings.HasPrefix(answer, "+OK") {
		tb.Fatalf("%s: %s, %v", command, answer, err)
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
	info, err := ask(ctx, addr, "INFO server")
	if err != nil {
		return err
	}
	if !strings.Contains(info, fmt.Sprintf("process_id:%d\r\n", p.PID())) {
		return fmt.Errorf("%w at %s", errStranger, addr)
	}
	return nil
}

// errStranger says that a port has another server behind it than ours.
var errStranger = errors.New("not the server that was started")

// ask sends an inline command and returns the answer, of the forms that end with
// a line ("+OK") or have a length ("$5\r\nhello"). go-redis would log every
// attempt to reach a server that is starting.
func ask(ctx context.Context, addr, command string) (string, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if _, err := io.WriteString(conn, command+"\r\n"); err != nil {
		return "", err
	}
	answer := bufio.NewReader(conn)
	line, err := answer.ReadString('\n')
	line = strings.TrimSuffix(line, "\r\n")
	size, isBulk := strings.CutPrefix(line, "$")
	if err != nil || !isBulk {
		return line, err
	}
	n, err := strconv.Atoi(size)
	if err != nil {
		return "", err
	}
	bulk := make([]byte, n)
	_, err = io.ReadFull(answer, bulk)
	return string(bulk), err
}
