package testenv

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// MasterName is what the Sentinels of tests call their primary.
const MasterName = "farm"

// SentinelSet is a primary, its replica and three Sentinels that belong to one test.
type SentinelSet struct {
	Primary, Replica *RedisServer // at the beginning
	Sentinels        []*RedisServer
}

// Sentinel starts a primary with a replica, and three Sentinels. It returns when all
// know each other, so that a failover is possible.
func Sentinel(tb testing.TB) *SentinelSet {
	tb.Helper()
	program := redisServer(tb)
	s := &SentinelSet{Primary: startRedis(tb, program, "--repl-diskless-sync-delay", "0")}
	host, port, err := net.SplitHostPort(s.Primary.Addr)
	if err != nil {
		tb.Fatal(err)
	}
	s.Replica = startRedis(tb, program, "--replicaof", host+" "+port)
	s.Replica.await(tb, "INFO replication", "master_link_status:up")
	for range 3 {
		s.Sentinels = append(s.Sentinels, startSentinel(tb, program, host+" "+port))
	}
	for _, sentinel := range s.Sentinels {
		sentinel.await(tb, "INFO sentinel", fmt.Sprintf("name=%s,status=ok,address=%s,slaves=1,sentinels=3", MasterName, s.Primary.Addr))
		sentinel.await(tb, "SENTINEL CKQUORUM "+MasterName, "+OK")
	}
	return s
}

func startSentinel(tb testing.TB, program, primary string) *RedisServer {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "sentinel.conf") // which it writes
	text := fmt.Sprintf(`sentinel monitor %[1]s %[2]s 2
sentinel down-after-milliseconds %[1]s %[3]d
sentinel failover-timeout %[1]s %[4]d
`, MasterName, primary, sentinelTimeout, 3*sentinelTimeout)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
	return startRedis(tb, program, path, "--sentinel")
}

// URL names the Sentinels in the form of REDIS_URL.
func (s *SentinelSet) URL() string {
	return "redis-sentinel://" + strings.Join(addresses(s.Sentinels), ",") + "/" + MasterName
}
