package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The layouts below are those of field and tracer in package escape, which the compiler of Go lays out in the order of the
// declarations. Nothing checks them but the tests of the engines, which fail at once where they differ.

// slots is the number of elements of an array of a field. Package escape holds the same constant.
const slots = 2048 + 72

// array is the number of an array of 8-byte elements in a field, in the order of the Go declaration. Elements of all arrays are
// of one size, integers too, so that a lane is the same point in each.
type array int

const (
	x, y               = array(0), array(1)
	cx, cy             = array(2), array(3)
	savedX, savedY     = array(4), array(5)
	index              = array(6)
	leftX, leftY       = array(7), array(8)
	leftCX, leftCY     = array(9), array(10)
	leftBase           = array(11)
	leftIndex          = array(12)
	startIndex         = array(13)
	slope2             = array(14)
	flatX, flatY       = array(15), array(16)
	flatSlope2         = array(17)
	flatBase           = array(18)
	flatIndex          = array(19)
	parameters         = 20 * arraySize // behind the arrays
	elementSize        = 8
	arraySize          = slots * elementSize
	countSize          = 4
	maxPermutationSize = 32
)

// The arrays of a tracer, in the order of its declaration, and its parameter behind them: z, the derivatives to both parts of the
// point, c, the steps to make.
const (
	tracedX, tracedY   = array(0), array(1)
	tracedUX, tracedUY = array(2), array(3)
	tracedVX, tracedVY = array(4), array(5)
	tracedCX, tracedCY = array(6), array(7)
	tracedCount        = array(8)
	tracedUnit         = 9 * arraySize
)

// scalar is the number of a parameter, a word behind the arrays. They follow each other without padding, all being words.
type scalar int

const (
	radius2 scalar = iota
	calm
	base
	limit
	left
	ring
	shortcut
	periods
	leastSlope2
	flat
	slices
)

// slice is the number of a slice behind the parameters: address, length and capacity, of which only the address is used.
type slice int

const (
	startX slice = iota
	startY
	pointCX
	pointCY
	norm2
	counts
	sliceWords = 3
)

// address is the operand for a slice's address.
func (s slice) address(field reg.Register) operand.Mem {
	return (slices + scalar(sliceWords*s)).of(field)
}

// at is the operand for element i+offset of an array: the offset is known here, and part of the instruction.
func (a array) at(field, i reg.Register, offset int) operand.Mem {
	return operand.Mem{Base: field, Index: i, Scale: elementSize, Disp: int(a)*arraySize + offset*elementSize}
}

// of is the operand for a parameter.
func (s scalar) of(field reg.Register) operand.Mem {
	return operand.Mem{Base: field, Disp: parameters + int(s)*elementSize}
}
