package metrics_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
	"mandelfarm/job"
	"mandelfarm/metrics"
	"mandelfarm/queue"
	"mandelfarm/renderer/spec"
)

// BenchmarkScrape measures a scrape of a process that has all metrics, with no task in
// Redis and with a hundred thousand.
func BenchmarkScrape(b *testing.B) {
	redis := testenv.Redis(b)
	q, err := queue.Open(b.Context(), queue.Config{URL: redis.URL(), Limit: 1 << 20, Log: slog.New(slog.DiscardHandler)})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, q.Close()) })
	r := metrics.New("", "")
	r.Queue(q)
	r.Store(folder(b))
	ended := r.Ended()
	r.Work(ended, "")
	r.Requests(ended)
	for _, tasks := range []int{0, 100_000} {
		fill(b, q, tasks)
		b.Run(map[int]string{0: "empty", 100_000: "100000 tasks"}[tasks], func(b *testing.B) {
			for b.Loop() {
				w := httptest.NewRecorder()
				r.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
				require.Equal(b, http.StatusOK, w.Code)
				b.SetBytes(int64(w.Body.Len()))
				_, _ = io.Copy(io.Discard, w.Body)
			}
		})
	}
}

// fill queues so many tasks.
func fill(b *testing.B, q *queue.Queue, tasks int) {
	b.Helper()
	const senders = 16
	s, err := spec.Normalize(spec.Draft{Width: 100, Height: 100})
	require.NoError(b, err)
	j := job.Job{ID: s.ID(), Spec: s}
	errs := make([]error, senders)
	var sending sync.WaitGroup
	for i := range senders {
		sending.Go(func() {
			for band := i; band < tasks && errs[i] == nil; band += senders {
				errs[i] = q.Enqueue(b.Context(), j.BandTask(band))
			}
		})
	}
	sending.Wait()
	for _, err := range errs {
		require.NoError(b, err)
	}
}
