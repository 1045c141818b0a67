package orbit_test

import (
	"context"
	"errors"
	"math/big"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"mandelfarm/renderer/orbit"
	"mandelfarm/renderer/wide"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func point(tb testing.TB, re, im string, bits int) orbit.Point {
	tb.Helper()
	p, ok := orbit.Parse(re, im, bits)
	require.True(tb, ok)
	return p
}

// plainly makes steps in big.Floats, of more bits than the orbit has.
func plainly(c orbit.Point, bits, steps int) (re, im *big.Float) {
	number := func() *big.Float { return new(big.Float).SetPrec(uint(2*bits + 64)) }
	re, im = number(), number()
	cre, cim := float(c.Re, bits), float(c.Im, bits)
	for range steps {
		x, y, xy := number().Mul(re, re), number().Mul(im, im), number().Mul(re, im)
		re.Add(x.Sub(x, y), cre)
		im.Add(xy.Add(xy, xy), cim)
	}
	return re, im
}

// units is how many units of 2^-bits two numbers are apart.
func units(got *big.Int, want *big.Float, bits int) float64 {
	off := new(big.Float).SetPrec(uint(2*bits+64)).Sub(float(got, bits), want)
	f, _ := off.SetMantExp(off, bits).Float64()
	return f
}

func TestOrbitIsThatOfNumbersInFull(t *testing.T) {
	t.Parallel()
	// In the main cardioid errors die out, so that what is seen are those of the last few steps. -1.75 is negative and
	// real, and its orbit is of both signs; errors grow by up to 3.5 at a step.
	for _, c := range []struct {
		re, im string
		steps  int
		within float64
	}{{"-0.30102999566398119521", "0.43429448190325182765", 300, 40}, {"-0.12256116687665361", "-0.74486176661974423", 60, 1e4}, {"-1.7548776662466927", "0", 12, 1e8}} {
		for _, bits := range []int{64, 192, 2240, 2304, 2560, 3712, 9600} {
			p := point(t, c.re, c.im, bits)
			want, wantIm := plainly(p, bits, c.steps)
			got, err := orbit.Orbit{Start: zero(), C: p, Bits: bits, Limit: c.steps, Threads: 2}.Follow(t.Context(), func(n int, z wide.Complex) bool { return true })
			require.NoError(t, err)
			assert.InDelta(t, 0, units(got.Re, want, bits), c.within, "real part of %s%+s, %d bits", c.re, c.im, bits)
			assert.InDelta(t, 0, units(got.Im, wantIm, bits), c.within, "imaginary part of %s%+s, %d bits", c.re, c.im, bits)
		}
	}
}

func TestThreadsDoNotShow(t *testing.T) {
	t.Parallel()
	const steps = 3000
	for _, bits := range []int{2496, 2560, 3712, 6784} {
		t.Run(strconv.Itoa(bits), func(t *testing.T) {
			t.Parallel()
			var seen [2][]wide.Complex
			var last [2]orbit.Point
			for i := range seen {
				o := orbit.Orbit{Start: zero(), C: point(t, "-0.390540870218400050669762600713798485", "0.58678790734696872680", bits), Bits: bits, Limit: steps, Threads: i + 1}
				var err error
				last[i], err = o.Follow(t.Context(), func(n int, z wide.Complex) bool {
					assert.Equal(t, len(seen[i])+1, n)
					seen[i] = append(seen[i], z)
					return true
				})
				require.NoError(t, err)
			}
			assert.Len(t, seen[0], steps)
			assert.Equal(t, seen[0], seen[1])
			assert.Zero(t, last[0].Re.Cmp(last[1].Re))
			assert.Zero(t, last[0].Im.Cmp(last[1].Im))
		})
	}
}

func TestVisitEndsTheOrbit(t *testing.T) {
	t.Parallel()
	for threads := 1; threads <= 2; threads++ {
		const bits = 2560
		o := orbit.Orbit{Start: zero(), C: bounded(t, bits), Bits: bits, Limit: 1 << 40, Threads: threads}
		var tenth, last wide.Complex
		end, err := o.Follow(t.Context(), func(n int, z wide.Complex) bool {
			last = z
			if n == 10 {
				tenth = z
			}
			return n < 20
		})
		require.NoError(t, err)
		assert.Equal(t, last, end.Wide(bits), "the last point is returned")
		// From the tenth point on it is the same orbit.
		o.Limit = 10
		start, err := o.Follow(t.Context(), func(int, wide.Complex) bool { return true })
		require.NoError(t, err)
		assert.Equal(t, tenth, start.Wide(bits))
		kept := new(big.Int).Set(start.Re)
		o.Start = start
		again, err := o.Follow(t.Context(), func(int, wide.Complex) bool { return true })
		require.NoError(t, err)
		assert.Equal(t, end, again)
		assert.Equal(t, kept, start.Re, "the start is left as it is")
	}
}

func TestCancelInTheMiddle(t *testing.T) {
	t.Parallel()
	for threads := 1; threads <= 2; threads++ {
		for _, bits := range []int{64, 3712, 26688} {
			enough := errors.New("enough")
			ctx, cancel := context.WithCancelCause(t.Context())
			o := orbit.Orbit{Start: zero(), C: bounded(t, bits), Bits: bits, Limit: 1 << 40, Threads: threads}
			const at = 50
			seen := 0
			_, err := o.Follow(ctx, func(n int, _ wide.Complex) bool {
				if seen = n; n == at {
					cancel(enough)
				}
				return true
			})
			require.ErrorIs(t, err, enough, "%d bits, %d threads", bits, threads)
			assert.Less(t, seen-at, 10_000, "it stops within about a millisecond's work")
		}
	}
}

func TestAPanicLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	const bits = 3712
	o := orbit.Orbit{Start: zero(), C: bounded(t, bits), Bits: bits, Limit: 1000, Threads: 2}
	assert.Panics(t, func() {
		_, _ = o.Follow(t.Context(), func(int, wide.Complex) bool { panic("visit") })
	}) // that the goroutine has ended TestMain sees
}
