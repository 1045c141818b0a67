// Package boundary draws random places from the boundary of the Mandelbrot set, at any depth, and says what their pixels are.
// It is for tests that ask whether pictures are right where nobody has looked before.
//
// # Places
//
// [Draw] makes a place of one of several kinds, by a source of random numbers that decides everything:
//
//	edge       where a straight line from outside meets the set
//	cusp       next to a point where a component of the interior touches the main cardioid, and to the cardioid's cusp
//	antenna    next to a point whose orbit ends in a cycle of up to three: tips of antennas, and where they branch
//	spiral     next to a point whose orbit ends in a longer cycle, near such a point of contact: the dense spirals of valleys
//	minibrot   on the edge of a small copy of the set
//	nested     next to a point of one of the middle kinds, in the surroundings of a small copy
//
// Points whose orbit ends in a cycle, z_{k+p} = z_k, are the Misiurewicz points. They are on the boundary, and Newton's method
// finds them to any number of digits, starting from a double. Around them the set looks the same at every depth, but for
// the copies of itself, one of which is at about r^2 of the size in every view of radius r: so they lead to deep copies, too.
//
// A place is good if its view shows the boundary, and its points escape within a limit that can be iterated in many bits.
//
// # Truth
//
// [Truth] iterates single pixels in fixed point, by package orbit, with neither perturbation nor any other short cut.
// TestTruthIsWhatOthersFound holds it against samples that were computed by MPFR.
package boundary
