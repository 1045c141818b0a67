package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// beginSteps is the number of steps between two looks at whether any point is left.
const beginSteps = 4

// margin is that of escape.inside.
const margin = 1e-12

// begin makes the first steps of the points of a chunk and tests each, which suits the many points that escape at once.
func (m *machine) begin(f formula) {
	c := m.c
	m.function(m.name("begin", f), "func(f *field, n, steps int) int",
		m.name("begin", f)+" is begin, see field.")
	field := c.Load(c.Param("f"), c.GP64())
	n := c.Load(c.Param("n"), c.GP64())
	steps := c.Load(c.Param("steps"), c.GP64())
	if f == ship {
		m.sign = m.constantBits(1 << 63)
	}
	radius := m.broadcast(radius2.of(field))
	i, out := c.GP64(), c.GP64()
	c.XORQ(i, i)
	c.XORQ(out, out)
	farthest := m.zero() // |c|^2 of the points that stay, at most

	c.Label("group")
	c.CMPQ(i, n)
	c.JGE(operand.LabelRef("done"))
	g := m.loadGroup(field, i)
	m.stepAndTest(f, g, radius, steps)
	for v := range g.points {
		m.storeCounts(field, i, v, g)
	}
	for v := range g.points {
		m.enlist(field, i, out, v, g, farthest)
	}
	c.ADDQ(operand.Imm(uint64(m.lanes*m.starters)), i) //nolint:gosec // small
	c.JMP(operand.LabelRef("group"))

	c.Label("done")
	risky := m.bits(m.compare(greaterEqual, farthest, m.broadcast(calm.of(field))))
	c.MOVQ(risky.As64(), ring.of(field))
	c.Store(out, c.ReturnIndex(0))
	m.finish()
}

// beginners is a group of points that begin.
type beginners struct {
	points []pointState
	alive  []mask
	count  []reg.VecVirtual
	norm   []reg.VecVirtual
}

// loadGroup loads the group at i.
func (m *machine) loadGroup(field, i reg.Register) beginners {
	c := m.c
	var at [4]reg.GPVirtual
	for k, s := range []slice{startX, startY, pointCX, pointCY} {
		at[k] = c.GP64()
		c.MOVQ(s.address(field), at[k])
		c.LEAQ(operand.Mem{Base: at[k], Index: i, Scale: elementSize}, at[k])
	}
	element := func(k, v int) operand.Mem { return operand.Mem{Base: at[k], Disp: v * m.lanes * elementSize} }
	var g beginners
	for v := range m.starters {
		g.points = append(g.points, pointState{cx: element(2, v), cy: element(3, v)})
	}
	g.alive = m.outside(field, g.points)
	for v := range m.starters {
		g.points[v].x, g.points[v].y = m.load(element(0, v)), m.load(element(1, v))
		g.count = append(g.count, m.zero())
		g.norm = append(g.norm, m.zero())
	}
	return g
}

// outside returns for each vector of points those that are neither in the main cardioid nor in the disc of
// period 2, by the test of escape.inside.
func (m *machine) outside(field reg.Register, points []pointState) []mask {
	c := m.c
	sets := make([]mask, m.starters)
	for v := range sets {
		sets[v] = m.everything()
	}
	c.CMPQ(shortcut.of(field), operand.Imm(0))
	c.JE(operand.LabelRef("outside"))
	quarter, one, limit, border := m.constant(0.25), m.constant(1), m.constant(0.0625-margin), m.constant(-margin)
	for v := range sets {
		re, yy := m.load(points[v].cx), m.load(points[v].cy)
		c.VMULPD(yy, yy, yy)
		leftOf, q := m.vector(), m.vector()
		c.VSUBPD(quarter, re, leftOf)
		c.VMULPD(leftOf, leftOf, q)
		c.VADDPD(yy, q, q)
		c.VADDPD(q, leftOf, leftOf)
		c.VMULPD(q, leftOf, leftOf)
		c.VMULPD(quarter, yy, q)
		c.VADDPD(border, q, q)
		in := m.compare(less, leftOf, q)
		c.VADDPD(one, re, re)
		c.VMULPD(re, re, re)
		c.VADDPD(yy, re, re)
		m.union(in, m.compare(less, re, limit))
		m.without(sets[v], in)
	}
	c.Label("outside")
	return sets
}

// stepAndTest iterates until all points have escaped or the steps are made.
func (m *machine) stepAndTest(f formula, g beginners, radius reg.VecVirtual, steps reg.Register) {
	c := m.c
	s := c.GP64()
	c.MOVQ(steps, s)
	var one reg.VecVirtual
	if m.wide {
		one = m.constantBits(1)
	}
	c.Label("step")
	for range beginSteps {
		for v, o := range g.points {
			if m.wide {
				m.count(g.alive[v], one, g.count[v])
			} else {
				c.VPSUBQ(g.alive[v], g.count[v], g.count[v])
			}
			m.step(f, o)
			norm := m.norm2(o)
			m.replace(g.alive[v], norm, g.norm[v])
			m.among(g.alive[v], lessOrEqual, norm, radius)
		}
	}
	c.SUBQ(operand.Imm(beginSteps), s)
	c.JLE(operand.LabelRef("stepped"))
	m.ifAny(g.alive, "step")
	c.Label("stepped")
}

// ifAny jumps if any of the sets has a lane.
func (m *machine) ifAny(sets []mask, label string) {
	c := m.c
	all := m.nothing()
	for _, set := range sets {
		m.union(all, set)
	}
	if m.wide {
		c.KORTESTB(all, all)
	} else {
		c.VPTEST(all, all)
	}
	c.JNZ(operand.LabelRef(label))
}

// storeCounts writes the counts, 0 for points still alive, and |z|^2 of vector v.
func (m *machine) storeCounts(field, i reg.Register, v int, g beginners) {
	c := m.c
	at := v * m.lanes
	norms, to := c.GP64(), c.GP64()
	c.MOVQ(norm2.address(field), norms)
	c.VMOVUPD(g.norm[v], operand.Mem{Base: norms, Index: i, Scale: elementSize, Disp: at * elementSize})
	c.MOVQ(counts.address(field), to)
	if m.wide {
		c.VPXORQ(g.count[v], g.count[v], g.alive[v], g.count[v])
		c.VPMOVQD(g.count[v], operand.Mem{Base: to, Index: i, Scale: countSize, Disp: at * countSize})
		return
	}
	upper, count := c.XMM(), c.YMM()
	c.VPANDN(g.count[v], g.alive[v], count)
	c.VEXTRACTI128(operand.U8(1), count, upper)
	const evenElements = 0x88
	c.VSHUFPS(operand.U8(evenElements), upper, count.AsX(), upper)
	c.VMOVUPS(upper, operand.Mem{Base: to, Index: i, Scale: countSize, Disp: at * countSize})
}

// enlist appends the points of vector v that are alive to the points of the field.
func (m *machine) enlist(field, i, out reg.Register, v int, g beginners, farthest reg.VecVirtual) {
	c := m.c
	skip := fmt.Sprintf("next%d", v)
	bits := m.bits(g.alive[v])
	c.TESTL(bits, bits)
	c.JZ(operand.LabelRef(skip))
	at := v * m.lanes
	o := g.points[v]
	re, im := m.load(o.cx), m.load(o.cy)
	m.maximum(g.alive[v], m.norm2(pointState{x: re, y: im}), farthest)
	selector := m.selector(g.alive[v], bits)
	m.append(selector, o.x, x.at(field, out, 0))
	m.append(selector, o.y, y.at(field, out, 0))
	m.append(selector, re, cx.at(field, out, 0))
	m.append(selector, im, cy.at(field, out, 0))
	m.append(selector, m.load(startIndex.at(field, i, at)), index.at(field, out, 0))
	c.ADDQ(m.size(bits), out)
	c.Label(skip)
}
