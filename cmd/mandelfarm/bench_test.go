package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
	"mandelfarm/ledger"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage/s3"
)

// BenchmarkColdGenerate measures the original's picture on an idle farm of
// processes with real servers, from request to last byte: not in memory, not in
// storage, drawn, stored and fetched.
func BenchmarkColdGenerate(b *testing.B) { coldGenerate(b, "") }

// BenchmarkColdGenerateSaturated is the same while the farm draws a poster that
// takes all its cores.
func BenchmarkColdGenerateSaturated(b *testing.B) {
	coldGenerate(b, `{"width": 65536, "height": 65536, "max_iterations": 5000, "coloring": {"method": "set"},
		"center": {"re": "-0.743643887037151", "im": "0.131825904205330"}, "radius": "5e-6"}`)
}

func coldGenerate(b *testing.B, poster string) {
	b.Helper()
	redis, bucket := testenv.Redis(b), testenv.S3(b)
	settings := serverSettings(redis.URL(), bucket)
	settings["CACHE_BYTES"] = "0"
	front := serve(b, settings, "api")
	serve(b, settings, "worker")
	store, err := s3.Open(b.Context(), bucket)
	require.NoError(b, err)
	defer store.Close()
	pictures := ledger.New(store, ledger.Options{})
	picture := pictures.Image(spec.Original(800, 600).ID(), spec.PNG)

	if poster != "" {
		front.awaitJob(b, front.submit(b, poster), "running", testTimeout)
	}

	const requests = 200
	idle := time.NewTicker(50 * time.Millisecond) // between requests, so that the worker is asleep
	defer idle.Stop()
	var took []time.Duration
	for range b.N {
		for i := range requests {
			require.NoError(b, pictures.Remove(b.Context(), picture))
			<-idle.C
			start := time.Now()
			path := "/generate/800/600"
			if poster != "" {
				// The task before may not be off the queue yet: other pictures, on
				// average as large.
				path = fmt.Sprintf("/generate/%d/600", 700+i)
			}
			status, _ := front.get(path)
			took = append(took, time.Since(start))
			require.Equal(b, http.StatusOK, status)
		}
	}
	slices.Sort(took)
	b.ReportMetric(milliseconds(took[len(took)/2]), "p50-ms")
	b.ReportMetric(milliseconds(took[len(took)*99/100]), "p99-ms")
	b.ReportMetric(0, "ns/op")
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// BenchmarkWarmGenerate measures how often in a second the farm answers with a
// picture it has in memory, beside nginx serving the same bytes as a static
// file, both asked by wrk from the same machine, in turn.
func BenchmarkWarmGenerate(b *testing.B) {
	for _, program := range []string{"nginx", "wrk"} {
		if _, err := exec.LookPath(program); err != nil {
			b.Skipf("%s is not installed: apt-get install nginx-light wrk", program)
		}
	}
	farm := serve(b, map[string]string{"DATA": b.TempDir()})
	status, picture := farm.get("/generate/800/600")
	require.Equal(b, http.StatusOK, status)
	peer := nginx(b, picture)

	var ours, theirs []float64
	for range b.N {
		ours = append(ours, wrk(b, farm.url+"/generate/800/600"))
		theirs = append(theirs, wrk(b, peer+"/picture.png"))
	}
	b.ReportMetric(median(ours), "farm-req/s")
	b.ReportMetric(median(theirs), "nginx-req/s")
	b.ReportMetric(median(ours)/median(theirs), "farm/nginx")
	b.ReportMetric(0, "ns/op")
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// nginx serves one file and returns its URL.
func nginx(b *testing.B, picture []byte) string {
	b.Helper()
	folder := b.TempDir()
	require.NoError(b, os.Chmod(folder, 0o755))
	require.NoError(b, os.WriteFile(filepath.Join(folder, "picture.png"), picture, 0o644))
	addr := testenv.FreeAddr(b)
	config := fmt.Sprintf(`daemon off; worker_processes auto; user root; pid %[1]s/pid; error_log stderr;
		events { worker_connections 1024; }
		http { access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; open_file_cache max=10;
			types { image/png png; }
			server { listen %[2]s; root %[1]s; add_header Cache-Control "public, max-age=60"; } }`, folder, addr)
	file := filepath.Join(folder, "nginx.conf")
	require.NoError(b, os.WriteFile(file, []byte(config), 0o600))
	peer := &service{Process: testenv.Start(b, exec.CommandContext(context.WithoutCancel(b.Context()), "nginx", "-c", file, "-p", folder)), url: "http://" + addr}
	b.Cleanup(func() { _ = peer.Stop(testTimeout) }) // which ends its workers too; a kill would leave them
	require.Eventually(b, func() bool {
		status, _ := peer.get("/picture.png")
		return status == http.StatusOK
	}, testTimeout, 5*time.Millisecond)
	return peer.url
}

var requestsPerSecond = regexp.MustCompile(`Requests/sec:\s+([0-9.]+)`)

// wrk asks for a URL over and over for two seconds.
func wrk(b *testing.B, url string) float64 {
	b.Helper()
	out, err := exec.CommandContext(b.Context(), "wrk", "-t1", "-c32", "-d2s", url).CombinedOutput()
	require.NoError(b, err, "%s", out)
	require.NotContains(b, string(out), "Non-2xx", "%s", out)
	found := requestsPerSecond.FindStringSubmatch(string(out))
	require.NotNil(b, found, "%s", out)
	n, err := strconv.ParseFloat(found[1], 64)
	require.NoError(b, err)
	return n
}

// BenchmarkStart measures from the start of the built command to its first
// answer.
func BenchmarkStart(b *testing.B) {
	binary := filepath.Join(b.TempDir(), "mandelfarm")
	out, err := exec.CommandContext(b.Context(), "go", "build", "-o", binary, ".").CombinedOutput()
	require.NoError(b, err, "%s", out)
	data := b.TempDir()
	addr := testenv.FreeAddr(b)
	for b.Loop() {
		farm := &service{Process: testenv.Start(b, exec.CommandContext(context.WithoutCancel(b.Context()), binary, "--listen", addr, "--data", data)), url: "http://" + addr}
		for {
			if status, _ := farm.get("/healthz"); status == http.StatusOK {
				break
			}
			select {
			case <-farm.Done():
				b.Fatal(farm.Log())
			case <-time.After(time.Millisecond):
			}
		}
		b.StopTimer()
		require.NoError(b, farm.Stop(testTimeout), strings.TrimSpace(farm.Log()))
		b.StartTimer()
	}
}
