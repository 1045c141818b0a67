package metrics_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/api"
	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/metrics"
	"mandelfarm/queue"
	"mandelfarm/renderer"
	"mandelfarm/storage"
	"mandelfarm/storage/dir"
	"mandelfarm/storage/storagetest"
	"mandelfarm/worker"
)

// scrape returns the farm's own samples.
func scrape(tb testing.TB, r *metrics.Registry) []string {
	tb.Helper()
	w := httptest.NewRecorder()
	r.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	require.Equal(tb, http.StatusOK, w.Code, w.Body)
	var samples []string
	for line := range strings.Lines(w.Body.String()) {
		if strings.HasPrefix(line, "mandelfarm_") {
			samples = append(samples, strings.TrimSpace(line))
		}
	}
	return samples
}

// requireSamples fails unless each is there.
func requireSamples(tb testing.TB, r *metrics.Registry, want ...string) {
	tb.Helper()
	require.Subset(tb, scrape(tb, r), want)
}

func TestBuildIsTold(t *testing.T) {
	t.Parallel()
	samples := scrape(t, metrics.New("v1.2.3", "7"))
	require.Len(t, samples, 1)
	require.Contains(t, samples[0], `renderer_version="7",version="v1.2.3"} 1`)
}

func TestRequestsAreCountedByRoute(t *testing.T) {
	t.Parallel()
	r := metrics.New("", "")
	requests := r.Requests(r.Ended())
	tile := requests.Route("/tiles/:z/:x/:file")
	tile(http.MethodGet, http.StatusOK, time.Millisecond)
	tile(http.MethodGet, http.StatusOK, 2*time.Second)
	tile("BREW", http.StatusMethodNotAllowed, 0)
	tile("STEEP", http.StatusMethodNotAllowed, 0)
	requests.Route("")(http.MethodPost, 999, 0)
	for _, how := range api.Answers() {
		requests.Answered(how)
	}
	requests.Answered(api.Joined)
	requests.Waiting(1)
	requests.Waiting(1)
	requests.Waiting(-1)
	requests.Accepted()
	requests.Ended(job.Canceled)
	requireSamples(t, r,
		`mandelfarm_http_requests_total{code="200",method="GET",route="/tiles/:z/:x/:file"} 2`,
		`mandelfarm_http_requests_total{code="405",method="other",route="/tiles/:z/:x/:file"} 2`,
		`mandelfarm_http_requests_total{code="999",method="POST",route=""} 1`,
		`mandelfarm_http_request_duration_seconds_bucket{route="/tiles/:z/:x/:file",le="0.001"} 3`,
		`mandelfarm_http_request_duration_seconds_sum{route="/tiles/:z/:x/:file"} 2.001`,
		`mandelfarm_answers_total{how="memory"} 1`,
		`mandelfarm_answers_total{how="joined"} 2`,
		`mandelfarm_http_waiting_clients 1`,
		`mandelfarm_jobs_accepted_total 1`,
		`mandelfarm_jobs_ended_total{state="canceled"} 1`,
		`mandelfarm_jobs_ended_total{state="done"} 0`,
	)
}

// TestRequestsTakeNoMemory once a route has answered so.
func TestRequestsTakeNoMemory(t *testing.T) { //nolint:paralleltest // counts allocations of the process
	r := metrics.New("", "")
	requests := r.Requests(r.Ended())
	observe := requests.Route("/generate/:width/:height")
	require.Zero(t, testing.AllocsPerRun(100, func() {
		observe(http.MethodGet, http.StatusOK, time.Microsecond)
		requests.Answered(api.FromMemory)
	}))
}

func TestWorkIsCounted(t *testing.T) {
	t.Parallel()
	r := metrics.New("", "")
	work := r.Work(r.Ended(), "")
	began := time.Now().Add(-2 * time.Second)
	first := job.Delivery{Try: 1, QueuedAt: began.Add(-20 * time.Second), StartedAt: began}
	second := first
	second.Try = 2
	band := job.Task{Kind: job.KindBand, Lane: job.Batch}
	work.Task(band, first, worker.Repeated, time.Second)
	work.Task(band, second, worker.Completed, time.Second)
	work.Task(job.Task{Kind: "hologram", Lane: job.Control}, job.Delivery{Try: 1}, worker.Foreign, 0)
	work.Drawn(100, renderer.Work{Points: 400, Iterations: 5000})
	work.Drawn(1, renderer.Work{})
	work.Prepass(3 * time.Second)
	work.Turn("sweep", time.Second, nil)
	work.Turn("sweep", time.Second, errors.New("full"))
	work.Ended(job.Done)
	require.NotContains(t, strings.Join(scrape(t, r), "\n"), "mandelfarm_jobs{", "nothing is known yet")
	work.Open(7, 2)
	r.Prepasses(func() worker.CacheStats { return worker.CacheStats{Hits: 5, Misses: 3, Bytes: 1024} })
	requireSamples(t, r,
		`mandelfarm_tasks_total{kind="band",lane="batch",outcome="retried"} 1`,
		`mandelfarm_tasks_total{kind="band",lane="batch",outcome="done"} 1`,
		`mandelfarm_tasks_total{kind="other",lane="control",outcome="version"} 1`,
		`mandelfarm_task_duration_seconds_sum{kind="band"} 2`,
		`mandelfarm_task_wait_seconds_sum{lane="batch"} 20`,
		`mandelfarm_task_wait_seconds_count{lane="batch"} 1`,
		`mandelfarm_task_done_seconds_bucket{lane="batch",le="10"} 0`,
		`mandelfarm_task_done_seconds_bucket{lane="batch",le="60"} 1`,
		`mandelfarm_task_done_seconds_count{lane="control"} 0`,
		`mandelfarm_pixels_total 101`, `mandelfarm_points_total 400`, `mandelfarm_iterations_total 5000`,
		`mandelfarm_prepass_duration_seconds_sum 3`,
		`mandelfarm_turns_total{outcome="failed",turn="sweep"} 1`,
		`mandelfarm_turns_total{outcome="done",turn="reconcile"} 0`,
		`mandelfarm_tasks_total{kind="assemble",lane="control",outcome="failed"} 0`,
		`mandelfarm_turn_duration_seconds_count{turn="sweep"} 2`,
		`mandelfarm_jobs_ended_total{state="done"} 1`,
		`mandelfarm_jobs{state="queued"} 7`, `mandelfarm_jobs{state="running"} 2`,
		`mandelfarm_prepass_cache_hits_total 5`, `mandelfarm_prepass_cache_misses_total 3`, `mandelfarm_prepass_cache_bytes 1024`,
	)
}

func TestDamagedRecordsAreCounted(t *testing.T) {
	t.Parallel()
	r := metrics.New("", "")
	count := r.Damage()
	count(t.Context(), ledger.Damage{Kind: ledger.KindPlan, Mended: true})
	count(t.Context(), ledger.Damage{Kind: ledger.KindJob})
	requireSamples(t, r,
		`mandelfarm_damaged_total{mended="true",what="plan"} 1`,
		`mandelfarm_damaged_total{mended="false",what="plan"} 0`,
		`mandelfarm_damaged_total{mended="false",what="job"} 1`,
	)
}

// TestStoresAreAsTheyAre with metrics around them.
func TestStoresAreAsTheyAre(t *testing.T) {
	t.Parallel()
	storagetest.Run(t, func(t *testing.T) storage.Store {
		t.Helper()
		return metrics.New("", "").Store(folder(t))
	})
}

func folder(tb testing.TB) *dir.Store {
	tb.Helper()
	store, err := dir.Open(tb.TempDir())
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, store.Close()) })
	return store
}

// damaged is a store whose objects are damaged, which shows at their end.
type damaged struct{ storage.Store }

func (d damaged) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, storage.Info, error) {
	body, info, err := d.Store.Get(ctx, key, offset, length)
	info.Checksum = "00000000"
	return storage.Checked(body, info), info, err
}

func TestStorageIsCountedByOutcome(t *testing.T) {
	t.Parallel()
	r := metrics.New("", "")
	store := r.Store(damaged{folder(t)})
	ctx := t.Context()
	require.NoError(t, store.Put(ctx, "a/b", "", strings.NewReader("bytes")))
	require.Error(t, store.Create(ctx, "a/b", "", nil))
	_, err := store.Stat(ctx, "a/c")
	require.ErrorIs(t, err, storage.ErrNotFound)
	_, err = storage.ReadAll(ctx, store, "a/b", 100)
	require.ErrorIs(t, err, storage.ErrDamaged)
	for info, err := range store.List(ctx, "a/", "") {
		require.NoError(t, err)
		require.Equal(t, "a/b", info.Key)
	}
	require.NoError(t, store.Delete(ctx, "a/b"))
	gone, cancel := context.WithCancel(ctx)
	cancel()
	require.Error(t, store.Put(gone, "a/d", "", strings.NewReader("")))
	requireSamples(t, r,
		`mandelfarm_storage_operations_total{operation="put",outcome="ok"} 1`,
		`mandelfarm_storage_operations_total{operation="put",outcome="no_space"} 0`,
		`mandelfarm_storage_operations_total{operation="put",outcome="canceled"} 1`,
		`mandelfarm_storage_operations_total{operation="create",outcome="exists"} 1`,
		`mandelfarm_storage_operations_total{operation="stat",outcome="not_found"} 1`,
		`mandelfarm_storage_operations_total{operation="get",outcome="ok"} 1`,
		`mandelfarm_storage_operations_total{operation="read",outcome="damaged"} 1`,
		`mandelfarm_storage_operations_total{operation="list",outcome="ok"} 1`,
		`mandelfarm_storage_operations_total{operation="delete",outcome="ok"} 1`,
		`mandelfarm_storage_operation_duration_seconds_count{operation="put"} 2`,
	)
}

// lanes is a queue that answers, or fails.
type lanes struct {
	stats queue.Stats
	err   error
}

func (l *lanes) Stats(ctx context.Context) (queue.Stats, error) {
	if _, limited := ctx.Deadline(); !limited {
		return queue.Stats{}, errors.New("a scrape must end")
	}
	return l.stats, l.err
}

func (l *lanes) Counts() queue.Counts { return queue.Counts{Revived: 4, TakenOver: 3, Ghosts: 2} }

func (l *lanes) Blocked() map[job.Lane]bool {
	return map[job.Lane]bool{job.Batch: true, job.Control: false}
}

// TestRedisThatIsAwayIsNotAnEmptyOne in what a scrape tells.
func TestRedisThatIsAwayIsNotAnEmptyOne(t *testing.T) {
	t.Parallel()
	r := metrics.New("", "")
	q := &lanes{stats: queue.Stats{Workers: 2, Slots: 6, Lanes: []queue.LaneStats{
		{Lane: job.Batch, Tasks: map[string]int{"pending": 100, "active": 2}, Oldest: 90 * time.Second, Paused: true},
	}}}
	r.Queue(q)
	requireSamples(t, r,
		`mandelfarm_redis_up 1`, `mandelfarm_workers 2`, `mandelfarm_worker_slots 6`,
		`mandelfarm_queue_tasks{lane="batch",state="pending"} 100`, `mandelfarm_queue_tasks{lane="batch",state="active"} 2`,
		`mandelfarm_queue_oldest_task_age_seconds{lane="batch"} 90`, `mandelfarm_queue_paused{lane="batch"} 1`,
		`mandelfarm_tasks_revived_total 4`, `mandelfarm_claims_taken_over_total 3`, `mandelfarm_ghosts_removed_total 2`,
		`mandelfarm_worker_blocked{lane="batch"} 1`, `mandelfarm_worker_blocked{lane="control"} 0`,
	)
	q.err = fmt.Errorf("dial: %w", job.ErrUnavailable)
	samples := strings.Join(scrape(t, r), "\n")
	assert.Contains(t, samples, "mandelfarm_redis_up 0")
	assert.NotContains(t, samples, "mandelfarm_queue_", "nothing is said of what nobody knows")
	assert.NotContains(t, samples, "mandelfarm_worker_slots")
	assert.NotContains(t, samples, "mandelfarm_workers")
	assert.Contains(t, samples, "mandelfarm_worker_blocked", "which the process knows by itself")
}
