package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// refiner is a vector of points that escape within a block: z not yet escaped, and how many steps led there.
type refiner struct {
	pointState
	count reg.VecVirtual
}

// refine finds for each point that left the step at which it escapes, which is one of the given number. Once escaped, a
// point stays so; therefore the last step before is found by halving: half as many steps are made, and kept if the
// point is still inside.
func (m *machine) refine(f formula) {
	c := m.c
	m.function(m.name("refine", f), "func(f *field, steps int)", m.name("refine", f)+" is refine, see field.")
	field := c.Load(c.Param("f"), c.GP64())
	steps := c.Load(c.Param("steps"), c.GP64())
	if f == ship {
		m.sign = m.constantBits(1 << 63)
	}
	radius := m.broadcast(radius2.of(field))
	i := c.GP64()
	c.XORQ(i, i)
	// The last group may be part empty: what is behind the points that left is of earlier ones, and is refined for nothing.
	c.Label("group")
	c.CMPQ(i, left.of(field))
	c.JGE(operand.LabelRef("scatter"))
	group := make([]refiner, m.refiners)
	for v := range group {
		at := v * m.lanes
		group[v] = refiner{pointState{
			m.load(leftX.at(field, i, at)), m.load(leftY.at(field, i, at)),
			leftCX.at(field, i, at), leftCY.at(field, i, at),
		}, m.load(leftBase.at(field, i, at))}
	}
	m.halve(f, group, steps, radius)
	// One more step, and |z|^2 is that at the escape. The numbers take the place of what led to them.
	for v, s := range group {
		m.step(f, s.pointState)
		c.VMOVUPD(m.norm2(s.pointState), leftX.at(field, i, v*m.lanes))
		c.VMOVUPD(s.count, leftBase.at(field, i, v*m.lanes))
	}
	c.ADDQ(operand.Imm(uint64(m.refiners*m.lanes)), i) //nolint:gosec // small
	c.JMP(operand.LabelRef("group"))

	c.Label("scatter")
	m.scatter(field)
	m.finish()
}

// halve moves the points to where one more step lets them escape: a binary search, of vectors that search side by side. All
// make the same steps, whether they keep them or not, so there is no branch but the loop. With among the steps that the
// escape is one of, half of it is tried; a point that is still inside keeps the place and has half as many before it. What is
// left to search is among - half in either case, a step more than needed for some, which does no harm: once escaped a
// point stays so.
func (m *machine) halve(f formula, group []refiner, steps, radius reg.Register) {
	c := m.c
	among, half := c.GP64(), c.GP64() // the escape is one of so many steps
	c.MOVQ(steps, among)
	c.Label("half")
	c.MOVQ(among, half)
	c.SHRQ(operand.U8(1), half) // 0 once there is but one step left
	c.JZ(operand.LabelRef("found"))
	c.SUBQ(half, among) // of either part
	// The tries go on from copies, which replace the points where they are still inside afterwards.
	tries := make([]pointState, len(group))
	for v, s := range group {
		tries[v] = pointState{m.vector(), m.vector(), s.cx, s.cy}
		c.VMOVAPD(s.x, tries[v].x)
		c.VMOVAPD(s.y, tries[v].y)
	}
	s := c.GP64()
	c.MOVQ(half, s)
	c.Label("step")
	for _, o := range tries {
		m.step(f, o)
	}
	c.DECQ(s)
	c.JNZ(operand.LabelRef("step"))
	made := m.splat(half)
	for v, o := range tries {
		inside := m.compare(lessOrEqual, m.norm2(o), radius.(reg.VecVirtual)) //nolint:forcetypeassert // made so
		m.replace(inside, o.x, group[v].x)
		m.replace(inside, o.y, group[v].y)
		m.count(inside, made, group[v].count)
	}
	c.JMP(operand.LabelRef("half"))
	c.Label("found")
}

// scatter writes the results to where the points came from. Blocks may reach beyond the limit; such points are inside. It goes
// point by point: the places are any, and neither instruction set scatters 4-byte counts by 8-byte indices faster. The arrays
// leftX and leftBase hold |z|^2 and the count by now.
func (m *machine) scatter(field reg.Register) {
	c := m.c
	i, at, count, norm := c.GP64(), c.GP64(), c.GP64(), c.GP64()
	norms, to := c.GP64(), c.GP64()
	c.MOVQ(norm2.address(field), norms)
	c.MOVQ(counts.address(field), to)
	c.XORQ(i, i)
	c.Label("point")
	c.CMPQ(i, left.of(field))
	c.JGE(operand.LabelRef("done"))
	c.MOVQ(leftBase.at(field, i, 0), count)
	c.MOVQ(leftX.at(field, i, 0), norm)
	c.MOVQ(leftIndex.at(field, i, 0), at)
	c.INCQ(i)
	c.INCQ(count) // the step that leads out
	c.CMPQ(count, limit.of(field))
	c.JG(operand.LabelRef("point")) // beyond the limit: inside, as begin has left it
	c.MOVQ(norm, operand.Mem{Base: norms, Index: at, Scale: elementSize})
	c.MOVL(count.As32(), operand.Mem{Base: to, Index: at, Scale: countSize})
	c.JMP(operand.LabelRef("point"))
	c.Label("done")
	c.MOVQ(operand.U32(0), left.of(field))
}
