package deep

import "math"

// seriesOrder is the degree of a series. The more terms, the farther from the reference it holds: at six the view is about a
// sixteenth as large as the reference's elements are then, and a slope is far above leastSlope.
const seriesOrder = 6

// coefficients are those of t, t^2 ... of a polynomial without a constant.
type coefficients [seriesOrder]complex128

// series is a series approximation (K. I. Martin, "SuperFractalThing Maths", 2013): where all points of a view are after so
// many steps, as a polynomial in where they are in the view,
//
//	d = p(t)        t = dc/bound, |t| <= 1
//
// What it leaves out is bounded at each step, by what the terms of higher order of the square come to at most and what was left out
// before has grown to.
type series struct {
	steps        int
	coefficients coefficients
	z            complex128 // of the reference then
	scale        float64    // a pixel in t
}

// seriesTolerance is what a series leaves out, at most, in pixels.
const seriesTolerance = 0x1p-30

// newSeries returns the series of the most steps after which points are steepest, or nil if none is of use. The pixel and the
// bound are distances in the plane.
func newSeries(r *Reference, pixel, bound float64, limit int) *series {
	var (
		best     *series
		steepest = leastRise * leastSlope
		p        coefficients
		rest     float64
	)
	scale := pixel / bound
	for n := range min(r.Len(), limit) {
		z := complex(r.Re[n], r.Im[n])
		rest = p.restOfSquare() + float64((2*size(z)+2*p.most()+rest)*rest)
		p = p.step(z, bound)
		if rest > float64(seriesTolerance*larger(p[0])*scale) {
			break
		}
		if slope := float64(p.leastSlope() * scale); slope > steepest {
			steepest = slope
			best = &series{steps: n + 1, coefficients: p, z: complex(r.Re[n+1], r.Im[n+1]), scale: scale}
		}
	}
	return best
}

// step is d' = 2*z*d + d^2 + dc, up to the degree of a series.
func (p *coefficients) step(z complex128, bound float64) coefficients {
	next := *p
	for k, a := range p {
		sum := times(z+z, a)
		for i, x := range p[:k] {
			sum += times(x, p[k-1-i])
		}
		next[k] = sum
	}
	next[0] += complex(bound, 0)
	return next
}

// times is a product whose parts are rounded one by one: the compiler would fuse that of the language on some CPUs.
func times(a, b complex128) complex128 {
	return complex(float64(real(a)*real(b))-float64(imag(a)*imag(b)), float64(real(a)*imag(b))+float64(imag(a)*real(b)))
}

// divide returns a/b, by R. L. Smith's method ("Algorithm 116: Complex division", 1962), with products rounded as in times: Go's operator, which is the same otherwise,
// leaves them to the compiler.
func divide(a, b complex128) complex128 {
	if math.Abs(real(b)) < math.Abs(imag(b)) { // turned by a quarter, both
		a, b = complex(imag(a), -real(a)), complex(imag(b), -real(b))
	}
	ratio := imag(b) / real(b)
	size := real(b) + float64(ratio*imag(b))
	return complex((real(a)+float64(imag(a)*ratio))/size, (imag(a)-float64(real(a)*ratio))/size)
}

// size is |z|, and a little more where its square underflows. The larger and the sum of the parts bound it from both sides without a
// root; that is enough for coefficients, of which errors do not grow from step to step.
func size(z complex128) float64 {
	return math.Sqrt(math.FMA(real(z), real(z), float64(imag(z)*imag(z)))) + 0x1p-500
}

func larger(a complex128) float64 { return max(math.Abs(real(a)), math.Abs(imag(a))) }

func both(a complex128) float64 { return math.Abs(real(a)) + math.Abs(imag(a)) }

// most is what |p| can come to.
func (p *coefficients) most() float64 {
	sum := 0.0
	for _, a := range p {
		sum += both(a)
	}
	return sum
}

// restOfSquare is the most that the terms of p^2 can come to whose order is above that of a series.
func (p *coefficients) restOfSquare() float64 {
	sum := 0.0
	for i := range p { // the term of order i+1, with those from order seriesOrder-i on
		others := 0.0
		for _, a := range p[max(0, seriesOrder-1-i):] {
			others += both(a)
		}
		sum += float64(both(p[i]) * others)
	}
	return sum
}

// leastSlope is the least that |dp/dt| can be, or below.
func (p *coefficients) leastSlope() float64 {
	slope := larger(p[0])
	for i := 1; i < seriesOrder; i++ {
		slope -= float64(float64(i+1) * both(p[i]))
	}
	return slope
}

// at returns z of a point so many pixels from the reference, and its slope per pixel, by Horner's rule.
func (s *series) at(re, im float64) (z, slope complex128) {
	t := complex(float64(re*s.scale), float64(im*s.scale))
	var d complex128
	for i := seriesOrder - 1; i >= 0; i-- {
		d += s.coefficients[i]
		slope = times(slope, t) + d
		d = times(d, t)
	}
	return s.z + d, times(slope, complex(s.scale, 0))
}
