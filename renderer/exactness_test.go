package renderer

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/cpu"

	"mandelfarm/internal/boundary"
	"mandelfarm/internal/places"
	"mandelfarm/renderer/escape"
	"mandelfarm/renderer/shade"
	"mandelfarm/renderer/spec"
)

var (
	exactPlaces = flag.Int("exactness", 0, "so many random places for each way to follow points, of long orbits too, and a table of them (make exactness)")
	exactSeed   = flag.Uint64("seed", 1, "what decides the random places")
)

// promise is what docs/spec.md says of the pixels of pictures 1,024 wide, at some depths.
type promise struct {
	name                string
	shallowest, deepest float64 // -log10 of the radius
	// moved is how far from its centre, in pixels, the exact picture has what a pixel is.
	moved float64
	// astray is which part of the pixels may be off by more than one iteration that are farther from the boundary than a
	// millionth of a pixel, and nearer than what is certain.
	astray float64
}

// promises are for each way that points are followed: in pictures of this height pixels are 2^-33 apart at a radius of
// 10^-7.475, and 2^-506 at 10^-149.86. Near and deep ones are followed in the same way, but only where few steps lead there do
// enough of them remain, within a limit, to wind around as densely.
func promises() []promise {
	return []promise{
		{"direct", 0.5, 7.47, 1e-6, 0},
		{"near", 7.48, 16, 3e-3, 0.3},
		{"deep", 16, 149.8, 1e-5, 0.02},
		{"very deep", 149.9, 300, 1e-5, 0.02},
	}
}

const (
	// certain is how many times as far as what pixels are moved by the boundary is where counts and distances are good.
	certain = 30
	// curves is how far distances are off anywhere, because logarithms are taken from curves.
	curves = 2e-7
	// bend is how much faster distances change than the points' own distance does, at most.
	bend = 10
)

// What is tried of a place.
const (
	rowsOfPlace    = 16
	samplesOfBin   = 12
	insideOfPlace  = 3
	beyondTheLimit = 5. / 4
	// Of engines, of which one is plain Go.
	rowsOfEngine       = 2
	iterationsOfEngine = 2_000
)

// TestExactness compares pixels of random places of the boundary with what they are, and fails if that is not as promised.
func TestExactness(t *testing.T) {
	t.Parallel()
	number, limit := howMany()
	for _, p := range promises() {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			var all tally
			for i := range number {
				random := p.source(i)
				place := p.draw(t, random, limit)
				one := measure(t, place, random)
				p.hold(t, place, one)
				all.add(one)
			}
			p.holdOfAll(t, all)
			if *exactPlaces > 0 {
				fmt.Fprint(os.Stdout, all.table(p.name))
			}
		})
	}
}

// howMany returns how many places are tried for each promise, and the limit of their iterations.
func howMany() (number, limit int) {
	switch {
	case *exactPlaces > 0:
		return *exactPlaces, 50_000
	case testing.Short():
		return 1, 2_000
	}
	return 3, 10_000
}

// TestExactnessOfEveryEngine: pixels of the same places are the same, to the bit, by every engine that this processor has. It
// has the processor seem to be another, so that nothing may run beside it.
func TestExactnessOfEveryEngine(t *testing.T) { //nolint:paralleltest // see above
	for _, p := range promises() {
		number, _ := howMany()
		for i := range number {
			random := p.source(i)
			v := newViewer(t, draftOf(t, p.draw(t, random, iterationsOfEngine)))
			rows := random.Perm(places.Height)[:rowsOfEngine]
			want := bitsOf(v.rows(rows))
			for name, got := range byOtherEngines(v, rows) {
				assert.Equal(t, want, got, "%s, place %d, without %s", p.name, i, name)
			}
		}
	}
}

// byOtherEngines returns rows of a view by the engines that are left to a processor without AVX-512, and without AVX2 either.
func byOtherEngines(v *viewer, rows []int) map[string][][2]uint64 {
	defer func(avx512, avx2 bool) { cpu.X86.HasAVX512F, cpu.X86.HasAVX2 = avx512, avx2 }(cpu.X86.HasAVX512F, cpu.X86.HasAVX2)
	found := map[string][][2]uint64{}
	cpu.X86.HasAVX512F = false
	found["AVX-512"] = bitsOf(v.rows(rows))
	cpu.X86.HasAVX2 = false
	found["AVX-512 and AVX2"] = bitsOf(v.rows(rows))
	return found
}

// bitsOf makes NaN equal to itself.
func bitsOf(pixels []pixel) [][2]uint64 {
	list := make([][2]uint64, len(pixels))
	for i, p := range pixels {
		list[i] = [2]uint64{math.Float64bits(p.nu), math.Float64bits(p.de)}
	}
	return list
}

// source is what decides a place, and which pixels of it are compared.
func (p promise) source(place int) *rand.Rand {
	return rand.New(rand.NewPCG(*exactSeed, uint64(place)<<16+uint64(100*p.shallowest)))
}

// draw draws a place of the promise's depths.
func (p promise) draw(t *testing.T, random *rand.Rand, limit int) places.Place {
	t.Helper()
	place, err := boundary.Draw(t.Context(), random, boundary.Wanted{Shallowest: p.shallowest, Deepest: p.deepest, MaxIterations: limit})
	require.NoError(t, err)
	return place
}

// draftOf is the Draft of a place's view.
func draftOf(t *testing.T, p places.Place) spec.Draft {
	t.Helper()
	return spec.Draft{
		Center: spec.Point{Re: decimal(t, p.Re), Im: decimal(t, p.Im)}, Radius: decimal(t, p.Radius),
		Width: places.Width, Height: places.Height, MaxIterations: spec.Iterations(p.MaxIterations),
	}
}

// measure compares pixels of a place with the truth: some of each distance from the boundary, as random as may be.
func measure(t *testing.T, p places.Place, random *rand.Rand) tally {
	t.Helper()
	v := newViewer(t, draftOf(t, p))
	truth, ok := boundary.NewTruth(p)
	require.True(t, ok)
	var sum tally
	var taken [bins]int
	inside := 0
	pixels := v.rows(random.Perm(places.Height)[:rowsOfPlace])
	random.Shuffle(len(pixels), func(i, j int) { pixels[i], pixels[j] = pixels[j], pixels[i] })
	for _, x := range pixels {
		of, most := &inside, insideOfPlace
		if !math.IsNaN(x.nu) {
			sum.pixels[bin(x.de)]++
			of, most = &taken[bin(x.de)], samplesOfBin
		}
		if *of++; *of > most {
			continue
		}
		s, err := truth.At(t.Context(), x.column, x.row, int(beyondTheLimit*float64(p.MaxIterations)))
		require.NoError(t, err)
		sum.compare(x.seen, s, p.MaxIterations)
	}
	return sum
}

// pixel is what one is, and where.
type pixel struct {
	seen
	column, row int
}

// rows returns the pixels of some rows, as pictures that take gradients have them.
func (v *viewer) rows(rows []int) []pixel {
	v.tb.Helper()
	var list []pixel
	for _, row := range rows {
		b, err := v.slopes.follow(v.tb.Context(), escape.NewBatch(run).Traced(), spec.Rows{Start: row, End: row + 1}, 0, places.Width, v.slopes.offsets[0])
		require.NoError(v.tb, err)
		for column, count := range b.Count {
			x := pixel{seen{math.NaN(), 0}, column, row}
			if count != 0 {
				x.nu = v.slopes.kernel.Nu(count, b.Norm2[column])
				x.de = shade.Distance(b.Norm2[column], b.GradX[column], b.GradY[column])
			}
			list = append(list, x)
		}
	}
	return list
}

// hold fails unless a place is as promised wherever it is certain.
func (p promise) hold(t *testing.T, place places.Place, sum tally) {
	t.Helper()
	where := must(spec.Normalize(draftOf(t, place))).Canonical()
	for _, c := range sum.compared {
		if c.distance < certain*p.moved {
			continue
		}
		require.LessOrEqual(t, c.moved(), p.moved, "seed %d, %s, %.3g pixels from the boundary: the count is off by %.3g in %s",
			*exactSeed, place.Name, c.distance, c.nu, where)
		require.LessOrEqual(t, c.de, bend*p.moved/c.distance+curves, "seed %d, %s: the distance of %.3g pixels in %s",
			*exactSeed, place.Name, c.distance, where)
	}
}

// holdOfAll fails unless as few pixels are astray as promised.
func (p promise) holdOfAll(t *testing.T, sum tally) {
	t.Helper()
	astray, all := 0, 0
	for _, c := range sum.compared {
		if c.distance >= 1e-6 && c.distance < certain*p.moved {
			all++
			if c.nu > 1 {
				astray++
			}
		}
	}
	require.NotEmpty(t, sum.compared)
	assert.LessOrEqual(t, float64(astray), p.astray*float64(all), "%d of %d pixels are off by more than an iteration", astray, all)
}

// TestTallies: pixels are sorted by their true distance, and those on the wrong side are off by more than anything, unless
// nobody can know within the limit.
func TestTallies(t *testing.T) {
	t.Parallel()
	const limit = 1000
	sample := func(nu, de float64) places.Sample { return places.Sample{Nu: &nu, De: &de} }
	stays := seen{math.NaN(), 0}
	var sum tally
	for _, test := range []struct {
		got  seen
		want places.Sample
	}{
		{seen{100, 0.02}, sample(100.5, 0.04)},
		{seen{100, 0.02}, places.Sample{}},
		{stays, sample(500, 3)},
		{stays, sample(998, 3)}, // after 1,001 steps
		{stays, places.Sample{}},
	} {
		sum.compare(test.got, test.want, limit)
	}
	inf := math.Inf(1)
	assert.Equal(t, []comparison{{0.04, 0.5, 0.5}, {0.02, inf, inf}, {3, inf, inf}}, sum.compared)
	assert.InDelta(t, 0.5*0.04*math.Ln2/2, sum.compared[0].moved(), 1e-15)
	for distance, want := range map[float64]int{0: 0, 1e-300: 0, 0.99e-6: 0, 1.01e-6: 1, 0.005: 4, 0.05: 5, 0.15: 6, 1e9: 6} {
		assert.Equal(t, want, bin(distance), distance)
	}
	assert.Contains(t, sum.table("of three"), "| of three | 1e-2 to 1e-1 | 0 % | 2 | 50 % | +Inf |")
}
