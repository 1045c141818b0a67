package deep

import (
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

// followNear moves a point on until its difference is in range, or all steps are made, and reports whether it is.
func (w *walker) followNear(p *near, step wide.Real, traced bool) bool {
	t := w.track
	end := len(t.elements) - 1
	for p.n < w.limit {
		z := t.at(p.m)
		s := z.Double().Add(p.d)
		v := p.d.Mul(s)
		if traced {
			p.slope = p.slope.Mul(s.Add(p.d))
		}
		skip := t.longest(p.m, v.Box(), w.limit-p.n)
		if skip == nil {
			p.d = v.Add(p.c)
			p.m++
			p.n++
			if traced {
				p.slope = p.slope.Add(wide.New(step.M, 0, step.Exp))
			}
		} else {
			h := skip.b.Mul(v)
			if traced {
				p.slope = p.slope.Mul(skip.a.Add(h.Double())).Add(skip.c.MulReal(step))
			}
			p.d = h.Add(skip.a).Mul(v).Add(skip.c.Mul(p.c))
			p.m += skip.length
			p.n += int64(skip.length)
		}
		z = t.at(p.m)
		if sum := z.Add(p.d); p.m == end || sum.Norm().Less(p.d.Norm()) {
			p.d, p.m = sum, 0
		}
		if p.d.Exp > leastDifference+1 {
			return p.n < w.limit
		}
	}
	return false
}

// longest returns the longest skip from an element that is valid for a |w| of so much and takes at most so many steps.
func (t *track) longest(m int, size wide.Real, steps int64) *skip {
	e := &t.elements[m]
	var best *skip
	for at := int(e.link); at < len(t.skips) && int(t.links[at].end)-t.skips[at].length == m; at++ {
		s := &t.skips[at]
		if !size.Less(s.within) || int64(s.length) > steps {
			break
		}
		best = s
	}
	return best
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
