package metrics

import (
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"mandelfarm/api"
	"mandelfarm/job"
)

// Requests hears what an API does. It is an [api.Observer].
type Requests struct {
	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
	answers   map[api.Answer]prometheus.Counter
	waiting   prometheus.Gauge
	accepted  prometheus.Counter
	ended     *Ended
}

// Requests adds the metrics of an API. Jobs that end by a request are counted in ended.
func (r *Registry) Requests(ended *Ended) *Requests {
	m := &Requests{
		requests:  r.counter("http_requests_total", "Requests that were answered, by route as it is declared; empty is no route.", "route", "method", "code"),
		durations: r.histogram("http_request_duration_seconds", "Time from a request's header to the end of its answer. Event streams last as long as somebody watches.", shortTimes(), "route"),
		answers:   make(map[api.Answer]prometheus.Counter),
		waiting:   r.gauge("http_waiting_clients", "Requests that wait for a picture to be drawn.").WithLabelValues(),
		accepted:  r.counter("jobs_accepted_total", "Jobs that were put on record because somebody asked for them.").WithLabelValues(),
		ended:     ended,
	}
	answers := r.counter("answers_total", "Pictures that were asked for, by how that was answered.", "how")
	for _, how := range api.Answers() {
		m.answers[how] = answers.WithLabelValues(string(how))
	}
	return m
}

// Route returns what counts the requests for a route.
func (m *Requests) Route(route string) func(method string, status int, took time.Duration) {
	c := &routeCounters{total: m.requests.MustCurryWith(prometheus.Labels{"route": route}), duration: m.durations.WithLabelValues(route)}
	return c.observe
}

// Answered counts how a request for a picture was answered.
func (m *Requests) Answered(how api.Answer) { m.answers[how].Inc() }

// Waiting counts those who wait.
func (m *Requests) Waiting(change int) { m.waiting.Add(float64(change)) }

// Accepted counts a job on record.
func (m *Requests) Accepted() { m.accepted.Inc() }

// Ended counts the end of a job.
func (m *Requests) Ended(state job.State) { m.ended.count(state) }

// methods is the number of methods that are told apart.
const methods = 5

// methodLabel is the label of a method and its index. Anybody can send methods that nobody knows: those share one.
func methodLabel(method string) (int, string) {
	switch method {
	case http.MethodGet:
		return 0, method
	case http.MethodHead:
		return 1, method
	case http.MethodPost:
		return 2, method
	case http.MethodDelete:
		return 3, method
	}
	return methods - 1, "other"
}

// The statuses that an answer can have.
const (
	leastStatus = 100
	mostStatus  = 599
)

// routeCounters are those of a route. To find the counter of a method and a status takes no lock and no memory once it was
// needed.
type routeCounters struct {
	total    *prometheus.CounterVec
	duration prometheus.Observer
	found    [methods][mostStatus - leastStatus + 1]atomic.Pointer[prometheus.Counter]
}

func (c *routeCounters) observe(method string, status int, took time.Duration) {
	c.duration.Observe(took.Seconds())
	c.counter(method, status).Inc()
}

func (c *routeCounters) counter(method string, status int) prometheus.Counter {
	i, label := methodLabel(method)
	at := &c.found[i][min(max(leastStatus, status), mostStatus)-leastStatus]
	if known := at.Load(); known != nil {
		return *known
	}
	counter := c.total.WithLabelValues(label, strconv.Itoa(status))
	at.Store(&counter)
	return counter
}
