package deep

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/renderer/escape"
)

var update = flag.Bool("update", false, "write the census anew (make golden)")

// censusPoints is the number of points of each view that are counted.
const censusPoints = 300

// censusFile has a line for each view.
var censusFile = filepath.Join("testdata", "census.txt")

// TestGoldenCensus counts what points of published places and of the views of this package take: moves beside the reference, in double precision
// and in wide numbers, and steps of z^2 + c. The counts are the same on every machine, so worse skips are seen without a clock. A change that makes more
// moves is to be argued for.
func TestGoldenCensus(t *testing.T) {
	t.Parallel()
	lines := []string{fmt.Sprintf("%-32s %10s %10s %10s", "for each point", "moves", "wide", "steps")}
	for name, p := range censusViews(t) {
		lines = append(lines, censusLine(name, census(t, p), p.direct != nil))
	}
	slices.Sort(lines[1:])
	if *update && !testing.Short() {
		require.NoError(t, os.WriteFile(censusFile, []byte(strings.Join(lines, "\n")+"\n"), 0o600))
	}
	text, err := os.ReadFile(censusFile)
	require.NoError(t, err)
	want := strings.Split(strings.TrimSpace(string(text)), "\n")
	if testing.Short() {
		assert.Subset(t, want, lines, "if it is meant: make golden")
		return
	}
	assert.Equal(t, want, lines, "if it is meant: make golden")
}

// censusViews are all deep published places and the views of this package, with those that tests elsewhere follow at small sizes marked as short.
func censusViews(t *testing.T) map[string]*Perturbation {
	t.Helper()
	all := map[string]*Perturbation{}
	for name, v := range directViews() {
		all[name] = perturbationOf(t, v)
	}
	for name, v := range views() {
		all[name+" (short)"] = perturbationOf(t, v)
	}
	for name, v := range publishedViews(t, publishedNumbers()) {
		all[name] = publishedPerturbation(t, name, v)
	}
	return all
}

// publishedNumbers are those of the deep places, without those whose tables take long if tests are to be short.
func publishedNumbers() string {
	if testing.Short() {
		return "03 05 07 09 10 13 15 19"
	}
	return "03 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21"
}

func censusLine(name string, e escape.Effort, direct bool) string {
	if !direct {
		e.Steps = 0 // of a core, which engines count by whole vectors
	}
	each := func(n int64) float64 { return float64(n) / censusPoints }
	return fmt.Sprintf("%-32s %10.1f %10.1f %10.1f", name, each(e.Moves), each(e.Wide), each(e.Steps))
}

// census is the effort of some points of a view.
func census(t *testing.T, p *Perturbation) (e escape.Effort) {
	t.Helper()
	b := escape.NewBatch(censusPoints)
	b.Effort = &e
	p.scatter(b)
	require.NoError(t, p.Run(t.Context(), *b))
	return e
}
