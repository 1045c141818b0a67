package main

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// longest is how long a benchmark waits for a poster.
const longest = 10 * time.Minute

// oneCore makes a worker that uses one core.
func oneCore(tb testing.TB, settings map[string]string, args ...string) *service {
	tb.Helper()
	return serve(tb, with(settings, "GOMAXPROCS", "1"), append([]string{"worker", "--batch-tasks", "1", "--render-threads", "1"}, args...)...)
}

func with(settings map[string]string, name, value string) map[string]string {
	more := map[string]string{name: value}
	for k, v := range settings {
		more[k] = v
	}
	return more
}

// BenchmarkLarge draws posters on an API and two worker processes of one core
// each, with real servers, beside mandelfarm render on both cores.
func BenchmarkLarge(b *testing.B) {
	for name, spec := range map[string]string{
		"32768-smooth": `{"width": 32768, "height": 32768}`,
		"131072-set":   `{"width": 131072, "height": 131072, "coloring": {"method": "set"}}`,
	} {
		b.Run(name, func(b *testing.B) {
			_, settings := servers(b)
			front := serve(b, settings, "api")
			workers := []*service{oneCore(b, settings), oneCore(b, settings)}
			for range b.N {
				farm := drawLarge(b, front, spec)
				alone := renderLarge(b, spec)
				b.ReportMetric(farm.Seconds(), "farm-s")
				b.ReportMetric(alone.Seconds(), "render-s")
				b.ReportMetric(farm.Seconds()/alone.Seconds(), "farm/render")
			}
			b.ReportMetric(peak(b, front.PID()), "api-peak-MiB")
			b.ReportMetric(max(peak(b, workers[0].PID()), peak(b, workers[1].PID())), "worker-peak-MiB")
			b.ReportMetric(assembly(b, workers), "assembly-MB/s")
			b.ReportMetric(float64(strings.Count(workers[0].Log()+workers[1].Log(), `msg="band drawn"`)), "bands")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// drawLarge submits a job and returns how long it took.
func drawLarge(tb testing.TB, front *service, spec string) time.Duration {
	tb.Helper()
	start := time.Now()
	job := front.submit(tb, spec)
	front.awaitJob(tb, job, "done", longest)
	return time.Since(start)
}

func renderLarge(b *testing.B, spec string) time.Duration {
	b.Helper()
	cmd := command(b, nil, "render", "-", "-o", "poster.png")
	cmd.Stdin = strings.NewReader(spec)
	start := time.Now()
	out, err := cmd.CombinedOutput()
	require.NoError(b, err, "%s", out)
	return time.Since(start)
}

var highWater = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// peak is the most memory a process has had, in MiB.
func peak(tb testing.TB, pid int) float64 {
	tb.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		tb.Skip("no /proc here")
	}
	found := highWater.FindSubmatch(status)
	require.NotNil(tb, found)
	kib, err := strconv.ParseFloat(string(found[1]), 64)
	require.NoError(tb, err)
	return kib / 1024
}

var assembled = regexp.MustCompile(`msg=assembled .*bytes=(\d+) took=(\S+)`)

// assembly is the speed of the last assembly that a worker reports, in MB/s.
func assembly(b *testing.B, workers []*service) float64 {
	b.Helper()
	for _, w := range workers {
		if found := assembled.FindStringSubmatch(w.Log()); found != nil {
			size, err := strconv.ParseFloat(found[1], 64)
			require.NoError(b, err)
			took, err := time.ParseDuration(found[2])
			require.NoError(b, err)
			return size / 1e6 / took.Seconds()
		}
	}
	b.Fatal("nobody has assembled anything")
	return 0
}

// BenchmarkWorkers draws the same poster with one worker process of one core and
// with two.
func BenchmarkWorkers(b *testing.B) {
	// Dense boundary, and a file that is small beside the work.
	const spec = `{"width": 24576, "height": 24576, "max_iterations": 5000, "coloring": {"method": "set"},
		"center": {"re": "-0.743643887037151", "im": "0.131825904205330"}, "radius": "5e-6"}`
	var took [2]time.Duration
	for range b.N {
		for i := range took {
			_, settings := servers(b)
			front := serve(b, settings, "api")
			for range i + 1 {
				oneCore(b, settings)
			}
			took[i] = drawLarge(b, front, spec)
		}
	}
	b.ReportMetric(took[0].Seconds(), "one-s")
	b.ReportMetric(took[1].Seconds(), "two-s")
	b.ReportMetric(took[0].Seconds()/took[1].Seconds(), "speed-up")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkSmallJobs submits 10,000 jobs of 16x16 pixels and waits for the last.
func BenchmarkSmallJobs(b *testing.B) {
	const jobs, clients = 10_000, 16
	_, settings := servers(b)
	front := serve(b, with(settings, "QUEUE_LIMIT", "1000000"), "api")
	worker := serve(b, settings, "worker", "--control-tasks", "8", "--log-level", "info")
	for range b.N {
		start := time.Now()
		var next atomic.Int64
		var submitting sync.WaitGroup
		for range clients {
			submitting.Go(func() {
				for {
					n := next.Add(1)
					if n > jobs {
						return
					}
					front.submit(b, fmt.Sprintf(`{"width": 16, "height": 16, "max_iterations": %d}`, n))
				}
			})
		}
		submitting.Wait()
		accepted := time.Since(start)
		require.Eventually(b, func() bool { return drawings(worker) >= jobs }, longest, 50*time.Millisecond)
		b.ReportMetric(jobs/accepted.Seconds(), "accepted/s")
		b.ReportMetric(jobs/time.Since(start).Seconds(), "jobs/s")
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkRecovery kills a worker in the middle of a job with SIGKILL, twenty
// times, and measures until another draws its bands.
func BenchmarkRecovery(b *testing.B) {
	const trials = 20
	_, settings := servers(b)
	front := serve(b, settings, "api")
	var took []time.Duration
	for range b.N {
		for trial := range trials {
			took = append(took, recover1(b, front, settings, trial))
		}
	}
	slices.Sort(took)
	b.ReportMetric(took[len(took)/2].Seconds(), "median-s")
	b.ReportMetric(took[len(took)-1].Seconds(), "worst-s")
	b.ReportMetric(0, "ns/op")
}

// recover1 is one trial. The job is one task that takes some seconds, so that
// the kill surely hits it.
func recover1(b *testing.B, front *service, settings map[string]string, trial int) time.Duration {
	b.Helper()
	doomed := oneCore(b, settings)
	job := front.submit(b, slow(20_000+trial))
	front.awaitJob(b, job, "running", testTimeout)
	other := oneCore(b, settings)
	doomed.Kill()
	killed := time.Now()
	name := workerName(front, job)
	require.Eventually(b, func() bool {
		now := workerName(front, job)
		return now != "" && now != name
	}, longest, 20*time.Millisecond)
	took := time.Since(killed)
	request, err := http.NewRequestWithContext(b.Context(), http.MethodDelete, front.url+job, nil)
	require.NoError(b, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(b, err)
	require.NoError(b, response.Body.Close())
	other.Kill()
	return took
}

var workerField = regexp.MustCompile(`"worker":"([^"]+)"`)

// workerName is who a job's status says is on it.
func workerName(front *service, job string) string {
	_, body := front.get(job)
	if found := workerField.FindSubmatch(body); found != nil {
		return string(found[1])
	}
	return ""
}
