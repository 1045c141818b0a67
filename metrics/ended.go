package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"mandelfarm/job"
)

// Ended counts jobs that end, which an API and a worker do, and one process may be both.
type Ended struct{ total *prometheus.CounterVec }

// Ended adds the count of jobs that end.
func (r *Registry) Ended() *Ended {
	e := &Ended{total: r.counter("jobs_ended_total", "Jobs whose end this process put on record.", "state")}
	for _, state := range job.States() {
		if state.Final() {
			e.total.WithLabelValues(string(state))
		}
	}
	return e
}

func (e *Ended) count(state job.State) { e.total.WithLabelValues(string(state)).Inc() }
