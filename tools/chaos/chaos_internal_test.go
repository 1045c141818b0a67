package chaos

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/job"
	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

// TestSchedulesAreOfTheirSeeds has every fault come once before one comes again, in an order that the seed decides, whatever is done to what.
func TestSchedulesAreOfTheirSeeds(t *testing.T) {
	t.Parallel()
	deal := func(seed uint64, taken int) (names []string, times []time.Duration) {
		events := newDeck(seed, faults())
		for i := range 2 * len(faults()) {
			e := events.next()
			for range taken * i {
				e.rand.Uint64()
			}
			names, times = append(names, e.name), append(times, e.lasts, e.before)
			if e.also != nil {
				assert.NotEqual(t, e.on, e.also.on)
			}
		}
		return names, times
	}
	names, times := deal(1, 0)
	again, timesAgain := deal(1, 3)
	assert.Equal(t, names, again)
	assert.Equal(t, times, timesAgain)
	other, _ := deal(2, 0)
	assert.NotEqual(t, names, other)
	half := len(names) / 2
	assert.ElementsMatch(t, names[:half], names[half:])
}

// TestContradictionsAreSeen tells a record what may not be.
func TestContradictionsAreSeen(t *testing.T) {
	t.Parallel()
	id := spec.ID("1")
	status := func(s job.State, bands int) job.Status {
		return job.Status{Job: job.Job{ID: id}, Progress: job.Progress{State: s, BandsDone: bands}}
	}
	s, err := spec.Parse([]byte(`{"width": 8, "height": 8}`))
	require.NoError(t, err)
	var file bytes.Buffer
	require.NoError(t, renderer.Write(t.Context(), &file, s, renderer.Options{}))
	for name, test := range map[string]struct {
		see   func(r *record)
		wrong int
	}{
		"a job's life": {func(r *record) {
			for _, st := range []job.Status{status(job.Queued, 0), status(job.Running, 1), status(job.Running, 2), status(job.Done, 0), status(job.Done, 0)} {
				r.saw(st)
			}
		}, 0},
		"done taken back":      {func(r *record) { r.saw(status(job.Done, 0)); r.saw(status(job.Running, 0)) }, 1},
		"bands taken back":     {func(r *record) { r.saw(status(job.Running, 2)); r.saw(status(job.Running, 1)) }, 1},
		"failed":               {func(r *record) { r.saw(status(job.Failed, 0)) }, 1},
		"canceled, then drawn": {func(r *record) { r.canceled(id); r.saw(status(job.Running, 0)) }, 1},
		"canceled by nobody":   {func(r *record) { r.saw(status(job.Canceled, 0)) }, 1},
		"canceled as wished":   {func(r *record) { r.canceling(id); r.saw(status(job.Canceled, 0)) }, 0},
		"unknown":              {func(r *record) { r.onlyIfDamaged(id, "is unknown") }, 1},
		"unknown for damage":   {func(r *record) { r.damaged(string(id)); r.onlyIfDamaged(id, "is unknown") }, 0},
		"damaged, drawn again": {func(r *record) { r.saw(status(job.Done, 0)); r.damaged(string(id)); r.saw(status(job.Running, 0)) }, 0},
		"right bytes":          {func(r *record) { r.served(t.Context(), s, file.Bytes()) }, 0},
		"wrong bytes":          {func(r *record) { r.served(t.Context(), s, file.Bytes()[1:]) }, 1},
		"500":                  {func(r *record) { r.answered("GET /x", 500, nil, 200) }, 1},
		"503":                  {func(r *record) { r.answered("GET /x", 503, http.Header{"Retry-After": {"1"}}, 200) }, 0},
		"503 without a time":   {func(r *record) { r.answered("GET /x", 503, nil, 200) }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRecord()
			test.see(r)
			assert.Len(t, r.contradictions(), test.wrong)
		})
	}
}

// TestJobsAreFoundInPaths of all kinds of objects.
func TestJobsAreFoundInPaths(t *testing.T) {
	t.Parallel()
	const id = "0123456789abcdef0123456789abcdef01234567"
	for _, file := range []string{
		"/tmp/s3-1234/bucket/renders/" + id + ".png", "/tmp/s3/jobs/" + id + "/bands/000001", "/tmp/s3/open/8203957/526/348-" + id, "/tmp/s3/open/" + id + ".000001",
	} {
		assert.Equal(t, id, jobOf(file), file)
	}
	assert.Empty(t, jobOf("/tmp/s3/scrub"))
}

// TestTakeovers are counted from a worker's death to when another begins.
func TestTakeovers(t *testing.T) {
	t.Parallel()
	r := newRecord()
	r.died(7)
	died := r.deaths["7"]
	stint := func(task, worker string, after time.Duration) job.Stint {
		return job.Stint{Task: task, Worker: worker, BeganAt: died.Add(after)}
	}
	finish := func(at time.Time) {
		r.saw(job.Status{Job: job.Job{ID: "1"}, Progress: job.Progress{State: job.Done, FinishedAt: at}})
	}
	ended := stint("b", "host-7-abcd", -2*time.Second)
	ended.EndedAt = died.Add(-time.Second)
	history := []job.Stint{
		stint("a", "host-8-efgh", 3*time.Second), stint("a", "host-7-abcd", -time.Second), ended, stint("b", "host-8-efgh", time.Second),
		stint("c", "host-7-abcd", -time.Second), stint("c", "host-8-efgh", time.Minute),
	}
	finish(died.Add(4 * time.Second))
	assert.Equal(t, []takeover{{"1", "a", 3 * time.Second}}, r.takeovers("1", history))
	finish(died.Add(-time.Millisecond))
	assert.Empty(t, r.takeovers("1", history), "it was done")
}

// TestLinks are led elsewhere and nowhere, spoiled, and healed.
func TestLinks(t *testing.T) {
	t.Parallel()
	content := bytes.Repeat([]byte("x"), flipLeast)
	server, other := serving(t, content), serving(t, []byte("other"))
	w := newLinks().to(t, server)
	assert.Equal(t, content, received(w.address()))
	w.lead(t, other)
	assert.Equal(t, []byte("other"), received(w.address()))
	w.lead(t, "")
	assert.Empty(t, received(w.address()))
	w.heal(t)
	assert.Equal(t, content, received(w.address()))
	w.spoil(t, toxic{flipType, answers, map[string]int{"every": 1}})
	spoiled := received(w.address())
	require.Len(t, spoiled, len(content))
	assert.NotEqual(t, content, spoiled)
	w.heal(t)
	assert.Equal(t, content, received(w.address()))
}

// serving sends content to whoever connects.
func serving(t *testing.T, content []byte) (address string) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write(content)
			_ = conn.Close()
		}
	}()
	return listener.Addr().String()
}

// received is all that a server sends, nothing if it cannot be reached.
func received(address string) []byte {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil
	}
	defer conn.Close()
	content, _ := io.ReadAll(conn)
	return content
}
