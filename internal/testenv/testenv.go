// Package testenv starts the real servers that tests talk to: redis-server and
// the S3 server versitygw, each a process of its own on a free loopback port,
// with nothing to install but redis-server and nothing to clean up afterwards.
//
// # Life of a server
//
// A constructor returns when its server answers. The server ends with the test
// that asked for it, and with the test binary however that ends: on Linux the
// kernel kills it when its parent dies. What it printed is in the log of a test
// that failed.
//
// [Redis] gives every test a server of its own: it is up in less than 10 ms, and a
// test that stops or kills it disturbs nobody. versitygw takes 30 ms and some
// memory, so [S3] gives a fresh bucket on a server that all tests running at the
// time share; it starts with the first and ends with the last. [S3Server] is for
// tests that need to break one. BenchmarkRedis and BenchmarkS3Server measure this.
//
// [Sentinel] is a primary with a replica and three Sentinels, [Cluster] a cluster of any
// number of nodes, [Rediss] a server with TLS; these take seconds, since they agree on who
// is who. [Valkey] and [MinIO] are other programs, for those who have them.
//
// # Where the programs come from
//
// redis-server is looked up in PATH. Without it the test is skipped, with the
// package to install in the message; where the variable CI is "true" it fails,
// since a suite that skips there tests nothing. versitygw is pinned in
// tools/go.mod and built by the go command when needed, which takes minutes the
// first time and comes from the build cache afterwards; VERSITYGW names a binary
// to use instead.
//
// # Disks that are full
//
// [InNamespace] runs a test where it may mount file systems that nobody else sees:
// small ones, read-only ones, and those that lack something.
//
// [Log] is a log that a test reads, and [AnotherVersion] what a program of another version of the renderer is built by.
//
// Only tests import this package.
package testenv

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// startLimit is how long a server may take to answer. A loaded machine with two
// cores needs a second at times; this is for one that hangs.
const startLimit = 30 * time.Second

// RepoRoot returns the folder that holds the main go.mod.
func RepoRoot(tb testing.TB) string {
	tb.Helper()
	root, err := repoRoot()
	if err != nil {
		tb.Fatalf("find the repository's root: %v", err)
	}
	return root
}

// repoRoot looks upwards from this file, for test binaries run elsewhere, and
// from the working folder, for those built with -trimpath.
func repoRoot() (string, error) {
	_, file, _, _ := runtime.Caller(0)
	working, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for _, folder := range []string{filepath.Dir(file), working} {
		for ; filepath.IsAbs(folder) && folder != filepath.Dir(folder); folder = filepath.Dir(folder) {
			if isRoot(folder) {
				return folder, nil
			}
		}
	}
	return "", &os.PathError{Op: "find", Path: "tools/go.mod", Err: os.ErrNotExist}
}

func isRoot(folder string) bool {
	for _, name := range []string{"go.mod", "tools/go.mod"} {
		if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
			return false
		}
	}
	return true
}

// Ports for servers are chosen below the range that kernels take ports from for
// clients and for listeners that ask for any (32768 and up on Linux, 49152 and up
// elsewhere), so that a stopped server finds its port free when it starts again.
const (
	firstPort = 15_000
	lastPort  = 32_000
	portTries = 100
)

// freePort returns a loopback address that nobody listens on. Somebody else may
// before the server does; servers prove that they are the one that was started.
func freePort() (string, error) {
	var err error
	for range portTries {
		addr := fmt.Sprintf("127.0.0.1:%d", firstPort+rand.IntN(lastPort-firstPort)) //nolint:gosec // no secret
		var listener net.Listener
		if listener, err = net.Listen("tcp", addr); err == nil { //nolint:noctx // binds and closes at once
			return addr, listener.Close()
		}
	}
	return "", err
}

// FreeAddr returns a loopback address, host:port, for a server that the test
// starts itself.
func FreeAddr(tb testing.TB) string {
	tb.Helper()
	addr, err := freePort()
	if err != nil {
		tb.Fatalf("no free port: %v", err)
	}
	return addr
}

// inCI reports whether a missing server is a failure.
func inCI() bool {
	return os.Getenv("CI") == "true" //nolint:forbidigo // tests have no flags; this is the one convention CI systems share
}
