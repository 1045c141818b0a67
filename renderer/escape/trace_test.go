package escape

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// modulus returns |z_n| of a point after n steps of unfused arithmetic.
func modulus(k Kernel, re, im float64, n int32) float64 {
	x, y, cx, cy := 0.0, 0.0, re, im
	if k.Formula == Julia {
		x, y, cx, cy = re, im, k.SeedRe, k.SeedIm
	}
	for range n {
		x, y = k.species().step(x, y, cx, cy)
	}
	return math.Hypot(x, y)
}

// TestGradientsAreThoseOfFiniteDifferences compares with central differences, on points that escape soon: those of others
// are too far from linear for any difference that rounding leaves digits of.
func TestGradientsAreThoseOfFiniteDifferences(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.SampledFrom(maps).Draw(t, "map")
		k.SeedRe, k.SeedIm, k.MaxIterations = -0.8, 0.156, 12
		k.Radius2 = rapid.SampledFrom([]float64{4, SmoothRadius2}).Draw(t, "radius")
		b := NewBatch(9).Traced()
		for i := range b.Re {
			b.Re[i] = rapid.Float64Range(-2.5, 2).Draw(t, "re")
			b.Im[i] = rapid.Float64Range(-2, 2).Draw(t, "im")
		}
		require.NoError(t, k.Run(t.Context(), b))
		for i, n := range b.Count {
			if n == 0 {
				continue
			}
			const h = 1e-7
			gradX := (modulus(k, b.Re[i]+h, b.Im[i], n) - modulus(k, b.Re[i]-h, b.Im[i], n)) / (2 * h)
			gradY := (modulus(k, b.Re[i], b.Im[i]+h, n) - modulus(k, b.Re[i], b.Im[i]-h, n)) / (2 * h)
			if size := math.Hypot(gradX, gradY); size < 1e4 && away(k, b.Re[i], b.Im[i], n) {
				assert.InDelta(t, gradX, b.GradX[i], 1e-3*(1+size), "%+v at %g%+gi", k, b.Re[i], b.Im[i])
				assert.InDelta(t, gradY, b.GradY[i], 1e-3*(1+size), "%+v at %g%+gi", k, b.Re[i], b.Im[i])
			}
		}
	})
}

// away reports whether the orbit keeps away from the axes, where the ship has its folds.
func away(k Kernel, re, im float64, n int32) bool {
	if k.Formula != BurningShip {
		return true
	}
	x, y := 0.0, 0.0
	for range n {
		x, y = k.species().step(x, y, re, im)
		if min(math.Abs(x), math.Abs(y)) < 1e-3 {
			return false
		}
	}
	return true
}

// TestTracingChangesNoCount runs views with and without gradients by all engines, whose results must be the same to the bit.
func TestTracingChangesNoCount(t *testing.T) {
	t.Parallel()
	const side = 61 // two chunks, the second of them not full
	for _, k := range maps {
		for _, radius := range []float64{2, 1e-3, 1e-9} {
			k.SeedRe, k.SeedIm, k.MaxIterations, k.Radius2 = -0.8, 0.156, 700, SmoothRadius2
			plain := NewBatch(side * side)
			view(plain, side, -0.743643887037151, 0.131825904205330, radius)
			require.NoError(t, k.Run(t.Context(), *plain))
			var want *Batch
			for _, e := range engines(k.species()) {
				b := NewBatch(side * side)
				copy(b.Re, plain.Re)
				copy(b.Im, plain.Im)
				got := b.Traced()
				require.NoError(t, k.run(t.Context(), got, e, true))
				require.Equal(t, plain.Count, got.Count, e.name)
				for i, count := range got.Count {
					if count == 0 {
						got.ZX[i], got.ZY[i], got.GradX[i], got.GradY[i], got.Norm2[i] = 0, 0, 0, 0, 0
						continue
					}
					require.InDelta(t, plain.Norm2[i], got.Norm2[i], 0, e.name)
					require.InDelta(t, got.Norm2[i], norm2(got.ZX[i], got.ZY[i]), 0, "%s, %+v", e.name, k)
				}
				if want == nil {
					want = &got
					continue
				}
				for name, pair := range map[string][2][]float64{
					"ZX": {want.ZX, got.ZX}, "ZY": {want.ZY, got.ZY}, "GradX": {want.GradX, got.GradX}, "GradY": {want.GradY, got.GradY},
				} {
					require.Equal(t, pair[0], pair[1], "%s of %s, %+v", name, e.name, k)
				}
			}
		}
	}
}

// TestLongOrbitsAreTraced takes points next to the cusp, where counts are about pi/sqrt(distance), some of them next to one
// that escapes at once.
func TestLongOrbitsAreTraced(t *testing.T) {
	t.Parallel()
	for _, e := range engines(quadratic) {
		b := NewBatch(70).Traced()
		for i := range b.Re {
			b.Re[i] = 0.25 + math.Pow(10, -2-float64(i%8))
		}
		k := Kernel{MaxIterations: 100_000, Radius2: SmoothRadius2}
		require.NoError(t, k.run(t.Context(), b, e, true))
		for i, count := range b.Count {
			require.Positive(t, count)
			assert.InDelta(t, b.Norm2[i], norm2(b.ZX[i], b.ZY[i]), 0, "%s, %d steps", e.name, count)
			x, d := 0.0, 0.0
			for range count {
				x, d = math.FMA(x, x, b.Re[i]), math.FMA(2*x, d, 1)
			}
			assert.InEpsilon(t, d, b.GradX[i], 1e-12, "%s, %d steps", e.name, count)
			assert.InDelta(t, 0, b.GradY[i], 0)
		}
	}
}

func TestTracingStops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	b := NewBatch(1).Traced()
	b.Re[0] = 0.25 + 1e-15
	k := Kernel{MaxIterations: 1 << 30, Radius2: 4}
	r := run{kernel: k, engine: fastest(quadratic)}
	b.Count[0] = 1 << 30 // as if found
	cancel(errEnough)
	require.ErrorIs(t, r.trace(ctx, b), errEnough)
}

var errEnough = errors.New("enough")

// TestTracedBatchesShareTheirPoints calls Traced twice, and takes parts.
func TestTracedBatchesShareTheirPoints(t *testing.T) {
	t.Parallel()
	b := NewBatch(10)
	first, second := b.Traced(), b.Traced()
	first.Re[3], first.ZX[3], first.GradY[9] = 1, 2, 3
	assert.InDelta(t, 1, b.Re[3], 0)
	assert.InDelta(t, 2, second.ZX[3], 0)
	part := second.Part(3, 10)
	assert.InDelta(t, 2, part.ZX[0], 0)
	assert.InDelta(t, 3, part.GradY[6], 0)
	assert.Nil(t, b.ZX)
	assert.Nil(t, b.Slice(3).GradX)
}
