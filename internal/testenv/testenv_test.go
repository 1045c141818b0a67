package testenv_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
	"mandelfarm/storage/s3"
)

func connect(t *testing.T, server *testenv.RedisServer) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(server.URL())
	require.NoError(t, err)
	options.MaxRetries = -1
	client := redis.NewClient(options)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func TestRedis(t *testing.T) {
	t.Parallel()
	server := testenv.Redis(t)
	client := connect(t, server)
	require.NoError(t, client.Set(t.Context(), "key", "value", 0).Err())
	for setting, want := range map[string]string{"maxmemory-policy": "noeviction", "appendonly": "no", "save": ""} {
		got, err := client.ConfigGet(t.Context(), setting).Result()
		require.NoError(t, err)
		require.Equal(t, want, got[setting], setting)
	}
	server.FlushAll(t)
	require.ErrorIs(t, client.Get(t.Context(), "key").Err(), redis.Nil)
}

func TestRedisServersAreSeparate(t *testing.T) {
	t.Parallel()
	one, two := testenv.Redis(t), testenv.Redis(t)
	require.NotEqual(t, one.Addr, two.Addr)
	require.NoError(t, connect(t, one).Set(t.Context(), "key", "value", 0).Err())
	require.ErrorIs(t, connect(t, two).Get(t.Context(), "key").Err(), redis.Nil)
}

func TestRedisComesBackEmptyAtItsAddress(t *testing.T) {
	t.Parallel()
	server := testenv.Redis(t)
	addr, client := server.Addr, connect(t, server)
	for _, end := range []func(){server.Kill, func() { server.Stop(t) }, func() {}} {
		require.NoError(t, client.Set(t.Context(), "key", "value", 0).Err())
		end()
		server.Restart(t)
		require.Equal(t, addr, server.Addr)
		client = connect(t, server)
		require.ErrorIs(t, client.Get(t.Context(), "key").Err(), redis.Nil)
	}
	server.Kill()
	require.Error(t, client.Ping(t.Context()).Err())
}

// TestRedisKeepsWhatIsKept over a kill, once it has been written to the file.
func TestRedisKeepsWhatIsKept(t *testing.T) {
	t.Parallel()
	server := testenv.RedisKept(t)
	client := connect(t, server)
	require.NoError(t, client.Set(t.Context(), "key", "value", 0).Err())
	server.Do(t, "CONFIG SET appendfsync always")
	require.NoError(t, client.Set(t.Context(), "key", "value", 0).Err())
	server.Restart(t)
	require.Equal(t, "value", connect(t, server).Get(t.Context(), "key").Val())
}

func TestS3GivesFreshBucketsOnOneServer(t *testing.T) {
	t.Parallel()
	one, two := testenv.S3(t), testenv.S3(t)
	require.Equal(t, one.Endpoint, two.Endpoint)
	require.NotEqual(t, one.Bucket, two.Bucket)
	s, err := s3.Open(t.Context(), one)
	require.NoError(t, err)
	require.NoError(t, s.Close())
}

func TestS3ServerKeepsObjectsAcrossRestarts(t *testing.T) {
	t.Parallel()
	server := testenv.S3Server(t)
	s, err := s3.Open(t.Context(), server.Config())
	require.NoError(t, err)
	defer s.Close()
	require.NoError(t, s.Create(t.Context(), "key", "", []byte("data")))
	server.Kill()
	require.Error(t, s.Ping(t.Context()))
	server.Restart(t)
	info, err := s.Stat(t.Context(), "key")
	require.NoError(t, err)
	require.Equal(t, int64(4), info.Size)
}

func TestRepoRoot(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join(testenv.RepoRoot(t), "go.mod"))
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(data), "module mandelfarm\n"))
}

func TestStopKillsWhatDoesNotEnd(t *testing.T) {
	t.Parallel()
	polite := testenv.Start(t, exec.Command("sleep", "1000"))
	require.ErrorContains(t, polite.Stop(time.Minute), "signal: terminated")

	stubborn := testenv.Start(t, exec.Command("sh", "-c", "trap '' TERM; echo ready; exec sleep 1000"))
	require.NoError(t, stubborn.Await(t.Context(), printed(stubborn, "ready")))
	require.ErrorContains(t, stubborn.Stop(time.Millisecond), "killed")
	<-stubborn.Done()
}

func TestAwaitReportsAnEndedProcess(t *testing.T) {
	t.Parallel()
	p := testenv.Start(t, exec.Command("sh", "-c", "echo the reason; exit 3"))
	err := p.Await(t.Context(), printed(p, "never"))
	require.ErrorContains(t, err, "exit status 3")
	require.ErrorContains(t, err, "the reason")
	require.ErrorContains(t, p.Wait(), "exit status 3")
}

// printed is ready once the process has printed the text.
func printed(p *testenv.Process, text string) func(context.Context) error {
	return func(context.Context) error {
		if !strings.Contains(p.Log(), text) {
			return fmt.Errorf("has not printed %q", text)
		}
		return nil
	}
}

// victim is the variable that makes TestProcessesDieWithTheTestBinary the
// process that is killed.
const victim = "TESTENV_VICTIM"

// TestProcessesDieWithTheTestBinary kills a test binary, this one started anew,
// and finds the process that it had started gone.
func TestProcessesDieWithTheTestBinary(t *testing.T) {
	t.Parallel()
	if os.Getenv(victim) != "" { //nolint:forbidigo // set below
		child := testenv.Start(t, exec.Command("sleep", "1000"))
		fmt.Fprintln(os.Stderr, "child", child.PID())
		_ = child.Wait()
	}
	if runtime.GOOS != "linux" {
		t.Skip("the parent death signal is Linux's")
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), victim+"=1") //nolint:forbidigo // a child inherits it
	parent := testenv.Start(t, cmd)
	require.NoError(t, parent.Await(t.Context(), printed(parent, "child ")))
	pid := childPID(t, parent.Log())
	require.True(t, alive(pid))
	parent.Kill()
	require.Eventually(t, func() bool { return !alive(pid) }, 30*time.Second, time.Millisecond)
}

func childPID(t *testing.T, log string) int {
	t.Helper()
	lines := bufio.NewScanner(strings.NewReader(log))
	for lines.Scan() {
		if number, ok := strings.CutPrefix(lines.Text(), "child "); ok {
			pid, err := strconv.Atoi(number)
			require.NoError(t, err)
			return pid
		}
	}
	require.Fail(t, "no child", log)
	return 0
}

// alive reports whether the process exists and is more than a zombie.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

// BenchmarkRedis is what a test pays for a server of its own.
func BenchmarkRedis(b *testing.B) {
	for b.Loop() {
		server := testenv.Redis(b)
		server.Kill()
	}
}

// BenchmarkS3Server is why tests share one.
func BenchmarkS3Server(b *testing.B) {
	for b.Loop() {
		server := testenv.S3Server(b)
		server.Kill()
	}
}

// TestAddressesAreLoopback keeps test servers off the network.
func TestAddressesAreLoopback(t *testing.T) {
	t.Parallel()
	host, _, err := net.SplitHostPort(testenv.Redis(t).Addr)
	require.NoError(t, err)
	require.True(t, net.ParseIP(host).IsLoopback())
	require.True(t, strings.HasPrefix(testenv.S3(t).Endpoint, "http://127.0.0.1:"))
}

// TestNamespacesAreSeparate mounts something that nobody else sees.
func TestNamespacesAreSeparate(t *testing.T) {
	t.Parallel()
	mounts := func() string {
		data, err := os.ReadFile("/proc/self/mounts")
		require.NoError(t, err)
		return string(data)
	}
	if testenv.InNamespace(t, 0) {
		folder := testenv.Mount(t, "tmpfs", "size=1m")
		require.Contains(t, mounts(), folder)
		require.NoError(t, os.WriteFile(filepath.Join(folder, "file"), nil, 0o600))
		testenv.MountReadOnly(t, folder)
		require.Error(t, os.WriteFile(filepath.Join(folder, "another"), nil, 0o600))
		return
	}
	require.NotContains(t, mounts(), t.Name())
}

// TestSentinelsPromoteTheReplica when the primary is killed.
func TestSentinelsPromoteTheReplica(t *testing.T) {
	t.Parallel()
	set := testenv.Sentinel(t)
	set.Primary.Kill()
	client := redis.NewClient(&redis.Options{Addr: set.Replica.Addr})
	defer client.Close()
	require.Eventually(t, func() bool { return client.Set(t.Context(), "key", "value", 0).Err() == nil }, time.Minute, 10*time.Millisecond)
}

// TestClusterPromotesAReplica when a primary is killed, and one of one node is whole.
func TestClusterPromotesAReplica(t *testing.T) {
	t.Parallel()
	one := testenv.Cluster(t, 1, false)
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{one.Primaries[0].Addr}})
	defer client.Close()
	require.NoError(t, client.Set(t.Context(), "key", "value", 0).Err())

	six := testenv.Cluster(t, 3, true) // of which the first has the slot of b, 3300
	six.Primaries[0].Kill()
	promoted := redis.NewClient(&redis.Options{Addr: six.Replicas[0].Addr})
	defer promoted.Close()
	require.Eventually(t, func() bool { return promoted.Set(t.Context(), "b", "value", 0).Err() == nil }, time.Minute, 10*time.Millisecond)
}

// TestRedissWantsACertificate of its authority.
func TestRedissWantsACertificate(t *testing.T) {
	t.Parallel()
	server := testenv.Rediss(t)
	options, err := redis.ParseURL(server.TLSURL())
	require.NoError(t, err)
	options.MaxRetries = -1
	stranger := redis.NewClient(options)
	defer stranger.Close()
	require.ErrorContains(t, stranger.Ping(t.Context()).Err(), "certificate")
}
