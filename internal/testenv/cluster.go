package testenv

import (
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// nodeTimeout is how many milliseconds a node of a cluster may be silent before the
// others take it for dead, and sentinelTimeout the same of Sentinels and a primary.
// A busy machine may let one be silent that long; then there is one failover more.
const (
	nodeTimeout     = 2000
	sentinelTimeout = 1000
)

// slots is how many parts a cluster's keys are in.
const slots = 16384

// RedisCluster is a cluster of redis-servers that belongs to one test.
type RedisCluster struct {
	Primaries []*RedisServer // at the beginning
	Replicas  []*RedisServer // one for each primary, or none
}

// Cluster starts a cluster of so many primaries, each with a replica if that is
// wanted, and returns when every node knows all others.
func Cluster(tb testing.TB, primaries int, replicas bool) *RedisCluster {
	tb.Helper()
	c := &RedisCluster{}
	for range primaries {
		c.Primaries = append(c.Primaries, startNode(tb))
		if replicas {
			c.Replicas = append(c.Replicas, startNode(tb))
		}
	}
	c.share(tb)
	c.meet(tb)
	for i, replica := range c.Replicas {
		id := c.Primaries[i].Ask(tb, "CLUSTER MYID")
		replica.await(tb, "CLUSTER NODES", id)
		replica.Do(tb, "CLUSTER REPLICATE "+id)
		replica.await(tb, "INFO replication", "master_link_status:up")
	}
	for _, node := range c.nodes() {
		node.await(tb, "CLUSTER INFO", "cluster_state:ok")
	}
	for _, node := range c.nodes() {
		for _, replica := range c.Replicas { // of which a node tells when it has heard how far they are
			_, port, _ := net.SplitHostPort(replica.Addr)
			node.await(tb, "CLUSTER SLOTS", ":"+port+" ")
		}
	}
	return c
}

func startNode(tb testing.TB) *RedisServer {
	tb.Helper()
	nodes := filepath.Join(tb.TempDir(), "nodes.conf")
	return startRedisAt(tb, redisServer(tb), func(port string) []string {
		return []string{
			"--cluster-enabled", "yes", "--cluster-port", busPort(port), "--cluster-config-file", nodes,
			"--cluster-node-timeout", strconv.Itoa(nodeTimeout), "--cluster-replica-validity-factor", "0", "--repl-diskless-sync-delay", "0",
		}
	})
}

// busPort is the port by which a node speaks to the others. That of Redis' choice may be
// among those that clients are given.
func busPort(port string) string {
	number, _ := strconv.Atoi(port) // which freePort has found
	return strconv.Itoa(number + 1)
}

// share gives every primary its part of the slots.
func (c *RedisCluster) share(tb testing.TB) {
	tb.Helper()
	n := len(c.Primaries)
	for i, node := range c.Primaries {
		node.Do(tb, fmt.Sprintf("CLUSTER ADDSLOTSRANGE %d %d", i*slots/n, (i+1)*slots/n-1))
	}
	for i, node := range c.nodes() {
		node.Do(tb, fmt.Sprintf("CLUSTER SET-CONFIG-EPOCH %d", i+1))
	}
}

// meet lets the first node know all others, and them each other by it.
func (c *RedisCluster) meet(tb testing.TB) {
	tb.Helper()
	nodes := c.nodes()
	for _, node := range nodes[1:] {
		host, port, _ := net.SplitHostPort(node.Addr)
		nodes[0].Do(tb, "CLUSTER MEET "+host+" "+port+" "+busPort(port))
	}
	for _, node := range nodes {
		node.await(tb, "CLUSTER INFO", fmt.Sprintf("cluster_known_nodes:%d", len(nodes)))
	}
}

// Owner is the primary that has a key at the beginning.
func (c *RedisCluster) Owner(tb testing.TB, key string) *RedisServer {
	tb.Helper()
	slot, err := strconv.Atoi(strings.TrimPrefix(c.Primaries[0].Ask(tb, "CLUSTER KEYSLOT "+key), ":"))
	if err != nil {
		tb.Fatal(err)
	}
	i := 0
	for n := len(c.Primaries); (i+1)*slots/n <= slot; {
		i++
	}
	return c.Primaries[i]
}

// Do has every node obey a command that is answered with OK.
func (c *RedisCluster) Do(tb testing.TB, command string) {
	tb.Helper()
	for _, node := range c.nodes() {
		node.Do(tb, command)
	}
}

func (c *RedisCluster) nodes() []*RedisServer {
	return append(append([]*RedisServer{}, c.Primaries...), c.Replicas...)
}

// URL names all nodes in the form of REDIS_URL.
func (c *RedisCluster) URL() string {
	return "redis-cluster://" + strings.Join(addresses(c.nodes()), ",")
}

func addresses(servers []*RedisServer) []string {
	all := make([]string, len(servers))
	for i, server := range servers {
		all[i] = server.Addr
	}
	return all
}
