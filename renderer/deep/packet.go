package deep

import (
	"math"

	"mandelfarm/renderer/wide"
)

// packet is points near the reference that are beside the same element after as many steps. So close to the reference
// most points go the same way, and what that takes of wide numbers is computed once for all of them, as a ray tracer follows
// packets of rays: the numbers of the points are in a unit of the packet, a power of 2. That is exact, so that it does not
// matter which points share a packet.
type packet struct {
	m         int
	n         int64
	unit      int // exponent of d
	slopeUnit int
	members   []member
}

// member is a point of a packet.
type member struct {
	dRe, dIm         float64
	cRe, cIm         float64 // in the unit of a pixel
	wRe, wIm         float64
	slopeRe, slopeIm float64
	point            *point // whose numbers it has until it leaves
	class            int    // by which the packet is split
}

// Units are such that the greatest number of a packet is from 1 to 2, and none but 0 is so small that a product of a few
// numbers would underflow: then its point leaves for another. Numbers that are farther apart than negligibleBits count
// for nothing beside each other.
//
// The greatest is in fact anywhere from 2^-50 to 2^50 (scale), so the least is 2^-200, and the least w its square: 2^-400 and
// 53 bits below are far from 2^-1022. What is 2^-400 below another number is below the bits of all its products, too.
const (
	spreadBits     = 150
	negligibleBits = 400
)

// packets moves packets on.
type packets struct {
	follower *follower
	step     wide.Real
	traced   bool
	waiting  []packet
}

// load takes the numbers of the members' points over: scaled by powers of 2, so without rounding.
func (pk *packet) load() {
	pk.unit, pk.slopeUnit = wide.Zero, wide.Zero
	for i := range pk.members {
		q := &pk.members[i].point.wide
		pk.unit, pk.slopeUnit = max(pk.unit, q.d.Exp), max(pk.slopeUnit, q.slope.Exp)
	}
	for i := range pk.members {
		m := &pk.members[i]
		q := &m.point.wide
		d, slope := wide.Power(q.d.Exp-pk.unit), wide.Power(q.slope.Exp-pk.slopeUnit)
		m.dRe, m.dIm, m.slopeRe, m.slopeIm = float64(q.d.Re*d), float64(q.d.Im*d), float64(q.slope.Re*slope), float64(q.slope.Im*slope)
	}
}

// rescale brings a packet's numbers near its unit, and lets points go that are in range or that are much smaller than the
// others. In range are those from 4 * 2^leastDifference on: below a fourth of that double precision gives them back (tooNear),
// and so not at their next move.
func (ps *packets) rescale(pk *packet) {
	greatest, steepest := 0.0, 0.0
	for i := range pk.members {
		m := &pk.members[i]
		greatest = max(greatest, math.Abs(m.dRe), math.Abs(m.dIm))
		steepest = max(steepest, math.Abs(m.slopeRe), math.Abs(m.slopeIm))
	}
	pk.unit, greatest = pk.scale(greatest, pk.unit, false)
	pk.slopeUnit, _ = pk.scale(steepest, pk.slopeUnit, true)
	least := math.Ldexp(greatest, -spreadBits)
	inRange := math.Ldexp(2, max(min(leastDifference+1-pk.unit, math.MaxInt16), math.MinInt16))
	for i := range pk.members {
		m := &pk.members[i]
		size := max(math.Abs(m.dRe), math.Abs(m.dIm))
		m.class = 0
		switch {
		case size >= inRange:
			m.class = 1
		case size < least:
			m.class = 2
		}
	}
	ps.split(pk)
	if pk.members[0].class == 1 {
		ps.leave(pk)
		pk.members = nil
	}
}

// scale multiplies numbers, the greatest of which is given, by a power of 2 if they have come too far from 1. It returns
// their unit and the greatest.
func (pk *packet) scale(greatest float64, unit int, slopes bool) (newUnit int, newGreatest float64) {
	const far = 50 // rescaling at every move would take longer than the moves
	if greatest == 0 {
		return wide.Zero, 0
	}
	shift := wide.NewReal(greatest, 0).Exp
	if shift > -far && shift < far {
		return unit, greatest
	}
	by := math.Ldexp(1, -shift)
	for i := range pk.members {
		m := &pk.members[i]
		if slopes {
			m.slopeRe, m.slopeIm = float64(m.slopeRe*by), float64(m.slopeIm*by)
		} else {
			m.dRe, m.dIm = float64(m.dRe*by), float64(m.dIm*by)
		}
	}
	return unit + shift, float64(greatest * by)
}

// leave gives points that are in range their numbers. What they are called while they are in a packet is inside, which is then
// true of all that never leave.
func (ps *packets) leave(pk *packet) {
	for i := range pk.members {
		m := &pk.members[i]
		p := m.point
		p.outcome = moving
		p.wide.d, p.wide.slope = wide.New(m.dRe, m.dIm, pk.unit), wide.New(m.slopeRe, m.slopeIm, pk.slopeUnit)
		p.wide.m, p.wide.n = pk.m, pk.n
		p.load(p.wide, ps.follower.apart)
	}
}

// split keeps the members of the first one's class. The others form packets of their own, which move when their turn
// comes, from where they are. Packets are never joined again: those that part do so because their points go different ways,
// and by the time that many have, most are in range.
func (ps *packets) split(pk *packet) {
	class := pk.members[0].class
	same := 0
	for i := range pk.members {
		if pk.members[i].class == class {
			same++
		}
	}
	if same == len(pk.members) {
		return
	}
	partition(pk.members, class)
	others := pk.members[same:]
	pk.members = pk.members[:same:same]
	for len(others) > 0 {
		end := partition(others, others[0].class)
		ps.waiting = append(ps.waiting, packet{m: pk.m, n: pk.n, unit: pk.unit, slopeUnit: pk.slopeUnit, members: others[:end:end]})
		others = others[end:]
	}
}

// partition brings the members of a class to the front and returns their number. The order of others is of no consequence: they
// are sorted out in turn, and results go by the points' own numbers.
func partition(members []member, class int) int {
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
