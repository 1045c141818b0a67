package main

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"mandelfarm/internal/testenv"
	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage/s3"
)

// BenchmarkManyJobs measures what is asked of jobs while there are so many on record,
// most of them done and one in a thousand failed: a status, and those that failed.
func BenchmarkManyJobs(b *testing.B) {
	for _, jobs := range []int{100, 2000, 6000} {
		b.Run(strconv.Itoa(jobs), func(b *testing.B) {
			redis, bucket := testenv.Redis(b), testenv.S3(b)
			store, err := s3.Open(b.Context(), bucket)
			require.NoError(b, err)
			defer store.Close()
			recordJobs(b, ledger.New(store, ledger.Options{}), jobs)
			front := serve(b, serverSettings(redis.URL(), bucket), "api")
			open := front.submit(b, `{"width": 10, "height": 10}`)
			for b.Loop() {
				b.ReportMetric(milliseconds(statusTime(b, front, open)), "status-p50-ms")
				pages, longest := failedPages(b, front)
				b.ReportMetric(float64(pages), "pages")
				b.ReportMetric(milliseconds(longest), "longest-page-ms")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// recordJobs records so many jobs that have ended.
func recordJobs(b *testing.B, l *ledger.Ledger, jobs int) {
	b.Helper()
	var g errgroup.Group
	g.SetLimit(8)
	for i := range jobs {
		g.Go(func() error {
			s, err := spec.Normalize(spec.Draft{Width: 11 + i, Height: 10})
			if err != nil {
				return err
			}
			if _, err := l.Accept(b.Context(), s); err != nil {
				return err
			}
			end := job.Progress{State: job.Done, FinishedAt: time.Now().UTC()}
			if i%1000 == 0 {
				end.State = job.Failed
			}
			_, err = l.Finish(b.Context(), s.ID(), end)
			return err
		})
	}
	require.NoError(b, g.Wait())
}

// statusTime is what it takes to ask for a job, the median of many.
func statusTime(b *testing.B, front *service, location string) time.Duration {
	b.Helper()
	var took []time.Duration
	for range 200 {
		start := time.Now()
		status, _ := front.get(location)
		took = append(took, time.Since(start))
		require.Equal(b, http.StatusOK, status)
	}
	slices.Sort(took)
	return took[len(took)/2]
}

// failedPages reads all pages of failed jobs, and returns how many there are and what
// the slowest takes.
func failedPages(b *testing.B, front *service) (pages int, longest time.Duration) {
	b.Helper()
	for cursor := ""; pages == 0 || cursor != ""; pages++ {
		start := time.Now()
		status, body := front.get("/jobs?state=failed&cursor=" + cursor)
		longest = max(longest, time.Since(start))
		require.Equal(b, http.StatusOK, status, "after %s: %s", longest, body)
		var page struct{ Next string }
		require.NoError(b, json.Unmarshal(body, &page), "%s", body)
		cursor = page.Next
	}
	return pages, longest
}
