package queue_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
	"mandelfarm/job"
	"mandelfarm/queue"
)

// TestOnCluster has all keys on one node, which refuses commands with keys of different
// slots as many nodes do.
func TestOnCluster(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T) *farm {
		t.Helper()
		c := testenv.Cluster(t, 1, false)
		return farmOf(t, &farm{url: c.URL(), rdb: redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{c.Primaries[0].Addr}})})
	})
}

// TestOnRedisWithTLSAndLeastRights has the policy that the doctor prints, and a client
// certificate. No command is in the policy that nothing needs.
func TestOnRedisWithTLSAndLeastRights(t *testing.T) {
	t.Parallel()
	var used commands
	all := 0
	t.Cleanup(func() {
		if !t.Failed() && used.farms == all { // or some were not to run
			assert.Subset(t, used.names, queue.Commands(), "the farm's policy has more than it needs")
		}
	})
	start := func(t *testing.T) *farm {
		t.Helper()
		server := testenv.Rediss(t)
		server.Do(t, "ACL SETUSER farm on >secret "+queue.Policy())
		f := farmAt(t, "redis://"+server.Addr+"/1") // as in its TLSURL
		t.Cleanup(func() { used.add(t, f) })
		f.url = server.TLSURL()
		f.access = queue.Access{Username: "farm", Password: "secret", CA: server.CA, Certificate: server.Cert, Key: server.Key}
		require.NoError(t, f.access.Validate(f.url))
		return f
	}
	all = run(t, start) + 1
	t.Run("TheRest", func(t *testing.T) {
		t.Parallel()
		q := start(t).open(t)
		_, err := q.Clock(t.Context())
		require.NoError(t, err)
		_, err = q.HistoryOf(t.Context(), task(t, 1, job.Batch).ID)
		require.NoError(t, err)
	})
}

// commands are those that a Redis was sent. It is safe for concurrent use.
type commands struct {
	mu    sync.Mutex
	farms int
	names []string
}

func (c *commands) add(t *testing.T, f *farm) {
	t.Helper()
	stats, err := f.rdb.Info(context.WithoutCancel(t.Context()), "commandstats").Result()
	require.NoError(t, err)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.farms++
	for line := range strings.Lines(stats) {
		name, _, _ := strings.Cut(strings.TrimPrefix(line, "cmdstat_"), ":")
		c.names = append(c.names, name)
	}
}

// TestLessThanThePolicyIsNotEnough: each command that is not allowed is missed.
func TestLessThanThePolicyIsNotEnough(t *testing.T) {
	t.Parallel()
	server := testenv.Redis(t)
	server.Do(t, "ACL SETUSER farm on >secret "+queue.Policy())
	f := farmAt(t, server.URL())
	f.access = queue.Access{Username: "farm", Password: "secret"}
	refused, err := f.open(t).Try(t.Context())
	require.NoError(t, err)
	require.Empty(t, refused)
	for _, name := range queue.Commands() {
		server.Do(t, "ACL SETUSER farm -"+name)
		refused, err = f.open(t).Try(t.Context())
		require.NoError(t, err)
		require.Len(t, refused, 1, name)
		require.Contains(t, refused[0], strings.ToUpper(name))
		server.Do(t, "ACL SETUSER farm +"+name)
	}
	server.Do(t, "ACL SETUSER farm resetchannels &mandelfarm:*")
	refused, err = f.open(t).Try(t.Context())
	require.NoError(t, err)
	require.Len(t, refused, 1, "asynq's channels")
	server.Do(t, "ACL SETUSER farm &asynq:* resetkeys ~asynq:*")
	refused, err = f.open(t).Try(t.Context())
	require.NoError(t, err)
	require.Greater(t, len(refused), 20, "our keys")
}

func TestOnValkey(t *testing.T) {
	t.Parallel()
	testenv.Valkey(t) // or skipped once
	run(t, func(t *testing.T) *farm {
		t.Helper()
		return farmAt(t, testenv.Valkey(t).URL())
	})
}

// TestDemotedPrimariesAreLeft: a primary that lives on as a replica, which refuses writes,
// is not asked any more, and word comes by the new one.
func TestDemotedPrimariesAreLeft(t *testing.T) {
	t.Parallel()
	set := testenv.Sentinel(t)
	q := (&farm{url: set.URL()}).open(t)
	r := record(succeed)
	serve(t, q, time.Second, r.handle, assign(job.Batch, soon))
	enqueue(t, q, task(t, 1, job.Batch))
	receive(t, r.calls, "a task by the first primary")
	set.Sentinels[0].Do(t, "SENTINEL FAILOVER "+testenv.MasterName)
	eventually(t, "the other is the primary", func() bool {
		there, err := q.Topology(t.Context())
		return err == nil && strings.Contains(there.Text, "primary "+set.Replica.Addr)
	})
	set.Primary.Do(t, "REPLICAOF "+strings.Replace(set.Replica.Addr, ":", " ", 1)) // as the Sentinels do some seconds later
	eventually(t, "writes succeed", func() bool { return q.Probe(t.Context()) == nil })
	eventually(t, "a task is queued", func() bool { return q.Enqueue(t.Context(), task(t, 2, job.Batch)) == nil })
	require.Equal(t, task(t, 2, job.Batch), receive(t, r.calls, "a task by the second").task)
	hearing(t, q)
}
