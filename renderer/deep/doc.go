// Package deep follows the points of views whose pixels are too close together for double precision.
//
// One orbit, the [Reference], is followed in as many bits as the view takes (package orbit). All points are followed beside
// it by their differences, in double precision, or in wide numbers as long as these are out of its range (perturbation).
// A point that comes closer to 0 than to the reference goes on beside the reference's beginning (rebasing), so that one
// reference serves every view. A [Ground] holds what makes that fast: skips over many steps that are linear in the
// difference (bilinear approximation), and the core of a view that holds a periodic point, in which following it is that of
// the plain Mandelbrot set.
package deep
