package deep

import (
	"cmp"
	"context"
	"slices"
	"sort"

	"mandelfarm/renderer/wide"
)

// near is a point so close to the reference that its difference is outside the range of float64.
type near struct {
	d, c  wide.Complex
	m     int
	n     int64
	slope wide.Complex // per pixel, if the point is traced
}

// convoy is points near the reference that are beside the same element after as many steps. So close to the reference
// most points go the same way, and what that takes of wide numbers is computed once for all of them: the numbers of the
// points are in a unit of the convoy, a power of 2. That is exact, so that it does not matter who travels together.
type convoy struct {
	m         int
	n         int64
	unit      int // exponent of d
	slopeUnit int
	members   []member
}

// member is a point of a convoy.
type member struct {
	dRe, dIm         float64
	cRe, cIm         float64 // in the unit of a pixel
	wRe, wIm         float64
	slopeRe, slopeIm float64
	point            *point
	class            int // by which the convoy is divided
}

// Units are such that the greatest number of a convoy is from 1 to 2, and none but 0 is so small that a product of a few
// numbers would underflow: then its point leaves for another. Numbers that are farther apart than negligibleBits count
// for nothing beside each other.
const (
	spreadBits     = 150
	negligibleBits = 400
)

// caravan moves convoys on.
type caravan struct {
	walker  *walker
	step    wide.Real
	traced  bool
	waiting []convoy
}

// approach moves the points whose difference is out of range until it is in range, and returns those that are then to be
// followed in double precision; the others are inside.
func (g *Ground) approach(ctx context.Context, points []point) ([]point, error) {
	// Only a reference of a single step can end outside, which convoys do not look for. Its points do not depend on d.
	if !g.deep || len(points) == 0 || len(g.walker.track.elements) == 2 {
		return points, nil
	}
	c := caravan{walker: &g.walker, step: g.view.Step, traced: points[0].traced}
	c.gather(points)
	for len(c.waiting) > 0 {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		last := len(c.waiting) - 1
		v := c.waiting[last]
		c.waiting = c.waiting[:last]
		c.rebase(&v)
		c.rescale(&v)
		for moves := 0; len(v.members) > 0 && moves < pollMoves/len(v.members)+1; moves++ {
			c.move(&v)
		}
		if len(v.members) > 0 {
			c.waiting = append(c.waiting, v)
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

// gather forms convoys of the points that are out of range, and marks them as inside until they arrive.
func (c *caravan) gather(points []point) {
	members := make([]member, 0, len(points))
	for i := range points {
		p := &points[i]
		p.outcome = moving
		if p.near.d.Exp > leastDifference {
			continue
		}
		p.outcome = inside
		cScale := wide.Power(p.near.c.Exp - c.step.Exp)
		members = append(members, member{cRe: float64(p.near.c.Re * cScale), cIm: float64(p.near.c.Im * cScale), point: p})
	}
	if slices.ContainsFunc(members, func(m member) bool { return !m.together(&members[0]) }) {
		slices.SortFunc(members, func(a, b member) int {
			return cmp.Or(cmp.Compare(a.point.near.n, b.point.near.n), cmp.Compare(a.point.near.m, b.point.near.m), cmp.Compare(a.kind(), b.kind()))
		})
	}
	for len(members) > 0 {
		first := &members[0]
		end := 1
		for end < len(members) && members[end].together(first) {
			end++
		}
		v := convoy{m: first.point.near.m, n: first.point.near.n, members: members[:end:end]}
		v.board()
		c.waiting = append(c.waiting, v)
		members = members[end:]
	}
}

// kind tells members apart that cannot have the same units.
func (m *member) kind() int {
	const parts = spreadBits / 2
	if m.cRe == 0 && m.cIm == 0 {
		return 2*(m.point.near.d.Exp/parts) + 1
	}
	return 2 * (m.point.near.d.Exp / parts)
}

func (m *member) together(other *member) bool {
	p, q := &m.point.near, &other.point.near
	return p.n == q.n && p.m == q.m && m.kind() == other.kind()
}

// board takes the numbers of the members' points over.
func (v *convoy) board() {
	v.unit, v.slopeUnit = wide.Zero, wide.Zero
	for i := range v.members {
		q := &v.members[i].point.near
		v.unit, v.slopeUnit = max(v.unit, q.d.Exp), max(v.slopeUnit, q.slope.Exp)
	}
	for i := range v.members {
		m := &v.members[i]
		q := &m.point.near
		d, slope := wide.Power(q.d.Exp-v.unit), wide.Power(q.slope.Exp-v.slopeUnit)
		m.dRe, m.dIm, m.slopeRe, m.slopeIm = float64(q.d.Re*d), float64(q.d.Im*d), float64(q.slope.Re*slope), float64(q.slope.Im*slope)
	}
}

// at returns an element of the reference.
func (t *track) at(m int) wide.Complex {
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
