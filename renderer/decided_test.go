package renderer

import (
	"cmp"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/boundary"
	"mandelfarm/internal/places"
	"mandelfarm/renderer/escape"
	"mandelfarm/renderer/shade"
	"mandelfarm/renderer/spec"
)

var decidedSamples = flag.Int("decided", 0, "so many samples of pixels that are decided for each way to follow points (make decided)")

// decidedCount is what a count of a pixel that is decided may be off by.
const decidedCount = 2e-3

// decidedOfPlace is the number of samples of a place if they are many: half of them as they come, half of them those that are nearest to being undecided.
const decidedOfPlace = 400

// densePlaces are views full of pixels that are within a millionth of a pixel of the boundary; of the densest none is decided.
func densePlaces() []places.Place {
	return []places.Place{
		{Name: "seahorse", Re: "-0.743643887037158704752191506114774", Im: "0.131825904205311970493132056385139", Radius: "3e-9", MaxIterations: 20_000},
		{Name: "dense spirals", Re: "0.3160205271153038176", Im: "-0.420280205518922978", Radius: "4.84e-11", MaxIterations: 50_000},
		{Name: "just not deep", Re: "-0.743643887037158704752191506114774", Im: "0.131825904205311970493132056385139", Radius: "3.4e-8", MaxIterations: 20_000},
	}
}

// TestDecided compares pixels that are marked as decided with plain iteration in as many bits as that takes.
func TestDecided(t *testing.T) {
	t.Parallel()
	_, limit := howMany()
	wanted, samples := 60, 20
	if *decidedSamples > 0 {
		wanted, samples, limit = *decidedSamples, decidedOfPlace, 10_000
	}
	for _, p := range promises() {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			var sum decisions
			for i := 0; sum.compared < wanted && i < wanted; i++ {
				random := p.source(i)
				sum.compare(t, p.draw(t, random, limit), random, min(samples, wanted-sum.compared))
			}
			assert.NotZero(t, sum.compared)
			sum.print(p.name)
		})
	}
	for _, place := range densePlaces() {
		t.Run(place.Name, func(t *testing.T) {
			t.Parallel()
			if testing.Short() && place.MaxIterations > 20_000 {
				t.Skip("it takes long")
			}
			var sum decisions
			sum.compare(t, place, rand.New(rand.NewPCG(*exactSeed, 5)), samples)
			assert.Greater(t, 20*sum.undecided, sum.seen)
			sum.print(place.Name)
		})
	}
}

// decisions is what was found of pixels.
type decisions struct {
	seen, undecided int     // pixels
	compared        int     // of those that are decided
	inside          int     // of these
	worst           float64 // error of a count
}

func (d *decisions) print(name string) {
	if *decidedSamples > 0 {
		fmt.Fprintf(os.Stdout, "%-14s %7d samples marked decided, %6d of them inside, worst count off by %.1e; %.2f %% of the pixels are undecided\n",
			name, d.compared, d.inside, d.worst, 100*float64(d.undecided)/float64(d.seen))
	}
}

// candidate is a pixel that is decided.
type candidate struct {
	column, row int
	nu          float64
	margin      float64 // how far from being undecided: infinite for those that do not escape
}

// compare compares some decided pixels of random rows of a place.
func (d *decisions) compare(t *testing.T, place places.Place, random *rand.Rand, most int) {
	t.Helper()
	v := newViewer(t, draftOf(t, place))
	truth, ok := boundary.NewTruth(place)
	require.True(t, ok)
	var all []candidate
	for _, row := range random.Perm(places.Height)[:rowsOfPlace] {
		all = append(all, d.decidedOf(t, v, row)...)
	}
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	some := all[:min(len(all), most/2)]
	slices.SortStableFunc(all[len(some):], func(a, b candidate) int { return cmp.Compare(a.margin, b.margin) })
	for _, c := range all[:min(len(all), most)] {
		s, err := truth.At(t.Context(), c.column, c.row, place.MaxIterations+1)
		require.NoError(t, err)
		d.compared++
		if math.IsNaN(c.nu) {
			d.inside++
			require.Nil(t, s.Nu, "seed %d, %s: column %d, row %d is no point of the set", *exactSeed, place.Name, c.column, c.row)
			continue
		}
		require.NotNil(t, s.Nu, "seed %d, %s: column %d, row %d does not escape", *exactSeed, place.Name, c.column, c.row)
		off := math.Abs(*s.Nu - c.nu)
		d.worst = max(d.worst, off)
		require.LessOrEqual(t, off, decidedCount, "seed %d, %s: column %d, row %d, %g times as far from the boundary as it has to be; %s",
			*exactSeed, place.Name, c.column, c.row, c.margin, must(spec.Normalize(draftOf(t, place))).Canonical())
	}
}

// decidedOf returns the pixels of a row that are decided.
func (d *decisions) decidedOf(t *testing.T, v *viewer, row int) (list []candidate) {
	t.Helper()
	b, err := v.slopes.follow(t.Context(), escape.NewBatch(run).Doubtful(), spec.Rows{Start: row, End: row + 1}, 0, places.Width, v.slopes.offsets[0])
	require.NoError(t, err)
	for column, count := range b.Count {
		d.seen++
		c := candidate{column: column, row: row, nu: math.NaN(), margin: math.Inf(1)}
		if count != 0 {
			c.nu = v.slopes.kernel.Nu(count, b.Norm2[column])
			c.margin = shade.Distance(b.Norm2[column], b.GradX[column], b.GradY[column]) / float64(certainty*b.Doubt[column])
		}
		if isUndecided(b, column) {
			d.undecided++
		} else {
			list = append(list, c)
		}
	}
	return list
}
