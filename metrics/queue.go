package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"mandelfarm/job"
	"mandelfarm/queue"
)

// queueTimeout is how long Redis may take for a scrape.
const queueTimeout = 2 * time.Second

// Queue tells what Redis holds, and what this process has done with it.
type Queue interface {
	// Stats reads what Redis holds; a Redis that does not answer is an error.
	Stats(ctx context.Context) (queue.Stats, error)
	// Counts tells what this process has done.
	Counts() queue.Counts
	// Blocked tells in which of its lanes this process takes nothing for a while.
	Blocked() map[job.Lane]bool
}

// queueCollector asks a queue whenever somebody scrapes. It is a [prometheus.Collector].
type queueCollector struct {
	queue Queue

	waiting, clients, up, tasks, oldest, paused, workers, slots, revived, takenOver, ghosts, blocked *prometheus.Desc
}

// Queue adds the metrics of what Redis holds. Every process of a farm tells the same of it.
func (r *Registry) Queue(q Queue) {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(namespace+"_"+name, help, labels, nil)
	}
	r.prom.MustRegister(&queueCollector{
		queue:     q,
		up:        desc("redis_up", "1 if Redis answered the scrape, 0 if it did not. Then nothing is known of what it holds."),
		tasks:     desc("queue_tasks", "Tasks in a lane, by state.", "lane", "state"),
		waiting:   desc("queue_waiting_jobs", "Jobs that have tasks to be handed out in a lane, before those are pending.", "lane"),
		clients:   desc("queue_waiting_clients", "Clients that these jobs are of.", "lane"),
		oldest:    desc("queue_oldest_task_age_seconds", "For how long the oldest of the pending tasks of a lane has been pending.", "lane"),
		paused:    desc("queue_paused", "1 if no worker takes tasks of a lane.", "lane"),
		workers:   desc("workers", "Processes that draw bands."),
		slots:     desc("worker_slots", "Bands that all workers together can draw at a time."),
		revived:   desc("tasks_revived_total", "Bands and assemblies that this process queued because they were owed, and neither waited nor had a worker."),
		ghosts:    desc("ghosts_removed_total", "Entries among the active tasks of a lane that no worker had, and that this process removed."),
		takenOver: desc("claims_taken_over_total", "Tasks among those revived whose worker had died."),
		blocked:   desc("worker_blocked", "1 if this worker takes no tasks of a lane for a while, because they fail here or are drawn wrongly.", "lane"),
	})
}

// Describe implements [prometheus.Collector].
func (c *queueCollector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.waiting, c.clients, c.up, c.tasks, c.oldest, c.paused, c.workers, c.slots, c.revived, c.takenOver, c.ghosts, c.blocked} {
		to <- d
	}
}

// Collect implements [prometheus.Collector].
func (c *queueCollector) Collect(to chan<- prometheus.Metric) {
	tell := func(d *prometheus.Desc, t prometheus.ValueType, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, t, value, labels...)
	}
	counts := c.queue.Counts()
	tell(c.revived, prometheus.CounterValue, float64(counts.Revived))
	tell(c.takenOver, prometheus.CounterValue, float64(counts.TakenOver))
	tell(c.ghosts, prometheus.CounterValue, float64(counts.Ghosts))
	for lane, blocked := range c.queue.Blocked() {
		tell(c.blocked, prometheus.GaugeValue, truth(blocked), string(lane))
	}
	ctx, cancel := context.WithTimeout(context.Background(), queueTimeout)
	defer cancel()
	stats, err := c.queue.Stats(ctx)
	if err != nil {
		tell(c.up, prometheus.GaugeValue, 0)
		return
	}
	tell(c.up, prometheus.GaugeValue, 1)
	tell(c.workers, prometheus.GaugeValue, float64(stats.Workers))
	tell(c.slots, prometheus.GaugeValue, float64(stats.Slots))
	for _, lane := range stats.Lanes {
		name := string(lane.Lane)
		for state, count := range lane.Tasks {
			tell(c.tasks, prometheus.GaugeValue, float64(count), name, state)
		}
		tell(c.waiting, prometheus.GaugeValue, float64(lane.Waiting), name)
		tell(c.clients, prometheus.GaugeValue, float64(lane.Clients), name)
		tell(c.oldest, prometheus.GaugeValue, lane.Oldest.Seconds(), name)
		tell(c.paused, prometheus.GaugeValue, truth(lane.Paused), name)
	}
}

// truth is a bool as metrics have it.
func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
