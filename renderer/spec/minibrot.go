package spec

import "errors"

// ErrNoMinibrot says that a view holds no minibrot that can be found; the error's text says why.
var ErrNoMinibrot = errors.New("no minibrot found")

// Minibrot is a small copy of the Mandelbrot set, and how to look at it.
type Minibrot struct {
	Period int     `json:"period"` // of the orbit of its centre
	Center Point   `json:"center"` // its nucleus, to twelve digits below its size
	Size   Decimal `json:"size"`   // as a multiple of the whole set's
	Angle  Decimal `json:"angle"`  // degrees that it is turned, counter-clockwise: the rotation of a view that has it upright
	Domain Decimal `json:"domain"` // radius of the points around it whose orbits come closest to 0 at the period
	// Radius and MaxIterations are of a view that shows it.
	Radius        Decimal `json:"radius"`
	MaxIterations int     `json:"max_iterations"`
	Spec          Spec    `json:"spec"` // the given picture, of that view
}

// Showing returns the picture that m.Spec is of, given the one in whose view the minibrot was found.
func (m Minibrot) Showing(s Spec) (Spec, error) {
	d := s.draft
	d.Center, d.Radius, d.MaxIterations = m.Center, m.Radius, Iterations(m.MaxIterations)
	return Normalize(d)
}
