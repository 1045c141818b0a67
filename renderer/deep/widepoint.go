package deep

import (
	"cmp"
	"context"
	"slices"
	"sort"

	"mandelfarm/renderer/escape"
	"mandelfarm/renderer/wide"
)

// widePoint is a point so close to the reference that its difference is outside the range of float64: its numbers are floatexp
// (package wide).
type widePoint struct {
	d, c  wide.Complex
	m     int
	n     int64
	slope wide.Complex // per pixel, if the point is traced
}

// followWide moves the points whose difference is out of range until it is in range, and returns those that are then to be
// followed in double precision; the others are inside.
//
// The packets that wait are a stack, so that there are never more than a few for each point, and a packet makes about as
// many moves at a time as keep the work between two looks at the context the same, whatever its size.
func (p *Perturbation) followWide(ctx context.Context, points []point, effort *escape.Effort) ([]point, error) {
	// Only a reference of a single step can end outside, which packets do not look for. Its points do not depend on d.
	if !p.deep || len(points) == 0 || len(p.follower.table.elements) == 2 {
		return points, nil
	}
	ps := packets{follower: &p.follower, step: p.view.Step, traced: points[0].traced}
	ps.gather(points)
	for len(ps.waiting) > 0 {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		last := len(ps.waiting) - 1
		pk := ps.waiting[last]
		ps.waiting = ps.waiting[:last]
		ps.rebase(&pk)
		ps.rescale(&pk)
		for moves := 0; len(pk.members) > 0 && moves < pollMoves/len(pk.members)+1; moves++ {
			effort.Add(escape.Effort{Wide: int64(packetShare + len(pk.members))})
			ps.move(&pk)
		}
		if len(pk.members) > 0 {
			ps.waiting = append(ps.waiting, pk)
		}
	}
	kept := 0
	for i := range points {
		if points[i].outcome == moving {
			points[kept] = points[i]
			kept++
		}
	}
	return points[:kept], nil
}

// packetShare is the number of members whose moves take as long as what is computed once for a packet's.
const packetShare = 8

// gather forms packets of the points that are out of range, and marks them as inside until they leave in range. Points of one
// view begin alike, so that sorting is for those that have come back.
func (ps *packets) gather(points []point) {
	members := make([]member, 0, len(points))
	for i := range points {
		p := &points[i]
		p.outcome = moving
		if p.wide.d.Exp > leastDifference {
			continue
		}
		p.outcome = inside
		cScale := wide.Power(p.wide.c.Exp - ps.step.Exp)
		members = append(members, member{cRe: float64(p.wide.c.Re * cScale), cIm: float64(p.wide.c.Im * cScale), point: p})
	}
	if slices.ContainsFunc(members, func(m member) bool { return !m.joins(&members[0]) }) {
		slices.SortFunc(members, func(a, b member) int {
			return cmp.Or(cmp.Compare(a.point.wide.n, b.point.wide.n), cmp.Compare(a.point.wide.m, b.point.wide.m), cmp.Compare(a.kind(), b.kind()))
		})
	}
	for len(members) > 0 {
		first := &members[0]
		end := 1
		for end < len(members) && members[end].joins(first) {
			end++
		}
		pk := packet{m: first.point.wide.m, n: first.point.wide.n, members: members[:end:end]}
		pk.load()
		ps.waiting = append(ps.waiting, pk)
		members = members[end:]
	}
}

// kind tells members apart that cannot have the same units. Those whose dc is 0 are apart from others, because the unit of
// dc is one for all (unitOfC); exponents of d are the same to half of spreadBits, so that none is lost beside another.
func (m *member) kind() int {
	const parts = spreadBits / 2
	if m.cRe == 0 && m.cIm == 0 {
		return 2*(m.point.wide.d.Exp/parts) + 1
	}
	return 2 * (m.point.wide.d.Exp / parts)
}

// joins reports whether a member may be in one packet with another.
func (m *member) joins(other *member) bool {
	p, q := &m.point.wide, &other.point.wide
	return p.n == q.n && p.m == q.m && m.kind() == other.kind()
}

// at returns an element of the reference.
func (t *table) at(m int) wide.Complex {
	e := &t.elements[m]
	if max(e.re, -e.re, e.im, -e.im) < smallest {
		i := sort.Search(len(t.small), func(i int) bool { return t.small[i].Index >= m })
		if i < len(t.small) && t.small[i].Index == m {
			return t.small[i].Z
		}
	}
	return wide.New(e.re, e.im, 0)
}

// smallest is 2^smallExponent.
const smallest = 0x1p-500
