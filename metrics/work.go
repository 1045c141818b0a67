package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"mandelfarm/job"
	"mandelfarm/renderer"
	"mandelfarm/worker"
)

// Work hears what a worker does. It is a [worker.Observer].
type Work struct {
	tasks         *prometheus.CounterVec
	taskDurations *prometheus.HistogramVec
	waits, dones  *prometheus.HistogramVec
	pixels        prometheus.Counter
	points        prometheus.Counter
	iterations    prometheus.Counter
	prepasses     prometheus.Observer
	turns         *prometheus.CounterVec
	turnDurations *prometheus.HistogramVec
	jobs          *jobs
	ended         *Ended
}

// Work adds the metrics of a worker of a pool. Jobs that end are counted in ended.
func (r *Registry) Work(ended *Ended, pool job.Pool) *Work {
	m := &Work{
		tasks:         r.counter("tasks_total", "Deliveries of tasks that have ended, by what came of them.", "kind", "lane", "outcome"),
		taskDurations: r.histogram("task_duration_seconds", "Time that a delivery of a task took its worker.", longTimes(), "kind"),
		waits:         r.histogram("task_wait_seconds", "Time from queueing a task to its first delivery.", longTimes(), "lane"),
		dones:         r.histogram("task_done_seconds", "Time from queueing a task to its end.", longTimes(), "lane"),
		pixels:        r.counter("pixels_total", "Pixels that were drawn.").WithLabelValues(),
		points:        r.counter("points_total", "Points that were followed.").WithLabelValues(),
		iterations:    r.counter("iterations_total", "Iterations that following those points step by step would take.").WithLabelValues(),
		prepasses:     r.histogram("prepass_duration_seconds", "Time that computing a prepass took.", longTimes()).WithLabelValues(),
		turns:         r.counter("turns_total", "Turns of what one worker at a time does for the farm.", "turn", "outcome"),
		turnDurations: r.histogram("turn_duration_seconds", "Time that a turn took.", longTimes(), "turn"),
		jobs:          newJobs(),
		ended:         ended,
	}
	r.prom.MustRegister(m.jobs)
	m.begin(pool)
	return m
}

// begin has counters be there before anything has happened: a rate is one of changes, and what appears with its first
// event has not changed.
func (m *Work) begin(pool job.Pool) {
	kinds := map[job.Lane][]job.Kind{
		job.Interactive: {job.KindImage}, job.Control: {job.KindImage, job.KindAssemble}, job.Batch: {job.KindBand},
	}
	for _, lane := range pool.Lanes() {
		m.waits.WithLabelValues(string(lane))
		m.dones.WithLabelValues(string(lane))
		for _, kind := range kinds[lane.Base()] {
			for _, outcome := range worker.Outcomes() {
				m.tasks.WithLabelValues(string(kind), string(lane), string(outcome))
			}
		}
	}
	for _, turn := range worker.Turns() {
		m.turns.WithLabelValues(turn, turnDone)
		m.turns.WithLabelValues(turn, turnFailed)
	}
}

// The outcomes of turns.
const (
	turnDone   = "done"
	turnFailed = "failed"
)

// Task counts a delivery. What waits for its time before it is delivered again has waited at its first delivery alone.
func (m *Work) Task(t job.Task, d job.Delivery, outcome worker.Outcome, took time.Duration) {
	kind, lane := knownKind(t.Kind), string(t.Lane)
	m.tasks.WithLabelValues(kind, lane, string(outcome)).Inc()
	m.taskDurations.WithLabelValues(kind).Observe(took.Seconds())
	if d.QueuedAt.IsZero() {
		return
	}
	if d.Try == 1 {
		m.waits.WithLabelValues(lane).Observe(max(0, d.StartedAt.Sub(d.QueuedAt).Seconds()))
	}
	if outcome == worker.Completed || outcome == worker.GaveUp {
		m.dones.WithLabelValues(lane).Observe(max(0, time.Since(d.QueuedAt).Seconds()))
	}
}

// knownKind is the label of a kind: a worker of another version may have sent any.
func knownKind(k job.Kind) string {
	switch k {
	case job.KindImage, job.KindBand, job.KindAssemble, job.KindGroup, job.KindWebhook:
		return string(k)
	}
	return "other"
}

// Drawn counts what was drawn.
func (m *Work) Drawn(pixels int64, work renderer.Work) {
	m.pixels.Add(float64(pixels))
	m.points.Add(float64(work.Points))
	m.iterations.Add(float64(work.Iterations))
}

// Prepass measures one that was computed.
func (m *Work) Prepass(took time.Duration) { m.prepasses.Observe(took.Seconds()) }

// Turn counts a turn.
func (m *Work) Turn(name string, took time.Duration, err error) {
	outcome := turnDone
	if err != nil {
		outcome = turnFailed
	}
	m.turns.WithLabelValues(name, outcome).Inc()
	m.turnDurations.WithLabelValues(name).Observe(took.Seconds())
}

// Ended counts the end of a job.
func (m *Work) Ended(state job.State) { m.ended.count(state) }

// Open notes how many jobs are open.
func (m *Work) Open(queued, begun int) { m.jobs.note(queued, begun, time.Now()) }

// Prepasses adds the metrics of the prepasses that a worker has in memory.
func (r *Registry) Prepasses(stats func() worker.CacheStats) {
	counter := func(name, help string, value func(worker.CacheStats) int64) {
		r.prom.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help},
			func() float64 { return float64(value(stats())) }))
	}
	counter("prepass_cache_hits_total", "Prepasses that were asked for and in memory.",
		func(s worker.CacheStats) int64 { return s.Hits })
	counter("prepass_cache_misses_total", "Prepasses that were asked for and not in memory.",
		func(s worker.CacheStats) int64 { return s.Misses })
	r.prom.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: namespace, Name: "prepass_cache_bytes", Help: "Memory that prepasses take, with what drawing makes of them.",
	}, func() float64 { return float64(stats().Bytes) }))
}
