package main

import (
	"context"
	"crypto/md5"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"mandelfarm/internal/testenv"
	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
	"mandelfarm/storage/s3"
)

// What TestSmallJobs compares.
var (
	smallCount  = flag.Int("small-jobs", 0, "small jobs that are submitted in a round; 0 measures nothing")
	smallRounds = flag.Int("small-jobs-rounds", 2, "rounds of each build")
	smallBefore = flag.String("small-jobs-before", "", "the build that is compared with")
	smallAfter  = flag.String("small-jobs-after", "", "the build that is compared")
	smallRecord = flag.Int("small-jobs-on-record", 0, "jobs that have ended before a round")
)

// smallBatch is how many jobs are submitted with one request where a build takes several.
const smallBatch = 1000

// TestSmallJobs measures two builds by turns, each on servers of its own: how many small jobs they accept in a second and how many they do.
func TestSmallJobs(t *testing.T) {
	if *smallCount == 0 {
		t.Skip("a measurement: make bench-jobs")
	}
	t.Parallel()
	sums := map[string]*smallPace{*smallBefore: {}, *smallAfter: {}}
	for round := range *smallRounds { //nolint:paralleltest // by turns is the point
		for _, build := range []string{*smallBefore, *smallAfter} {
			t.Run(fmt.Sprintf("%s %d", filepath.Base(build), round+1), func(t *testing.T) {
				got := smallRound(t, build)
				sums[build].add(got)
				t.Log(got)
			})
		}
	}
	before, after := sums[*smallBefore], sums[*smallAfter]
	t.Logf("after / before: accepted %.1f, done %.1f, processor time %.2f, first page %.2f; in batches / one by one before %.1f", after.accepted/before.accepted,
		after.done/before.done, after.allBusy()/before.allBusy(), after.listed/before.listed, after.batched/before.accepted)
}

// smallPace is what a build has done, or the sum of several rounds.
type smallPace struct {
	accepted, done float64 // in a second, for one client with connections that are kept
	batched        float64 // accepted in batches in a second; 0 if the build takes none
	listed         float64 // milliseconds for the first page of jobs
	// busy is milliseconds of processor time for a job, from its submission to its end: of API, worker, Redis and the S3 server.
	busy [4]float64
}

func (p *smallPace) add(q smallPace) {
	p.accepted, p.done, p.batched, p.listed = p.accepted+q.accepted, p.done+q.done, p.batched+q.batched, p.listed+q.listed
	for i := range p.busy {
		p.busy[i] += q.busy[i]
	}
}

// allBusy is busy of all processes.
func (p smallPace) allBusy() (all float64) {
	for _, milliseconds := range p.busy {
		all += milliseconds
	}
	return all
}

// String implements fmt.Stringer.
func (p smallPace) String() string {
	return fmt.Sprintf("accepted %.0f/s, done %.0f/s, accepted in batches %.0f/s, first page %.1f ms, %.2f ms of processor for a job (API %.2f, worker %.2f, Redis %.2f, S3 %.2f)",
		p.accepted, p.done, p.batched, p.listed, p.allBusy(), p.busy[0], p.busy[1], p.busy[2], p.busy[3])
}

// smallRound measures a build on servers of its own, with as many jobs on record as are asked for.
func smallRound(t *testing.T, build string) (p smallPace) {
	t.Helper()
	redis, objects := testenv.Redis(t), testenv.S3Server(t) // of their own
	bucket := objects.Config()
	settings := serverSettings(redis.URL(), bucket)
	settings["QUEUE_LIMIT"] = "1000000"
	fillRecord(t, objects, bucket, *smallRecord)
	front := launchBuild(t, build, settings, "api")
	drawing := launchBuild(t, build, settings, "worker", "--control-tasks", "8")
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: smallClients}}
	defer client.CloseIdleConnections()

	start := time.Now()
	processes := [...]int{front.PID(), drawing.PID(), redis.PID(), objects.PID()}
	busy := func() (seconds [len(processes)]float64) {
		for i, pid := range processes {
			seconds[i] = processorTime(t, pid)
		}
		return seconds
	}
	before := busy()
	p.accepted = submitSmall(t, client, front, *smallCount)
	require.Eventually(t, func() bool { return endedJobs(drawing) >= *smallCount }, longest, 50*time.Millisecond)
	p.done = float64(*smallCount) / time.Since(start).Seconds()
	for i, seconds := range busy() {
		p.busy[i] = 1000 * (seconds - before[i]) / float64(*smallCount)
	}
	p.listed = firstPage(t, client, front)
	drawing.Kill()
	p.batched = submitBatches(t, client, front, *smallCount)
	return p
}

// launchBuild starts a process of a build.
func launchBuild(t *testing.T, build string, settings map[string]string, args ...string) *service {
	t.Helper()
	cmd := command(t, settings, append(args, "--listen", "127.0.0.1:0")...)
	cmd.Path, cmd.Args[0] = build, build
	return launch(t, cmd)
}

// smallClients is how many requests of the client are under way.
const smallClients = 16

// smallSpec is the n-th small job.
func smallSpec(n int) string {
	return fmt.Sprintf(`{"width": 16, "height": 16, "max_iterations": %d}`, n)
}

// submitSmall submits jobs one by one, and returns how many are accepted in a second.
func submitSmall(t *testing.T, client *http.Client, front *service, jobs int) float64 {
	t.Helper()
	start := time.Now()
	var next atomic.Int64
	var submitting errgroup.Group
	for range smallClients {
		submitting.Go(func() error {
			for n := next.Add(1); n <= int64(jobs); n = next.Add(1) {
				status, text, err := postJobs(t.Context(), client, front, "application/json", smallSpec(int(n)))
				if err != nil || status != http.StatusAccepted {
					return fmt.Errorf("status %d: %s: %w", status, text, err)
				}
			}
			return nil
		})
	}
	require.NoError(t, submitting.Wait())
	return float64(jobs) / time.Since(start).Seconds()
}

// submitBatches submits as many other jobs in batches, and returns how many are accepted in a second; 0 if the build takes no batches.
func submitBatches(t *testing.T, client *http.Client, front *service, jobs int) float64 {
	t.Helper()
	start := time.Now()
	for first := 0; first < jobs; first += smallBatch {
		var body strings.Builder
		for n := range min(smallBatch, jobs-first) {
			fmt.Fprintf(&body, `{"width": 16, "height": 17, "max_iterations": %d}`+"\n", first+n+1)
		}
		status, text, err := postJobs(t.Context(), client, front, "application/x-ndjson", body.String())
		require.NoError(t, err)
		if status == http.StatusUnsupportedMediaType {
			return 0
		}
		require.Equal(t, http.StatusMultiStatus, status, "%.1000s", text)
		require.Equal(t, min(smallBatch, jobs-first), strings.Count(string(text), `"status":202`), "%.1000s", text)
	}
	return float64(jobs) / time.Since(start).Seconds()
}

func postJobs(ctx context.Context, client *http.Client, front *service, mediaType, body string) (status int, text []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, front.url+"/jobs", strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", mediaType)
	return answered(client, request)
}

// answered is the status and the body of an answer, which is read to its end so that the connection is kept.
func answered(client *http.Client, request *http.Request) (status int, text []byte, err error) {
	response, err := client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	text, err = io.ReadAll(response.Body)
	return response.StatusCode, text, err
}

var endedDone = regexp.MustCompile(`mandelfarm_jobs_ended_total{state="done"} (\d+)`)

// endedJobs is how many jobs a worker has ended.
func endedJobs(drawing *service) int {
	_, body := drawing.get("/metrics")
	found := endedDone.FindSubmatch(body)
	if found == nil {
		return 0
	}
	n, _ := strconv.Atoi(string(found[1])) // digits
	return n
}

// firstPage is what it takes to list the newest jobs, the median of many, in milliseconds.
func firstPage(t *testing.T, client *http.Client, front *service) float64 {
	t.Helper()
	var took []float64
	for range 21 {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, front.url+"/jobs", http.NoBody)
		require.NoError(t, err)
		start := time.Now()
		status, text, err := answered(client, request)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, status, "%s", text)
		took = append(took, milliseconds(time.Since(start)))
	}
	return median(took)
}

// fillRecord records so many jobs that have ended, in groups, with their pictures.
func fillRecord(t *testing.T, objects *testenv.S3Process, bucket s3.Config, jobs int) {
	t.Helper()
	store, err := s3.Open(t.Context(), bucket)
	require.NoError(t, err)
	defer store.Close()
	files := asFiles{store, objects.Folder(bucket.Bucket)}
	l := ledger.New(files, ledger.Options{})
	for first := 0; first < jobs; first += job.MaxGroup {
		specs := make([]spec.Spec, min(job.MaxGroup, jobs-first))
		ends := make([]job.Progress, len(specs))
		for i := range specs {
			specs[i], err = spec.Normalize(spec.Draft{Width: 17 + first + i, Height: 16})
			require.NoError(t, err)
			require.NoError(t, files.Create(t.Context(), "renders/"+string(specs[i].ID())+".png", "image/png", []byte("a picture")))
			ends[i] = job.Progress{State: job.Done, FinishedAt: time.Now().UTC(), Bytes: 9}
		}
		_, g := l.AcceptTogether(t.Context(), specs, job.Terms{})
		stands, err := l.FinishGroup(t.Context(), g, ends)
		require.NoError(t, err)
		require.True(t, stands)
	}
}

// asFiles is a store whose objects are written as the S3 server writes them, in its folder, many times as fast as by way of it.
type asFiles struct {
	storage.Store
	folder string
}

// Put implements [storage.Store].
func (f asFiles) Put(ctx context.Context, key, mediaType string, r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	return f.Create(ctx, key, mediaType, data)
}

// Create implements [storage.Store]. Nothing is there.
func (f asFiles) Create(_ context.Context, key, mediaType string, data []byte) error {
	path := filepath.Join(f.folder, key)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return err
	}
	sum := storage.SumOf(data)
	for name, value := range map[string]string{
		"user.etag": fmt.Sprintf("\"%x\"", md5.Sum(data)), "user.content-type": mediaType,
		"user.metadata": fmt.Sprintf(`{"mandelfarm-sum":%q}`, sum.Record(key)),
	} {
		if err := unix.Setxattr(path, name, []byte(value), 0); err != nil {
			return err
		}
	}
	return nil
}

// Delete implements [storage.Store].
func (f asFiles) Delete(_ context.Context, keys ...string) error {
	for _, key := range keys {
		if err := os.Remove(filepath.Join(f.folder, key)); err != nil {
			return err
		}
	}
	return nil
}

// processorTime is what a process has taken so far, in seconds.
func processorTime(t *testing.T, pid int) float64 {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	require.NoError(t, err)
	_, rest, _ := strings.Cut(string(data), ") ") // behind the name
	fields := strings.Fields(rest)
	user, err := strconv.Atoi(fields[11])
	require.NoError(t, err)
	system, err := strconv.Atoi(fields[12])
	require.NoError(t, err)
	return float64(user+system) / 100 // Linux counts in hundredths
}
