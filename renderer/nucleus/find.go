package nucleus

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"math/bits"

	"mandelfarm/renderer/orbit"
	"mandelfarm/renderer/spec"
	"mandelfarm/renderer/wide"
)

// View is a disc. Its radius decides how many bits its centre takes.
type View struct {
	Re, Im string    // its centre, as decimals
	Radius wide.Real // above 0
}

// Options bound a search. Its time is that of an orbit of the period, and of one for each step of Newton's method.
type Options struct {
	Limit   int // periods above it are not looked for
	Threads int // of the orbits, see [orbit.Orbit]
}

// Nucleus is what is found. Numbers that may be of any magnitude are decimals or floatexp.
type Nucleus struct {
	Period int
	Re, Im string       // to 40 bits below the size, and the radius
	Size   wide.Complex // how the whole set is to be scaled and turned to lie on the minibrot
	Domain wide.Real    // radius of the points whose orbits come closest to 0 at the period
}

// attempts is how many periods Newton's method may lead out of the view for. Each is a nucleus next to the view that the disc
// to first order takes in as well; a view with so many of them around and none inside is no view of a minibrot.
const attempts = 20

// Find finds the nucleus of the least period within a view. The error wraps [spec.ErrNoMinibrot] if there is none; it is the cause
// of ctx if that ends first.
func Find(ctx context.Context, v View, o Options) (Nucleus, error) {
	s, err := newSearch(v, o)
	if err != nil {
		return Nucleus{}, err
	}
	for range attempts {
		if err = s.next(ctx); err != nil {
			return Nucleus{}, err
		}
		var found Nucleus
		if found, err = s.newton(ctx); errors.Is(err, spec.ErrNoMinibrot) {
			found, err = s.around(ctx)
		}
		if !errors.Is(err, spec.ErrNoMinibrot) {
			return found, err
		}
	}
	return Nucleus{}, err
}

// search follows the orbit of the view's centre. It stops at each period that it comes to, and goes on from there if need be.
type search struct {
	Options
	radius wide.Real
	bits   int // of the centre
	centre orbit.Point

	state orbitState
	n     int         // steps made
	z     orbit.Point // z_n
}

// spare is how many bits the orbit of the centre has below the radius, but for those that its rounding takes. Newton's first
// step is made of it: 51 bits are what a derivative in double precision makes good, and the rest is for the step's own error.
const spare = 64

func newSearch(v View, o Options) (*search, error) {
	s := &search{Options: o, radius: v.Radius, bits: searchBits(v.Radius, o.Limit), state: newState()}
	var ok bool
	if s.centre, ok = orbit.Parse(v.Re, v.Im, s.bits); !ok {
		return nil, errors.New("nucleus: the centre is no pair of decimals")
	}
	s.z = origin()
	return s, nil
}

func origin() orbit.Point { return orbit.Point{Re: new(big.Int), Im: new(big.Int)} }

// searchBits is how many bits the search takes: those of the radius, the spare ones, and one for each doubling of the steps,
// because rounding adds up.
func searchBits(radius wide.Real, limit int) int {
	return orbit.RoundBits(max(0, -radius.Exp) + spare + bits.Len(uint(max(0, limit))))
}

// next goes on to the next n at which the view takes in 0. That the view has escaped is asked only of elements outside the
// unit box, which are few: the answer takes a root.
func (s *search) next(ctx context.Context) error {
	var hit, gone bool
	first := s.n
	o := orbit.Orbit{Start: s.z, C: s.centre, Bits: s.bits, Limit: s.Limit - first, Threads: s.Threads}
	z, err := o.Follow(ctx, func(n int, z wide.Complex) bool {
		s.n = first + n
		s.state.step(s.n, z)
		hit = within(z, s.state.d, s.radius)
		gone = z.Exp >= escaped || !hit && z.Exp > 0 && s.gone()
		return !hit && !gone
	})
	s.z = z
	switch {
	case err != nil:
		return err
	case gone:
		return fmt.Errorf("%w: the view escapes within %d iterations", spec.ErrNoMinibrot, s.n)
	case !hit:
		return fmt.Errorf("%w: no period up to %d", spec.ErrNoMinibrot, s.Limit)
	}
	return nil
}

// gone reports whether all of the view is farther than 2 from 0, whence no orbit returns. To first order, as all that is said of
// the view here; a view of the whole set is no disc for long, but has its nucleus, of period 1, at the first step.
func (s *search) gone() bool {
	reach := s.state.d.Norm().Mul(s.radius)
	return s.state.z.Norm().Float64()-reach.Float64() > 2
}
