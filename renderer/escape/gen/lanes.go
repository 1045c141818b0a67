package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The layout of the lanes of package deep: arrays of laneCount elements of 8 bytes, in the order of the Go declaration, and
// the words behind them. Only what is here is known of points: the rest of a point waits in Go until its lane is taken.
const laneCount = 16 // that of package deep: two vectors

// laneArray is the number of an array of lanes.
type laneArray int

const (
	laneDRe laneArray = iota
	laneDIm
	laneCRe
	laneCIm
	laneM
	laneN
	laneSavedRe
	laneSavedIm
	laneSavedM
	laneMoves
	laneSave
	laneZRe
	laneZIm
	laneSlopeRe
	laneSlopeIm
	laneOutcome
	laneArrays
)

// laneWord is the number of a word behind the arrays.
type laneWord int

const (
	laneElements laneWord = iota
	laneSkips
	laneMixed
	laneEnd
	laneLimit
	laneRadius2
	laneLeast2
	laneStepSize
	laneActive
	laneLeast
	laneLeastSkips
)

// at is the operand for a group's part of an array, a vector.
func (a laneArray) at(lanes reg.Register, group int) operand.Mem {
	return operand.Mem{Base: lanes, Disp: (int(a)*laneCount + group*8) * elementSize}
}

// of is the operand for a word.
func (w laneWord) of(lanes reg.Register) operand.Mem {
	return operand.Mem{Base: lanes, Disp: (int(laneArrays)*laneCount + int(w)) * elementSize}
}

// The layout of an element and of a packed skip. Indices are in words of 8 bytes: that of an element is three times its number,
// that of a skip eight times, in both of its parts. In the last word of an element are the upper half of the bound of its first skip and the
// number of that, in the last of a skip the upper half of the bound of the next and the skip's length. Words that hold two
// things save a gather, which is what a move waits for.
const (
	elementWords = 3
	skipWords    = 8
	atRe         = 0
	atIm         = 8
	atFirst      = 16
	atA          = 0
	atB          = 16
	atC          = 32
	atNext       = 48
	atWWW        = 56
	atWC         = 0 // of what a jet has besides
	atCC         = 16
	atWWC        = 32
	atWCC        = 40
	atCCC        = 48
)
