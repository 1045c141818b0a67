package orbit

import (
	"math/big"
	"math/rand"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/renderer/fixed"
)

// formatOf returns the Format of so many bits, and skips the test where there is none.
func formatOf(t *testing.T, bits int) *fixed.Format {
	t.Helper()
	f := fixed.NewFormat(bits)
	if f == nil {
		t.Skip("there is but one engine here")
	}
	return f
}

// requireSame compares the present z of two walkers, in double precision too.
func requireSame(t *testing.T, n int, want, got walker) {
	t.Helper()
	a, b := want.point(), got.point()
	require.Zero(t, a.Re.Cmp(b.Re), "step %d: real part %x, want %x", n, b.Re, a.Re)
	require.Zero(t, a.Im.Cmp(b.Im), "step %d: imaginary part %x, want %x", n, b.Im, a.Im)
	require.Equal(t, want.rounded(), got.rounded(), "step %d", n)
}

// TestEnginesAgree follows orbits by integers and by limbs, and compares every bit: orbits in the set and at its tip, on the axis, ones that come close to
// 0, and ones of few digits.
func TestEnginesAgree(t *testing.T) {
	t.Parallel()
	for _, bits := range []int{192, 256, 1472, 2240, 2304, 2368, 3712, 9984, 26688} {
		t.Run(strconv.Itoa(bits), func(t *testing.T) {
			t.Parallel()
			f := formatOf(t, bits)
			steps := 300_000 / bits
			for _, c := range [][2]string{
				{"-0.30102999566398119521", "0.43429448190325182765"},
				{"-1.7548776662466927600495088963585286918946066", "0"},
				{"-0.12256116687665361", "-0.74486176661974423"},
				{"-2", "0"},
				{"0", "1"},
				{"1e-30", "-1e-40"},
				{"0", "0"},
				{"-0.75", "1e-20"},
			} {
				o := Orbit{Start: Point{new(big.Int), new(big.Int)}, Bits: bits}
				o.C, _ = Parse(c[0], c[1], bits)
				integers, limbs := newIntegers(o, o.Start), newLimbs(o, f)
				requireSame(t, 0, integers, limbs)
				for n := 1; n <= steps; n++ {
					integers.step()
					limbs.step()
					requireSame(t, n, integers, limbs)
				}
			}
		})
	}
}

// TestEscapingOrbitsGoOn by integers when limbs do not bear them, from large beginnings at once.
func TestEscapingOrbitsGoOn(t *testing.T) {
	t.Parallel()
	const bits, steps = 256, 14
	for _, start := range []int64{0, 1 << 17} {
		o := Orbit{Start: Point{new(big.Int).Lsh(big.NewInt(start), bits), new(big.Int)}, Bits: bits, Limit: steps}
		o.C, _ = Parse("0.7", "0.9", bits)
		integers := newIntegers(o, o.Start)
		end, err := o.FollowPoints(t.Context(), func(n int, z Point) bool {
			integers.step()
			require.Zero(t, z.Re.Cmp(integers.re), "step %d", n)
			require.Zero(t, z.Im.Cmp(integers.im), "step %d", n)
			return true
		})
		require.NoError(t, err)
		assert.Equal(t, integers.point(), end)
		assert.Greater(t, end.Re.BitLen()+end.Im.BitLen(), 4*bits, "it has escaped")
	}
}

// TestLimbsAreUsed where there are any: both engines make the same, so that only this tells.
func TestLimbsAreUsed(t *testing.T) {
	t.Parallel()
	const bits = 3712
	formatOf(t, bits)
	o := Orbit{Start: Point{new(big.Int), new(big.Int)}, Bits: bits}
	o.C, _ = Parse("-1", "0", bits)
	assert.IsType(t, &limbs{}, o.begin())
	o.Bits = 64
	assert.IsType(t, &integers{}, o.begin(), "too short")
}

// TestPartnersWhoDoNotComeBack has a helper that begins every task and sits on it for a while.
func TestPartnersWhoDoNotComeBack(t *testing.T) {
	t.Parallel()
	const bits = 2560
	o := Orbit{Start: Point{new(big.Int), new(big.Int)}, Bits: bits}
	random, room := rand.New(rand.NewSource(6)), new(big.Int).Lsh(big.NewInt(1), bits-64)
	o.C = Point{new(big.Int).Rand(random, room), new(big.Int).Rand(random, room)} // a tiny number: orbits stay
	t.Run("integers", func(t *testing.T) {
		t.Parallel()
		together := newIntegers(o, o.Start)
		abandoned(t, newIntegers(o, o.Start), together, together.stepper, newIntegerArithmetic(o))
	})
	t.Run("limbs", func(t *testing.T) {
		t.Parallel()
		f := formatOf(t, bits)
		together := newLimbs(o, f)
		abandoned(t, newIntegers(o, o.Start), together, together.stepper, newLimbArithmetic(o, f))
	})
}

// abandoned follows an orbit alone, and with a helper that is given up.
func abandoned[N any](t *testing.T, alone, together walker, s *stepper[N], a arithmetic[N]) {
	t.Helper()
	s.helper = &helper[N]{arithmetic: a, wake: make(chan struct{}, 1), done: make(chan struct{})}
	var losses, steps atomic.Int64
	go slowly(s.helper, &steps, &losses)
	for n := 0; losses.Load() < 20; n++ {
		require.Less(t, n, 1_000_000, "the helper never begins")
		alone.step()
		together.step()
		steps.Add(1)
		requireSame(t, n, alone, together)
	}
	together.end()
}

// slowly does a helper's work, but keeps every task until three more steps were made without it.
func slowly[N any](p *helper[N], steps, losses *atomic.Int64) {
	defer close(p.done)
	for p.state.Load() != ended {
		if !p.state.CompareAndSwap(asked, begun) {
			runtime.Gosched()
			continue
		}
		for at := steps.Load(); steps.Load() < at+3 && p.state.Load() != ended; {
			runtime.Gosched()
		}
		p.arithmetic.nextIm(p.to, p.re, p.im)
		losses.Add(1)
		p.state.CompareAndSwap(begun, made)
	}
}
