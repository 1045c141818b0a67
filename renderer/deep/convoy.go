package deep

import (
	"math"

	"mandelfarm/renderer/wide"
)

// move makes the next steps of a convoy. Points that go another way than the first wait as convoys of their own, and those
// that arrive leave.
func (c *caravan) move(v *convoy) {
	t := c.walker.track
	s := newSum(t.at(v.m).Double(), v.unit)
	unit := v.unit + s.unit // of w
	ladder := t.ladder(v.m, c.walker.limit-v.n, unit)
	for i := range v.members {
		m := &v.members[i]
		re, im := s.plus(m.dRe, m.dIm)
		m.wRe, m.wIm = product(m.dRe, m.dIm, re, im)
		size := max(math.Abs(m.wRe), math.Abs(m.wIm))
		m.class = 0
		for m.class < len(ladder) && size < ladder[m.class].within {
			m.class++
		}
	}
	c.divide(v)
	if c.traced { // times 2*(z + d)
		v.slopeUnit += s.unit
		for i := range v.members {
			m := &v.members[i]
			re, im := s.plus(m.dRe, m.dIm)
			if !s.alone {
				re, im = re+m.dRe, im+m.dIm
			}
			m.slopeRe, m.slopeIm = product(m.slopeRe, m.slopeIm, re, im)
		}
	}
	if level := v.members[0].class; level == 0 {
		c.single(v, unit)
	} else {
		c.skip(v, ladder[level-1].skip, unit)
	}
	if v.n >= c.walker.limit {
		v.members = nil
		return
	}
	c.rebase(v)
	c.rescale(v)
}

// sum adds a number to differences.
type sum struct {
	re, im float64
	unit   int  // of the sum
	alone  bool // the differences count for nothing
}

// newSum prepares for adding differences in a unit.
func newSum(z wide.Complex, unit int) sum {
	if z.Exp-unit > negligibleBits {
		return sum{z.Re, z.Im, z.Exp, true}
	}
	scale := wide.Power(z.Exp - unit)
	return sum{float64(z.Re * scale), float64(z.Im * scale), unit, false}
}

func (s *sum) plus(re, im float64) (float64, float64) {
	if s.alone {
		return s.re, s.im
	}
	return s.re + re, s.im + im
}

// common returns the unit of a sum of numbers in two units, and what the numbers are to be multiplied by.
func common(a, b int) (unit int, aScale, bScale float64) {
	unit = max(a, b)
	return unit, wide.Power(a - unit), wide.Power(b - unit)
}

// single makes a single step: d = w + dc.
func (c *caravan) single(v *convoy, wUnit int) {
	var w, dc float64
	v.unit, w, dc = common(wUnit, c.unitOfC(v))
	for i := range v.members {
		m := &v.members[i]
		m.dRe, m.dIm = float64(m.wRe*w)+float64(m.cRe*dc), float64(m.wIm*w)+float64(m.cIm*dc)
	}
	v.m++
	v.n++
	if !c.traced {
		return
	}
	var slope, step float64
	v.slopeUnit, slope, step = common(v.slopeUnit, c.step.Exp)
	for i := range v.members {
		m := &v.members[i]
		m.slopeRe, m.slopeIm = float64(m.slopeRe*slope)+float64(c.step.M*step), float64(m.slopeIm*slope)
	}
}

// unitOfC is that of the members' dc, which are all 0 or none.
func (c *caravan) unitOfC(v *convoy) int {
	if first := &v.members[0]; first.cRe == 0 && first.cIm == 0 {
		return wide.Zero
	}
	return c.step.Exp
}

// skip makes the steps of a skip: d = (a + b*w)*w + c*dc.
func (c *caravan) skip(v *convoy, s *skip, wUnit int) {
	var hw, dc float64
	v.unit, hw, dc = common(s.a.Exp+wUnit, s.c.Exp+c.unitOfC(v))
	bScale := wide.Power(s.b.Exp + wUnit - s.a.Exp)
	bRe, bIm := float64(s.b.Re*bScale), float64(s.b.Im*bScale)
	for i := range v.members {
		m := &v.members[i]
		bwRe, bwIm := product(bRe, bIm, m.wRe, m.wIm)
		re, im := product(s.a.Re+bwRe, s.a.Im+bwIm, m.wRe, m.wIm)
		cRe, cIm := product(s.c.Re, s.c.Im, m.cRe, m.cIm)
		m.dRe, m.dIm = float64(re*hw)+float64(cRe*dc), float64(im*hw)+float64(cIm*dc)
		if c.traced {
			m.slopeRe, m.slopeIm = product(s.a.Re+bwRe+bwRe, s.a.Im+bwIm+bwIm, m.slopeRe, m.slopeIm)
		}
	}
	v.m += s.length
	v.n += int64(s.length)
	if !c.traced {
		return
	}
	var slope, step float64
	v.slopeUnit, slope, step = common(v.slopeUnit+s.a.Exp, s.c.Exp+c.step.Exp)
	stepRe, stepIm := float64(float64(s.c.Re*c.step.M)*step), float64(float64(s.c.Im*c.step.M)*step)
	for i := range v.members {
		m := &v.members[i]
		m.slopeRe, m.slopeIm = float64(m.slopeRe*slope)+stepRe, float64(m.slopeIm*slope)+stepIm
	}
}

// rebase puts points that are nearer to 0 than to the reference, or at its end, beside its beginning.
func (c *caravan) rebase(v *convoy) {
	t := c.walker.track
	end := len(t.elements) - 1
	s := newSum(t.at(v.m), v.unit)
	if s.alone && v.m != end {
		return
	}
	for i := range v.members {
		m := &v.members[i]
		re, im := s.plus(m.dRe, m.dIm)
		m.class = 0
		if v.m == end || math.FMA(re, re, float64(im*im)) < math.FMA(m.dRe, m.dRe, float64(m.dIm*m.dIm)) {
			m.class = 1
		}
	}
	c.divide(v)
	if v.members[0].class == 0 {
		return
	}
	for i := range v.members {
		m := &v.members[i]
		m.dRe, m.dIm = s.plus(m.dRe, m.dIm)
	}
	v.m, v.unit = 0, s.unit
}

// rescale brings a convoy's numbers near its unit, and lets points go that are in range or that are much smaller than the
// others.
func (c *caravan) rescale(v *convoy) {
	greatest, steepest := 0.0, 0.0
	for i := range v.members {
		m := &v.members[i]
		greatest = max(greatest, math.Abs(m.dRe), math.Abs(m.dIm))
		steepest = max(steepest, math.Abs(m.slopeRe), math.Abs(m.slopeIm))
	}
	v.unit, greatest = v.scale(greatest, v.unit, false)
	v.slopeUnit, _ = v.scale(steepest, v.slopeUnit, true)
	least := math.Ldexp(greatest, -spreadBits)
	inRange := math.Ldexp(2, max(min(leastDifference+1-v.unit, math.MaxInt16), math.MinInt16))
	for i := range v.members {
		m := &v.members[i]
		size := max(math.Abs(m.dRe), math.Abs(m.dIm))
		m.class = 0
		switch {
		case size >= inRange:
			m.class = 1
		case size < least:
			m.class = 2
		}
	}
	c.divide(v)
	if v.members[0].class == 1 {
		c.arrive(v)
		v.members = nil
	}
}

// scale multiplies numbers, the greatest of which is given, by a power of 2 if they have come too far from 1. It returns
// their unit and the greatest.
func (v *convoy) scale(greatest float64, unit int, slopes bool) (newUnit int, newGreatest float64) {
	const far = 50
	if greatest == 0 {
		return wide.Zero, 0
	}
	shift := wide.NewReal(greatest, 0).Exp
	if shift > -far && shift < far {
		return unit, greatest
	}
	by := math.Ldexp(1, -shift)
	for i := range v.members {
		m := &v.members[i]
		if slopes {
			m.slopeRe, m.slopeIm = float64(m.slopeRe*by), float64(m.slopeIm*by)
		} else {
			m.dRe, m.dIm = float64(m.dRe*by), float64(m.dIm*by)
		}
	}
	return unit + shift, float64(greatest * by)
}

// arrive gives points that are in range their numbers.
func (c *caravan) arrive(v *convoy) {
	for i := range v.members {
		m := &v.members[i]
		p := m.point
		p.outcome = moving
		p.near.d, p.near.slope = wide.New(m.dRe, m.dIm, v.unit), wide.New(m.slopeRe, m.slopeIm, v.slopeUnit)
		p.near.m, p.near.n = v.m, v.n
		p.settle(p.near, c.walker.apart)
	}
}

// product returns a*b.
func product(aRe, aIm, bRe, bIm float64) (re, im float64) {
	return math.FMA(aRe, bRe, -float64(aIm*bIm)), math.FMA(aRe, bIm, float64(aIm*bRe))
}

// rung is a skip and its bound in the unit of w.
type rung struct {
	skip   *skip
	within float64
}

// ladder returns the skips from an element that take at most so many steps, the shortest first.
func (t *track) ladder(m int, steps int64, unit int) []rung {
	var list []rung
	for at := t.elements[m].first.number(); at > 0; at++ {
		s := &t.skips[at]
		if int64(s.length) > steps {
			break
		}
		list = append(list, rung{s, wide.Real{M: s.within.M, Exp: s.within.Exp - unit}.Float64()})
		if !s.more {
			break
		}
	}
	return list
}

// divide keeps the members of the first one's class. The others form convoys of their own, which move when their turn
// comes, from where they are.
func (c *caravan) divide(v *convoy) {
	class := v.members[0].class
	same := 0
	for i := range v.members {
		if v.members[i].class == class {
			same++
		}
	}
	if same == len(v.members) {
		return
	}
	part(v.members, class)
	others := v.members[same:]
	v.members = v.members[:same:same]
	for len(others) > 0 {
		end := part(others, others[0].class)
		c.waiting = append(c.waiting, convoy{m: v.m, n: v.n, unit: v.unit, slopeUnit: v.slopeUnit, members: others[:end:end]})
		others = others[end:]
	}
}

// part brings the members of a class to the front and returns their number.
func part(members []member, class int) int {
	front := 0
	for i := range members {
		if members[i].class == class {
			if i != front {
				members[front], members[i] = members[i], members[front]
			}
			front++
		}
	}
	return front
}
