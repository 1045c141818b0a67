package validate

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// testTimeout is the limit of everything that is waited for.
const testTimeout = 30 * time.Second

// until waits for a condition.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.NewTimer(testTimeout)
	defer deadline.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-deadline.C:
			t.Fatalf("waited %v in vain: %s", testTimeout, what)
		case <-tick.C:
		}
	}
}

// run starts a program that ends with the test, by SIGTERM; what it says is logged
// if the test fails.
func run(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = testTimeout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // The test's context has ended: the signal is sent.
		err := cmd.Wait()
		if t.Failed() {
			t.Logf("%s: %v\n%s", strings.Join(cmd.Args, " "), err, said.String())
		}
	})
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// healthy waits until mandelfarm healthcheck, run as the image runs it, finds the
// process at an address ready.
func healthy(t *testing.T, address string) {
	t.Helper()
	args := builtImage(t).healthcheck[2:] // after CMD and the program
	until(t, "mandelfarm "+strings.Join(args, " ")+" of "+address, func() bool {
		return launch{args: args}.exec(t.Context(), t, map[string]string{"LISTEN": address}).Run() == nil
	})
}

// start runs a part of the farm with the settings of docker-compose.yml and others, on a
// Redis with the password "password", until the test ends. It returns its address.
func start(t *testing.T, part, redis string, store *bucket, settings map[string]string) (address string) {
	t.Helper()
	address = freeAddress(t)
	env := map[string]string{
		"LISTEN": address, "REDIS_URL": "redis://:password@" + redis + "/0", "S3_ENDPOINT": store.URL, "BAND_TIME": "1ms",
		"ANONYMOUS": "auto", // on loopback, unlike in a container, the test is local and may cancel
	}
	maps.Copy(env, settings)
	run(t, composeLaunch(t, parts(t)[part]).exec(t.Context(), t, env))
	healthy(t, address)
	return address
}

// TestScalerOfAPoolWatchesTheListsInUse runs api and worker with the pool of its manifests.
func TestScalerOfAPoolWatchesTheListsInUse(t *testing.T) {
	t.Parallel()
	redis := miniredis.RunT(t)
	redis.RequireAuth("password")
	store, objs := newBucket(t), buildKustomize(t, pools)
	env := func(workload, variable string) map[string]string {
		return map[string]string{variable: objs.environment(t, podOf(t, objs, workload).Spec.Containers[0])[variable]}
	}
	api := "http://" + start(t, "api", redis.Addr(), store, env("mandelfarm-api", "POOLS"))
	submitTo(t, api, "large-memory", `{"width": 101, "height": 51}`)
	until(t, "the small job waits", func() bool { return len(lists(redis)) == 1 })
	seen := lists(redis)
	start(t, "worker", redis.Addr(), store, env(poolWorkersName, "POOL"))
	until(t, "it is worked on", func() bool { return store.waiting() == 1 })
	submitTo(t, api, "large-memory", `{"width": 1200, "height": 1200}`)
	until(t, "two bands are worked on, and more wait", func() bool { return store.waiting() == 3 && len(lists(redis)) == 3 })
	seen = append(seen, lists(redis)...)
	slices.Sort(seen)
	if want := slices.Sorted(slices.Values(scaledLists(scaler(t, poolWorkersName), ""))); !slices.Equal(seen, want) {
		t.Errorf("tasks wait and are worked on in %q, the scaler watches %q", seen, want)
	}
}

// TestScalerWatchesTheListsInUse runs api and worker with the settings of
// docker-compose.yml and looks at the lists that tasks go through, in each lane:
// they are those that KEDA is told to watch. A large job's bands come into their
// lane only when a worker has planned it.
func TestScalerWatchesTheListsInUse(t *testing.T) {
	t.Parallel()
	redis := miniredis.RunT(t)
	redis.RequireAuth("password")
	store := newBucket(t)
	api := start(t, "api", redis.Addr(), store, nil)
	answers := make(chan string, 2)
	order := func(method, path, body string) {
		go func() { answers <- request(t.Context(), method, "http://"+api+path, body) }()
	}
	order(http.MethodGet, "/generate/100/50", "")
	order(http.MethodPost, "/jobs", `{"width": 101, "height": 51}`)
	pending, active := scaledLists(scaler(t, workersName), ":pending"), scaledLists(scaler(t, workersName), ":active")
	until(t, "two tasks wait", func() bool { return len(lists(redis)) == 2 })
	seen := lists(redis)

	// The bucket keeps a worker that stores a picture or a band waiting, and so at
	// work: two bands at a time of the large job, while more of them wait.
	start(t, "worker", redis.Addr(), store, nil)
	until(t, "two tasks are worked on", func() bool { return store.waiting() == 2 })
	large := submit(t, "http://"+api, `{"width": 1200, "height": 1200}`)
	until(t, "two bands are worked on, and more wait", func() bool {
		return store.waiting() == 4 && len(lists(redis)) == len(active)+1
	})
	seen = append(seen, lists(redis)...)
	slices.Sort(seen)
	if want := slices.Sorted(slices.Values(append(pending, active...))); !slices.Equal(seen, want) {
		t.Errorf("tasks wait and are worked on in %q, the scaler watches %q", seen, want)
	}
	if got := request(t.Context(), http.MethodDelete, "http://"+api+large, ""); got != "200 OK" {
		t.Errorf("canceling the large job: %s", got)
	}
	store.release()
	until(t, "no task is left", func() bool { return len(lists(redis)) == 0 })
	got := []string{<-answers, <-answers}
	slices.Sort(got)
	if want := []string{"200 OK", "202 Accepted"}; !slices.Equal(got, want) {
		t.Errorf("answers are %q, want %q", got, want)
	}

	if got, want := len(pending)+len(active)+2, len(scaler(t, workersName).Spec.Triggers); got != want { // and two of webhooks
		t.Errorf("of %d triggers %d watch tasks", want, got)
	}
}

// submit posts a Spec and returns the job's location.
func submit(t *testing.T, url, spec string) string {
	t.Helper()
	return post(t, url+"/jobs", spec)
}

// submitTo posts a Spec for a pool.
func submitTo(t *testing.T, url, pool, spec string) {
	t.Helper()
	post(t, url+"/jobs?pool="+pool, spec)
}

func post(t *testing.T, address, spec string) (location string) {
	t.Helper()
	response, err := http.Post(address, "application/json", strings.NewReader(spec))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusAccepted {
		t.Fatalf("submitting %s: %s", spec, response.Status)
	}
	return response.Header.Get("Location")
}

// request sends a request and returns the status of its answer, or what went wrong.
func request(ctx context.Context, method, url, body string) string {
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return err.Error()
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	return response.Status
}

// lists returns the names of the lists in a Redis that hold something.
func lists(redis *miniredis.Miniredis) []string {
	var found []string
	for _, key := range redis.Keys() {
		if redis.Type(key) == "list" {
			found = append(found, key)
		}
	}
	return found
}

// bucket is as much of an S3 server as a farm needs to start and to draw two small
// pictures: it keeps what is put and its metadata, knows no signatures, and finds nothing in a
// listing. Pictures and bands are not taken until release.
type bucket struct {
	*httptest.Server
	open chan struct{}

	mu     sync.Mutex
	kept   map[string]object
	queued int
}

// object is what was put under a key.
type object struct {
	body     []byte
	metadata http.Header
}

func newBucket(t *testing.T) *bucket {
	t.Helper()
	b := &bucket{open: make(chan struct{}), kept: make(map[string]object)}
	b.Server = httptest.NewServer(b)
	t.Cleanup(func() {
		b.release()
		b.Close()
	})
	return b
}

func (b *bucket) release() {
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case <-b.open:
	default:
		close(b.open)
	}
}

// waiting is how many pictures and bands have been held up.
func (b *bucket) waiting() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.queued
}

func (b *bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("ETag", `"0"`)
	switch key := strings.TrimPrefix(r.URL.Path, "/mandelfarm"); {
	case key == "" || key == "/":
		b.list(w, r)
	case r.Method == http.MethodPut:
		b.put(w, r)
	case r.Method == http.MethodDelete:
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.kept, r.URL.Path)
		w.WriteHeader(http.StatusNoContent)
	default:
		b.get(w, r)
	}
}

func (*bucket) list(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		fmt.Fprint(w, `<ListBucketResult><Name>mandelfarm</Name><IsTruncated>false</IsTruncated></ListBucketResult>`)
	}
}

func (b *bucket) put(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if strings.Contains(r.URL.Path, "/renders/") || strings.Contains(r.URL.Path, "/bands/") {
		b.mu.Lock()
		b.queued++
		b.mu.Unlock()
		select {
		case <-b.open:
		case <-r.Context().Done():
			return
		}
	}
	metadata := make(http.Header)
	for name, values := range r.Header {
		if strings.HasPrefix(name, "X-Amz-Meta-") {
			metadata[name] = values
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kept[r.URL.Path] = object{body, metadata}
}

func (b *bucket) get(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	stored, found := b.kept[r.URL.Path]
	b.mu.Unlock()
	if !found {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `<Error><Code>NoSuchKey</Code></Error>`)
		return
	}
	w.Header().Set("Last-Modified", time.Unix(0, 0).UTC().Format(http.TimeFormat))
	maps.Copy(w.Header(), stored.metadata)
	_, _ = w.Write(stored.body) // who does not read it has gone
}
