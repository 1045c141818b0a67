// Command gen writes the assembly of package escape, for AVX-512 and for AVX2 with FMA, that of package deep, for
// AVX-512, and that of package fixed, for AVX-512 with IFMA.
//
// It runs by `go generate` in each and writes the same bytes every time. It is a module of its own, so that
// the assembler library, avo, is not one of the renderer's dependencies.
//
//	machine.go   the two instruction sets behind one vocabulary
//	layout.go    where the arrays of a field are
//	step.go      one iteration
//	begin.go     the first steps of a chunk, tested one by one
//	advance.go   a block of steps, tested at its end
//	refine.go    the exact step at which each point left
//	trace.go     the steps of points that escape, with the derivative's
//	lanes.go     package deep: where its arrays and tables are
//	follow.go    package deep: points on their way beside a reference
//	move.go      package deep: their skips and steps
//	jet.go       package deep: their skips of third order
//	outcome.go   package deep: what becomes of them
//	limbs.go     package fixed: integers in limbs of 52 bits
//
// # What holds
//
// Every function is that of the same name in Go, to the bit: package escape's portable.go, power.go and trace_portable.go, and
// package deep's point.go. Tests compare them point by point. Package fixed has integers, where any order makes the same sums. So which products are fused, and in which order sums are made,
// is read there, and may be changed here only together with it. Where a vector makes what a point does not need, such as steps
// beyond the limit, nothing of that is kept.
//
// # Reading it
//
// Operands are in the order of Go's assembler: sources first, the destination last. The digits of a fused operation say which
// of the three, counted from the destination, are multiplied, and which is added:
//
//	VFMADD231PD  a, b, c    c = b*a + c         VFNMADD231PD  a, b, c    c = c - b*a
//	VFMADD213PD  a, b, c    c = b*c + a         VFMSUB231PD   a, b, c    c = b*a - c
//	VFNMADD213PD a, b, c    c = a - b*c         VFNMSUB231PD  a, b, c    c = -(b*a) - c
//
// VPMADD52LUQ a, b, c adds to c the lower 52 bits of the products of the lower 52 bits of a and b, and VPMADD52HUQ the upper ones.
// VSUBPD a, b, c is c = b - a, and VCMPPD p, b, a, k the lanes where a is p b. A mask before the destination leaves the other
// lanes as they are.
//
// Registers are virtual; avo gives them numbers. It spills nothing: a function that needs more than there are does not assemble, so
// the numbers of vectors side by side (machine.fit) are what fits.
//
// # Speed
//
// A step is four operations in chains of two, of four cycles each, and a core starts two operations in a cycle: one vector
// alone leaves three quarters of it idle, four just fill it, and more cover what is uneven. AVX-512 has 32 registers, room
// for eight vectors; AVX2 has 16, and moves six. In loops c is an operand in memory: a load is free beside the arithmetic, a
// register is not.
//
// Branches are taken by whole groups of vectors. What differs from lane to lane is decided by masks, which AVX-512 has in
// registers of their own, and which in AVX2 are vectors whose lanes are all ones or all zeros.
package main
