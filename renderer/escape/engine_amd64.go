package escape

import "golang.org/x/sys/cpu"

//go:generate go -C gen run . -out ../engine_amd64.s -stubs ../stubs_amd64.go

// beginSteps is the number of steps that the assembly tests one by one. In a view of the whole set most points outside
// escape within so many.
const beginSteps = 8

// engines returns what this processor can run, the fastest first.
func engines(formula Formula) []engine {
	var list []engine
	if hasAVX512() {
		list = append(list, avx512(formula))
	}
	if hasAVX2() {
		list = append(list, avx2(formula))
	}
	return append(list, portable(formula))
}

// fastest is the first of engines.
func fastest(formula Formula) engine {
	switch {
	case hasAVX512():
		return avx512(formula)
	case hasAVX2():
		return avx2(formula)
	}
	return portable(formula)
}

func hasAVX512() bool {
	return cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasPOPCNT
}

func hasAVX2() bool { return cpu.X86.HasAVX2 && cpu.X86.HasFMA && cpu.X86.HasPOPCNT }

func avx512(formula Formula) engine {
	e := engine{name: "AVX-512", first: beginSteps}
	switch formula {
	case Mandelbrot, Julia:
		e.begin, e.advance, e.settle = beginQuadraticAVX512, advanceQuadraticAVX512, settleQuadraticAVX512
		e.trace, e.width = traceQuadratic, 1
	case BurningShip:
		e.begin, e.advance, e.settle = beginShipAVX512, advanceShipAVX512, settleShipAVX512
		e.trace, e.width = traceShip, 1
	case Tricorn:
		e.begin, e.advance, e.settle = beginTricornAVX512, advanceTricornAVX512, settleTricornAVX512
		e.trace, e.width = traceTricorn, 1
	}
	return e
}

func avx2(formula Formula) engine {
	e := engine{name: "AVX2", first: beginSteps}
	switch formula {
	case Mandelbrot, Julia:
		e.begin, e.advance, e.settle = beginQuadraticAVX2, advanceQuadraticAVX2, settleQuadraticAVX2
		e.trace, e.width = traceQuadratic, 1
	case BurningShip:
		e.begin, e.advance, e.settle = beginShipAVX2, advanceShipAVX2, settleShipAVX2
		e.trace, e.width = traceShip, 1
	case Tricorn:
		e.begin, e.advance, e.settle = beginTricornAVX2, advanceTricornAVX2, settleTricornAVX2
		e.trace, e.width = traceTricorn, 1
	}
	return e
}
