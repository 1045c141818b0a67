package renderer

import (
	"cmp"
	"encoding/binary"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/places"
	"mandelfarm/internal/testenv"
	"mandelfarm/renderer/npy"
	"mandelfarm/renderer/shade"
	"mandelfarm/renderer/spec"
)

var everySample = flag.Bool("deepzoom", false, "compare every sample of every place (make deepzoom-check)")

// How far from the truth the counts and the distances of pixels may be that are no less than nearest from the boundary.
// Closer ones are beyond double precision.
const (
	nuTolerance, deTolerance = 2e-3, 1e-2
	nearest                  = 0.01 // in pixels
)

// Some places take a second and more, or would with the race detector, and some take several for the reference alone.
const (
	slowPlaces     = "08 11 12 14 16 19"
	slowestPlaces  = "17 18 20"
	samplesInHaste = 6
)

// TestGroundTruth compares pixels of published places with plain iteration in as many bits as it takes.
func TestGroundTruth(t *testing.T) {
	t.Parallel()
	all, err := places.Read(filepath.Join(testenv.RepoRoot(t), places.Archive))
	require.NoError(t, err)
	for _, p := range all {
		if len(p.Samples) == 0 {
			continue
		}
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			slow := testing.Short() && isOneOf(p, slowPlaces) || isOneOf(p, slowestPlaces)
			if slow && !*everySample {
				t.Skip("it takes long")
			}
			samples := p.Samples
			if !*everySample {
				samples = inHaste(samples)
			}
			checkSamples(t, p, samples)
		})
	}
}

// isOneOf reports whether the number of a place is in a list.
func isOneOf(p places.Place, list string) bool {
	return slices.Contains(strings.Fields(list), p.Number())
}

// inHaste returns a few of a place's samples, from the nearest to the boundary that counts to the farthest, and behind
// that those which do not escape.
func inHaste(samples []places.Sample) []places.Sample {
	distance := func(s places.Sample) float64 {
		if s.De == nil {
			return math.Inf(1)
		}
		return *s.De
	}
	samples = slices.Clone(samples)
	samples = slices.DeleteFunc(samples, func(s places.Sample) bool { return distance(s) <= nearest })
	slices.SortStableFunc(samples, func(a, b places.Sample) int { return cmp.Compare(distance(a), distance(b)) })
	few := make([]places.Sample, min(samplesInHaste, len(samples)))
	for i := range few {
		few[i] = samples[i*(len(samples)-1)/max(1, len(few)-1)]
	}
	return few
}

// checkSamples fails if a pixel is not what is known of it.
func checkSamples(t *testing.T, p places.Place, samples []places.Sample) {
	t.Helper()
	v := newViewer(t, spec.Draft{
		Center: spec.Point{Re: decimal(t, p.Re), Im: decimal(t, p.Im)}, Radius: decimal(t, p.Radius),
		Width: places.Width, Height: places.Height, MaxIterations: spec.Iterations(p.MaxIterations),
	})
	var worst, worstDe float64
	inside, compared := 0, 0
	for _, s := range samples {
		got := v.at(s.Column, s.Row)
		if s.Nu == nil {
			inside++
			require.True(t, math.IsNaN(got.nu), "column %d, row %d escapes: %v", s.Column, s.Row, got.nu)
			continue
		}
		assert.False(t, math.IsNaN(got.nu), "column %d, row %d does not escape", s.Column, s.Row)
		de := got.de
		if s.De != nil {
			de = *s.De
		}
		if de <= nearest {
			continue
		}
		compared++
		assert.InDelta(t, *s.Nu, got.nu, nuTolerance, "column %d, row %d, %v from the boundary", s.Column, s.Row, de)
		assert.InEpsilon(t, de, got.de, deTolerance, "distance of column %d, row %d", s.Column, s.Row)
		worst = max(worst, math.Abs(got.nu-*s.Nu))
		worstDe = max(worstDe, math.Abs(got.de/de-1))
	}
	require.Positive(t, inside+compared, "samples that say something")
	if *everySample {
		fmt.Fprintf(os.Stdout, "%-30s worst |delta nu| %.1e, worst distance off by %.1e; %d of %d samples compared, %d inside\n",
			p.Name, worst, worstDe, compared, len(samples), inside)
	}
}

// viewer looks at single pixels of a view.
type viewer struct {
	tb      testing.TB
	counts  *painter // of a NumPy file
	slopes  *painter // of a picture that takes gradients
	scratch *scratch
	row     []byte
}

// seen is what a pixel is.
type seen struct{ nu, de float64 }

func newViewer(tb testing.TB, d spec.Draft) *viewer {
	tb.Helper()
	counts, slopes := d, d
	counts.Format, slopes.Coloring.Method = spec.NPY, spec.MethodSlope
	v := &viewer{tb: tb, scratch: getScratch()}
	tb.Cleanup(func() { scratches.Put(v.scratch) })
	pre, err := NewPrepass(tb.Context(), must(spec.Normalize(d)), 0, nil)
	require.NoError(tb, err)
	for to, wanted := range map[**painter]spec.Draft{&v.counts: counts, &v.slopes: slopes} {
		*to = newPainter(must(spec.Normalize(wanted)))
		require.NoError(tb, (*to).prepare(tb.Context(), Options{Prepass: pre}))
	}
	v.row = make([]byte, v.counts.raw.stride())
	return v
}

// at returns what is known of a pixel. The count is that of the file, and the same where gradients are taken.
func (v *viewer) at(column, row int) seen {
	v.tb.Helper()
	v.scratch.data, v.scratch.first = v.row, row
	err := v.counts.paintRun(v.tb.Context(), v.scratch, spec.Rows{Start: row, End: row + 1}, column, 1, make([]byte, v.counts.format.Stride(1)))
	v.scratch.data = nil
	require.NoError(v.tb, err)
	nu := number(v.row, column)
	b, err := v.slopes.follow(v.tb.Context(), v.scratch.batch.Traced(), spec.Rows{Start: row, End: row + 1}, column, 1, v.slopes.offsets[0])
	require.NoError(v.tb, err)
	if b.Count[0] == 0 {
		require.True(v.tb, math.IsNaN(nu), "column %d, row %d: it escapes if nobody takes gradients", column, row)
		return seen{nu, 0}
	}
	require.InDelta(v.tb, nu, v.slopes.kernel.Nu(b.Count[0], b.Norm2[0]), 0, "column %d, row %d: with and without gradients", column, row)
	return seen{nu, shade.Distance(b.Norm2[0], b.GradX[0], b.GradY[0])}
}

// number reads one of a row of a NumPy file.
func number(row []byte, column int) float64 {
	return math.Float64frombits(binary.LittleEndian.Uint64(row[npy.Size*column:]))
}

func decimal(tb testing.TB, text string) spec.Decimal {
	tb.Helper()
	d, err := spec.ParseDecimal(text)
	require.NoError(tb, err)
	return d
}

// must is for Drafts that are good.
func must(s spec.Spec, err error) spec.Spec {
	if err != nil {
		panic(err)
	}
	return s
}
