package renderer_test

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"mandelfarm/internal/boundary"
	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

var quotedPictures = flag.Int("quotes", 0, "so many random pictures, and a table of what quotes of them are worth (make quotes)")

// TestQuotes prints how far estimates are from what is counted when the picture is drawn, and, on the standard machine, from its time.
func TestQuotes(t *testing.T) { //nolint:paralleltest // it takes times
	if *quotedPictures == 0 {
		t.Skip("takes long: make quotes")
	}
	var ofCount, ofTime, countOfTime, share []float64
	for i := range *quotedPictures {
		s := quotedPicture(t, rand.New(rand.NewPCG(uint64(i), 28)))
		pre, err := renderer.NewPrepass(t.Context(), s, 2, nil)
		require.NoError(t, err)
		counted, took := drawTimed(t, s, pre)
		e, err := renderer.EstimateWork(t.Context(), s, pre, counted/50)
		require.NoError(t, err)
		var small renderer.Work
		for _, row := range e.Rows {
			small.Add(row)
		}
		ofCount = append(ofCount, float64(e.Work.Cost)/float64(counted))
		ofTime = append(ofTime, float64(e.Work.Cost)/float64(took))
		countOfTime = append(countOfTime, float64(counted)/float64(took))
		share = append(share, float64(small.Cost)/float64(counted))
		if last := ofCount[i]; math.Abs(last-1) > 0.1 {
			t.Logf("%.2f of the count, at %.3f of %v: %s", last, share[i], counted, s.Canonical())
		}
	}
	fmt.Fprintf(os.Stdout, "| %d pictures | 5 %% | 25 %% | 50 %% | 75 %% | 95 %% | within a tenth | within a third |\n", len(ofCount))
	for _, row := range []struct {
		name   string
		ratios []float64
	}{{"estimate by count", ofCount}, {"count by time", countOfTime}, {"estimate by time", ofTime}} {
		fmt.Fprintln(os.Stdout, percentiles(row.name, row.ratios))
	}
	fmt.Fprintf(os.Stdout, "an estimate took this part of its picture's cost: median %.4f, most %.4f\n", at(share, 0.5), slices.Max(share))
}

// percentiles is a row of a table of ratios.
func percentiles(name string, ratios []float64) string {
	row := []string{"| " + name}
	for _, part := range []float64{0.05, 0.25, 0.5, 0.75, 0.95} {
		row = append(row, fmt.Sprintf("%.2f", at(ratios, part)))
	}
	for _, most := range []float64{1.1, 1.34} {
		within := 0
		for _, r := range ratios {
			if r < most && r > 1/most {
				within++
			}
		}
		row = append(row, fmt.Sprintf("%d of %d", within, len(ratios)))
	}
	return strings.Join(row, " | ") + " |"
}

// at is the value that a part of the values is below.
func at(values []float64, part float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[int(part*float64(len(sorted)-1))]
}

// drawTimed draws a picture on one thread; it returns what was counted, and the CPU time that this took.
func drawTimed(t *testing.T, s spec.Spec, pre *renderer.Prepass) (counted, took time.Duration) {
	t.Helper()
	before := cpuTime(t)
	_, err := renderer.Render(t.Context(), s, spec.Rows{End: s.Height}, renderer.Options{
		Threads: 1, Prepass: pre, Progress: func(_ int, w renderer.Work) { counted += w.Cost },
	})
	require.NoError(t, err)
	return counted, cpuTime(t) - before
}

// cpuTime is that of this process, in which nothing else runs.
func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	var used unix.Rusage
	require.NoError(t, unix.Getrusage(unix.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// quotedPicture is a random picture of any kind: half of them are of the Mandelbrot set, and half of these deep.
func quotedPicture(t *testing.T, random *rand.Rand) spec.Spec {
	t.Helper()
	sizes := [][2]int{{240, 240}, {640, 360}, {1280, 720}, {500, 1500}, {2000, 200}}
	size := sizes[random.IntN(len(sizes))]
	d := spec.Draft{
		Width: size[0], Height: size[1], MaxIterations: spec.Iterations(math.Exp(4 + 5*random.Float64())),
		Coloring: spec.Coloring{Method: spec.Methods()[random.IntN(len(spec.Methods()))]},
	}
	switch random.IntN(8) {
	case 0, 1:
		ofPlace(t, &d, random, boundary.Wanted{Shallowest: 0.3, Deepest: 8, MaxIterations: 30_000})
	case 2, 3:
		ofPlace(t, &d, random, boundary.Wanted{Shallowest: 8, Deepest: 300, MaxIterations: 30_000})
	case 4:
		d.Formula = spec.Julia
		d.Seed = shore(t, spec.Draft{}, random)
		d.Radius = decimal(t, strconv.FormatFloat(math.Pow(10, 0.3-4*random.Float64()), 'g', 3, 64))
	default:
		d.Formula = []spec.Formula{spec.BurningShip, spec.Tricorn, spec.Multibrot}[random.IntN(3)]
		if d.Formula == spec.Multibrot {
			d.Power = 3 + random.IntN(6)
		}
		d.Center = shore(t, spec.Draft{Formula: d.Formula, Power: d.Power}, random)
		d.Radius = decimal(t, strconv.FormatFloat(math.Pow(10, 0.3-6*random.Float64()), 'g', 3, 64))
	}
	return normal(t, d)
}

// ofPlace makes a picture one of a random place of the boundary of the Mandelbrot set.
func ofPlace(t *testing.T, d *spec.Draft, random *rand.Rand, w boundary.Wanted) {
	t.Helper()
	p, err := boundary.Draw(t.Context(), random, w)
	require.NoError(t, err)
	d.Center, d.Radius = spec.Point{Re: decimal(t, p.Re), Im: decimal(t, p.Im)}, decimal(t, p.Radius)
	d.MaxIterations = spec.Iterations(p.MaxIterations)
}

// shore is a point of the boundary of a formula's set, in a random direction from the origin, as doubles have it.
func shore(t *testing.T, d spec.Draft, random *rand.Rand) spec.Point {
	t.Helper()
	sin, cos := math.Sincos(2 * math.Pi * random.Float64())
	at := func(r float64) spec.Point {
		part := func(x float64) spec.Decimal { return decimal(t, strconv.FormatFloat(x, 'f', 17, 64)) }
		return spec.Point{Re: part(r * cos), Im: part(r * sin)}
	}
	in, out := 0.0, 3.0
	for range 50 {
		middle := (in + out) / 2
		d.Width, d.Height, d.MaxIterations = 1, 1, 2000
		d.Center, d.Radius, d.Coloring.Method = at(middle), decimal(t, "1e-9"), spec.MethodSet
		pixels, err := renderer.Render(t.Context(), normal(t, d), spec.Rows{End: 1}, renderer.Options{Threads: 1})
		require.NoError(t, err)
		if inside := pixels.Pix[0] == 0; inside {
			in = middle
		} else {
			out = middle
		}
	}
	return at(out)
}
