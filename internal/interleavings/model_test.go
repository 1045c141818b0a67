package interleavings

import (
	"flag"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var deep = flag.Bool("deep", false, "look at scenarios of millions of worlds as well")

// TestNothingIsLost looks at every world of several scenarios.
func TestNothingIsLost(t *testing.T) {
	t.Parallel()
	const test, long = 1, 2
	for name, of := range map[string]struct {
		scenario
		size int
	}{
		"one job":                  {scenario{requests: 2, asks: []program{accept, cancel, look}, apis: 2, workers: 2}, 0},
		"one that may fail":        {scenario{requests: 1, asks: []program{accept}, apis: 1, workers: 2, fails: true}, 0},
		"retried":                  {scenario{requests: 3, asks: []program{accept, cancel}, apis: 1, workers: 1}, test},
		"image removed":            {scenario{requests: 2, asks: []program{accept}, apis: 1, workers: 1, sweeps: true}, test},
		"a group that may fail":    {scenario{requests: 1, asks: []program{acceptPair}, apis: 1, workers: 1, breaks: true}, test},
		"failed and retried":       {scenario{requests: 2, asks: []program{accept}, apis: 1, workers: 1, fails: true}, long},
		"retried, by two APIs":     {scenario{requests: 3, asks: []program{accept, cancel, look}, apis: 2, workers: 1}, long},
		"retried, two workers":     {scenario{requests: 3, asks: []program{accept, cancel}, apis: 1, workers: 2}, long},
		"retried, image removed":   {scenario{requests: 3, asks: []program{accept}, apis: 1, workers: 1, sweeps: true}, long},
		"a group, then one of it":  {scenario{requests: 2, asks: []program{acceptPair, accept, cancel}, apis: 1, workers: 1}, long},
		"two groups of one's jobs": {scenario{requests: 2, asks: []program{acceptPair}, apis: 2, workers: 1}, long},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if of.size == long && !*deep || of.size == test && testing.Short() {
				t.Skip("takes long: make model")
			}
			begun := time.Now()
			sp, err := explore(of.scenario)
			t.Logf("%d worlds, %d moves that are no faults, in %s", len(sp.parents), len(sp.edges), time.Since(begun))
			assert.NoError(t, err)
		})
	}
}

// TestFlawsAreFound changes the order of operations, and looks how the first world comes about that must not be.
func TestFlawsAreFound(t *testing.T) {
	t.Parallel()
	one := scenario{requests: 3, asks: []program{accept, cancel, look}, apis: 2, workers: 1}
	group := scenario{requests: 1, asks: []program{acceptPair}, apis: 1, workers: 1, breaks: true}
	late := scenario{requests: 2, asks: []program{acceptPair, accept}, apis: 2, workers: 1}
	for name, of := range map[string]struct {
		scenario
		flaw
		wrong string
	}{
		"the marker goes before the end is on record":        {one, markerBeforeEnd, "job 0 was accepted, and is lost"},
		"202 before the marker":                              {one, answeredBeforeMarker, "job 0 was accepted, and is lost"},
		"an end takes the place of another":                  {one, endReplaced, "run 0 of job 0 was canceled, and is done"},
		"a run begins before its marker is there":            {one, runBeforeMarker, "job 0 was accepted, and is lost"},
		"the next run's entry takes the place of the end":    {one, noRoom, "run 0 of job 0 was"},
		"a group's marker goes before its jobs have markers": {group, groupGoesFirst, "was accepted, and is lost"},
		"the marker of a dissolved group goes without look":  {late, retiredUnseen, "was accepted, and is lost"},
		"the marker of a run that is about to begin goes":    {one, unbegunRemoved, "job 0 was accepted, and is lost"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if of.flaw == retiredUnseen && testing.Short() {
				t.Skip("takes seconds")
			}
			of.scenario.flaw = of.flaw
			_, err := explore(of.scenario)
			require.ErrorContains(t, err, of.wrong)
			t.Log(err)
		})
	}
}
