package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage/dir"
)

// BenchmarkSightOfSmallJobs measures what logs and traces cost where they cost most, small
// jobs: farms that differ in that alone, by turns and in changing order, and their times
// beside those of the farm without either: the median of the ratios of each turn, and the
// ratio of the least.
func BenchmarkSightOfSmallJobs(b *testing.B) {
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	defer collector.Close()
	hows := []struct {
		name     string
		settings map[string]string
	}{
		{"off", map[string]string{"ACCESS_LOG": "off"}},
		{"sampled", map[string]string{"ACCESS_LOG": "sampled"}},
		{"all", map[string]string{"ACCESS_LOG": "all"}},
		{"traced", map[string]string{
			"ACCESS_LOG": "sampled", "OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_ENDPOINT": collector.URL,
		}},
	}
	farms := make([]*service, len(hows))
	for i, how := range hows {
		how.settings["DATA"] = b.TempDir()
		farms[i] = serve(b, how.settings)
	}
	took := make([][]float64, len(hows)) // of each turn
	for turn := 0; b.Loop(); turn++ {
		for i := range hows {
			i = (i + turn) % len(hows)
			took[i] = append(took[i], drawSmall(b, farms[i], turn).Seconds())
		}
	}
	for i, how := range hows[1:] {
		ratios := make([]float64, len(took[0]))
		for turn := range ratios {
			ratios[turn] = took[i+1][turn] / took[0][turn]
		}
		b.ReportMetric(median(ratios), how.name+"/off")
		b.ReportMetric(slices.Min(took[i+1])/slices.Min(took[0]), how.name+"/off-least")
	}
	b.ReportMetric(1000*slices.Min(took[0])/smallJobs, "ms/job")
	b.ReportMetric(0, "ns/op")
}

// smallJobs are those of a turn.
const smallJobs = 20

// drawSmall has a farm draw jobs of a turn, and returns how long it takes.
func drawSmall(b *testing.B, farm *service, turn int) time.Duration {
	b.Helper()
	start := time.Now()
	jobs := make([]string, smallJobs)
	for i := range jobs {
		jobs[i] = farm.submit(b, fmt.Sprintf(`{"width": 16, "height": 16, "max_iterations": %d}`, 1+turn*smallJobs+i))
	}
	for _, j := range jobs {
		farm.awaitDone(b, j)
	}
	return time.Since(start)
}

// awaitDone waits for a job, asking as fast as it is answered.
func (s *service) awaitDone(b *testing.B, location string) {
	b.Helper()
	for deadline := time.Now().Add(longest); ; {
		if _, body := s.get(location); strings.Contains(string(body), `"state":"done"`) {
			return
		}
		require.True(b, time.Now().Before(deadline), location)
	}
}

// BenchmarkScrapeOfManyJobs measures a scrape of a farm in one process with so many jobs
// on record, one in a hundred of them paused and so open. Records are files: with TMPDIR in memory they take
// minutes instead of an hour.
func BenchmarkScrapeOfManyJobs(b *testing.B) {
	for _, jobs := range []int{0, 100_000} {
		b.Run(strconv.Itoa(jobs), func(b *testing.B) {
			folder := b.TempDir()
			recordInFolder(b, folder, jobs)
			farm := serve(b, map[string]string{"DATA": folder})
			require.Eventually(b, func() bool {
				_, body := farm.get("/metrics")
				return strings.Contains(string(body), `mandelfarm_jobs{state="running"}`)
			}, longest, time.Second, "a worker has looked at open jobs")
			var took []time.Duration
			for b.Loop() {
				start := time.Now()
				status, _ := farm.get("/metrics")
				took = append(took, time.Since(start))
				require.Equal(b, http.StatusOK, status)
			}
			slices.Sort(took)
			b.ReportMetric(milliseconds(took[0]), "least-ms")
			b.ReportMetric(milliseconds(took[len(took)/2]), "p50-ms")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// recordInFolder records jobs, one in a hundred of them paused and the others done.
func recordInFolder(b *testing.B, folder string, jobs int) {
	b.Helper()
	store, err := dir.Open(folder)
	require.NoError(b, err)
	defer store.Close()
	l := ledger.New(store, ledger.Options{})
	for i := range jobs {
		s, err := spec.Normalize(spec.Draft{Width: 1 + i, Height: 10})
		require.NoError(b, err)
		_, err = l.Accept(b.Context(), s)
		require.NoError(b, err)
		if i%100 == 0 {
			err = l.Pause(b.Context(), s.ID())
		} else {
			_, err = l.Finish(b.Context(), s.ID(), job.Progress{State: job.Done, FinishedAt: time.Now().UTC()})
		}
		require.NoError(b, err)
	}
}
