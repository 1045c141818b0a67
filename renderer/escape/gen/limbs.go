package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The layouts of the arguments of package fixed, in words of 8 bytes, in the order of the Go declarations: columns, terms and
// fractions. A limb is a word of 52 bits, and a block is a vector of limbs.
const (
	columnsX = iota
	columnsY
	columnsTo
	columnsBlocks
	columnsFrom
	columnsUpper
	columnsOver
)

const (
	termsTo = iota
	termsA
	termsB
	termsBlocks
	termsOver
)

const (
	fractionsX = iota
	fractionsY
	fractionsXAt
	fractionsYAt
	fractionsMask
	fractionsBlocks
	fractionsLeft // and two columns
	_
	_
	fractionsRight // and two columns
)

const (
	limbBits   = 52
	signBit    = 63
	blockLimbs = 8
	blockSize  = blockLimbs * elementSize
)

// limbs makes the functions of package fixed.
type limbs struct {
	*machine
	mask reg.VecVirtual // of a limb's bits
	over reg.VecVirtual // all limbs that were stored, or-ed
}

// buildFixed makes all of them.
func buildFixed(m *machine) {
	l := &limbs{machine: m}
	l.multiply()
	l.combine("sum", limbBits, l.c.VPADDQ)
	l.combine("difference", signBit, l.c.VPSUBQ)
	l.fractions()
}

// start starts a function on an argument.
func (l *limbs) start(name, argument string) reg.Register {
	l.functionOf("fixed", []string{argument}, name+"IFMA", "func(p *"+argument+")", name+"IFMA is described at "+argument+".")
	p := l.c.Load(l.c.Param("p"), l.c.GP64())
	return p
}

// word returns a word of the argument in a register.
func (l *limbs) word(p reg.Register, number int) reg.GPVirtual {
	r := l.c.GP64()
	l.c.MOVQ(operand.Mem{Base: p, Disp: number * elementSize}, r)
	return r
}

// integers loads a block.
func (l *limbs) integers(from operand.Mem) reg.VecVirtual {
	v := l.vector()
	l.c.VMOVDQU64(from, v)
	return v
}

// beginLimbs makes the constants that settle needs.
func (l *limbs) beginLimbs() {
	l.mask = l.constantBits(1<<limbBits - 1)
	l.over = l.zero()
}

// settle stores a block of sums of limbs: of each what is from a bit on, its carry, is added to the limb after it. Carried are the carries of the
// block before, and become those of this one. What a limb gets may lead beyond its bits again, which is so rare that the caller
// sees to it: over tells.
func (l *limbs) settle(sums, carried reg.VecVirtual, to operand.Mem, from uint8, add func(...operand.Op)) {
	c := l.c
	above, shifted := l.vector(), l.vector()
	c.VPSRLQ(operand.U8(from), sums, above)
	c.VPANDQ(l.mask, sums, sums)
	c.VALIGNQ(operand.U8(blockLimbs-1), carried, above, shifted)
	c.VMOVDQA64(above, carried)
	add(shifted, sums, sums)
	c.VPORQ(sums, l.over, l.over)
	c.VMOVDQU64(sums, to)
}

// tell stores whether a limb is beyond its bits.
func (l *limbs) tell(p reg.Register, number int) {
	c := l.c
	k, r := c.K(), l.c.GP64()
	c.VPANDNQ(l.over, l.mask, l.over)
	c.VPTESTMQ(l.over, l.over, k)
	c.KMOVB(k, r.As32())
	c.MOVQ(r, operand.Mem{Base: p, Disp: number * elementSize})
}

// multiply makes the columns of a product from one block on, see columns of package fixed.
//
// The limbs of a block of x are multiplied one by one with a block of y. What limb r of the one gives has its place r limbs above
// the other, and its upper half a limb further on: sums of nine places are kept apart, and moved to their columns once for all
// pairs of blocks that end at the same one, those of a diagonal. Lower halves come first, so that no sum waits for itself.
func (l *limbs) multiply() {
	c := l.c
	p := l.start("multiply", "columns")
	x, y, to := l.word(p, columnsX), l.word(p, columnsY), l.word(p, columnsTo)
	blocks, diagonal, upper := l.word(p, columnsBlocks), l.word(p, columnsFrom), l.word(p, columnsUpper)
	l.beginLimbs()
	places := l.places()
	carried, next := l.zero(), l.zero()
	last, end := c.GP64(), c.GP64()
	c.LEAQ(operand.Mem{Base: blocks, Disp: -1}, last)
	c.LEAQ(operand.Mem{Base: last, Index: last, Scale: 1}, end) // the last diagonal

	c.Label("diagonal")
	xAt, yAt, count := l.firstPair(x, y, diagonal, last)
	var sums [blockLimbs + 1]reg.VecVirtual
	for i := range sums {
		sums[i] = l.zero()
	}
	c.CMPQ(upper, operand.Imm(0))
	c.JNE(operand.LabelRef("upper"))
	l.pairs("pair", 0, sums, xAt, yAt, count)
	c.JMP(operand.LabelRef("turn"))
	c.Label("upper")
	c.XORQ(upper, upper) // of the first diagonal alone
	l.pairs("half", blockLimbs/2, sums, xAt, yAt, count)
	c.Label("turn")
	l.turn(sums, places, next)
	at := c.GP64()
	l.address(to, diagonal, at)
	l.settle(sums[0], carried, operand.Mem{Base: at}, limbBits, c.VPADDQ)
	c.ADDQ(operand.Imm(1), diagonal)
	c.CMPQ(diagonal, end)
	c.JLE(operand.LabelRef("diagonal"))
	l.settle(next, carried, operand.Mem{Base: at, Disp: blockSize}, limbBits, c.VPADDQ)
	l.tell(p, columnsOver)
	l.finish()
}

// firstPair returns where a diagonal begins: at block max(0, diagonal-last) of x, and where y has block min(diagonal, last). There
// is one pair more than the count.
func (l *limbs) firstPair(x, y, diagonal, last reg.GPVirtual) (xAt, yAt, count reg.GPVirtual) {
	c := l.c
	first, other, zero := c.GP64(), c.GP64(), c.GP64()
	xAt, yAt, count = c.GP64(), c.GP64(), c.GP64()
	c.XORQ(zero, zero)
	c.MOVQ(diagonal, first)
	c.SUBQ(last, first)
	c.CMOVQLT(zero, first)
	c.MOVQ(diagonal, other)
	c.SUBQ(first, other)
	c.MOVQ(other, count)
	c.SUBQ(first, count)
	l.address(x, first, xAt)
	l.address(y, other, yAt)
	return xAt, yAt, count
}

// turn brings sums to their columns, those of the diagonal's block in the first. Turned by as many limbs as its place is, a sum is in two blocks:
// below the place it is in the next one.
func (l *limbs) turn(sums [blockLimbs + 1]reg.VecVirtual, places [blockLimbs]reg.OpmaskVirtual, next reg.VecVirtual) {
	c := l.c
	within, all := l.zero(), l.zero()
	for i := 1; i < blockLimbs; i++ {
		c.VALIGNQ(operand.U8(blockLimbs-i), sums[i], sums[i], sums[i]) //nolint:gosec // below 8
		c.VPADDQ(sums[i], within, places[i], within)
		c.VPADDQ(sums[i], all, all)
	}
	c.VPADDQ(next, sums[0], sums[0])
	c.VPADDQ(within, sums[0], sums[0])
	c.VPSUBQ(within, all, next)
	c.VPADDQ(sums[blockLimbs], next, next)
}

// pairs multiplies the pairs of blocks of a diagonal: of the one the limbs from the first on.
func (l *limbs) pairs(label string, first int, sums [blockLimbs + 1]reg.VecVirtual, xAt, yAt, count reg.GPVirtual) {
	c := l.c
	c.Label(label)
	right := l.integers(operand.Mem{Base: yAt})
	var left [blockLimbs]reg.VecVirtual
	for i := first; i < blockLimbs; i++ {
		left[i] = l.vector()
		c.VPBROADCASTQ(operand.Mem{Base: xAt, Disp: i * elementSize}, left[i])
		c.VPMADD52LUQ(left[i], right, sums[i])
	}
	for i := first; i < blockLimbs; i++ {
		c.VPMADD52HUQ(left[i], right, sums[i+1])
	}
	c.ADDQ(operand.Imm(blockSize), xAt)
	c.SUBQ(operand.Imm(blockSize), yAt)
	c.SUBQ(operand.Imm(1), count)
	c.JGE(operand.LabelRef(label))
}

// places returns the masks of the lanes of a block from each on, but for the first.
func (l *limbs) places() [blockLimbs]reg.OpmaskVirtual {
	var masks [blockLimbs]reg.OpmaskVirtual
	for i := 1; i < blockLimbs; i++ {
		r := l.c.GP32()
		l.c.MOVL(operand.U32(0xff<<i&0xff), r)
		masks[i] = l.c.K()
		l.c.KMOVB(r, masks[i])
	}
	return masks
}

// address computes that of a block.
func (l *limbs) address(base, block, to reg.GPVirtual) {
	l.c.MOVQ(block, to)
	l.c.SHLQ(operand.U8(6), to)
	l.c.ADDQ(base, to)
}

// combine adds or subtracts, see terms of package fixed. Where a limb of a difference is below 0, its sign
// is what it takes from the next.
func (l *limbs) combine(name string, carry uint8, operation func(...operand.Op)) {
	c := l.c
	p := l.start(name, "terms")
	to, a, b, blocks := l.word(p, termsTo), l.word(p, termsA), l.word(p, termsB), l.word(p, termsBlocks)
	l.beginLimbs()
	carried, offset := l.zero(), c.GP64()
	c.XORQ(offset, offset)
	c.Label("next")
	block := func(base reg.Register) operand.Mem { return operand.Mem{Base: base, Index: offset, Scale: 1} }
	v := l.integers(block(a))
	operation(block(b), v, v)
	l.settle(v, carried, block(to), carry, operation)
	c.ADDQ(operand.Imm(blockSize), offset)
	c.SUBQ(operand.Imm(1), blocks)
	c.JG(operand.LabelRef("next"))
	l.tell(p, termsOver)
	l.finish()
}

// lowest is one of the products that fractions makes columns of: the blocks of one factor, from below, and the limbs of the other that they belong to a
// column with, from above.
type lowest struct {
	blocks, others reg.GPVirtual
	sums           [2]reg.VecVirtual
	any            reg.VecVirtual // all limbs of the blocks, or-ed
}

// fractions makes columns of two products, see fractions of package fixed. Each waits for itself, so both are made at once.
func (l *limbs) fractions() {
	c := l.c
	order := c.StaticGlobal("reversed")
	c.DataAttributes(attr.RODATA | attr.NOPTR)
	for i := range blockLimbs {
		c.AddDatum(i*elementSize, operand.U64(blockLimbs-1-i)) //nolint:gosec // below 8
	}
	p := l.start("fractions", "fractions")
	left := lowest{blocks: l.word(p, fractionsX), others: l.word(p, fractionsYAt)}
	right := lowest{blocks: l.word(p, fractionsY), others: l.word(p, fractionsXAt)}
	mask, blocks := l.word(p, fractionsMask), l.word(p, fractionsBlocks)
	reversed := l.integers(order)
	products := []*lowest{&left, &right}
	for _, product := range products {
		product.sums[0], product.sums[1], product.any = l.zero(), l.zero(), l.zero()
	}
	c.JMP(operand.LabelRef("test"))
	c.Label("next")
	for _, product := range products {
		l.addBlock(product, l.integers(operand.Mem{Base: product.blocks}), reversed)
		c.ADDQ(operand.Imm(blockSize), product.blocks)
		c.SUBQ(operand.Imm(blockSize), product.others)
	}
	c.Label("test")
	c.SUBQ(operand.Imm(1), blocks)
	c.JGE(operand.LabelRef("next"))
	count := l.integers(operand.Mem{Base: mask})
	for i, product := range products {
		last := l.vector()
		c.VPANDQ(operand.Mem{Base: product.blocks}, count, last)
		l.addBlock(product, last, reversed)
		at := []int{fractionsLeft, fractionsRight}[i]
		k, r := c.K(), c.GP64()
		c.VPTESTMQ(product.any, product.any, k)
		c.KMOVB(k, r.As32())
		c.MOVQ(r, operand.Mem{Base: p, Disp: at * elementSize})
		for i, sum := range product.sums {
			l.total(sum, operand.Mem{Base: p, Disp: (at + 1 + i) * elementSize})
		}
	}
	l.finish()
}

// addBlock adds what a block gives to each column. Turned round, its limbs are in the lanes of those that they belong to a
// column with.
func (l *limbs) addBlock(product *lowest, v, reversed reg.VecVirtual) {
	c := l.c
	c.VPORQ(v, product.any, product.any)
	c.VPERMQ(v, reversed, v)
	column := func(below int) operand.Mem { return operand.Mem{Base: product.others, Disp: -below * elementSize} }
	c.VPMADD52LUQ(column(0), v, product.sums[0])
	c.VPMADD52LUQ(column(1), v, product.sums[1])
	c.VPMADD52HUQ(column(1), v, product.sums[0])
	c.VPMADD52HUQ(column(2), v, product.sums[1])
}

// total stores the sum of the lanes.
func (l *limbs) total(v reg.VecVirtual, to operand.Mem) {
	for distance := blockLimbs / 2; distance > 0; distance /= 2 {
		turned := l.vector()
		l.c.VALIGNQ(operand.U8(distance), v, v, turned) //nolint:gosec // at most 4
		l.c.VPADDQ(turned, v, v)
	}
	l.c.VMOVQ(v.AsX(), to)
}
