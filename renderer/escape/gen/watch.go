package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// watched is a vector of points whose slopes are watched: the square of the slope, and the least that it has been in the block.
type watched struct {
	pointState
	slope2, low reg.VecVirtual
}

// watch makes a block of steps of every point of the field, as advance does, and finds besides the points whose slope has been
// below the least in the block: watch of package escape, see field there. Those are kept as they were before the block, whether
// they escape in it or not.
func (m *machine) watch() {
	c := m.c
	name := m.name("watch", quadratic)
	m.function(name, "func(f *field, n, steps int) int", name+" is watch, see field.")
	field := c.Load(c.Param("f"), c.GP64())
	n := c.Load(c.Param("n"), c.GP64())
	steps := c.Load(c.Param("steps"), c.GP64())
	i, out := c.GP64(), c.GP64()
	c.XORQ(i, i)
	c.XORQ(out, out)

	c.Label("next")
	c.CMPQ(i, n)
	c.JGE(operand.LabelRef("done"))
	b := block{field: field, i: i, out: out, steps: steps}
	points := m.watchBlock(b)
	m.ifAnyLeaves(b, points, "mixed")
	for v, o := range points {
		c.VMOVUPD(o.x, x.at(field, out, v*m.lanes))
		c.VMOVUPD(o.y, y.at(field, out, v*m.lanes))
		c.VMOVUPD(o.slope2, slope2.at(field, out, v*m.lanes))
	}
	m.move(b, len(points), cx, cy, index)
	c.ADDQ(operand.Imm(uint64(m.watchers*m.lanes)), out) //nolint:gosec // small
	c.JMP(operand.LabelRef("end"))
	c.Label("mixed")
	for v, o := range points {
		m.sortWatched(b, o, v*m.lanes, func(name string) string { return fmt.Sprintf("%s%d", name, v) })
	}
	c.Label("end")
	c.ADDQ(operand.Imm(uint64(m.watchers*m.lanes)), i) //nolint:gosec // small
	c.JMP(operand.LabelRef("next"))

	c.Label("done")
	// What lies behind the points in the last group stays there, as in advance.
	c.SUBQ(i, out)
	c.ADDQ(n, out)
	c.Store(out, c.ReturnIndex(0))
	m.finish()
}

// watchBlock makes the steps of a group, those of step with 2x shared. The slope takes its step first, because the chain rule takes the z before the step:
// |2z|^2 = (2x)^2 + (2y)^2, whose first product is fused. A slope that is no number, beyond all numbers times 0, is not less than
// anything: the minimum is then its second operand, which is the least so far.
func (m *machine) watchBlock(b block) []watched {
	c := m.c
	points := make([]watched, m.watchers)
	for v := range points {
		at := v * m.lanes
		o := watched{pointState: pointState{
			m.load(x.at(b.field, b.i, at)), m.load(y.at(b.field, b.i, at)),
			cx.at(b.field, b.i, at), cy.at(b.field, b.i, at),
		}, slope2: m.load(slope2.at(b.field, b.i, at)), low: m.vector()}
		c.VMOVAPD(o.slope2, o.low)
		points[v] = o
	}
	s := c.GP64()
	c.MOVQ(b.steps, s)
	c.Label("step")
	for _, o := range points {
		twice, rest, grown := m.vector(), m.vector(), m.vector()
		c.VADDPD(o.y, o.y, grown)
		c.VMULPD(grown, grown, grown) // (2y)^2
		c.VADDPD(o.x, o.x, twice)
		c.VFMADD231PD(twice, twice, grown)  // |2z|^2
		c.VMULPD(grown, o.slope2, o.slope2) // |2z|^2 * slope^2
		c.VMINPD(o.low, o.slope2, o.low)    // the slope's square, if it is less
		c.VMOVUPD(o.cx, rest)
		c.VFNMADD231PD(o.y, o.y, rest)  // cx - y*y
		c.VFMADD213PD(o.cy, twice, o.y) // 2x*y + cy
		c.VFMADD213PD(rest, o.x, o.x)   // x*x + (cx - y*y)
	}
	c.DECQ(s)
	c.JNZ(operand.LabelRef("step"))
	return points
}

// ifAnyLeaves jumps if any point of the group has escaped or become flat.
func (m *machine) ifAnyLeaves(b block, points []watched, mixed string) {
	radius, least := m.broadcast(radius2.of(b.field)), m.broadcast(leastSlope2.of(b.field))
	inside := m.everything()
	for _, o := range points {
		m.among(inside, lessOrEqual, m.norm2(o.pointState), radius)
		m.without(inside, m.compare(less, o.low, least))
	}
	m.c.CMPL(m.bits(inside), operand.Imm(uint64(1<<m.lanes-1))) //nolint:gosec // small
	m.c.JNE(operand.LabelRef(mixed))
}

// sortWatched appends the points of one vector to those that are flat, to those that escape or to those that stay. The former two
// are as they were before the block, in memory still.
func (m *machine) sortWatched(b block, o watched, at int, label func(string) string) {
	c := m.c
	keep := m.compare(lessOrEqual, m.norm2(o.pointState), m.broadcast(radius2.of(b.field)))
	low := m.compare(less, o.low, m.broadcast(leastSlope2.of(b.field)))
	m.leaveBlock(b, low, at, flat, flatBase, [][2]array{{x, flatX}, {y, flatY}, {slope2, flatSlope2}, {index, flatIndex}}, label("flat"))
	m.without(keep, low)
	gone := m.everything()
	m.without(gone, keep)
	m.without(gone, low)
	m.leaveBlock(b, gone, at, left, leftBase, [][2]array{{x, leftX}, {y, leftY}, {cx, leftCX}, {cy, leftCY}, {index, leftIndex}}, label("left"))
	kept := m.bits(keep)
	c.TESTL(kept, kept)
	c.JZ(operand.LabelRef(label("dropped")))
	selector := m.selector(keep, kept)
	m.append(selector, o.x, x.at(b.field, b.out, 0))
	m.append(selector, o.y, y.at(b.field, b.out, 0))
	m.append(selector, o.slope2, slope2.at(b.field, b.out, 0))
	for _, a := range []array{cx, cy, index} {
		m.append(selector, m.load(a.at(b.field, b.i, at)), a.at(b.field, b.out, 0))
	}
	c.ADDQ(m.size(kept), b.out)
	c.Label(label("dropped"))
}

// leaveBlock appends the points of a set to a list that begins with some arrays and the steps made before the block, and has its length in
// a parameter.
func (m *machine) leaveBlock(b block, set mask, at int, count scalar, before array, moves [][2]array, none string) {
	c := m.c
	bits := m.bits(set)
	c.TESTL(bits, bits)
	c.JZ(operand.LabelRef(none))
	to := c.GP64()
	c.MOVQ(count.of(b.field), to)
	selector := m.selector(set, bits)
	for _, move := range moves {
		m.append(selector, m.load(move[0].at(b.field, b.i, at)), move[1].at(b.field, to, 0))
	}
	c.VMOVUPD(m.broadcast(base.of(b.field)), before.at(b.field, to, 0))
	c.ADDQ(m.size(bits), to)
	c.MOVQ(to, count.of(b.field))
	c.Label(none)
}
