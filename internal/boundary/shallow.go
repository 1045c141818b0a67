package boundary

import (
	"context"
	"math"
	"math/cmplx"

	"mandelfarm/renderer/orbit"
)

// edge is where a straight line between a point outside and one that does not escape meets the set.
func (d *drawing) edge(_ context.Context, depth float64) (orbit.Point, float64, error) {
	outside, inside := complex(3, 0)*d.direction(), complex(0, 0)
	for range 1000 {
		inside = complex(4*d.random.Float64()-2.5, 3*d.random.Float64()-1.5)
		if _, escapes := d.escape(inside); !escapes {
			break
		}
	}
	for cmplx.Abs(outside-inside) > math.Pow(10, -depth-1) {
		middle := (outside + inside) / 2
		if _, escapes := d.escape(middle); escapes {
			outside = middle
		} else {
			inside = middle
		}
	}
	return d.point(outside), depth, nil
}

// cusp is a place from which a point of contact can be seen.
func (d *drawing) cusp(_ context.Context, depth float64) (orbit.Point, float64, error) {
	radius := math.Pow(10, -depth)
	return d.point(d.contact() + d.direction()*complex(radius*d.random.Float64(), 0)), depth, nil
}

// contact returns a random point of the main cardioid's boundary, or of that of the disc of period 2: c with a cycle whose
// multiplier is e^{2 pi i p/q}. There a component of q times the period touches, or for q = 1 there is the cusp.
func (d *drawing) contact() complex128 {
	q := int(d.within(1, 200))
	multiplier := cmplx.Rect(1, 2*math.Pi*float64(d.random.IntN(q))/float64(q))
	if d.random.IntN(4) == 0 {
		return multiplier/4 - 1
	}
	return multiplier/2 - multiplier*multiplier/4
}

// escape says whether a double escapes, and how far it is from the boundary then.
func (d *drawing) escape(c complex128) (distance float64, escapes bool) {
	var z, slope complex128
	for range d.limit {
		slope = 2*z*slope + 1
		z = z*z + c
		if size := cmplx.Abs(z); size > escapeRadius {
			return 2 * size * math.Log(size) / cmplx.Abs(slope), true
		}
	}
	return 0, false
}

// approach goes from a point within a radius to one next to the boundary: to the nearest of some random ones, again and
// again, in ever smaller circles down to another radius.
func (d *drawing) approach(c complex128, from, to float64) complex128 {
	for radius := from; radius > to; radius /= 4 {
		best, least := c, math.Inf(1)
		for range 16 {
			at := c + d.direction()*complex(radius*math.Sqrt(d.random.Float64()), 0)
			if distance, escapes := d.escape(at); escapes && distance < least {
				best, least = at, distance
			}
		}
		c = best
	}
	return c
}

// shore returns a point next to the boundary and a radius around it in which the boundary is: somewhere, or near a point
// of contact.
func (d *drawing) shore(valley bool) (complex128, float64) {
	from, c := d.within(1e-2, 1), complex(2*d.random.Float64()-1.5, 2*d.random.Float64()-1)
	if valley {
		from = d.within(1e-5, 0.1)
		c = d.contact() + d.direction()*complex(from, 0)
	}
	to := from * d.within(1e-5, 1e-1)
	return d.approach(c, from, to), to
}
