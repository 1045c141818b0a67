// Package escape iterates points of the complex plane until they escape: the escape-time algorithm, in double precision. Views
// that are too deep for it are package deep's, which iterates with this kernel where a minibrot is the whole set over again
// (its AT).
//
// # Model
//
// A [Kernel] holds a formula, an iteration limit and an escape radius; [Kernel.Run] takes a [Batch] of points and finds
// for each the first n >= 1 with |z_n|^2 > R^2, and that |z_n|^2. Points that do not escape within the limit have
// count 0. With c the point and z_0 = 0 (for a Julia set z_0 the point and c the seed) the formulas are
//
//	Mandelbrot, Julia   z -> z^p + c     for p from 2 to 8
//	BurningShip         z -> (|Re z| + i|Im z|)^2 + c
//	Tricorn             z -> conj(z)^2 + c
//
// # Arithmetic
//
// One step is defined by fused multiply-adds, fma(a, b, c) = a*b + c rounded once:
//
//	x' = fma(x, x, fma(-y, y, cx))
//	y' = fma(2x, y, cy)                the doubling is exact
//	|z'|^2 = fma(x', x', y'*y')        the second product is rounded
//
// for p = 2, with fma(|2x|, |y|, cy) for the BurningShip and fma(-2x, y, cy) for the Tricorn. That is four operations for a
// step and two more for a test. Higher powers are made of squares and products by z, the last of them fused with the
// addition of c:
//
//	z^3 + c   square, times z + c           z^6 + c   square, times z, square + c
//	z^4 + c   square, square + c            z^7 + c   square, times z, square, times z + c
//	z^5 + c   two squares, times z + c      z^8 + c   two squares, square + c
//
//	square of a+bi     (fma(a, a, -(b*b)), 2a*b)                  the products b*b and 2a*b are rounded
//	a+bi times z       (fma(a, x, -(b*y)), fma(a, y, b*x))        the products b*y and b*x are rounded
//	square + c         (fma(a, a, fma(-b, b, cx)), fma(2a, b, cy))
//	a+bi times z + c   (fma(a, x, fma(-b, y, cx)), fma(a, y, fma(b, x, cy)))
//
// Every implementation makes just these operations, so results are the same to the bit
// on every CPU, and do not depend on the other points of the batch or on where its ends are. Near the boundary of the
// set, where rounding decides after long orbits, they differ from those of unfused arithmetic; neither is nearer the truth.
//
// # Gradients
//
// A [Batch.Traced] is told besides where z_n is and how fast |z_n| grows with the point: its gradient. For the analytic
// maps, with d = dz/dc, or dz/dz_0 for a Julia set, it is the conjugate of d times z/|z|. The step is
//
//	dx' = fma(2x, dx, fma(-2y, dy, 1))        0 instead of 1 for a Julia set
//	dy' = fma(2x, dy, 2y*dx)                  the second product is rounded
//
// from z before its own step; for higher powers p z^(p-1), of squares and products as above, stands for 2z, the factor p
// rounded on its own. The other maps carry the derivatives of z to Re c and to Im c (trace_portable.go).
// The counts are found first, without derivatives. Then the points that escape are put into the order of their counts and
// make as many steps again, this time with derivatives and without tests. So a gradient costs nothing where the set is, and
// changes no count.
//
// # Method
//
// A chunk of points iterates together, in an engine: assembly for AVX-512 or for AVX2 with FMA, made by gen, or plain
// Go. The first steps are tested one by one. Then all points make blocks of 24 to 96 steps that are tested at their
// ends only: once escaped, a point stays so (see Kernel.calm for the few that might not). A point that is outside after
// a block is put back to where it was before, and refined together with others that left: half the block's steps are
// made, and kept if the point is still inside, then a quarter, and so on to the step at which it escapes. Points that
// stay move up, so that vectors are full until the last few.
//
// [Kernel.Resume] follows points of z^2 + c that are on their way, for package deep, and watches how steep they are: before each step
//
//	slope^2' = slope^2 * |2z|^2        |2z|^2 = fma(2x, 2x, (2y)*(2y)), all products but the first rounded
//
// in blocks as above, the least of which is kept for the test at their ends. A point whose slope has been too small goes back to
// before the block and makes its steps one by one.
//
// # Shortcuts
//
// None of them changes a count. Points inside the main cardioid or the disc of period 2 are recognised without
// iterating; the test is narrower than the exact one by far more than it can be off by rounding. A point that is exactly
// where it was some steps before goes round for ever, and is not followed any further: R. P. Brent's way of finding cycles
// ("An improved Monte Carlo factorization algorithm", 1980), on states that double precision makes finite.
//
// # Periods
//
// [Kernel.Periods] finds the cycles that points inside come to (period.go), one point at a time, in plain Go: what it finds does not
// depend on the engine.
//
// # Colour
//
// [Smooth] and [Kernel.Nu] make the integer count continuous, by a logarithm of this package's own: the one of package
// math is assembly on some CPUs and need not agree in the last bit.
package escape
