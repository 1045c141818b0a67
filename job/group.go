package job

import "mandelfarm/renderer/spec"

// MaxGroup is how many jobs a group has at most.
const MaxGroup = 64

// Group is small jobs that were accepted together, on the same terms, and are drawn by one task.
type Group struct {
	ID   spec.ID // random, in the form of a job's
	Jobs []Job   // at least one
}

// Job stands for the group where clients take turns and in the records of the queue: it has the group's ID and its jobs' terms, and no
// Spec.
func (g Group) Job() Job {
	first := g.Jobs[0]
	return Job{ID: g.ID, AcceptedAt: first.AcceptedAt, Terms: first.Terms}
}

// Task draws all jobs of the group.
func (g Group) Task() Task { return g.Job().task(KindGroup, Control) }

// Estimate is what the group's task is taken to cost, see [Job.Estimate].
func (g Group) Estimate() float64 {
	iterations := 0.0
	for _, j := range g.Jobs {
		iterations += j.iterations()
	}
	return min(max(iterations*iterationSeconds, leastEstimate), mostEstimate)
}
