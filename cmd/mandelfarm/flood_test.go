package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"mandelfarm/internal/testenv"
)

// What the greedy client of TestFlood does.
var (
	floodRequests = flag.Int("flood", 0, "requests of a greedy client, whose neighbour is measured; 0 measures nothing")
	floodRate     = flag.Int("flood-rate", 1000, "requests of the greedy client in a second; 0 is as many as are answered")
)

// Clients of the flood, as a proxy tells them apart.
const (
	greedy, modest = "192.0.2.1", "198.51.100.1"
	atOnce         = 32 // requests of the greedy one
	// pace is the time between the requests of the modest one, and idleRequests how many of them are measured while nobody else asks.
	pace         = 80 * time.Millisecond
	idleRequests = 500
)

// TestFlood measures what somebody who asks for small pictures notices of somebody who asks for ever new expensive ones, and for jobs by turns,
// on a farm of one API and one worker with budgets.
func TestFlood(t *testing.T) {
	if *floodRequests == 0 {
		t.Skip("a measurement: make flood")
	}
	t.Parallel()
	redis, settings := servers(t)
	maps.Copy(settings, map[string]string{
		"ANONYMOUS": "submit", "ANONYMOUS_REQUESTS": "1000/1m", "ANONYMOUS_COST": "1e12/24h", "TRUSTED_PROXIES": "127.0.0.1", "INTERACTIVE_TASKS": "16",
	})
	front, worker := serve(t, settings, "api"), serve(t, settings, "worker")
	n := &neighbour{front: front}
	idle := n.ask(t, func(asked int) bool { return asked < idleRequests })
	quiet := peaks(t, redis, front, worker)

	var got tally
	var over atomic.Bool
	var flooding sync.WaitGroup
	began := time.Now()
	flooding.Go(func() {
		defer over.Store(true)
		got.flood(t.Context(), front, *floodRequests)
	})
	flooded := n.ask(t, func(int) bool { return !over.Load() })
	flooding.Wait()
	took := time.Since(began)

	t.Logf("idle:  %s", distribution(idle))
	t.Logf("flood: %s", distribution(flooded))
	t.Logf("p99 flood / idle: %.2f, p50: %.2f", percentile(flooded, 99)/percentile(idle, 99), percentile(flooded, 50)/percentile(idle, 50))
	t.Logf("flood of %d requests in %s: %s", *floodRequests, took.Round(time.Second), &got)
	t.Logf("peak MiB before the flood: %s; after: %s", quiet, peaks(t, redis, front, worker))
	assert.Zero(t, n.refused, "the modest client is within its budgets")
	assert.Equal(t, *floodRequests, got.total(), "every request is answered")
}

// neighbour asks for small pictures that are not drawn yet.
type neighbour struct {
	front   *service
	asked   int
	refused int
}

// ask asks one after the other, at the pace of the modest client, as long as more says so, and returns how long each took in milliseconds, sorted.
func (n *neighbour) ask(tb testing.TB, more func(asked int) bool) []float64 {
	tb.Helper()
	var took []float64
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for more(len(took)) {
		<-tick.C
		n.asked++
		start := time.Now()
		status, _, err := as(tb.Context(), modest, http.MethodGet, fmt.Sprintf("%s/generate/320/240?max_iterations=%d", n.front.url, 200+n.asked), "")
		took = append(took, milliseconds(time.Since(start)))
		if err != nil || status != http.StatusOK {
			n.refused++
		}
	}
	slices.Sort(took)
	return took
}

// as sends a request in the name of a client behind a proxy, and returns the status and the detail of a problem.
func as(ctx context.Context, client, method, url, body string) (status int, detail string, err error) {
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	request.Header.Set("X-Forwarded-For", client)
	request.Header.Set("Content-Type", "application/json")
	response, err := floodClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}

// floodClient keeps as many connections as there are requests at once.
var floodClient = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2 * atOnce}}

// tally counts what the greedy client has got.
type tally struct {
	mu  sync.Mutex
	got map[string]int
}

var usedUp = regexp.MustCompile(`the budget of \w+`)

// flood asks for expensive pictures that are all different, every other one as a job.
func (t *tally) flood(ctx context.Context, front *service, requests int) {
	t.got = make(map[string]int)
	due := make(chan int)
	var asking sync.WaitGroup
	for range atOnce {
		asking.Go(func() {
			for n := range due {
				t.count(expensive(ctx, front, n))
			}
		})
	}
	tick := time.NewTicker(max(1, time.Second/time.Duration(max(1, *floodRate))))
	defer tick.Stop()
	for n := range requests {
		if *floodRate > 0 {
			<-tick.C
		}
		due <- n
	}
	close(due)
	asking.Wait()
}

// expensive asks for the n-th picture, of some 1e11 iterations if none of its points escaped, in the seahorse valley, where many take long.
func expensive(ctx context.Context, front *service, n int) (status int, text string, err error) {
	if n%2 == 0 {
		return as(ctx, greedy, http.MethodGet, fmt.Sprintf(
			"%s/generate/1000/1000?re=-0.743643887037151&im=0.131825904205330&radius=5e-6&max_iterations=%d", front.url, 100_000+n), "")
	}
	return as(ctx, greedy, http.MethodPost, front.url+"/jobs", fmt.Sprintf(
		`{"width": 1000, "height": 1000, "max_iterations": %d, "center": {"re": "-0.743643887037151", "im": "0.131825904205330"}, "radius": "5e-6"}`, 100_000+n))
}

func (t *tally) count(status int, text string, err error) {
	answer := strings.TrimSpace(fmt.Sprint(status, " ", usedUp.FindString(text)))
	if err != nil {
		answer = err.Error()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.got[answer]++
}

func (t *tally) total() (n int) {
	for _, count := range t.got {
		n += count
	}
	return n
}

// String implements fmt.Stringer.
func (t *tally) String() string { return fmt.Sprint(t.got) }

// percentile is one of sorted values.
func percentile(sorted []float64, p int) float64 { return sorted[(len(sorted)-1)*p/100] }

func distribution(sorted []float64) string {
	return fmt.Sprintf("%d requests, p50 %.1f ms, p90 %.1f ms, p99 %.1f ms, most %.1f ms",
		len(sorted), percentile(sorted, 50), percentile(sorted, 90), percentile(sorted, 99), percentile(sorted, 100))
}

// peaks are the most memory that the processes of the farm have had.
func peaks(tb testing.TB, redis *testenv.RedisServer, front, worker *service) string {
	tb.Helper()
	return fmt.Sprintf("api %.0f, worker %.0f, redis %.0f", peak(tb, front.PID()), peak(tb, worker.PID()), peak(tb, redis.PID()))
}
