package job

import (
	"fmt"
	"time"
)

// wedgeAge is how long work may wait while nothing is done.
const wedgeAge = time.Minute

// Wedged says what to do about a lane in which work waits and nothing is done, and
// nothing about any other. A lane whose workers all have tasks is not wedged, however
// long those take.
func Wedged(lane Backlog, workers []Worker, now time.Time) (advice string) {
	if lane.Pending == 0 || now.Sub(lane.Oldest) < wedgeAge || lane.Done > 0 {
		return ""
	}
	free, blocked := 0, false
	for _, w := range workers {
		if !w.Takes(lane.Lane, now) {
			blocked = blocked || w.Lanes[lane.Lane].BlockedUntil.After(now)
			continue
		}
		if now.Sub(w.Since) < wedgeAge { // it has hardly begun
			return ""
		}
		free += w.Lanes[lane.Lane].Slots
		for _, hold := range w.Tasks {
			if hold.Lane == lane.Lane {
				free--
			}
		}
	}
	switch {
	case lane.Paused:
		return "the lane is paused; resume it with what has paused it"
	case lane.Slots == 0 && blocked:
		return "all its workers are blocked because their tasks failed, or they draw wrongly; GET /workers says why"
	case lane.Slots == 0:
		return startWorker(lane.Lane.Pool())
	case free > 0:
		return "workers have time and take nothing of it; see whether Redis takes writes (/readyz?verbose), and restart the workers"
	}
	return ""
}

// startWorker is what to do about a lane of a pool of which no worker takes tasks.
func startWorker(p Pool) string {
	if p == "" {
		return "no worker takes tasks of it; start one"
	}
	return fmt.Sprintf("no worker of pool %s takes tasks of it; start one (mandelfarm worker --pool %[1]s), or cancel and purge its jobs and submit them without a pool", p)
}
