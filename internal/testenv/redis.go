package testenv

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// stopLimit is how long a server may take to end when asked.
const stopLimit = 10 * time.Second

// RedisServer is a redis-server that belongs to one test. It evicts nothing, as the farm's does,
// and unless it is said otherwise keeps nothing. Its methods are for the test's
// goroutine.
type RedisServer struct {
	// Addr is its "host:port", the same after a restart.
	Addr string

	program string
	folder  string
	options func(port string) []string // before those that all have
	process *Process
}

// Redis starts a redis-server. See the package documentation for what happens
// without one installed.
func Redis(tb testing.TB) *RedisServer {
	tb.Helper()
	return startRedis(tb, redisServer(tb))
}

// RedisKept starts a redis-server that keeps its data, in an append-only file: it has it after a restart.
func RedisKept(tb testing.TB) *RedisServer {
	tb.Helper()
	return startRedis(tb, redisServer(tb), "--appendonly", "yes")
}

// Valkey starts a valkey-server, which few systems have: without it the test is
// skipped.
func Valkey(tb testing.TB) *RedisServer {
	tb.Helper()
	notInShort(tb)
	program, err := exec.LookPath("valkey-server")
	if err != nil {
		tb.Skip("valkey-server is not in PATH, and Debian 12 has no package of it")
	}
	return startRedis(tb, program)
}

// redisServer is the program. It is also that of a Sentinel.
func redisServer(tb testing.TB) string {
	tb.Helper()
	notInShort(tb)
	program, err := exec.LookPath("redis-server")
	if err != nil {
		missing(tb, "redis-server is not in PATH: apt-get install redis-server")
	}
	return program
}

func startRedis(tb testing.TB, program string, options ...string) *RedisServer {
	tb.Helper()
	return startRedisAt(tb, program, func(string) []string { return options })
}

// startRedisAt is startRedis with options that depend on the port.
func startRedisAt(tb testing.TB, program string, options func(port string) []string) *RedisServer {
	tb.Helper()
	r := &RedisServer{program: program, folder: tb.TempDir(), options: options}
	var err error
	r.process, r.Addr, err = startAnswering(r.command, redisAnswers)
	if err != nil {
		tb.Fatalf("start %s: %v", program, err)
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

// PID is the number of its process.
func (r *RedisServer) PID() int { return r.process.PID() }

// FlushAll empties the server.
func (r *RedisServer) FlushAll(tb testing.TB) {
	tb.Helper()
	r.Do(tb, "FLUSHALL")
}

// Do has the server obey a command that is answered with OK.
func (r *RedisServer) Do(tb testing.TB, command string) {
	tb.Helper()
	if answer := r.Ask(tb, command); !strings.HasPrefix(answer, "+OK") {
		tb.Fatalf("%s: %s", command, answer)
	}
}

// Number has the server obey a command that is answered with a number, such as the length of a list.
func (r *RedisServer) Number(tb testing.TB, command string) int {
	tb.Helper()
	n, err := strconv.Atoi(strings.TrimPrefix(r.Ask(tb, command), ":"))
	if err != nil {
		tb.Fatalf("%s: %v", command, err)
	}
	return n
}

// Ask returns what the server answers: of several parts, these with spaces between.
func (r *RedisServer) Ask(tb testing.TB, command string) string {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
	defer cancel()
	answer, err := ask(ctx, r.Addr, command)
	if err != nil {
		tb.Fatalf("%s: %v", command, err)
	}
	return answer
}

// await asks until the answer contains a text.
func (r *RedisServer) await(tb testing.TB, command, text string) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	err := r.process.Await(ctx, func(ctx context.Context) error {
		answer, err := ask(ctx, r.Addr, command)
		if err == nil && !strings.Contains(answer, text) {
			err = fmt.Errorf("%w: %s", errNotYet, answer)
		}
		return err
	})
	if err != nil {
		tb.Fatalf("%s does not answer with %q: %v", command, text, err)
	}
}

// errNotYet says that a server has not come as far as it should.
var errNotYet = errors.New("not yet")

// Kill ends the server at once, as a crash does. What is not kept is lost.
func (r *RedisServer) Kill() { r.process.Kill() }

// Stop has the server shut down. What is not kept is lost.
func (r *RedisServer) Stop(tb testing.TB) {
	tb.Helper()
	if err := r.process.Stop(stopLimit); err != nil {
		tb.Fatalf("stop redis-server: %v", err)
	}
}

// Restart ends the server if it runs and starts it again at the same address, empty
// unless its data is kept.
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
	return exec.Command(r.program, slices.Concat(r.options(port), []string{
		"--bind", host, "--port", port, "--dir", r.folder,
		"--save", "", "--maxmemory-policy", "noeviction", "--loglevel", "notice",
	})...)
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

// ask sends an inline command and returns the answer; of one with several parts, these
// with spaces between. go-redis would log every attempt to reach a server that is starting.
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
	return readAnswer(bufio.NewReader(conn))
}

// readAnswer reads a line ("+OK"), what has a length ("$5\r\nhello") or so many answers
// ("*2\r\n:1\r\n:2").
func readAnswer(r *bufio.Reader) (string, error) {
	line, err := r.ReadString('\n')
	line = strings.TrimSuffix(line, "\r\n")
	if err != nil || line == "" || line[0] != '$' && line[0] != '*' {
		return line, err
	}
	n, err := strconv.Atoi(line[1:])
	if err != nil {
		return "", err
	}
	if line[0] == '$' {
		bulk := make([]byte, max(n, 0)+len("\r\n"))
		_, err = io.ReadFull(r, bulk)
		return string(bulk[:max(n, 0)]), err
	}
	parts := make([]string, n)
	for i := range parts {
		if parts[i], err = readAnswer(r); err != nil {
			return "", err
		}
	}
	return strings.Join(parts, " "), nil
}
