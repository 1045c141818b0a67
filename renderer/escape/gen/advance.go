package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// unroll is the number of steps in a turn of the inner loop: the loop's own two instructions are then a few percent. Blocks are
// multiples of it (escape.leastBlock).
const unroll = 2

// advance makes a block of steps of every point of the field without looking at |z|, which afterwards tells whether a
// point has escaped in the block. Those that have go to the points that left, as they were before the block; those
// that are where they were before are dropped, since they go round for ever; the others move up.
//
// Points are read at i and written at out, which is never ahead of i, so that arrays are compacted in place. The last
// points are moved in smaller groups where that saves vectors that hold nobody.
func (m *machine) advance(f formula) {
	c := m.c
	m.function(m.name("advance", f), "func(f *field, n, steps int) int",
		m.name("advance", f)+" is advance, see field.")
	field := c.Load(c.Param("f"), c.GP64())
	n := c.Load(c.Param("n"), c.GP64())
	steps := c.Load(c.Param("steps"), c.GP64())
	if f == ship {
		m.sign = m.constantBits(1 << 63)
	}
	i, out := c.GP64(), c.GP64()
	c.XORQ(i, i)
	c.XORQ(out, out)

	c.Label("next")
	rest := c.GP64()
	c.MOVQ(n, rest)
	c.SUBQ(i, rest)
	c.JLE(operand.LabelRef("done"))
	c.CMPQ(rest, operand.Imm(uint64(m.half*m.lanes))) //nolint:gosec // small
	c.JLE(operand.LabelRef("small"))
	m.block(f, m.group, block{field: field, i: i, out: out, steps: steps})
	c.JMP(operand.LabelRef("next"))
	c.Label("small")
	m.block(f, m.half, block{field: field, i: i, out: out, steps: steps})
	c.JMP(operand.LabelRef("next"))

	c.Label("done")
	// What lies behind the points in the last group stays there: it neither escapes nor repeats.
	c.SUBQ(i, out) // minus the number of those that stopped
	c.ADDQ(n, out) // those that are left
	c.Store(out, c.ReturnIndex(0))
	m.finish()
}

// block is what blocks of both sizes need: the field, where in its arrays the group is read and written, how many steps to make,
// and the squared escape radius once it is in a register.
type block struct {
	field, i, out, steps reg.Register
	radius               reg.VecVirtual
}

// block moves a group on: z of all its vectors stays in registers through the block, and c is read from memory at each step.
// Most groups have no point that stops, and are stored as they are; the others are sorted vector by vector.
func (m *machine) block(f formula, size int, b block) {
	c := m.c
	label := func(name string) string { return fmt.Sprintf("%s%d", name, size) }
	// In the loop an address of a register and a small number is shorter, and one operation with its arithmetic: processors take
	// those with two registers apart again.
	re, im := c.GP64(), c.GP64()
	c.LEAQ(cx.at(b.field, b.i, 0), re)
	c.LEAQ(cy.at(b.field, b.i, 0), im)
	points := make([]pointState, size)
	for v := range points {
		at := v * m.lanes
		points[v] = pointState{
			m.load(x.at(b.field, b.i, at)), m.load(y.at(b.field, b.i, at)),
			operand.Mem{Base: re, Disp: at * elementSize},
			operand.Mem{Base: im, Disp: at * elementSize},
		}
	}
	s := c.GP64()
	c.MOVQ(b.steps, s)
	c.Label(label("step"))
	for range unroll {
		for _, o := range points {
			m.step(f, o)
		}
	}
	c.SUBQ(operand.Imm(unroll), s) // steps is a multiple
	c.JNZ(operand.LabelRef(label("step")))

	m.ifAnyStops(b, points, label("mixed"), label("test"))
	m.moveUp(b, points, label("moved"))
	c.JMP(operand.LabelRef(label("end")))
	c.Label(label("mixed"))
	m.sort(b, points, label)
	c.Label(label("end"))
}

// ifAnyStops jumps to mixed if any point of the group has escaped or is where it was before. The sets of those inside are
// intersected: a lane that is not in all is of a point that left. KORTEST sets the carry if a mask is all ones, that is, if
// nobody did.
func (m *machine) ifAnyStops(b block, points []pointState, mixed, test string) {
	c := m.c
	radius := m.broadcast(radius2.of(b.field))
	// Several short chains of masks, joined at the end, are faster than one of all vectors; AVX2 lacks the registers.
	chains := 1
	if m.wide {
		chains = 4
	}
	sets := make([]mask, chains)
	for v, o := range points {
		if v < chains {
			sets[v] = m.compare(lessOrEqual, m.norm2(o), radius)
		} else {
			m.among(sets[v%chains], lessOrEqual, m.norm2(o), radius)
		}
	}
	inside := sets[0]
	for _, set := range sets[1:] {
		m.intersect(inside, set)
	}
	if m.wide {
		c.KORTESTB(inside, inside)
		c.JCC(operand.LabelRef(mixed)) // not all ones
	} else {
		c.CMPL(m.bits(inside), operand.Imm(uint64(1<<m.lanes-1))) //nolint:gosec // small
		c.JNE(operand.LabelRef(mixed))
	}
	c.CMPQ(periods.of(b.field), operand.Imm(0))
	c.JE(operand.LabelRef(test))
	// A point that is where it was saved goes round for ever. Equal is a comparison of numbers: 0 and -0 lead to the same orbit.
	var repeats []mask
	for v, o := range points {
		at := v * m.lanes
		same := m.compare(equal, o.x, m.load(savedX.at(b.field, b.i, at)))
		m.among(same, equal, o.y, m.load(savedY.at(b.field, b.i, at)))
		if v == 0 {
			repeats = append(repeats, same)
		} else {
			m.union(repeats[0], same)
		}
	}
	m.ifAny(repeats, mixed)
	c.Label(test)
}

// moveUp stores a group none of whose points stops. As long as nobody has left in this pass, i is out, and z alone has changed.
func (m *machine) moveUp(b block, points []pointState, moved string) {
	c := m.c
	for v, o := range points {
		c.VMOVUPD(o.x, x.at(b.field, b.out, v*m.lanes))
		c.VMOVUPD(o.y, y.at(b.field, b.out, v*m.lanes))
	}
	c.CMPQ(b.i, b.out)
	c.JE(operand.LabelRef(moved))
	m.move(b, len(points), cx, cy, index)
	c.CMPQ(periods.of(b.field), operand.Imm(0))
	c.JE(operand.LabelRef(moved))
	m.move(b, len(points), savedX, savedY)
	c.Label(moved)
	size := uint64(len(points) * m.lanes) //nolint:gosec // small
	c.ADDQ(operand.Imm(size), b.i)
	c.ADDQ(operand.Imm(size), b.out)
}

// move copies a group's elements of some arrays from i to out. A vector is loaded before the next is stored, and out is behind i.
func (m *machine) move(b block, size int, arrays ...array) {
	for v := range size {
		for _, a := range arrays {
			m.c.VMOVUPD(m.load(a.at(b.field, b.i, v*m.lanes)), a.at(b.field, b.out, v*m.lanes))
		}
	}
}

// sort goes through the vectors of a group some of whose points stop. The number that left is in a register meanwhile.
func (m *machine) sort(b block, points []pointState, label func(string) string) {
	c := m.c
	gone := c.GP64()
	c.MOVQ(left.of(b.field), gone)
	if m.wide {
		b.radius = m.broadcast(radius2.of(b.field))
	}
	for v, o := range points {
		m.sortVector(b, o, v*m.lanes, gone, func(name string) string { return label(fmt.Sprintf("%s%d_", name, v)) })
	}
	c.MOVQ(gone, left.of(b.field))
	c.ADDQ(operand.Imm(uint64(len(points)*m.lanes)), b.i) //nolint:gosec // small
}

// sortVector appends the points of one vector, the one at b.i+at, to those that left or to those that stay. Those that left
// are read from memory, where they still are as before the block; those that stay come from registers. With periods set,
// points equal in both coordinates to what was saved go to neither: their count is 0 from the beginning.
func (m *machine) sortVector(b block, o pointState, at int, gone reg.GPVirtual, label func(string) string) {
	c := m.c
	if !m.wide { // which has no register to keep it in
		b.radius = m.broadcast(radius2.of(b.field))
	}
	keep := m.compare(lessOrEqual, m.norm2(o), b.radius)
	escaped := m.bits(keep)
	c.XORL(operand.Imm(uint64(1<<m.lanes-1)), escaped) //nolint:gosec // small
	c.JZ(operand.LabelRef(label("none")))
	var set mask
	if m.wide {
		set = c.K()
		c.KNOTB(keep, set) // those that left
	}
	// The five arrays of a point that left, as they are in memory, and the steps made before this block.
	selector := m.selector(set, escaped)
	for _, move := range [][2]array{{x, leftX}, {y, leftY}, {cx, leftCX}, {cy, leftCY}, {index, leftIndex}} {
		m.append(selector, m.load(move[0].at(b.field, b.i, at)), move[1].at(b.field, gone, 0))
	}
	c.VMOVUPD(m.broadcast(base.of(b.field)), leftBase.at(b.field, gone, 0))
	c.ADDQ(m.size(escaped), gone)
	c.Label(label("none"))

	c.CMPQ(periods.of(b.field), operand.Imm(0))
	c.JE(operand.LabelRef(label("keep")))
	same := m.compare(equal, o.x, m.load(savedX.at(b.field, b.i, at)))
	m.among(same, equal, o.y, m.load(savedY.at(b.field, b.i, at)))
	m.without(keep, same) // go round for ever
	c.Label(label("keep"))
	kept := m.bits(keep)
	c.TESTL(kept, kept)
	c.JZ(operand.LabelRef(label("dropped")))
	selector = m.selector(keep, kept)
	m.append(selector, o.x, x.at(b.field, b.out, 0))
	m.append(selector, o.y, y.at(b.field, b.out, 0))
	for _, a := range []array{cx, cy, index} {
		m.append(selector, m.load(a.at(b.field, b.i, at)), a.at(b.field, b.out, 0))
	}
	c.CMPQ(periods.of(b.field), operand.Imm(0))
	c.JE(operand.LabelRef(label("packed")))
	for _, a := range []array{savedX, savedY} {
		m.append(selector, m.load(a.at(b.field, b.i, at)), a.at(b.field, b.out, 0))
	}
	c.Label(label("packed"))
	c.ADDQ(m.size(kept), b.out)
	c.Label(label("dropped"))
}
