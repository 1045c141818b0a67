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

	"mandelfarm/internal/places"
	"mandelfarm/internal/testenv"
	"mandelfarm/renderer/escape"
	"mandelfarm/renderer/wide"
)

var update = flag.Bool("update", false, "write the census anew (make golden)")

// censusPoints is the number of points of each view that are counted.
const censusPoints = 300

// TestGoldenCensus counts what points of published places and of the views of this package take: moves beside the reference, in double precision
// and in wide numbers, and steps of z^2 + c. The counts are the same on every machine, so worse skips are seen without a clock. A change that makes more
// moves is to be argued for.
func TestGoldenCensus(t *testing.T) {
	t.Parallel()
	all := directViews()
	for name, v := range views() {
		all[name+" (short)"] = v
	}
	for name, v := range publishedViews(t, "03 05 07 09 10 15") {
		all[name] = v
	}
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	var text strings.Builder
	fmt.Fprintf(&text, "%-32s %10s %10s %10s\n", "for each point", "moves", "wide", "steps")
	for _, name := range names {
		p := perturbationOf(t, all[name])
		e := census(t, p)
		if p.direct == nil {
			e.Steps = 0 // of a core, which engines count by whole vectors
		}
		fmt.Fprintf(&text, "%-32s", name)
		for _, n := range []int64{e.Moves, e.Wide, e.Steps} {
			fmt.Fprintf(&text, " %10.1f", float64(n)/censusPoints)
		}
		text.WriteString("\n")
	}
	file := filepath.Join("testdata", "census.txt")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o750))
		require.NoError(t, os.WriteFile(file, []byte(text.String()), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), text.String(), "if it is meant: make golden")
}

// publishedViews are those of the places of such numbers, at the size that their samples have.
func publishedViews(t *testing.T, numbers string) map[string]View {
	t.Helper()
	all, err := places.Read(filepath.Join(testenv.RepoRoot(t), places.Archive))
	require.NoError(t, err)
	views := map[string]View{}
	for _, p := range all {
		if !slices.Contains(strings.Fields(numbers), p.Number()) {
			continue
		}
		radius := exactly(wide.New(1, 0, 0))
		radius.re = decimal(t, p.Radius)
		size := radius.wide().Norm()
		views[p.Name] = View{
			Re: p.Re, Im: p.Im, Step: size.Quo(wide.NewReal(places.Height/2, 0)), Bound: size.Mul(wide.NewReal(2.25, 0)),
			MaxIterations: p.MaxIterations, Radius2: escape.SmoothRadius2,
		}
	}
	require.NotEmpty(t, views)
	return views
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
