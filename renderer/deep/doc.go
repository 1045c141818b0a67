// Package deep follows points of the Mandelbrot set whose pixels are too close together for double precision, by perturbation
// beside one orbit that is known exactly. It serves views from a distance between pixels of 2^-33 down; what is coarser
// package escape iterates directly.
//
// # Perturbation
//
// The [Reference] is the orbit z_0 = 0, z_1 = c ... z_N of one point, computed by package orbit in as many bits as the view
// takes and kept in double precision. Another point c + dc is known by its difference d to an element z_m:
//
//	d' = d*(2*z_m + d) + dc
//
// in which nothing large cancels (K. I. Martin, "SuperFractalThing Maths", 2013). [Perturbation] is the engine that holds a
// reference with its tables.
//
// # Rebasing
//
// A point that is nearer to 0 than to z_m, or has come to the reference's end, goes on with z_m + d beside z_0 (Zhuoran,
// "Another solution to perturbation glitches", fractalforums.org, 2021). So one reference serves the whole view, whatever it is,
// and wherever it ends: there are no glitches to be found by a test (Pauldelbrot, fractalforums.com, 2014) and corrected by more
// references. It ends where it escapes, at the limit of iterations, or, best of all, at the period of a point in the view.
//
// # Skips: bilinear approximation
//
// A skip makes many steps at once, beside given elements, as a polynomial in w = d*(2*ref + d), the first step without dc:
//
//	d' = a*w + b*w^2 + c*dc          as long as |w| < within
//
// Without b, and with d in place of w, it is a bilinear (bivariate linear) approximation, BLA: of Zhuoran's, described by
// C. Heiland-Allen ("Deep zoom theory and practice (again)", 2022) and used by fraktaler-3 and Kalles Fraktaler. That
// the first step is made exactly, and that skips are laid out by the orbit's close returns, are ideas of Zhuoran's program
// Imagina, which calls it linear approximation, LA.
//
// The term of second order is ours. What is left out are terms of third order, whose part of d' is the square of what is left
// out without b: so a skip reaches about the root of its tolerance instead of the tolerance.
// At a tolerance of 2^-30 that is |d| up to 2^-15 of |z|, where a linear skip at 2^-24 ends at 2^-24 of |z|. The result is
// both fewer moves and less error: in the published places nu is at most 5e-6 off what MPFR says, wherever the
// boundary is more than a hundredth of a pixel away, against 1.9e-3 by Imagina and 0.013 by fraktaler-3. A second bound, the
// reach of 2^-10 of |z|, keeps terms of fourth order below those of third. Figures are in docs/adr/0008-deep-zoom.md.
//
// Views whose bound is 2^-120 or more have a [jet] in place of each: all terms of w and dc up to third order, so that skips do not end where c*dc
// grows, as it does early in shallow views and where the boundary is dense. They reach |d| and |c*dc| of 2^-10 of |z|; figures are in
// docs/adr/0046-jets.md.
//
// Each skip moves a point by 2^-30 of its distance from the reference at most, and what they do adds up. In random places of
// the boundary that is a hundred thousandth of a pixel at most, and up to three thousandths at radii above 1e-16, where a
// boundary may be wound around so densely that a point makes thousands of moves; where it makes 26,000, three hundredths were seen. Points nearer to the boundary than that may have
// the count of a neighbour (docs/adr/0021-exactness-on-random-places.md).
//
// The skips of a reference are its BLA table. They form levels, as in fraktaler-3, but not a binary tree: the boundaries of
// a level are the places where |z| is least among those of the level below, cut at the widest gap of sizes; in a
// self-similar orbit these are the returns of each period. A point takes the longest skip that is valid for it and within the
// limit.
//
// # The core: approximation terms
//
// The longest skip of a periodic reference goes from z_0 to its end and round again. With u = a*d it is u -> u^2 + C, the
// plain Mandelbrot set around the periodic point, as long as d is within its linear bound: the approximation terms, AT, of
// Imagina and FractalShark. There points are iterated by the vectors of package escape, each step standing for a whole
// period, before they are followed on.
//
// # Numbers: float64 and floatexp
//
// Differences are float64 while |d| > 2^-400, so that no square underflows. Below that they are numbers of package wide,
// with an exponent of their own, the floatexp of Kalles Fraktaler; points of deep views are there at their beginning, and some
// come back later. Since points so near the reference mostly make the same moves, they travel in packets: the wide numbers of
// a move are computed once, and the points are float64 in a unit of the packet, a power of 2. That is exact, so it does not
// matter which points share one. A dc below 2^-900 counts for nothing once d is in range. Elements of the reference below
// 2^-500 are kept as wide numbers too. Nothing of this shows in the picture: each boundary is far above where precision would be
// lost.
//
// # Directly: z^2 + c where points are steep
//
// What a step in double precision is off by, some 2^-53, is moved on with everything else, and so counts as much as a shift of c by
// 2^-53 divided by the slope there, |dz/dc|. Views need a reference because that is 1 at the beginning. Once it is 2^-32 per
// pixel, leastSlope, plain z^2 + c is as exact as it is in views that are not deep, and a hundred times as fast as a move here:
// no gathers, no tests but at the ends of blocks. So points go three ways in turn:
//
//   - A [series], the series approximation of SuperFractalThing, takes all points of the view from 0 to where they are steep, at once.
//   - Orbits.Resume of package escape follows them by its vectors, and watches the slope. Points that come so close to 0 that it
//     falls below leastSlope are flat.
//   - Those are rebased: beside the reference's beginning d is z. They make moves, with their slopes, until they are steep again
//     (climb.go).
//
// Where skips are long, in deep views, moves take less time than steps. Which is less is found out by some points of the view, whose
// moves and steps are counted (trial.go), never by a clock. Views with a core are followed beside the reference.
//
// # Inside
//
// Points that stay are found in five ways. Those of the main cardioid and of the disc of period 2 are known by their c, in twice double
// precision (inside.go). Those that have climbed for long and are next to an attracting cycle are: a disc around them lies in itself
// after a period (cycle.go). Beside the reference there are three ways. The core's kernel knows its cardioid, its disc of period 2, and cycles. Anywhere
// else a point whose whole state (d and m) is what it was after 1, 2, 4 ... moves goes round for ever (R. P. Brent, "An improved
// Monte Carlo factorization algorithm", 1980). The others make all their steps, by skips.
//
// # Engines
//
// [Perturbation.Run] moves 16 points side by side by AVX-512 with gathers; a lane whose point has an outcome gets another, and one that wants a skip waits a little
// if it is the only one of its vector.
// Elsewhere points go one by one in Go, with the same result to the bit. There is no version for AVX2. The assembly comes from
// renderer/escape/gen, and knows the layouts of lanes, element, packedSkip and packedMixed.
//
// # What decides the bytes
//
// Only the [View]. Bounds are those of the whole view, never of the rows that are drawn; all products are rounded or fused
// on purpose; and which skip is taken depends on the point alone.
//
// # Memory
//
// A reference has 16 bytes for each step. The tables have 24, and 64 for each skip, which come to 10 to 25 for a step, and twice that of jets; deep
// views have the same skips in wide numbers beside them. [Reference.Size] is an upper estimate, 120 bytes for a step. Stored,
// a reference has less than 2 bytes for a step.
//
// # Where to look
//
//	view.go          what is followed, in how many bits
//	reference.go     the orbit and where it ends; store.go: its file
//	skip.go          what a skip is, joining, tolerances; jet.go: one of third order
//	levels.go        where skips begin and end
//	table.go         the skips beside the elements, packed for points in double precision
//	core.go          the AT
//	series.go        where points are steep; direct.go: following them from there; climb.go: what is between; trial.go: whether
//	inside.go        the main components; cycle.go: attracting cycles; period.go: the periods of points inside, for colours
//	point.go         a point in double precision: its moves, rebasing, outcomes; lanes.go: many of them
//	widepoint.go     a point in wide numbers; packet.go, packetmove.go: many of them
//	perturbation.go  from a batch of pixels to counts
//	doubt.go         what points may be off by, and which are certain to be inside, for those who ask
//
// referee_test.go holds all ways of going on against exact steps, at the rim of what each is valid for; census_test.go counts moves.
//
// # Limits
//
// Only the Mandelbrot set is followed. Points of a Julia set begin away from 0, so rebasing takes them to a second reference,
// that of the critical point 0, with tables of its own. Multibrots need polynomials of their degree in the first step. Burning
// Ship and Tricorn are not analytic: their coefficients are real 2x2 matrices, their terms of second order more, and the Burning
// Ship folds besides.
package deep
