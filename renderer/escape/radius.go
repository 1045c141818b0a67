package escape

// The squares of the escape radii in use. A point has escaped once |z|^2 is above.
const (
	// SetRadius2 is that of the method "set": R = 2, beyond which every orbit of the Mandelbrot set goes to infinity, and the
	// original's.
	SetRadius2 = 4

	// SmoothRadius2 is that of all others: R = 256. The fractional count of a point is then continuous to about 1/R^2. It is
	// that of every deep view too, also by the method "set": there several steps at once are tested at their end only.
	SmoothRadius2 = 1 << 16
)
