package renderer

import (
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
	"mandelfarm/renderer/npy"
	"mandelfarm/renderer/shade"
	"mandelfarm/renderer/spec"
)

var everySample = flag.Bool("deepzoom", false, "compare every sample of every place in ../shared/deepzoom (make deepzoom-check)")

// place is a view and what is known of some of its pixels: from plain iteration in as many bits as it takes (MPFR).
type place struct {
	Name          string
	Re, Im        string
	Radius        string
	MaxIterations int `json:"max_iterations"`
	Samples       []truth
}

// truth is what is known of the centre of a pixel.
type truth struct {
	Column, Row int
	Nu          *float64 // nil if it does not escape within the limit
	De          *float64 // estimated distance to the boundary, in pixels; nil if that is not known
}

// The size of the pictures of places, and how far from the truth the counts of pixels may be that are no less than
// nearest from the boundary. Closer ones are beyond double precision.
const (
	placeWidth, placeHeight  = 1024, 576
	nuTolerance, deTolerance = 2e-3, 1e-2
	nearest                  = 0.01
)

// TestGroundTruth compares pixels of places that are in the tree, of every kind of number.
func TestGroundTruth(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join("testdata", "groundtruth.json"))
	require.NoError(t, err)
	var places []place
	require.NoError(t, json.Unmarshal(data, &places))
	require.NotEmpty(t, places)
	for _, p := range places {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			if testing.Short() && isOneOf(p.Name, slowPlaces) {
				t.Skip("it takes long")
			}
			p.check(t)
		})
	}
}

// Some places take a second and more, or would with the race detector, and some take several for the reference alone.
const (
	slowPlaces     = "08 11 12 14 16 19"
	slowestPlaces  = "17 18 20"
	samplesInHaste = 6
)

// TestGroundTruthOfPlaces compares those of the folder beside the repository, where it is there.
func TestGroundTruthOfPlaces(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(testenv.RepoRoot(t), "..", "shared", "deepzoom")
	files, err := filepath.Glob(filepath.Join(folder, "brute", "*.brute.csv"))
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skip("there is no folder of places beside the repository")
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".brute.csv")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			slow := testing.Short() && isOneOf(name, slowPlaces) || isOneOf(name, slowestPlaces)
			if slow && !*everySample {
				t.Skip("it takes long")
			}
			p := readPlace(t, filepath.Join(folder, "locations", name+".json"), file)
			if !*everySample {
				p.Samples = p.Samples[:min(samplesInHaste, len(p.Samples))]
			}
			p.check(t)
		})
	}
}

// isOneOf reports whether the number that a place's name begins with is in a list.
func isOneOf(name, list string) bool {
	number, _, _ := strings.Cut(name, "_")
	return slices.Contains(strings.Fields(list), number)
}

// readPlace reads a place and its samples.
func readPlace(t *testing.T, view, samples string) place {
	t.Helper()
	data, err := os.ReadFile(view)
	require.NoError(t, err)
	var p place
	require.NoError(t, json.Unmarshal(data, &p))
	file, err := os.Open(samples)
	require.NoError(t, err)
	defer file.Close()
	table := csv.NewReader(file)
	table.Comment = '#'
	rows, err := table.ReadAll()
	require.NoError(t, err)
	for _, row := range rows {
		var numbers [5]float64 // column, row, first n beyond the radius or -1, nu, de
		for i := range numbers {
			numbers[i], err = strconv.ParseFloat(row[i], 64)
			require.NoError(t, err)
		}
		s := truth{Column: int(numbers[0]), Row: int(numbers[1])}
		if numbers[2] >= 0 {
			s.Nu = &numbers[3]
			if de := numbers[4]; !math.IsInf(de, 0) { // its derivative was beyond float64
				s.De = &de
			}
		}
		p.Samples = append(p.Samples, s)
	}
	return p
}

// check fails if a sample is not what is known of it.
func (p place) check(t *testing.T) {
	t.Helper()
	v := newViewer(t, spec.Draft{
		Center: spec.Point{Re: decimal(t, p.Re), Im: decimal(t, p.Im)}, Radius: decimal(t, p.Radius),
		Width: placeWidth, Height: placeHeight, MaxIterations: spec.Iterations(p.MaxIterations),
	})
	var worst, worstDe float64
	inside, compared := 0, 0
	for _, s := range p.Samples {
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
	if *everySample {
		fmt.Fprintf(os.Stdout, "%-30s worst |delta nu| %.1e, worst distance off by %.1e; %d of %d samples compared, %d inside\n",
			p.Name, worst, worstDe, compared, len(p.Samples), inside)
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
	pre, err := NewPrepass(tb.Context(), must(spec.Normalize(d)), 0)
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
