package metrics

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"mandelfarm/job"
)

// freshFor is how long a process tells what it has seen of open jobs. One worker looks at a time, any of them the next,
// so that one of several tells what is at most so old, and none tells for ever what it was the last to see long ago.
const freshFor = 30 * time.Second

// jobs is what a worker has seen of open jobs when it had the turn. It is a [prometheus.Collector].
type jobs struct {
	count *prometheus.Desc

	mu            sync.Mutex
	queued, begun int
	at            time.Time
}

func newJobs() *jobs {
	return &jobs{count: prometheus.NewDesc(namespace+"_jobs",
		"Open jobs, as this worker saw them within the last half minute; several may tell, so take the largest.", []string{"state"}, nil)}
}

func (j *jobs) note(queued, begun int, at time.Time) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.queued, j.begun, j.at = queued, begun, at
}

// Describe implements [prometheus.Collector].
func (j *jobs) Describe(to chan<- *prometheus.Desc) { to <- j.count }

// Collect implements [prometheus.Collector].
func (j *jobs) Collect(to chan<- prometheus.Metric) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if time.Since(j.at) > freshFor {
		return
	}
	to <- prometheus.MustNewConstMetric(j.count, prometheus.GaugeValue, float64(j.queued), string(job.Queued))
	to <- prometheus.MustNewConstMetric(j.count, prometheus.GaugeValue, float64(j.begun), string(job.Running))
}
