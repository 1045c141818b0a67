package deep

import (
	"math"

	"mandelfarm/renderer/wide"
)

// A jet has terms up to the order jetOrder, and knows those of the next, which it leaves out.
const (
	jetOrder = 3
	jetTerms = 14
)

// leastMixed is the exponent of a view's bound from which on its skips are jets. What c*dc is beside d has a say while slopes are moderate: in deeper
// views, but for some that are dense all over, skips end for other reasons, and those of fewer terms are faster. Coefficients of a jet,
// the fourth powers of slopes up to the inverse of the bound, stay in double precision with room for squares.
const leastMixed = -120

// polynomial is one in w and dc without a constant: the coefficients of w and dc; of w^2, w*dc and dc^2; and so on, order after order.
type polynomial [jetTerms]complex128

// Numbers of terms, named for their factors.
const (
	termW = iota
	termC
	termWW
	termWC
	termCC
	termWWW
	termWWC
	termWCC
	termCCC
)

// firstTerm is where the terms of an order begin.
var firstTerm = [...]int{1: 0, 2: 2, 3: 5, 4: 9, 5: jetTerms} //nolint:gochecknoglobals // a table

// jet is a skip with mixed terms: all of w and dc up to third order,
//
//	d' = a*w + b*w^2 + www*w^3 + (c + wc*w + wwc*w^2)*dc + (cc + wcc*w)*dc^2 + ccc*dc^3
//
// as long as |w| < within, for all points of a view. A skip without them ends where c*dc is beyond the tolerance beside an element, since then d^2 has terms
// that it leaves out; a jet, whose terms of fourth order are left out, where it is beyond the reach. So jets are what views take where pixels are
// far apart, or slopes large early, as they are where the boundary is dense.
type jet struct {
	terms          polynomial
	ref            complex128
	within, linear float64 // as those of a skip
	length         int
}

// oneJet is a jet of a single step, from z.
func oneJet(z wide.Complex) jet {
	re, im := z.Float64()
	return jet{terms: polynomial{termW: 1, termC: 1}, ref: complex(re, im), within: math.MaxFloat64, linear: math.MaxFloat64, length: 1}
}

// join appends the steps of s to those of l, for points whose |dc| is at most the bound. A jet that is valid nowhere has no more
// terms, which would outgrow double precision.
func (l *jet) join(s *jet, bound float64) {
	a, c := size(l.terms[termW]), float64(size(l.terms[termC])*bound)
	z := size(s.ref)
	l.length += s.length
	// At the joint |d| is to be less than the reach of |z|, so that what is of fifth order is less still than what is of fourth.
	l.restrict((reach*z-c)/a, (tolerance*z-c)/a)
	// v = d*(2*z + d), the w of s
	v := l.terms.times(&l.terms)
	for i, x := range l.terms {
		v[i] += times(s.ref+s.ref, x)
	}
	l.restrict(v.holds(bound), math.MaxFloat64)
	if s.length == 1 {
		v[termC]++
		l.terms = v
	} else {
		a, c = size(v[termW]), float64(size(v[termC])*bound)
		l.restrict((s.within-c)/a, (s.linear-c)/a)
		l.terms = s.terms.of(&v)
		l.restrict(l.terms.holds(bound), math.MaxFloat64)
	}
	if l.within == 0 {
		l.terms = polynomial{}
	}
}

// restrict lowers the bounds. What is below 0 or no number is 0.
func (l *jet) restrict(within, linear float64) {
	l.within, l.linear = min(l.within, within), min(l.linear, linear)
	if !(l.within > 0) {
		l.within = 0
	}
	if !(l.linear > 0) {
		l.linear = 0
	}
}

// times is the product, up to the fourth order.
func (p *polynomial) times(q *polynomial) (r polynomial) {
	for m := 1; m <= jetOrder; m++ {
		for n := 1; m+n <= jetOrder+1; n++ {
			to := r[firstTerm[m+n]:]
			for j, x := range p[firstTerm[m]:firstTerm[m+1]] {
				for k, y := range q[firstTerm[n]:firstTerm[n+1]] {
					to[j+k] += times(x, y)
				}
			}
		}
	}
	return r
}

// of is the polynomial of v in place of w, up to the fourth order.
func (p *polynomial) of(v *polynomial) (r polynomial) {
	power := *v
	for i := 1; ; i++ { // terms with the power i of v
		for j := 0; i+j <= jetOrder+1; j++ {
			r.addShifted(p[firstTerm[i+j]+j], &power, j)
		}
		if i == jetOrder+1 {
			break
		}
		power = power.times(v)
	}
	for n := 1; n <= jetOrder+1; n++ { // those of dc alone
		r[firstTerm[n+1]-1] += p[firstTerm[n+1]-1]
	}
	return r
}

// addShifted adds x * q * dc^shift.
func (p *polynomial) addShifted(x complex128, q *polynomial, shift int) {
	for n := 1; n+shift <= jetOrder+1; n++ {
		to := p[firstTerm[n+shift]+shift:]
		for k, y := range q[firstTerm[n]:firstTerm[n+1]] {
			to[k] += times(x, y)
		}
	}
}

// holds returns the |w| up to which the terms of fourth order come to less than the tolerance: that of dc alone beside c*dc, and the others
// beside a*w.
func (p *polynomial) holds(bound float64) float64 {
	left := p[firstTerm[jetOrder+1]:]
	scale := float64(float64(bound*bound) * bound)
	if !(float64(size(left[4])*scale) <= float64(tolerance*size(p[termC]))) {
		return 0
	}
	rest := float64(tolerance*size(p[termW])) - float64(size(left[3])*scale)
	if !(rest > 0) {
		return 0
	}
	return leastRoot(size(left[0]), float64(size(left[1])*bound), float64(size(left[2])*float64(bound*bound)), rest)
}

// leastRoot returns the x above 0 with a*x^3 + b*x^2 + c*x = d, of positive numbers. Where each of the terms alone is d is the root or above, by less than a factor of 3: from
// there Newton's method falls to it, the polynomial being convex.
func leastRoot(a, b, c, d float64) float64 {
	const enough = 4
	x := min(cubeRoot(d/a), math.Sqrt(d/b), d/c)
	for range enough {
		value := float64(float64(float64(float64(a*x)+b)*x)+c) * x
		slope := float64(float64(float64(3*a*x)+float64(2*b))*x) + c
		x -= (value - d) / slope
	}
	return x
}

// cubeRoot returns the cube root of a positive number, and a little more.
func cubeRoot(x float64) float64 {
	const enough = 5
	m, exponent := math.Frexp(x)
	third := exponent / 3
	m = math.Ldexp(m, exponent-3*third) // from 1/8 to 4
	root := (m + 2) / 2.5
	for range enough {
		root = (float64(2*root) + m/float64(root*root)) / 3
	}
	return math.Ldexp(root, third)
}

// skip returns a jet as a skip without mixed terms, within its linear bound.
func (l *jet) skip() skip {
	of := func(x complex128) wide.Complex { return wide.New(real(x), imag(x), 0) }
	linear := wide.NewReal(l.linear, 0)
	return skip{a: of(l.terms[termW]), b: of(l.terms[termWW]), c: of(l.terms[termC]), ref: of(l.ref), within: linear, linear: linear, length: l.length}
}

// double returns the bound on the larger of |Re w| and |Im w|. One below the least w of double precision has none within it.
func (l *jet) double() float64 { return float64(l.within * (1 / math.Sqrt2)) }

// packedMixed is what a jet has besides a packedSkip, in a line of the cache of its own: the coefficients of w*dc, dc^2, and those of third
// order.
type packedMixed struct {
	wcRe, wcIm    float64
	ccRe, ccIm    float64
	wwc, wcc, ccc halves
	_             uint64
}

// halves is a complex number of two float64 that are cut off behind 20 bits. Terms of third order are 2^-20 of those of first order at most, by the reach, so that
// this is 2^-40 of them.
type halves uint64

func halve(z complex128) halves {
	return halves(math.Float64bits(real(z))>>halfWord<<halfWord | math.Float64bits(imag(z))>>halfWord)
}

func (h halves) parts() (re, im float64) {
	return math.Float64frombits(uint64(h) >> halfWord << halfWord), math.Float64frombits(uint64(h) << halfWord)
}

func (l *jet) pack() (packedSkip, packedMixed) {
	parts := func(term int) (re, im float64) { return real(l.terms[term]), imag(l.terms[term]) }
	s := packedSkip{www: halve(l.terms[termWWW]), next: pack(0, l.length)}
	s.aRe, s.aIm = parts(termW)
	s.bRe, s.bIm = parts(termWW)
	s.cRe, s.cIm = parts(termC)
	m := packedMixed{wwc: halve(l.terms[termWWC]), wcc: halve(l.terms[termWCC]), ccc: halve(l.terms[termCCC])}
	m.wcRe, m.wcIm = parts(termWC)
	m.ccRe, m.ccIm = parts(termCC)
	return s, m
}
