package job

import (
	"time"

	"mandelfarm/renderer/spec"
)

const (
	// leastEstimate and mostEstimate bound what the job's own task is taken for, in seconds of
	// one core: what would take longer is drawn in bands, which are charged by themselves.
	leastEstimate = 0.01
	mostEstimate  = 5
	// iterationSeconds is what an iteration is taken for.
	iterationSeconds = 1e-9
)

// Estimate is what the job's own task is taken to cost before anybody has counted it, in seconds of one
// core of the standard machine: all its samples, if none of them escapes.
func (j Job) Estimate() float64 {
	if j.Spec.MaxIterations == spec.Auto {
		return mostEstimate
	}
	return min(max(j.iterations()*iterationSeconds, leastEstimate), mostEstimate)
}

// iterations are those of all samples, if none of them escapes.
func (j Job) iterations() float64 {
	return float64(j.Spec.Width) * float64(j.Spec.Height) * float64(j.Spec.Samples) * float64(j.Spec.MaxIterations)
}

// Offer is what is left to be handed out of a job that is drawn in bands.
type Offer struct {
	First, End int     // the bands from First on, less End
	Seconds    float64 // that one of them is expected to cost
	Begun      bool    // some are stored: it is finished before others are begun
}

// Offer is what is to be handed out of the plan: bands from first on, less end. Begun says that others are stored.
func (p Plan) Offer(first, end int, begun bool) Offer {
	total := p.CoreSeconds
	if total == 0 { // which earlier plans do not say
		total = p.Seconds()
	}
	return Offer{First: first, End: end, Seconds: total / float64(max(1, len(p.Bands))), Begun: begun}
}

// ClientShare is what a client has, and has got of late, of a lane.
type ClientShare struct {
	Client  string  `json:"client"`       // the key, or the network of those without one
	Waiting int     `json:"waiting"`      // jobs that have something to be handed out
	Seconds float64 `json:"core_seconds"` // of expected cost that was handed out within [ShareSpan] and up to twice that
	Share   float64 `json:"share"`        // of what all clients have got in that time, 0 to 1
}

// ShareSpan is how far back is counted at least what clients have got.
const ShareSpan = 10 * time.Minute
