package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// dual is an orbit with its derivatives u to the point's real part and v to its imaginary part. Those of an analytic map
// have no v.
type dual struct {
	pointState
	ux, uy, vx, vy reg.VecVirtual
}

// tracing holds what the steps of duals have in common: where the tracer is, which points these are, and constants.
type tracing struct {
	t, i        reg.Register
	unit, power reg.VecVirtual // broadcast; power is nil but for higher powers
}

// trace makes the steps of points that are known to escape, see escape.run.trace. Points are in the order of their counts, so
// that those of a group make nearly the same number: the common steps need no masks and no looks, and the rest, which some
// points make, is made vector by vector with one mask.
func (m *machine) trace(f formula) {
	c := m.c
	m.function(m.name("trace", f), "func(t *tracer, i, common, rest int)", m.name("trace", f)+" is trace, see run.")
	tr := tracing{t: c.Load(c.Param("t"), c.GP64()), i: c.Load(c.Param("i"), c.GP64())}
	common := c.Load(c.Param("common"), c.GP64())
	rest := c.Load(c.Param("rest"), c.GP64())
	switch {
	case f == ship:
		m.sign = m.constantBits(1 << 63)
		tr.unit = m.constant(1)
	case f == tricorn:
		tr.unit = m.constant(1)
	default:
		tr.unit = m.broadcast(operand.Mem{Base: tr.t, Disp: tracedUnit})
	}
	if f.power() > 2 {
		tr.power = m.constant(float64(f.power()))
	}

	duals := make([]dual, m.tracers)
	for v := range duals {
		duals[v] = m.loadDual(f, tr, v)
	}
	s, made := c.GP64(), m.splat(common)
	c.MOVQ(common, s)
	c.TESTQ(s, s)
	c.JZ(operand.LabelRef("rest")) // no steps that all make
	c.Label("common")
	for _, d := range duals {
		m.traceStep(f, tr, d)
	}
	c.DECQ(s)
	c.JNZ(operand.LabelRef("common"))
	// Registers go back to the arrays before the rest, which is vector by vector.
	for v, d := range duals {
		for _, part := range d.parts() {
			c.VMOVUPD(part.vector, part.array.at(tr.t, tr.i, v*m.lanes))
		}
		left := m.load(tracedCount.at(tr.t, tr.i, v*m.lanes))
		c.VPSUBQ(made, left, left)
		c.VMOVUPD(left, tracedCount.at(tr.t, tr.i, v*m.lanes))
	}
	c.Label("rest")
	c.TESTQ(rest, rest)
	c.JZ(operand.LabelRef("done"))
	for v := range duals {
		m.traceRest(f, tr, v, rest)
	}
	c.Label("done")
	m.finish()
}

// traceRest makes the steps of vector v in which only some of its points take part: those whose count is not used up. It keeps
// the vector in memory, since these steps are few, and ends when the last of its points is done.
func (m *machine) traceRest(f formula, tr tracing, v int, rest reg.Register) {
	c := m.c
	s, again := c.GP64(), fmt.Sprintf("rest%d", v)
	c.MOVQ(rest, s)
	c.Label(again)
	// All lanes make the step, and those whose count is used up keep what they had.
	d := m.loadDual(f, tr, v)
	m.traceStep(f, tr, d)
	count := tracedCount.at(tr.t, tr.i, v*m.lanes)
	left := m.load(count)
	among := m.positive(left)
	for _, part := range d.parts() {
		to := part.array.at(tr.t, tr.i, v*m.lanes)
		old := m.load(to)
		m.replace(among, part.vector, old)
		c.VMOVUPD(old, to)
	}
	m.countDown(among, left)
	c.VMOVUPD(left, count)
	end := fmt.Sprintf("end%d", v)
	c.DECQ(s)
	c.JZ(operand.LabelRef(end))
	m.ifAny([]mask{m.positive(left)}, again)
	c.Label(end)
}

// loadDual loads vector v of the group: z, and as many derivatives as the map has.
func (m *machine) loadDual(f formula, tr tracing, v int) dual {
	at := func(a array) operand.Mem { return a.at(tr.t, tr.i, v*m.lanes) }
	d := dual{
		pointState: pointState{m.load(at(tracedX)), m.load(at(tracedY)), at(tracedCX), at(tracedCY)},
		ux:         m.load(at(tracedUX)), uy: m.load(at(tracedUY)),
	}
	if f.power() == 0 {
		d.vx, d.vy = m.load(at(tracedVX)), m.load(at(tracedVY))
	}
	return d
}

// part is a vector of a dual and where it is kept in the tracer.
type part struct {
	vector reg.VecVirtual
	array  array
}

// parts are the vectors that a step changes. c stays.
func (d dual) parts() []part {
	parts := []part{{d.x, tracedX}, {d.y, tracedY}, {d.ux, tracedUX}, {d.uy, tracedUY}}
	if d.vx != nil {
		parts = append(parts, part{d.vx, tracedVX}, part{d.vy, tracedVY})
	}
	return parts
}

// traceStep moves the derivatives on, and then z, because the chain rule takes the z before the step. m = p z^(p-1), for p = 2
// a sum instead of a product: 2z is exact.
func (m *machine) traceStep(f formula, tr tracing, d dual) {
	c := m.c
	var mx, my reg.VecVirtual
	if tr.power != nil {
		mx, my = m.power(f.power()-1, d.x, d.y)
		c.VMULPD(tr.power, mx, mx) // p*Re z^(p-1)
		c.VMULPD(tr.power, my, my) // p*Im z^(p-1)
	} else {
		mx, my = m.vector(), m.vector()
		c.VADDPD(d.x, d.x, mx) // 2x
		c.VADDPD(d.y, d.y, my) // 2y
	}
	switch {
	case d.vx == nil:
		m.turn(mx, my, d.ux, d.uy, tr.unit)
	case f == ship:
		m.turnShip(mx, my, d, tr.unit)
	default:
		m.turnTricorn(mx, my, d, tr.unit)
	}
	m.step(f, d.pointState)
}

// turn is d' = m*d + unit: dx' = mx*dx + (unit - my*dy), dy' = mx*dy + my*dx. The product my*dx is the one that is rounded, as in
// escape.traceQuadratic.
func (m *machine) turn(mx, my, dx, dy, unit reg.VecVirtual) {
	c := m.c
	re, im := m.vector(), m.vector()
	c.VMOVAPD(unit, re)
	c.VFNMADD231PD(my, dy, re) // unit - my*dy
	c.VFMADD231PD(mx, dx, re)  // mx*dx + (unit - my*dy)
	c.VMULPD(my, dx, im)       // my*dx
	c.VFMADD231PD(mx, dy, im)  // mx*dy + my*dx
	c.VMOVAPD(re, dx)
	c.VMOVAPD(im, dy)
}

// turnShip is escape.jacobian.step with p and q those of escape.traceShip: 2x with the sign of y, and 2y with the sign of x.
func (m *machine) turnShip(mx, my reg.VecVirtual, d dual, one reg.VecVirtual) {
	c := m.c
	p, q := m.vector(), m.vector()
	c.VMOVAPD(mx, p)
	m.matchSign(p, d.y)
	c.VMOVAPD(my, q)
	m.matchSign(q, d.x)
	re, im := m.realParts(mx, my, d, one)
	c.VMULPD(q, d.ux, im.u)      // q*ux
	c.VFMADD231PD(p, d.uy, im.u) // p*uy + q*ux
	c.VMOVAPD(one, im.v)
	c.VFMADD231PD(q, d.vx, im.v) // q*vx + 1
	c.VFMADD231PD(p, d.vy, im.v) // p*vy + (q*vx + 1)
	m.put(d, re, im)
}

// turnTricorn is the same with those of escape.traceTricorn, -mx and -my.
func (m *machine) turnTricorn(mx, my reg.VecVirtual, d dual, one reg.VecVirtual) {
	c := m.c
	re, im := m.realParts(mx, my, d, one)
	c.VMULPD(my, d.ux, im.u)       // my*ux
	c.VFNMSUB231PD(mx, d.uy, im.u) // -mx*uy - my*ux
	c.VMOVAPD(one, im.v)
	c.VFNMADD231PD(my, d.vx, im.v) // 1 - my*vx
	c.VFNMADD231PD(mx, d.vy, im.v) // (1 - my*vx) - mx*vy
	m.put(d, re, im)
}

// columns are the derivatives of one coordinate of z to both of the point: a row of the jacobian in package escape.
type columns struct{ u, v reg.VecVirtual }

// realParts returns the new derivatives of x, and room for those of y: x' = x*x - y*y + cx is the same for both maps, and only cx
// depends on the point's real part, by 1.
func (m *machine) realParts(mx, my reg.VecVirtual, d dual, one reg.VecVirtual) (re, im columns) {
	c := m.c
	re, im = columns{m.vector(), m.vector()}, columns{m.vector(), m.vector()}
	c.VMOVAPD(one, re.u)
	c.VFNMADD231PD(my, d.uy, re.u) // 1 - my*uy
	c.VFMADD231PD(mx, d.ux, re.u)  // mx*ux + (1 - my*uy)
	c.VMULPD(my, d.vy, re.v)       // my*vy
	c.VFMSUB231PD(mx, d.vx, re.v)  // mx*vx - my*vy
	return re, im
}

// put replaces the derivatives once none of the old ones is needed.
func (m *machine) put(d dual, re, im columns) {
	for _, move := range [][2]reg.VecVirtual{{re.u, d.ux}, {re.v, d.vx}, {im.u, d.uy}, {im.v, d.vy}} {
		m.c.VMOVAPD(move[0], move[1])
	}
}
