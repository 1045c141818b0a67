package deep

import (
	"math"

	"mandelfarm/renderer/wide"
)

// move makes the next steps of a packet. Points that go another way than the first wait as packets of their own, and those
// whose difference comes into range leave. It is follower.follow in numbers of a common unit, with w in the unit of the
// product.
func (ps *packets) move(pk *packet) {
	t := ps.follower.table
	s := newSum(t.at(pk.m).Double(), pk.unit)
	unit := pk.unit + s.unit // of w
	choice := t.skipsAt(pk.m, ps.follower.limit-pk.n, unit)
	for i := range pk.members {
		m := &pk.members[i]
		re, im := s.plus(m.dRe, m.dIm)
		m.wRe, m.wIm = product(m.dRe, m.dIm, re, im)
		size := max(math.Abs(m.wRe), math.Abs(m.wIm))
		m.class = 0
		for m.class < len(choice) && size < choice[m.class].within {
			m.class++
		}
	}
	ps.split(pk)
	if ps.traced {
		pk.turn(s)
	}
	if taken := pk.members[0].class; taken == 0 {
		ps.single(pk, unit)
	} else {
		ps.skip(pk, choice[taken-1].skip, unit)
	}
	if pk.n >= ps.follower.limit {
		pk.members = nil
		return
	}
	ps.rebase(pk)
	ps.rescale(pk)
}

// turn multiplies slopes by 2*(z + d), given the sum 2*z + d. Where that has a unit of its own d counts for nothing.
func (pk *packet) turn(s sum) {
	pk.slopeUnit += s.unit
	for i := range pk.members {
		m := &pk.members[i]
		re, im := s.plus(m.dRe, m.dIm)
		if !s.alone {
			re, im = re+m.dRe, im+m.dIm
		}
		m.slopeRe, m.slopeIm = product(m.slopeRe, m.slopeIm, re, im)
	}
}

// sum adds a number to differences. Element and difference may be any distance of exponents apart: the element's scale is a power
// of 2 that is found once for the packet, 0 where the element counts for nothing.
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

// common returns the unit of a sum of numbers in two units, and what the numbers are to be multiplied by. One of the scales is
// 1; the other is 0 for what is more than 1022 bits below, of which a float64 has no part.
func common(a, b int) (unit int, aScale, bScale float64) {
	unit = max(a, b)
	return unit, wide.Power(a - unit), wide.Power(b - unit)
}

// single makes a single step: d = w + dc. The slope's 1 for dc is a pixel's distance, because slopes are per pixel.
func (ps *packets) single(pk *packet, wUnit int) {
	var w, dc float64
	pk.unit, w, dc = common(wUnit, ps.unitOfC(pk))
	for i := range pk.members {
		m := &pk.members[i]
		m.dRe, m.dIm = float64(m.wRe*w)+float64(m.cRe*dc), float64(m.wIm*w)+float64(m.cIm*dc)
	}
	pk.m++
	pk.n++
	if !ps.traced {
		return
	}
	var slope, step float64
	pk.slopeUnit, slope, step = common(pk.slopeUnit, ps.step.Exp)
	for i := range pk.members {
		m := &pk.members[i]
		m.slopeRe, m.slopeIm = float64(m.slopeRe*slope)+float64(ps.step.M*step), float64(m.slopeIm*slope)
	}
}

// unitOfC is that of the members' dc, which are all 0 or none. That of 0 is below all others: w keeps its bits beside it.
func (ps *packets) unitOfC(pk *packet) int {
	if first := &pk.members[0]; first.cRe == 0 && first.cIm == 0 {
		return wide.Zero
	}
	return ps.step.Exp
}

// skip makes the steps of a skip: d = (a + b*w)*w + c*dc. The parenthesis is in the unit of a: b*w is below it, by the reach
// and more, so bScale never overflows, and where it is 0 the term is below all bits of a. The slope is multiplied by
// a + 2*b*w, and gains c pixels.
func (ps *packets) skip(pk *packet, s *skip, wUnit int) {
	var hw, dc float64
	pk.unit, hw, dc = common(s.a.Exp+wUnit, s.c.Exp+ps.unitOfC(pk))
	bScale := wide.Power(s.b.Exp + wUnit - s.a.Exp)
	bRe, bIm := float64(s.b.Re*bScale), float64(s.b.Im*bScale)
	for i := range pk.members {
		m := &pk.members[i]
		bwRe, bwIm := product(bRe, bIm, m.wRe, m.wIm)
		re, im := product(s.a.Re+bwRe, s.a.Im+bwIm, m.wRe, m.wIm)
		cRe, cIm := product(s.c.Re, s.c.Im, m.cRe, m.cIm)
		m.dRe, m.dIm = float64(re*hw)+float64(cRe*dc), float64(im*hw)+float64(cIm*dc)
		if ps.traced {
			m.slopeRe, m.slopeIm = product(s.a.Re+bwRe+bwRe, s.a.Im+bwIm+bwIm, m.slopeRe, m.slopeIm)
		}
	}
	pk.m += s.length
	pk.n += int64(s.length)
	if !ps.traced {
		return
	}
	var slope, step float64
	pk.slopeUnit, slope, step = common(pk.slopeUnit+s.a.Exp, s.c.Exp+ps.step.Exp)
	stepRe, stepIm := float64(float64(s.c.Re*ps.step.M)*step), float64(float64(s.c.Im*ps.step.M)*step)
	for i := range pk.members {
		m := &pk.members[i]
		m.slopeRe, m.slopeIm = float64(m.slopeRe*slope)+stepRe, float64(m.slopeIm*slope)+stepIm
	}
}

// rebase puts points that are nearer to 0 than to the reference, or at its end, beside its beginning. Where the element is
// beyond negligibleBits of the differences no point is nearer to 0. At the end such a sum is the element alone, for all
// members; its unit is the element's, which differences of any other size are never in.
func (ps *packets) rebase(pk *packet) {
	t := ps.follower.table
	end := len(t.elements) - 1
	s := newSum(t.at(pk.m), pk.unit)
	if s.alone && pk.m != end {
		return
	}
	for i := range pk.members {
		m := &pk.members[i]
		re, im := s.plus(m.dRe, m.dIm)
		m.class = 0
		if pk.m == end || math.FMA(re, re, float64(im*im)) < math.FMA(m.dRe, m.dRe, float64(m.dIm*m.dIm)) {
			m.class = 1
		}
	}
	ps.split(pk)
	if pk.members[0].class == 0 {
		return
	}
	for i := range pk.members {
		m := &pk.members[i]
		m.dRe, m.dIm = s.plus(m.dRe, m.dIm)
	}
	pk.m, pk.unit = 0, s.unit
}

// product returns a*b. The fused products are part of the definition, as everywhere: a picture is the same where the CPU has no
// fused operations and math.FMA is slow.
func product(aRe, aIm, bRe, bIm float64) (re, im float64) {
	return math.FMA(aRe, bRe, -float64(aIm*bIm)), math.FMA(aRe, bIm, float64(aIm*bRe))
}

// scaledSkip is a skip and its bound in the unit of w. It is held against the larger of |Re w| and |Im w|, without the 1/sqrt(2)
// of skip.double: what is left out is then up to twice the tolerance.
type scaledSkip struct {
	skip   *skip
	within float64
}

// skipsAt returns the skips from an element that take at most so many steps, the shortest first. Bounds that are out of
// range in the unit become 0 or infinity, which is what they are beside a w near 1.
func (t *table) skipsAt(m int, steps int64, unit int) []scaledSkip {
	var list []scaledSkip
	for at := t.elements[m].first.number(); at > 0; at++ {
		s := &t.skips[at]
		if int64(s.length) > steps {
			break
		}
		list = append(list, scaledSkip{s, wide.Real{M: s.within.M, Exp: s.within.Exp - unit}.Float64()})
		if !s.more {
			break
		}
	}
	return list
}
