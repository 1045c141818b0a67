package escape

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// orbitsOf are points next to the boundary of the set, each some steps on its way, with slopes from just steep enough up.
func orbitsOf(count int, seed uint64) *Orbits {
	o := NewOrbits().First(count)
	random := rand.New(rand.NewPCG(seed, 2))
	for i := range count {
		o.CX[i], o.CY[i] = -0.7436+random.Float64()/1e4, 0.1318+random.Float64()/1e4
		switch {
		case i%5 == 0: // of a minibrot: orbits come close to 0
			o.CX[i], o.CY[i] = -1.7548776+random.Float64()/1e2, random.Float64()/1e3
		case i%7 == 0: // that stay, and get ever steeper
			o.CX[i], o.CY[i] = -2+random.Float64()/10, 0
		}
		for range random.IntN(9) {
			o.X[i], o.Y[i] = stepQuadratic(o.X[i], o.Y[i], o.CX[i], o.CY[i])
		}
		o.SlopeRe[i], o.SlopeIm[i] = math.Exp2(10*random.Float64()), random.Float64()
	}
	return o
}

// clone is a copy of orbits that have not gone anywhere.
func (o *Orbits) clone() *Orbits {
	other := NewOrbits().First(len(o.X))
	for i, from := range o.numbers() {
		copy(*other.numbers()[i], *from)
	}
	return other
}

// watchedByDefinition is what Resume says that it does, one point and one step at a time.
func watchedByDefinition(k Kernel, o *Orbits, w Watch) {
	for i := range o.X {
		x, y, re, im := o.X[i], o.Y[i], o.SlopeRe[i], o.SlopeIm[i]
		slope2 := math.FMA(re, re, float64(im*im))
		for n := range k.MaxIterations {
			next := slope2 * math.FMA(2*x, 2*x, float64(2*y*(2*y)))
			if next < w.LeastSlope*w.LeastSlope {
				o.Count[i] = Flat
				break
			}
			slope2 = next
			re, im = math.FMA(2*x, re, math.FMA(-2*y, im, w.Unit)), math.FMA(2*x, im, float64(2*y*re))
			x, y = math.FMA(x, x, math.FMA(-y, y, o.CX[i])), math.FMA(2*x, y, o.CY[i])
			o.Steps[i] = int32(n + 1)
			if norm := math.FMA(x, x, float64(y*y)); norm > k.Radius2 {
				o.Count[i], o.Norm2[i] = int32(n+1), norm
				break
			}
		}
		if o.Count[i] == 0 {
			continue
		}
		o.EndX[i], o.EndY[i], o.EndSlopeRe[i], o.EndSlopeIm[i] = x, y, re, im
	}
}

// end is where a point is in the end.
func (o *Orbits) end(i int) []float64 {
	list := []float64{float64(o.Steps[i]), o.EndX[i], o.EndY[i], o.EndSlopeRe[i], o.EndSlopeIm[i]}
	if o.Count[i] > 0 {
		list = append(list, o.Norm2[i])
	}
	return list
}

// TestResumeFollowsTheDefinition: every engine, for batches that fill their vectors and that do not, with limits within blocks and at
// their ends. All three ends are met.
func TestResumeFollowsTheDefinition(t *testing.T) {
	t.Parallel()
	for _, e := range engines(quadratic) {
		for _, count := range []int{1, 7, 32, 300, OrbitsSize} {
			for _, limit := range []int{2, 24, 47, 1000} {
				t.Run(fmt.Sprint(e.name, count, limit), func(t *testing.T) {
					t.Parallel()
					k, w := Kernel{MaxIterations: limit, Radius2: SmoothRadius2}, Watch{LeastSlope: 1, Unit: 0.5, Traced: true}
					got := orbitsOf(count, uint64(limit))
					want, untraced := got.clone(), got.clone()
					watchedByDefinition(k, want, w)
					for i := range got.Count {
						got.Count[i], got.Steps[i] = 77, 77 // left over from other work
					}
					require.NoError(t, k.resume(t.Context(), got, w, e))
					w.Traced = false
					require.NoError(t, k.resume(t.Context(), untraced, w, e))
					require.Equal(t, want.Count, got.Count)
					require.Equal(t, want.Count, untraced.Count)
					ends := map[int32]int{}
					for i, n := range want.Count {
						ends[min(n, 1)]++
						if n == 0 {
							continue
						}
						require.Equal(t, want.end(i), got.end(i), "point %d of %d", i, n)
						if n == Flat {
							require.Equal(t, want.end(i), untraced.end(i), "point %d", i)
						}
					}
					if count >= 300 && limit == 1000 {
						assert.Greater(t, ends[1], 10, "escape")
						assert.Greater(t, ends[0], 10, "stay")
						assert.Greater(t, ends[Flat], 10, "are flat")
					}
				})
			}
		}
	}
}

// TestSlopesBeyondAllNumbers: a point whose slope has overflowed is not flat, and neither is one whose slope is no number then.
func TestSlopesBeyondAllNumbers(t *testing.T) {
	t.Parallel()
	for _, e := range engines(quadratic) {
		o := orbitsOf(40, 1)
		for i := range o.X {
			o.X[i], o.Y[i], o.CX[i], o.CY[i] = 0, 0, 0, 0
			o.SlopeRe[i], o.SlopeIm[i] = math.Inf(1), 0
			if i%2 == 1 {
				o.SlopeRe[i], o.CX[i] = 1e154, -1.9
			}
			if i%3 == 1 {
				o.SlopeRe[i], o.X[i], o.CX[i] = 1e154, 1, 1
			}
		}
		k, w := Kernel{MaxIterations: 100, Radius2: SmoothRadius2}, Watch{LeastSlope: 1}
		want := o.clone()
		watchedByDefinition(k, want, w)
		require.NoError(t, k.resume(t.Context(), o, w, e))
		assert.Equal(t, want.Count, o.Count, e.name)
	}
}
