// Package orbit follows single orbits of z -> z^2 + c in as many bits as it takes, in fixed point over math/big.
//
// One step is two products of independent factors, (x+y)(x-y) and xy, which two threads make at the same time where they
// are long enough. Products are cut off below the last bit, towards 0: the orbit is that of a c which is off by less than
// two units of the last place at each step. Results do not depend on the number of threads.
package orbit

import (
	"context"
	"math/big"
	"math/bits"
	"runtime"
	"sync/atomic"

	"mandelfarm/renderer/wide"
)

// parallelBits is where two threads are faster than one: handing a product over and waiting for it takes about as long
// as one of so many bits.
const parallelBits = 2500

// pollBits is the work, in squared words of products, between two looks at the context: about a millisecond.
const pollWork = 1 << 19

// Orbit says which orbit to follow.
type Orbit struct {
	Start, C Point // z_0 and c
	Bits     int   // of their units, a multiple of 64
	Limit    int   // steps
	Threads  int   // 2 or more make the two products of a step at the same time, where that is faster
}

// RoundBits returns the least possible number of bits that is at least the given one.
func RoundBits(bits int) int {
	const word = 64
	return (max(bits, word) + word - 1) / word * word
}

// Follow calls visit with z_1, z_2 ... in double precision until that returns false or the limit is reached. It returns
// the last z. When ctx ends it stops within milliseconds and returns the cause.
func (o Orbit) Follow(ctx context.Context, visit func(n int, z wide.Complex) bool) (Point, error) {
	s := stepper{c: o.C, words: o.Bits / bits.UintSize}
	s.now, s.next = Point{new(big.Int).Set(o.Start.Re), new(big.Int).Set(o.Start.Im)}, Point{new(big.Int), new(big.Int)}
	if o.Threads > 1 && o.Bits >= parallelBits && runtime.GOMAXPROCS(0) > 1 {
		s.partner = &partner{stepper: &s, wake: make(chan struct{}, 1)}
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.partner.work()
		}()
		defer func() {
			close(s.partner.wake)
			<-done
		}()
	}
	work, each := 0, s.words*s.words+64
	for n := 1; n <= o.Limit; n++ {
		if work += each; work >= pollWork {
			work = 0
			if err := context.Cause(ctx); err != nil {
				return Point{}, err
			}
		}
		s.step()
		if !visit(n, toWide(s.now.Re, s.now.Im, o.Bits)) {
			break
		}
	}
	return s.now, nil
}

// stepper makes steps.
type stepper struct {
	c                    Point
	words                int
	now, next            Point
	sum, difference      big.Int
	realProduct, product big.Int
	realPart, imagPart   big.Int
	partner              *partner // nil if there is none
}

func (s *stepper) step() {
	if s.partner != nil {
		s.partner.ask()
	}
	s.sum.Add(s.now.Re, s.now.Im)
	s.difference.Sub(s.now.Re, s.now.Im)
	s.realProduct.Mul(&s.sum, &s.difference)
	s.next.Re.Add(s.cut(&s.realPart, &s.realProduct), s.c.Re)
	if s.partner == nil || s.partner.refuse() {
		s.stepIm()
	}
	s.now, s.next = s.next, s.now
}

// stepIm computes the imaginary part of the next z.
func (s *stepper) stepIm() {
	s.product.Mul(s.now.Re, s.now.Im)
	twice := s.cut(&s.imagPart, &s.product)
	s.next.Im.Add(twice, twice)
	s.next.Im.Add(s.next.Im, s.c.Im)
}

// cut makes of a product the number without the bits below the last: a view of its words, which is not to be changed.
func (s *stepper) cut(view, product *big.Int) *big.Int {
	words := product.Bits()
	if len(words) <= s.words {
		return view.SetInt64(0)
	}
	view.SetBits(words[s.words:])
	if product.Sign() < 0 {
		view.Neg(view)
	}
	return view
}

// partner makes one of the two products of each step in a goroutine of its own, if it comes to it: a product that it has
// not begun when the other is done is taken back. So a partner that the operating system does not let run costs nothing.
// It finds its work by looking, which takes less time than being woken, but not for long.
type partner struct {
	stepper *stepper
	wake    chan struct{} // has room for one; closed at the end
	_       [40]byte      // the counters are written by different cores
	asked   atomic.Int64  // products asked for
	_       [56]byte
	begun   atomic.Int64 // by either
	_       [56]byte
	made    atomic.Int64 // by the partner: the last one
	asleep  atomic.Bool
	_       [48]byte
}

// patience is how often to look before sleeping, or before others may run: some ten microseconds.
const patience = 10_000

// ask offers a product.
func (p *partner) ask() {
	p.asked.Add(1)
	if p.asleep.Load() {
		select {
		case p.wake <- struct{}{}:
		default:
		}
	}
}

// refuse takes the product back, or if the partner has begun it waits until it is made and reports false.
func (p *partner) refuse() bool {
	n := p.asked.Load()
	if p.begun.CompareAndSwap(n-1, n) {
		return true
	}
	for looks := 0; p.made.Load() != n; looks++ {
		if looks >= patience {
			runtime.Gosched()
		}
	}
	return false
}

func (p *partner) work() {
	for looks := 0; ; looks++ {
		if n := p.begun.Load() + 1; n <= p.asked.Load() && p.begun.CompareAndSwap(n-1, n) {
			p.stepper.stepIm()
			p.made.Store(n)
			looks = 0
		}
		if looks < patience {
			continue
		}
		looks = 0
		p.asleep.Store(true)
		if p.begun.Load() < p.asked.Load() { // asked before it was seen to be asleep
			p.asleep.Store(false)
			continue
		}
		_, more := <-p.wake
		p.asleep.Store(false)
		if !more {
			return
		}
	}
}
