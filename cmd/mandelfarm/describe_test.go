package main

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"mandelfarm/job"
)

// TestStandingTellsWhatMoves of an open job, whatever there is to tell yet.
func TestStandingTellsWhatMoves(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]job.Progress{
		"queued, paused, place 3":        {State: job.Queued, Paused: true, Position: 3},
		"running":                        {State: job.Running},
		"running, reference orbit 2.1 %": {State: job.Running, Prepass: 0.0206},
		"running, 0 of 22 bands, 5 %, 0.1 Mpixel/s, 2 workers": {
			State: job.Running, Bands: 22, Fraction: 0.049, PixelsPerSecond: 130_146, Workers: []string{"a", "b"},
		},
		"done, 6.4 MB": {State: job.Done, Bytes: 6_399_705, Bands: 22, BandsDone: 22, Prepass: 1},
	} {
		assert.Equal(t, want, standing(job.Status{Progress: p}))
	}
}
