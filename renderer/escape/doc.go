// Package escape iterates points of the complex plane until they escape.
//
// # Model
//
// A [Kernel] holds a formula, an iteration limit and an escape radius; [Kernel.Run] takes a [Batch] of points and finds
// for each the first n >= 1 with |z_n|^2 > R^2, and that |z_n|^2. Points that do not escape within the limit have
// count 0. With c the point and z_0 = 0 (for a Julia set z_0 the point and c the seed) the formulas are
//
//	Mandelbrot, Julia   z -> z^2 + c
//	BurningShip         z -> (|Re z| + i|Im z|)^2 + c
//	Tricorn             z -> conj(z)^2 + c
//
// # Arithmetic
//
// One step is, in this order and with every operation rounded to a float64 of its own,
//
//	y' = 2xy + cy               the doubling is exact, so 2xy rounds as x*y + y*x does
//	x' = (x*x - y*y) + cx
//	|z'|^2 = x'*x' + y'*y'
//
// which is what a loop z = z*z + c over complex128 computes when nothing is fused. Results do not depend on the CPU,
// on the other points of the batch or on where its ends are.
//
// The quadratic formulas run four points at a time: a step of one point is a chain of about twelve cycles, and four
// independent chains fill a core's multipliers and adders where one leaves them idle. A point that is done gives its
// place to the next of the batch.
//
// Points inside the main cardioid or the disc of period 2 are recognised without iterating. The test is narrower than
// the exact one by far more than it can be off by rounding, so it changes no count.
//
// [Smooth] makes the integer count continuous, by a logarithm of this package's own: the one of package math is
// assembly on some CPUs and need not agree in the last bit.
package escape
