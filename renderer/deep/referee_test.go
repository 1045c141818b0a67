package deep

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/renderer/escape"
	"mandelfarm/renderer/wide"
)

// What skips of whole tables may be off by at their rims, in tolerances: a value and its derivative. The rim of those in wide numbers is
// the larger part of w, so that |w| is up to sqrt(2) beyond its bound, and what is left out twice the tolerance.
var (
	packedPromise = deviation{1.5, 4}
	widePromise   = deviation{3, 8}
	corePromise   = deviation{1.5, 3}
)

// refereed is the number of skips of a table of about each length that are looked at, and longestRefereed the most steps that one may have.
const (
	refereed        = 4
	longestRefereed = 1 << 12
)

// TestReferee holds skips of every length of the tables of published places, and of views that have jets, against the steps they stand for, in exact numbers, at the rim of
// what they are valid for: made in double precision as points make them, and in wide numbers as packets do.
func TestReferee(t *testing.T) {
	t.Parallel()
	names := "03 05 06 07 08 09 10 13 14 15 16 18 19"
	if testing.Short() {
		names = "05 10"
	}
	jets := directViews()    // as those of 03 and 05 are
	delete(jets, "dendrite") // which has few
	for name, v := range jets {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			perturbationOf(t, v).holdSkips(t)
		})
	}
	for name, v := range publishedViews(t, names) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			publishedPerturbation(t, name, v).holdSkips(t)
		})
	}
}

// holdSkips holds skips of every length.
func (p *Perturbation) holdSkips(t *testing.T) {
	t.Helper()
	random := rand.New(rand.NewPCG(41, 42))
	looked := 0
	for _, at := range sampledSkips(p.follower.table) {
		elements := p.follower.table.from(at)
		if bound := at.bound; bound > 0 && math.Sqrt(bound) > math.Ldexp(1, leastDifference+1) {
			p.packedAtRim(t, at, elements, random)
			looked++
		}
		if p.deep {
			p.wideAtRim(t, at, elements, random)
			looked++
		}
	}
	assert.Greater(t, looked, 5)
}

// located is a skip of a table, and where it begins.
type located struct {
	element, number int
	bound           float64 // in double precision
}

// sampledSkips are some skips of about each length.
func sampledSkips(t *table) []located {
	classes := map[int][]located{}
	for m := range t.elements {
		first := t.elements[m].first
		for at, bound := first.number(), first.bound(); at > 0; at++ {
			next := t.packed[at].next
			if length := next.number(); length <= longestRefereed {
				class := int(math.Log2(float64(length)))
				classes[class] = append(classes[class], located{m, at, bound})
			}
			if bound = next.bound(); bound == 0 && (len(t.skips) == 1 || !t.skips[at].more) {
				break
			}
		}
	}
	var list []located
	for _, class := range classes {
		for i := range min(refereed, len(class)) {
			list = append(list, class[(2*i+1)*len(class)/(2*refereed)%len(class)])
		}
	}
	slices.SortFunc(list, func(a, b located) int { return a.number - b.number })
	return list
}

// from returns the elements beside which a skip makes its steps.
func (t *table) from(at located) []wide.Complex {
	list := make([]wide.Complex, t.packed[at.number].next.number())
	for i := range list {
		list[i] = t.at(at.element + i)
	}
	return list
}

// corner is a w whose parts are both as large as a bound allows, but for a thousandth.
func corner(random *rand.Rand, bound wide.Real) wide.Complex {
	sign := func() float64 { return 0.999 * float64(1-2*random.IntN(2)) }
	return wide.New(float64(sign()*bound.M), float64(sign()*bound.M), bound.Exp)
}

// packedAtRim makes a skip as a point in double precision makes it.
func (p *Perturbation) packedAtRim(t *testing.T, at located, elements []wide.Complex, random *rand.Rand) {
	t.Helper()
	f := &p.follower
	dc, slope := direction(random).MulReal(p.view.Bound), direction(random)
	d := solved(elements[0], corner(random, wide.NewReal(at.bound, 0)))
	q := point{traced: true, m: int64(at.element)}
	q.load(widePoint{d: d, c: dc, slope: slope, m: at.element}, f.apart)
	e := &f.table.elements[at.element]
	sRe, sIm := e.re+e.re+q.dRe, e.im+e.im+q.dIm
	wRe, wIm := math.FMA(q.dRe, sRe, -float64(q.dIm*sIm)), math.FMA(q.dRe, sIm, float64(q.dIm*sRe))
	before := wide.New(q.dRe, q.dIm, 0)
	f.skip(&q, at.number, wRe, wIm, sRe, sIm)
	require.Equal(t, int64(len(elements)), q.n)
	want := ofSteps(elements, before, dc, slope, p.view.Step)
	got := want.beside(wide.New(q.dRe, q.dIm, 0), wide.New(q.slopeRe, q.slopeIm, 0))
	assertWithin(t, packedPromise, got, at)
}

// wideAtRim makes a skip as a packet makes it.
func (p *Perturbation) wideAtRim(t *testing.T, at located, elements []wide.Complex, random *rand.Rand) {
	t.Helper()
	s := &p.follower.table.skips[at.number]
	if s.within.M == 0 {
		return
	}
	dc, slope := direction(random).MulReal(p.view.Bound), direction(random)
	d := solved(elements[0], corner(random, s.within))
	cScale := wide.NewReal(1, 0).Quo(wide.NewReal(1, p.view.Step.Exp))
	cRe, cIm := dc.MulReal(cScale).Float64()
	q := point{traced: true, wide: widePoint{d: d, c: dc, slope: slope, m: at.element}}
	pk := packet{m: at.element, members: []member{{cRe: cRe, cIm: cIm, point: &q}}}
	pk.load()
	ps := packets{follower: &p.follower, step: p.view.Step, traced: true}
	sum := newSum(elements[0].Double(), pk.unit)
	m := &pk.members[0]
	re, im := sum.plus(m.dRe, m.dIm)
	m.wRe, m.wIm = product(m.dRe, m.dIm, re, im)
	pk.turn(sum)
	ps.skip(&pk, s, pk.unit+sum.unit)
	require.Equal(t, int64(len(elements)), pk.n)
	want := ofSteps(elements, d, dc, slope, p.view.Step)
	got := want.beside(wide.New(m.dRe, m.dIm, pk.unit), wide.New(m.slopeRe, m.slopeIm, pk.slopeUnit))
	assertWithin(t, widePromise, got, at)
}

func assertWithin(t *testing.T, promise, got deviation, about any) {
	t.Helper()
	assert.Less(t, got.value, promise.value, "%+v", about)
	assert.Less(t, got.slope, promise.slope, "derivative, %+v", about)
}

// TestRefereeOfCores makes a step of a core at the rim of its bound, and all the steps of the reference it stands for in exact numbers.
func TestRefereeOfCores(t *testing.T) {
	t.Parallel()
	all := map[string]*Perturbation{}
	for name, m := range minibrots(t) {
		all[name] = perturbationOf(t, m.View)
	}
	for name, v := range publishedViews(t, "07 09 10") {
		all[name] = publishedPerturbation(t, name, v)
	}
	for name, p := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := p.core
			require.NotNil(t, c)
			random := rand.New(rand.NewPCG(43, 44))
			elements := make([]wide.Complex, c.stepLength)
			for i := range elements {
				elements[i] = p.follower.table.at(i)
			}
			for range unlessShort(5, 2) {
				u := direction(random).MulReal(wide.NewReal(0.999*math.Sqrt(c.radius2), 0))
				x, y := u.Float64()
				offset := direction(random).MulReal(p.view.Bound.Quo(p.view.Step))
				offsetRe, offsetIm := offset.Float64()
				cRe, cIm := c.place(offsetRe, offsetIm)
				b := escape.NewBatch(1).Traced()
				next := complex(math.FMA(x, x, math.FMA(-y, y, cRe)), math.FMA(x+x, y, cIm))
				b.ZX[0], b.ZY[0] = real(next), imag(next)
				slope := direction(random)
				turned := u.Double().Mul(slope).Add(wide.New(1, 0, 0)) // du'/dC
				want := ofSteps(elements, u.Mul(c.inverse), offset.MulReal(p.view.Step), slope.Mul(c.perPixel), p.view.Step)
				end := p.follower.table.at(c.stepLength).MulReal(wide.NewReal(-1, 0)) // what follows is beside z_0 again
				got := want.beside(wide.New(b.ZX[0], b.ZY[0], 0).Mul(c.inverse).Add(end), turned.Mul(c.perPixel))
				assertWithin(t, corePromise, got, u)
			}
		})
	}
}

// TestRefereeOfDirectSteps follows points directly from the least slopes on that they have to have, and compares where they are with exact steps from
// the same place. What a step is off by is the rounding of z, and counts by how steep the point is then: so all of them together come to the sum of both at most, in pixels.
func TestRefereeOfDirectSteps(t *testing.T) {
	t.Parallel()
	all := directViews()
	delete(all, "minibrot's minibrot") // from where the series ends its points are flat at once, and climb
	delete(all, "minibrot's, deeper")
	delete(all, "seahorse, climbing")
	for name, v := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := perturbationOf(t, v)
			require.NotNil(t, p.direct)
			o, n := escape.NewOrbits(), unlessShort(40, 10)
			o = o.First(n)
			random := rand.New(rand.NewPCG(45, 46))
			pixels := v.Bound.Quo(v.Step).Float64()
			for i := range n {
				re, im := direction(random).MulReal(wide.NewReal(pixels*random.Float64(), 0)).Float64()
				z, slope := p.direct.series.at(re, im)
				if i%2 == 0 {
					slope *= complex(math.Ldexp(leastSlope, 1+i%12)/math.Hypot(real(slope), imag(slope)), 0)
				}
				o.X[i], o.Y[i], o.SlopeRe[i], o.SlopeIm[i] = real(z), imag(z), real(slope), imag(slope)
				o.CX[i], o.CY[i] = p.direct.cRe+float64(re*p.direct.step), p.direct.cIm+float64(im*p.direct.step)
			}
			k := p.direct.kernel
			k.MaxIterations = 1000
			watch := escape.Watch{LeastSlope: leastSlope, Unit: p.direct.step, Traced: true}
			require.NoError(t, k.Resume(context.Background(), o, watch))
			looked := 0
			for i, count := range o.Count {
				if count == 0 || o.Steps[i] == 0 {
					continue
				}
				looked++
				requireSteps(t, o, i, p.direct.step)
			}
			assert.Greater(t, looked, n/4)
		})
	}
}

// requireSteps holds the end of an orbit against exact steps. The derivative is held against that of the orbit that the point makes in double precision.
func requireSteps(t *testing.T, o *escape.Orbits, i int, pixel float64) {
	t.Helper()
	const rounding = 0x1p-51
	z, c := exactly(wide.New(o.X[i], o.Y[i], 0)), exactly(wide.New(o.CX[i], o.CY[i], 0))
	slope, unit := exactly(wide.New(o.SlopeRe[i], o.SlopeIm[i], 0)), exactly(wide.New(pixel, 0, 0))
	x, y, steepness := o.X[i], o.Y[i], math.Hypot(o.SlopeRe[i], o.SlopeIm[i])
	most, allowed := steepness, 0.0 // what the derivative is at most without cancellation; pixels
	for range o.Steps[i] {
		at := exactly(wide.New(x, y, 0))
		slope = at.plus(at).times(slope).plus(unit)
		most = 2*math.Hypot(x, y)*most + pixel
		steepness *= 2 * z.wide().Norm().Float64()
		z = z.times(z).plus(c)
		x, y = math.FMA(x, x, math.FMA(-y, y, o.CX[i])), math.FMA(x+x, y, o.CY[i])
		allowed += rounding * math.Max(1, math.Hypot(x, y)) / steepness
	}
	require.Equal(t, [2]float64{x, y}, [2]float64{o.EndX[i], o.EndY[i]}, "point %d: the same steps", i)
	moved := off(exactly(wide.New(x, y, 0)), z, wide.NewReal(steepness, 0))
	require.Less(t, moved, allowed, "point %d, which makes %d steps, in pixels", i, o.Steps[i])
	wrong := off(exactly(wide.New(o.EndSlopeRe[i], o.EndSlopeIm[i], 0)), slope, wide.NewReal(most, 0))
	require.Less(t, wrong, rounding*float64(o.Steps[i]), "slope of point %d", i)
}
