//go:build linux

package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestInfoIsNumbers(t *testing.T) {
	t.Parallel()
	require.Equal(t, map[string]float64{"used_memory": 1024, "used_cpu_sys": 0.5},
		parseInfo("# Memory\r\nused_memory:1024\r\nused_memory_human:1.00K\r\nused_cpu_sys:0.5\r\nrole:master\r\n"))
}

func TestNeedsAreDrawn(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "plot.svg")
	require.NoError(t, draw([]need{{workers: 1, connections: 21, idle: 70}, {workers: 10, connections: 169, idle: 640}}, file))
	svg, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Contains(t, string(svg), "<svg")
	require.Contains(t, string(svg), "Redis: connections")
}

// TestPretendWorkersWork: two of them draw bands, and what they need is counted.
func TestPretendWorkersWork(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("redis-server"); err != nil || testing.Short() {
		t.Skip("starts a redis-server")
	}
	redis, err := startRedis(t.Context())
	require.NoError(t, err)
	defer redis.stop()
	f, err := newFarm(redis, time.Millisecond)
	require.NoError(t, err)
	defer f.close()
	ctx, cancel := context.WithCancel(t.Context())
	var serving sync.WaitGroup
	defer serving.Wait()
	defer cancel()
	require.NoError(t, f.start(ctx, 2, &serving))
	require.NoError(t, f.submit(ctx, 10))
	require.Eventually(t, func() bool { return f.store.bands.Load() >= 10 }, time.Minute, 10*time.Millisecond)
	require.Greater(t, f.store.operations.Load(), f.store.bands.Load())
	seen, err := f.watch(ctx, time.Second)
	require.NoError(t, err)
	require.Greater(t, seen.connections, 2.0)
	require.Positive(t, seen.commands)
	require.Positive(t, seen.memory)
}
