package renderer

// offset is a place in a pixel, from its upper left corner, in pixels.
type offset struct {
	x, y  float64
	first bool // the centre, or the grid point of a window
}

// offsets returns the first n points of the R2 sequence: the centre of the pixel, and each the last plus (1/g, 1/g^2)
// modulo 1, where g is the plastic number, the root of g^3 = g + 1.
func offsets(n int) []offset {
	const g = 1.32471795724474602596
	points := make([]offset, n)
	points[0] = offset{0.5, 0.5, true}
	for i := 1; i < n; i++ {
		points[i].x = fraction(points[i-1].x + 1/g)
		points[i].y = fraction(points[i-1].y + 1/g/g)
	}
	return points
}

// fraction returns x modulo 1 for x from 0 to 2.
func fraction(x float64) float64 {
	if x >= 1 {
		return x - 1
	}
	return x
}
