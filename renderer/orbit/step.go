package orbit

import (
	"runtime"

	"mandelfarm/renderer/wide"
)

// walker follows an orbit.
type walker interface {
	step()
	rounded() wide.Complex
	point() Point // good until the next step, and not to be changed
	large() bool  // z is beyond what the next step bears
	end()
}

// arithmetic makes the parts of z^2 + c of numbers in one representation. It has memory of its own: every thread has one.
type arithmetic[N any] interface {
	zero() N
	nextRe(to, re, im N)
	nextIm(to, re, im N)
	patience() int // how often a word can be looked at while a product is made
}

// stepper makes steps. The numbers of the next z are those of the one before the last, so that no step takes memory once the
// numbers have grown to their length.
type stepper[N any] struct {
	arithmetic         arithmetic[N]
	re, im             N          // of z
	followRe, followIm N          // of the next
	helper             *helper[N] // nil if there is none
}

func newStepper[N any](a arithmetic[N]) *stepper[N] {
	return &stepper[N]{arithmetic: a, re: a.zero(), im: a.zero(), followRe: a.zero(), followIm: a.zero()}
}

// parallel reports whether two threads make the products of a step, where that pays from so many bits on.
func (o Orbit) parallel(bits int) bool {
	return o.Threads > 1 && o.Bits >= bits && runtime.GOMAXPROCS(0) > 1
}

func (s *stepper[N]) end() {
	if s.helper != nil {
		s.helper.end()
	}
}

// step makes one. The real part is this thread's, whoever makes the imaginary part: the same product in either case, so that
// nothing depends on it.
func (s *stepper[N]) step() {
	if s.helper == nil || !s.helper.ask(s.re, s.im, s.followIm) {
		s.arithmetic.nextIm(s.followIm, s.re, s.im)
		s.arithmetic.nextRe(s.followRe, s.re, s.im)
		s.swap()
		return
	}
	s.arithmetic.nextRe(s.followRe, s.re, s.im)
	switch s.helper.join() {
	case finished:
		s.swap()
	case untouched:
		s.arithmetic.nextIm(s.followIm, s.re, s.im)
		s.swap()
	// A helper that is given up still writes to the next imaginary part, and reads the present z: both are left to it.
	case lost:
		s.followIm = s.arithmetic.zero()
		s.arithmetic.nextIm(s.followIm, s.re, s.im)
		s.re, s.im = s.followRe, s.followIm
		s.followRe, s.followIm = s.arithmetic.zero(), s.arithmetic.zero()
	}
}

func (s *stepper[N]) swap() {
	s.re, s.im, s.followRe, s.followIm = s.followRe, s.followIm, s.re, s.im
}
