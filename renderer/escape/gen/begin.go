package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// beginSteps is the number of steps between two looks at whether any point is left. Package escape asks for a multiple of it
// (beginSteps there, 8).
const beginSteps = 4

// margin is that of escape.inside: how much narrower than the set the test is.
const margin = 1e-12

// begin makes the first steps of the points of a chunk and tests each, which suits the many points that escape at once. It reads
// the batch's own slices and fills the arrays of the field, from the front, with those that stay: the first compaction.
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
	// Points farther out than calm might come back after an escape; blocks, which are tested at their ends, would miss that.
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

// beginners is a group of points that begin. Count and norm are those at the escape: both stop when a point is no longer alive,
// while z goes on and may overflow.
type beginners struct {
	points []pointState
	alive  []mask
	count  []reg.VecVirtual
	norm   []reg.VecVirtual
}

// loadGroup loads the group at i. The addresses of its elements are computed once, since slices are anywhere.
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
// period 2, by the test of escape.inside. Its products and sums are not fused, here as there: that the sets are the same is
// what makes counts independent of the engine, since a point inside is never iterated.
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
		c.VMULPD(yy, yy, yy) // y*y
		leftOf, q := m.vector(), m.vector()
		c.VSUBPD(quarter, re, leftOf) // x - 1/4
		c.VMULPD(leftOf, leftOf, q)   // (x - 1/4)^2
		c.VADDPD(yy, q, q)            // q = (x - 1/4)^2 + y*y
		c.VADDPD(q, leftOf, leftOf)   // q + x - 1/4
		c.VMULPD(q, leftOf, leftOf)   // q*(q + x - 1/4)
		c.VMULPD(quarter, yy, q)      // y*y/4
		c.VADDPD(border, q, q)        // y*y/4 - margin
		in := m.compare(less, leftOf, q)
		c.VADDPD(one, re, re) // x + 1
		c.VMULPD(re, re, re)  // (x + 1)^2
		c.VADDPD(yy, re, re)  // (x + 1)^2 + y*y
		m.union(in, m.compare(less, re, limit))
		m.without(sets[v], in)
	}
	c.Label("outside")
	return sets
}

// stepAndTest iterates until all points have escaped or the steps are made. The count goes up before the test, of those that
// are alive before the step: so it is that of the step which leads out. In AVX2 the mask is -1, and is taken off.
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
				c.VPSUBQ(g.alive[v], g.count[v], g.count[v]) // a mask is -1
			}
			m.step(f, o)
			norm := m.norm2(o)
			m.replace(g.alive[v], norm, g.norm[v])
			m.among(g.alive[v], lessOrEqual, norm, radius)
		}
	}
	c.SUBQ(operand.Imm(beginSteps), s) // whole turns: escape.field.forget takes counts beyond the limit back
	c.JLE(operand.LabelRef("stepped"))
	m.ifAny(g.alive, "step")
	c.Label("stepped")
}

// ifAny jumps if any of the sets has a lane. One branch for a group, which is predicted nearly always.
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

// storeCounts writes the counts, 0 for points still alive, and |z|^2 of vector v. Counts are 8 bytes in registers, like all that
// masks work on, and 4 in memory: AVX-512 narrows them by one instruction, AVX2 takes the even 4-byte elements of both halves.
func (m *machine) storeCounts(field, i reg.Register, v int, g beginners) {
	c := m.c
	at := v * m.lanes
	norms, to := c.GP64(), c.GP64()
	c.MOVQ(norm2.address(field), norms)
	c.VMOVUPD(g.norm[v], operand.Mem{Base: norms, Index: i, Scale: elementSize, Disp: at * elementSize})
	c.MOVQ(counts.address(field), to)
	if m.wide {
		c.VPXORQ(g.count[v], g.count[v], g.alive[v], g.count[v])                                       // 0 where alive
		c.VPMOVQD(g.count[v], operand.Mem{Base: to, Index: i, Scale: countSize, Disp: at * countSize}) // to 4 bytes
		return
	}
	upper, count := c.XMM(), c.YMM()
	c.VPANDN(g.count[v], g.alive[v], count) // 0 where alive
	c.VEXTRACTI128(operand.U8(1), count, upper)
	const evenElements = 0x88
	c.VSHUFPS(operand.U8(evenElements), upper, count.AsX(), upper)
	c.VMOVUPS(upper, operand.Mem{Base: to, Index: i, Scale: countSize, Disp: at * countSize})
}

// enlist appends the points of vector v that are alive to the points of the field, and remembers the greatest |c|^2: one
// comparison at the end tells whether any of them is not calm.
func (m *machine) enlist(field, i, out reg.Register, v int, g beginners, farthest reg.VecVirtual) {
	c := m.c
	skip := fmt.Sprintf("next%d", v)
	bits := m.bits(g.alive[v])
	c.TESTL(bits, bits)
	c.JZ(operand.LabelRef(skip))
	// c goes from the batch's slices into the field's arrays: from here on a point is read at the same index in all.
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
