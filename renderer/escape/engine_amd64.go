package escape

import "golang.org/x/sys/cpu"

//go:generate go -C gen run . -dir ..

// The numbers of points that the assembly's trace moves together, twice as many for the simplest map (machine.fit).
const (
	wideTrace   = 16
	narrowTrace = 4
)

// beginSteps is the number of steps that the assembly tests one by one. In a view of the whole set most points outside
// escape within so many.
const beginSteps = 8

// engines returns what this processor can run, the fastest first.
func engines(s species) []engine {
	var list []engine
	if hasAVX512() {
		list = append(list, avx512(s))
	}
	if hasAVX2() {
		list = append(list, avx2(s))
	}
	return append(list, portable(s))
}

// fastest is the first of engines.
func fastest(s species) engine {
	switch {
	case hasAVX512():
		return avx512(s)
	case hasAVX2():
		return avx2(s)
	}
	return portable(s)
}

// hasAVX512 asks for what the assembly uses: the foundation with its masks, their operations on eight lanes (DQ), and POPCNT for
// the number of lanes in a mask. That the operating system saves the registers is part of what package cpu says.
func hasAVX512() bool {
	return cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasPOPCNT
}

// hasAVX2 asks for integer vectors, fused operations and POPCNT: processors from 2013 on.
func hasAVX2() bool { return cpu.X86.HasAVX2 && cpu.X86.HasFMA && cpu.X86.HasPOPCNT }

// avx512 returns the functions that the generator made for a map.
func avx512(s species) engine {
	e := engine{name: "AVX-512", first: beginSteps, width: wideTrace}
	switch s {
	case quadratic:
		e.begin, e.advance, e.refine, e.trace = beginQuadraticAVX512, advanceQuadraticAVX512, refineQuadraticAVX512, traceQuadraticAVX512
		e.watch = watchQuadraticAVX512
	case 3:
		e.begin, e.advance, e.refine, e.trace = beginPower3AVX512, advancePower3AVX512, refinePower3AVX512, tracePower3AVX512
	case 4:
		e.begin, e.advance, e.refine, e.trace = beginPower4AVX512, advancePower4AVX512, refinePower4AVX512, tracePower4AVX512
	case 5:
		e.begin, e.advance, e.refine, e.trace = beginPower5AVX512, advancePower5AVX512, refinePower5AVX512, tracePower5AVX512
	case 6:
		e.begin, e.advance, e.refine, e.trace = beginPower6AVX512, advancePower6AVX512, refinePower6AVX512, tracePower6AVX512
	case 7:
		e.begin, e.advance, e.refine, e.trace = beginPower7AVX512, advancePower7AVX512, refinePower7AVX512, tracePower7AVX512
	case 8:
		e.begin, e.advance, e.refine, e.trace = beginPower8AVX512, advancePower8AVX512, refinePower8AVX512, tracePower8AVX512
	case ship:
		e.begin, e.advance, e.refine, e.trace = beginShipAVX512, advanceShipAVX512, refineShipAVX512, traceShipAVX512
	case tricorn:
		e.begin, e.advance, e.refine, e.trace = beginTricornAVX512, advanceTricornAVX512, refineTricornAVX512, traceTricornAVX512
	}
	if s == quadratic {
		e.width *= 2
	}
	return e
}

// avx2 returns the same with half the lanes, and permutations where AVX-512 has masks.
func avx2(s species) engine {
	e := engine{name: "AVX2", first: beginSteps, width: narrowTrace}
	switch s {
	case quadratic:
		e.begin, e.advance, e.refine, e.trace = beginQuadraticAVX2, advanceQuadraticAVX2, refineQuadraticAVX2, traceQuadraticAVX2
		e.watch = watchQuadraticAVX2
	case 3:
		e.begin, e.advance, e.refine, e.trace = beginPower3AVX2, advancePower3AVX2, refinePower3AVX2, tracePower3AVX2
	case 4:
		e.begin, e.advance, e.refine, e.trace = beginPower4AVX2, advancePower4AVX2, refinePower4AVX2, tracePower4AVX2
	case 5:
		e.begin, e.advance, e.refine, e.trace = beginPower5AVX2, advancePower5AVX2, refinePower5AVX2, tracePower5AVX2
	case 6:
		e.begin, e.advance, e.refine, e.trace = beginPower6AVX2, advancePower6AVX2, refinePower6AVX2, tracePower6AVX2
	case 7:
		e.begin, e.advance, e.refine, e.trace = beginPower7AVX2, advancePower7AVX2, refinePower7AVX2, tracePower7AVX2
	case 8:
		e.begin, e.advance, e.refine, e.trace = beginPower8AVX2, advancePower8AVX2, refinePower8AVX2, tracePower8AVX2
	case ship:
		e.begin, e.advance, e.refine, e.trace = beginShipAVX2, advanceShipAVX2, refineShipAVX2, traceShipAVX2
	case tricorn:
		e.begin, e.advance, e.refine, e.trace = beginTricornAVX2, advanceTricornAVX2, refineTricornAVX2, traceTricornAVX2
	}
	if s == quadratic {
		e.width *= 2
	}
	return e
}
