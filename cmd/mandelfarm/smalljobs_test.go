package main

import (
	"context"
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

	"mandelfarm/internal/testenv"
	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer/spec"
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
		after.done/before.done, after.busy/before.busy, after.listed/before.listed, after.batched/before.accepted)
}

// smallPace is what a build has done, or the sum of several rounds.
type smallPace struct {
	accepted, done float64 // in a second, for one client with connections that are kept
	batched        float64 // accepted in batches in a second; 0 if the build takes none
	listed         float64 // milliseconds for the first page of jobs
	busy           float64 // milliseconds of processor time of all processes for a job, from its submission to its end
}

func (p *smallPace) add(q smallPace) {
	p.accepted, p.done, p.batched, p.listed = p.accepted+q.accepted, p.done+q.done, p.batched+q.batched, p.listed+q.listed
	p.busy += q.busy
}

// String implements fmt.Stringer.
func (p smallPace) String() string {
	return fmt.Sprintf("accepted %.0f/s, done %.0f/s, accepted in batches %.0f/s, first page %.1f ms, %.1f ms of processor for a job",
		p.accepted, p.done, p.batched, p.listed, p.busy)
}

// smallRound measures a build on servers of its own, with as many jobs on record as are asked for.
func smallRound(t *testing.T, build string) (p smallPace) {
	t.Helper()
	redis, objects := testenv.Redis(t), testenv.S3Server(t) // of their own
	bucket := objects.Config()
	settings := serverSettings(redis.URL(), bucket)
	settings["QUEUE_LIMIT"] = "1000000"
	fillRecord(t, bucket, *smallRecord)
	front := launchBuild(t, build, settings, "api")
	drawing := launchBuild(t, build, settings, "worker", "--control-tasks", "8")
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: smallClients}}
	defer client.CloseIdleConnections()

	start := time.Now()
	busy := func() (seconds float64) {
		for _, pid := range []int{front.PID(), drawing.PID(), redis.PID(), objects.PID()} {
			seconds += processorTime(t, pid)
		}
		return seconds
	}
	before := busy()
	p.accepted = submitSmall(t, client, front, *smallCount)
	require.Eventually(t, func() bool { return endedJobs(drawing) >= *smallCount }, longest, 50*time.Millisecond)
	p.done = float64(*smallCount) / time.Since(start).Seconds()
	p.busy = 1000 * (busy() - before) / float64(*smallCount)
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
			fmt.Fprintln(&body, smallSpec(1_000_000+first+n))
		}
		status, text, err := postJobs(t.Context(), client, front, "application/x-ndjson", body.String())
		require.NoError(t, err)
		if status == http.StatusUnsupportedMediaType {
			return 0
		}
		require.Equal(t, http.StatusMultiStatus, status, "%.1000s", text)
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

// fillRecord records so many jobs that have ended.
func fillRecord(t *testing.T, bucket s3.Config, jobs int) {
	t.Helper()
	store, err := s3.Open(t.Context(), bucket)
	require.NoError(t, err)
	defer store.Close()
	l := ledger.New(store, ledger.Options{})
	var g errgroup.Group
	g.SetLimit(16)
	for n := range jobs {
		g.Go(func() error {
			s, err := spec.Normalize(spec.Draft{Width: 17 + n, Height: 16})
			if err != nil {
				return err
			}
			st, err := l.Accept(t.Context(), s)
			if err == nil {
				_, err = l.FinishKnown(t.Context(), st.Job, job.Progress{State: job.Done, FinishedAt: st.AcceptedAt})
			}
			return err
		})
	}
	require.NoError(t, g.Wait())
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
