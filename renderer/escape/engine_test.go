package escape

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// maps are all that a Kernel knows, in a Kernel that says nothing else.
var maps = []Kernel{
	{Formula: Mandelbrot},
	{Formula: Julia},
	{Formula: BurningShip},
	{Formula: Tricorn},
	{Formula: Mandelbrot, Power: 3},
	{Formula: Mandelbrot, Power: 4},
	{Formula: Mandelbrot, Power: 5},
	{Formula: Mandelbrot, Power: 6},
	{Formula: Mandelbrot, Power: 7},
	{Formula: Mandelbrot, Power: 8},
	{Formula: Julia, Power: 3},
	{Formula: Julia, Power: 8},
}

// farthest is how far out points of a map may be without overflow in its first step.
func farthest(k Kernel) float64 {
	if k.Formula == Julia && k.Power > 2 {
		return 1e22
	}
	return 1e100
}

// definition is the package page's, word by word: one point, one step at a time, every step tested.
func definition(k Kernel, re, im float64) (int32, float64) {
	x, y, cx, cy := 0.0, 0.0, re, im
	if k.Formula == Julia {
		x, y, cx, cy = re, im, k.SeedRe, k.SeedIm
	}
	for n := 1; n <= k.MaxIterations; n++ {
		if k.Power > 2 {
			x, y = definedPower(k.Power, x, y, cx, cy)
			if norm := math.FMA(x, x, float64(y*y)); norm > k.Radius2 {
				return int32(n), norm
			}
			continue
		}
		factor, other := 2*x, y
		if k.Formula == BurningShip {
			factor, other = math.Abs(factor), math.Abs(other)
		}
		if k.Formula == Tricorn {
			factor = -factor
		}
		x, y = math.FMA(x, x, math.FMA(-y, y, cx)), math.FMA(factor, other, cy)
		if norm := math.FMA(x, x, float64(y*y)); norm > k.Radius2 {
			return int32(n), norm
		}
	}
	return 0, 0
}

// definedPower is the table on the package page.
func definedPower(p int, x, y, cx, cy float64) (float64, float64) {
	squared := func(a, b float64) (float64, float64) {
		return math.FMA(a, a, -float64(b*b)), float64(2 * a * b)
	}
	times := func(a, b float64) (float64, float64) {
		return math.FMA(a, x, -float64(b*y)), math.FMA(a, y, float64(b*x))
	}
	squaredAndC := func(a, b float64) (float64, float64) {
		return math.FMA(a, a, math.FMA(-b, b, cx)), math.FMA(2*a, b, cy)
	}
	timesAndC := func(a, b float64) (float64, float64) {
		return math.FMA(a, x, math.FMA(-b, y, cx)), math.FMA(a, y, math.FMA(b, x, cy))
	}
	switch p {
	case 3:
		return timesAndC(squared(x, y))
	case 4:
		return squaredAndC(squared(x, y))
	case 5:
		return timesAndC(squared(squared(x, y)))
	case 6:
		return squaredAndC(times(squared(x, y)))
	case 7:
		return timesAndC(squared(times(squared(x, y))))
	default:
		return squaredAndC(squared(squared(x, y)))
	}
}

// requireDefinition runs the batch by every engine that this processor has, with shortcuts and without.
func requireDefinition(t require.TestingT, k Kernel, b *Batch) {
	counts, norms := make([]int32, len(b.Re)), make([]float64, len(b.Re))
	for i := range b.Re {
		counts[i], norms[i] = definition(k, b.Re[i], b.Im[i])
	}
	for _, e := range engines(k.species()) {
		for _, shortcuts := range []bool{true, false} {
			for i := range b.Count {
				b.Count[i], b.Norm2[i] = 77, 77 // left over from other work
			}
			require.NoError(t, k.run(context.Background(), *b, e, shortcuts))
			for i, want := range counts {
				if b.Count[i] != want || want != 0 && b.Norm2[i] != norms[i] {
					require.FailNow(t, "differs from the definition",
						"%s, shortcuts %v, %+v: point %d of %d, %g%+gi: got %d, %g, want %d, %g",
						e.name, shortcuts, k, i, len(b.Re), b.Re[i], b.Im[i], b.Count[i], b.Norm2[i], want, norms[i])
				}
			}
		}
	}
}

// drawKernel draws formulas, limits at and next to the lengths of blocks, and both radii in use.
func drawKernel(t *rapid.T) Kernel {
	coordinate := rapid.OneOf(rapid.Float64Range(-2.1, 2.1), rapid.Float64Range(-1, 1),
		rapid.SampledFrom([]float64{0, 2, -2, 1, 256, 1e100, -1e100, 5e-324}))
	k := rapid.SampledFrom(maps).Draw(t, "map")
	return Kernel{
		Formula: k.Formula,
		Power:   k.Power,
		SeedRe:  coordinate.Draw(t, "seed re"),
		SeedIm:  coordinate.Draw(t, "seed im"),
		MaxIterations: rapid.OneOf(rapid.IntRange(1, 40),
			rapid.SampledFrom([]int{63, 64, 65, 100, 127, 128, 129, 255, 256, 257, 500, 1000, 1025, 2000})).Draw(t, "limit"),
		Radius2: rapid.SampledFrom([]float64{4, SmoothRadius2}).Draw(t, "radius"),
	}
}

// coordinates draws numbers of the plane's interesting parts and numbers that arithmetic is known to stumble over.
func coordinates() *rapid.Generator[float64] {
	return rapid.OneOf(
		rapid.Float64Range(-2, 2), rapid.Float64Range(-0.8, 0.4), rapid.Float64Range(-1e100, 1e100),
		rapid.Float64Range(-1e-300, 1e-300), rapid.Float64Range(-300, 300),
		rapid.SampledFrom([]float64{
			0, math.Copysign(0, -1), 5e-324, -5e-324, 1e-308, 1e100, -1e100, 2, -2, 0.25, -0.75, -1.25, 256, -256,
			math.Nextafter(2, 3), math.Nextafter(-2, -3), math.Nextafter(-2, 0), math.Nextafter(0.25, 1), -1.75, 16, -16,
		}),
	)
}

func TestEnginesFollowTheDefinition(t *testing.T) {
	t.Parallel()
	batches := sizes()
	rapid.Check(t, func(t *rapid.T) {
		b := batches[rapid.IntRange(0, len(batches)-1).Draw(t, "points")]
		coordinate, k := coordinates(), drawKernel(t)
		most := farthest(k)
		for i := range b.Re {
			b.Re[i] = max(-most, min(most, coordinate.Draw(t, "re")))
			b.Im[i] = max(-most, min(most, coordinate.Draw(t, "im")))
		}
		requireDefinition(t, k, b)
	})
}

// sizes returns a batch of every length that leaves a different remainder in a group of vectors.
func sizes() []*Batch {
	list := make([]*Batch, 72)
	for size := range list {
		list[size] = NewBatch(size)
	}
	return list
}

// view fills a batch with a square of the plane.
func view(b *Batch, side int, re, im, radius float64) {
	for i := range b.Re {
		b.Re[i] = re + radius*(2*(float64(i%side)+0.5)/float64(side)-1)
		b.Im[i] = im - radius*(2*(float64(i/side)+0.5)/float64(side)-1)
	}
}

// TestEnginesAgreeOnViews draws squares of more than a chunk of points, where points leave at all times.
func TestEnginesAgreeOnViews(t *testing.T) {
	t.Parallel()
	centres := []complex128{
		-0.75, -0.743643887037151 + 0.131825904205330i, -1.7548776662466927, -2, 0.25, -0.1225 + 0.7449i, -1.25, 1i, -1.62,
		-0.5 - 0.5i, 2, -1.7549 - 0.03i,
	}
	for _, formula := range maps {
		t.Run(fmt.Sprintf("formula %d, power %d", formula.Formula, formula.Power), func(t *testing.T) {
			t.Parallel()
			const side = 57
			b := NewBatch(side * side)
			for i, centre := range centres {
				for _, radius := range []float64{2, 1e-2, 1e-6, 1e-11} {
					k := Kernel{
						Formula: formula.Formula, Power: formula.Power, SeedRe: -0.8, SeedIm: 0.156,
						MaxIterations: []int{100, 300, 777}[i%3], Radius2: []float64{4, SmoothRadius2}[i%2],
					}
					view(b, side, real(centre), imag(centre), radius)
					requireDefinition(t, k, b)
				}
			}
		})
	}
}

// TestEnginesAgreeOnTheRing takes points whose modulus is that of the escape radius, but for rounding.
func TestEnginesAgreeOnTheRing(t *testing.T) {
	t.Parallel()
	b := NewBatch(37)
	rapid.Check(t, func(t *rapid.T) {
		k := drawKernel(t)
		radius := math.Sqrt(k.Radius2)
		k.SeedRe, k.SeedIm = -radius, 0
		for i := range b.Re {
			sin, cos := math.Sincos(rapid.Float64Range(-4, 4).Draw(t, "angle"))
			if rapid.Bool().Draw(t, "real") {
				sin, cos = 0, math.Copysign(1, cos)
			}
			size := radius * (1 + math.Pow(10, rapid.Float64Range(-16, -9).Draw(t, "digits"))*rapid.Float64Range(-1, 1).Draw(t, "off"))
			b.Re[i], b.Im[i] = cos*size, sin*size
		}
		requireDefinition(t, k, b)
	})
}

// TestPeriodsAreFound takes points of discs of many periods, on which a limit of a thousand million shows that
// repetition is recognised.
func TestPeriodsAreFound(t *testing.T) {
	t.Parallel()
	for _, e := range engines(quadratic) {
		b := NewBatch(64)
		for i := range b.Re {
			c := []complex128{-0.1225 + 0.7449i, -1.3107, -1.7549, 0.2823 + 0.53i, -0.5045 + 0.5628i, 0.3795 + 0.3349i}[i%6]
			b.Re[i], b.Im[i] = real(c)+1e-4*float64(i)/64, imag(c)
		}
		k := Kernel{MaxIterations: 1 << 30, Radius2: 4}
		require.NoError(t, k.run(t.Context(), *b, e, true))
		assert.Equal(t, make([]int32, 64), b.Count, e.name)
	}
}

// brief is a context that ends while somebody looks at it for the last time that is left.
type brief struct {
	context.Context //nolint:containedctx // it is one itself
	looks           int
}

func (b *brief) Err() error {
	if b.looks--; b.looks <= 0 {
		return context.Canceled
	}
	return nil
}

// TestRunStopsSoonAfterItsContextEnds: between two looks at it all points together make so many steps as one thread makes in less than a
// millisecond, and a block of a chunk.
func TestRunStopsSoonAfterItsContextEnds(t *testing.T) {
	t.Parallel()
	const looks, between = 5, 1<<17 + chunk*lastBlock
	for _, formula := range maps {
		for _, e := range engines(formula.species()) {
			for _, seed := range []float64{0, -2} { // -2 is followed one by one; it stays for squares alone
				if seed != 0 && formula.Power > 2 {
					continue
				}
				var effort Effort
				batch := NewBatch(10_000)
				batch.Effort = &effort
				kernel := Kernel{Formula: formula.Formula, Power: formula.Power, SeedRe: seed, MaxIterations: 1 << 30, Radius2: 4}
				if seed != 0 {
					for i := range batch.Re {
						batch.Re[i] = seed + 1e-13
					}
				}
				err := kernel.run(&brief{t.Context(), looks}, *batch, e, false)
				require.ErrorIs(t, err, context.Canceled, "%s, %+v, seed %g", e.name, formula, seed)
				assert.Positive(t, effort.Steps, "%s, %+v", e.name, formula)
				assert.LessOrEqual(t, effort.Steps, int64(looks*between), "%s, %+v", e.name, formula)
			}
		}
	}
}
