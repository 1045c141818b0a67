package metrics

import (
	"net/http"
	"runtime"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// namespace begins every name but those of the Go runtime and the process.
const namespace = "mandelfarm"

// Registry holds the metrics of a process. It is safe for concurrent use.
type Registry struct{ prom *prometheus.Registry }

// New is a registry with what is known of every process: its build, the Go runtime, processor time, memory and files.
func New(version, rendererVersion string) *Registry {
	r := &Registry{prom: prometheus.NewRegistry()}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: namespace, Name: "build_info", Help: "1, with the versions of the program, of its renderer and of Go.",
		ConstLabels: prometheus.Labels{"version": version, "renderer_version": rendererVersion, "go_version": runtime.Version()},
	})
	build.Set(1)
	r.prom.MustRegister(build, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

// Handler answers scrapes, in Prometheus' text format or OpenMetrics. What cannot be collected does not keep the rest from
// being told.
func (r *Registry) Handler() http.Handler {
	return promhttp.HandlerFor(r.prom, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError, EnableOpenMetrics: true})
}

// counter adds a counter with labels.
func (r *Registry) counter(name, help string, labels ...string) *prometheus.CounterVec {
	v := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
	r.prom.MustRegister(v)
	return v
}

// gauge adds a gauge with labels.
func (r *Registry) gauge(name, help string, labels ...string) *prometheus.GaugeVec {
	v := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, labels)
	r.prom.MustRegister(v)
	return v
}

// histogram adds a histogram of seconds with labels.
func (r *Registry) histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	v := prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets}, labels)
	r.prom.MustRegister(v)
	return v
}

// The buckets, in seconds: of what somebody waits for, from memory to the wait limit; and of what workers do, up to the
// hour that a task may take.
func shortTimes() []float64 {
	return []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}
}

func longTimes() []float64 {
	return []float64{.005, .025, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600}
}
