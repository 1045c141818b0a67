package renderer

import (
	"context"
	"time"

	"mandelfarm/renderer/spec"
)

// What is drawn to see how fast a machine is: an overview and a deep view, at about the same cost.
const (
	shallowTrial = `{"width":128,"height":96,"center":{"re":"-0.743643887","im":"0.131825904"},"radius":"0.001","max_iterations":5000}`
	deepTrial    = `{"width":32,"height":24,"center":{"re":"-1.7598171308048479165828760533255","im":"-0.0125933107997496573193886668543"},"radius":"4e-12","max_iterations":5000}`
)

// Speed measures how fast one core of this machine is, beside the standard machine. It draws for some tens of milliseconds, several
// times, and takes the fastest, which other work has disturbed the least.
func Speed(ctx context.Context) (float64, error) {
	const times = 5
	best := 0.0
	for range times {
		var cost, took time.Duration
		for _, trial := range []string{shallowTrial, deepTrial} {
			c, t, err := try(ctx, trial)
			if err != nil {
				return 0, err
			}
			cost, took = cost+c, took+t
		}
		best = max(best, cost.Seconds()/took.Seconds())
	}
	return best, nil
}

// try draws a picture on one thread, and returns what that was to take and what it took, without the prepass.
func try(ctx context.Context, text string) (cost, took time.Duration, err error) {
	s, err := spec.Parse([]byte(text))
	if err != nil {
		return 0, 0, err
	}
	pre, err := NewPrepass(ctx, s, 1, nil)
	if err != nil {
		return 0, 0, err
	}
	start := time.Now()
	_, err = Render(ctx, s, spec.Rows{End: s.Height}, Options{
		Threads: 1, Prepass: pre, Progress: func(_ int, w Work) { cost += w.Cost },
	})
	return cost, time.Since(start), err
}
