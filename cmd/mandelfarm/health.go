package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"mandelfarm/job"
	"mandelfarm/queue"
	"mandelfarm/storage"
)

// duty is what a process is there for, and so what it cannot be ready without.
type duty struct{ serves, draws bool }

// The duties. An API without Redis still serves what is stored, lists jobs and accepts
// them, and with a storage that takes no writes it still serves what is stored: no
// other API process could do more. A worker that cannot store, or hear of tasks, can do
// nothing.
var (
	onlyServes = duty{serves: true}              //nolint:gochecknoglobals // constants
	onlyDraws  = duty{draws: true}               //nolint:gochecknoglobals // constants
	wholeFarm  = duty{serves: true, draws: true} //nolint:gochecknoglobals // constants
)

// check is something that the farm needs of a server.
type check struct {
	name   string
	needed bool // this process is not ready without it
	try    ping
}

// health answers /healthz, always, and /readyz, if this process can do its duty.
type health struct {
	duty   duty
	queue  inspected
	checks []check
	log    *slog.Logger

	mu   sync.Mutex
	said map[string]bool // checks that have failed and are in the log
}

// pingedStore is a store that tries whether it takes writes.
type pingedStore interface {
	storage.Store
	Ping(ctx context.Context) error
}

// inspected is a queue whose health is to be seen.
type inspected interface {
	Ping(ctx context.Context) error
	Probe(ctx context.Context) error
	Workers(ctx context.Context) ([]job.Worker, error)
	Backlogs(ctx context.Context, workers []job.Worker) ([]job.Backlog, error)
	Draining() bool
}

func newHealth(q inspected, store pingedStore, log *slog.Logger, d duty) http.Handler {
	h := &health{duty: d, queue: q, log: log, said: make(map[string]bool), checks: []check{
		{"redis", false, q.Ping},
		{"redis-writes", d.draws, q.Probe},
		{"storage", true, func(ctx context.Context) error { return readable(ctx, store) }},
		{"storage-writes", d.draws, store.Ping},
	}}
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok") })
	mux.HandleFunc("/readyz", h.readyz)
	return mux
}

// readable reports whether objects can be read: one that is not there is as good as
// any.
func readable(ctx context.Context, store storage.Store) error {
	body, _, err := store.Get(ctx, "probe/absent", 0, 1)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	return body.Close()
}

// readyz answers /readyz in a line, and /readyz?verbose with all there is to know.
func (h *health) readyz(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Has("verbose") {
		h.verbose(w, r)
		return
	}
	found := h.run(r.Context(), true)
	if ready, why := h.ready(found); !ready {
		say(w, http.StatusServiceUnavailable, "not ready: "+why)
		return
	}
	say(w, http.StatusOK, "ready")
}

// finding is what a check has found.
type finding struct {
	Name   string  `json:"name"`
	OK     bool    `json:"ok"`
	Needed bool    `json:"needed"` // without it the process is not ready
	Millis float64 `json:"milliseconds"`
	Reason string  `json:"reason,omitempty"`
}

// run makes the checks side by side: all, or those that are needed.
func (h *health) run(ctx context.Context, needed bool) []finding {
	found := make([]finding, 0, len(h.checks))
	var running sync.WaitGroup
	for _, c := range h.checks {
		if needed && !c.needed {
			continue
		}
		found = append(found, finding{Name: c.name, Needed: c.needed})
		f := &found[len(found)-1] // there is room for all
		running.Go(func() { h.find(ctx, c, f) })
	}
	running.Wait()
	return found
}

func (h *health) find(ctx context.Context, c check, f *finding) {
	start := time.Now()
	err := tryOnce(ctx, c.try)
	f.OK, f.Millis = err == nil, float64(time.Since(start).Microseconds())/1000
	if err != nil {
		f.Reason = reasonOf(err)
	}
	if ctx.Err() == nil {
		h.note(ctx, c.name, err)
	}
}

// note logs a check that has begun to fail, or has ceased to.
func (h *health) note(ctx context.Context, name string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.said[name] == (err != nil) {
		return
	}
	h.said[name] = err != nil
	if err != nil {
		h.log.LogAttrs(ctx, slog.LevelWarn, "health check fails", slog.String("check", name), slog.Any("err", err))
		return
	}
	h.log.LogAttrs(ctx, slog.LevelInfo, "health check passes again", slog.String("check", name))
}

// reasonOf is why a check has failed, in words that name no host and no key: anybody
// may read them. The log has the rest.
func reasonOf(err error) string {
	if reason, ok := queue.Refusal(err); ok {
		return reason
	}
	for _, known := range []error{storage.ErrReadOnly, storage.ErrNoSpace} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "no answer within " + pingTimeout.String()
	}
	return "no answer as it should be; the log of this process says more"
}

// ready reports whether this process can do its duty, and if not why.
func (h *health) ready(found []finding) (ready bool, why string) {
	var lacks []string
	for _, f := range found {
		if f.Needed && !f.OK {
			lacks = append(lacks, f.Name+": "+f.Reason)
		}
	}
	if !h.duty.serves && h.queue.Draining() {
		lacks = append(lacks, "this worker is draining")
	}
	return len(lacks) == 0, strings.Join(lacks, "; ")
}

// diagnosis is the body of /readyz?verbose.
type diagnosis struct {
	Ready   bool      `json:"ready"`   // this process can do its duty: what the status says
	Healthy bool      `json:"healthy"` // all checks pass, and nothing is wrong with the queue
	Checks  []finding `json:"checks"`

	Active  int      `json:"active"` // tasks that workers have
	Queued  int      `json:"queued"` // that wait
	Oldest  float64  `json:"oldest_seconds"`
	Workers int      `json:"workers"`
	Trouble []string `json:"trouble"` // what is wrong, and what to do
}

// verbose says what this process needs and has, and how the farm's queue is.
func (h *health) verbose(w http.ResponseWriter, r *http.Request) {
	d := diagnosis{Checks: h.run(r.Context(), false), Trouble: []string{}}
	ready, why := h.ready(d.Checks)
	d.Ready = ready
	for _, f := range d.Checks {
		if !f.OK {
			d.Trouble = append(d.Trouble, f.Name+": "+f.Reason)
		}
	}
	if len(d.Trouble) == 0 && !ready {
		d.Trouble = append(d.Trouble, why)
	}
	if err := h.lookAtQueue(r.Context(), &d); err != nil {
		d.Trouble = append(d.Trouble, "queue: "+reasonOf(err))
	}
	d.Healthy = len(d.Trouble) == 0
	status := http.StatusOK
	if !ready {
		status = http.StatusServiceUnavailable
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(d) // nobody is left to tell
}

// lookAtQueue completes a diagnosis with what waits, and with what is wedged.
func (h *health) lookAtQueue(ctx context.Context, d *diagnosis) error {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	workers, err := h.queue.Workers(ctx)
	if err != nil {
		return err
	}
	lanes, err := h.queue.Backlogs(ctx, workers)
	if err != nil {
		return err
	}
	now := time.Now()
	d.Workers = len(workers)
	for _, lane := range lanes {
		d.Active += lane.Active
		d.Queued += lane.Waiting + lane.Pending + lane.Delayed
		if !lane.Oldest.IsZero() {
			d.Oldest = max(d.Oldest, now.Sub(lane.Oldest).Seconds())
		}
		if advice := job.Wedged(lane, workers, now); advice != "" {
			d.Trouble = append(d.Trouble, fmt.Sprintf("lane %s: %s", lane.Lane, advice))
		}
	}
	return nil
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n") // nobody is left to tell
}

// healthcheck asks the process that listens on listen whether it is ready.
func healthcheck(ctx context.Context, listen string, files tlsFiles) error {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); host == "" || ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, 2*pingTimeout)
	defer cancel()
	scheme, transport := "http://", &http.Transport{}
	defer transport.CloseIdleConnections()
	if files != (tlsFiles{}) {
		scheme = "https://"
		if transport.TLSClientConfig, err = files.itself(); err != nil {
			return err
		}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		return err
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: %s", response.Status)
	}
	return nil
}
