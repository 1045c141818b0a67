package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// slots is the number of elements of an array of a field. Package escape holds the same constant.
const slots = 2048 + 72

// array is the number of an array of 8-byte elements in a field, in the order of the Go declaration.
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
	startX, startY     = array(13), array(14)
	pointCX, pointCY   = array(15), array(16)
	startIndex         = array(17)
	norm2              = array(18)
	counts             = array(19) // of 4-byte elements, in half the room
	elementSize        = 8
	arraySize          = slots * elementSize
	countSize          = 4
	maxPermutationSize = 32
)

// Behind the arrays are the vectors of one group after a block of steps, and the parameters.
const (
	afterX     = 20 * arraySize
	afterY     = afterX + groupSize
	parameters = afterY + groupSize
	groupSize  = 64 * elementSize
)

// after is the operand for element i+offset of a group after its block.
func after(coordinate int, field, i reg.Register) operand.Mem {
	return operand.Mem{Base: field, Index: i, Scale: elementSize, Disp: coordinate}
}

// scalar is the number of a parameter, an 8-byte element behind the arrays.
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
)

// at is the operand for element i+offset of an array.
func (a array) at(field, i reg.Register, offset int) operand.Mem {
	return operand.Mem{Base: field, Index: i, Scale: elementSize, Disp: int(a)*arraySize + offset*elementSize}
}

// of is the operand for a parameter.
func (s scalar) of(field reg.Register) operand.Mem {
	return operand.Mem{Base: field, Disp: parameters + int(s)*elementSize}
}
