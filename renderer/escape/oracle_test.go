package escape_test

import (
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/renderer/escape"
)

// precise follows an orbit with 400 bits, of which rounding leaves more than 53 right after any number of steps here,
// and returns the first n with |z_n| > 2 and how far |z|^2 is from 4 at that n and at the one before.
func precise(k escape.Kernel, re, im float64) (count int32, margin float64) {
	const bits = 400
	number := func(f float64) *big.Float { return new(big.Float).SetPrec(bits).SetFloat64(f) }
	x, y, cx, cy, four := number(0), number(0), number(re), number(im), number(4)
	before := number(0)
	for n := 1; n <= k.MaxIterations; n++ {
		switch k.Formula {
		case escape.BurningShip:
			x.Abs(x)
			y.Abs(y)
		case escape.Tricorn:
			y.Neg(y)
		case escape.Mandelbrot, escape.Julia:
		}
		a, b := number(1), number(0)
		for range max(2, k.Power) {
			a, b = new(big.Float).Sub(new(big.Float).Mul(a, x), new(big.Float).Mul(b, y)),
				new(big.Float).Add(new(big.Float).Mul(a, y), new(big.Float).Mul(b, x))
		}
		x, y = a.Add(a, cx), b.Add(b, cy)
		norm := new(big.Float).Add(new(big.Float).Mul(x, x), new(big.Float).Mul(y, y))
		if norm.Cmp(four) > 0 {
			now, _ := norm.Sub(norm, four).Float64()
			then, _ := before.Sub(four, before).Float64()
			return int32(n), min(now, then)
		}
		before = norm
	}
	return 0, 0
}

// TestCountsAreTrue compares with high precision at random points away from the boundary: those that escape within 40
// steps, where rounding has not grown to 1e-3 yet, and do so by more than that.
func TestCountsAreTrue(t *testing.T) {
	t.Parallel()
	const points, limit, sure = 3000, 40, 1e-3
	random := rand.New(rand.NewPCG(1, 2))
	for _, k := range []escape.Kernel{
		{}, {Formula: escape.BurningShip}, {Formula: escape.Tricorn}, {Power: 3}, {Power: 4}, {Power: 5}, {Power: 6}, {Power: 7}, {Power: 8},
	} {
		k.MaxIterations, k.Radius2 = limit, 4
		batch := escape.NewBatch(points)
		for i := range batch.Re {
			batch.Re[i], batch.Im[i] = 3*random.Float64()-2, 3*random.Float64()-1.5
		}
		require.NoError(t, k.Run(t.Context(), *batch))
		compared := 0
		for i, got := range batch.Count {
			want, margin := precise(k, batch.Re[i], batch.Im[i])
			if margin < sure {
				continue
			}
			compared++
			assert.Equal(t, want, got, "%+v at %g%+gi", k, batch.Re[i], batch.Im[i])
		}
		assert.Greater(t, compared, points/2)
	}
}
