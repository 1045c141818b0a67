package renderer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"mandelfarm/renderer/nucleus"
	"mandelfarm/renderer/wide"
)

// ErrNoMinibrot says that a view holds no minibrot that Find can find; the error's text says why.
var ErrNoMinibrot = nucleus.ErrNone

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

// DefaultMaxPeriod is up to where periods are looked for if nobody says otherwise.
const DefaultMaxPeriod = 1_000_000

const (
	// minibrotRadius is the radius of a view that shows a minibrot, in units of its size: all of it, however it is turned,
	// and something around.
	minibrotRadius = 2.5
	// minibrotTurns is how many times its period a view of a minibrot iterates. Of the pixels that escape at all, fewer
	// than one in two thousand take longer; with half as many it is one in a thousand.
	minibrotTurns = 200
	// sizeDigits are those of numbers that are good to a few.
	sizeDigits = 5
)

// Find finds the minibrot that the picture's view is about: of those whose nucleus is within the radius from the centre,
// the one of the least period, as long as that is at most limit. The error wraps ErrNoMinibrot if there is none; it is a
// *FieldError for pictures other than views of the Mandelbrot set. When ctx ends Find stops within milliseconds and
// returns the cause.
func (s Spec) Find(ctx context.Context, limit int, opt Options) (Minibrot, error) {
	s, err := s.Normalize()
	if err == nil {
		err = s.checkFind()
	}
	if err != nil {
		return Minibrot{}, err
	}
	view := nucleus.View{Re: s.Center.Re.String(), Im: s.Center.Im.String(), Radius: s.Radius.wide()}
	found, err := nucleus.Find(ctx, view, nucleus.Options{Limit: limit, Threads: opt.threads(math.MaxInt)})
	if err != nil {
		return Minibrot{}, err
	}
	return s.minibrot(found)
}

// checkFind refuses what Find cannot do.
func (s Spec) checkFind() error {
	if s.Formula != Mandelbrot {
		return newFieldError("formula", string(s.Formula), "must be mandelbrot: no other's minibrots can be found")
	}
	if s.Window != (Window{}) {
		return newFieldError("window", "", "must be a centre and a radius, to find a minibrot")
	}
	return nil
}

// FindTime is the time that Find may take one thread to look for periods up to a limit, as Limits.Reference is estimated.
// That it finds something early, and then refines it, is not in it.
func (s Spec) FindTime(limit int) time.Duration {
	s, err := s.Normalize()
	if err != nil || s.checkFind() != nil {
		return 0
	}
	s.MaxIterations = Iterations(limit)
	return s.deepView().Estimate()
}

// minibrot describes what was found in the view.
func (s Spec) minibrot(found nucleus.Nucleus) (Minibrot, error) {
	size := found.Size.Norm()
	m := Minibrot{Period: found.Period, MaxIterations: min(max(1000, minibrotTurns*found.Period), maxIterations)}
	degrees := math.Atan2(found.Size.Im, found.Size.Re) * (180 / math.Pi)
	for _, number := range []struct {
		to   *Decimal
		text string
	}{
		{&m.Center.Re, found.Re},
		{&m.Center.Im, found.Im},
		{&m.Size, size.Text(sizeDigits)},
		{&m.Domain, found.Domain.Text(sizeDigits)},
		{&m.Radius, size.Mul(wide.NewReal(minibrotRadius, 0)).Text(3)},
		{&m.Angle, strconv.FormatFloat(degrees, 'f', 3, 64)},
	} {
		var err error
		if *number.to, err = ParseDecimal(number.text); err != nil {
			return Minibrot{}, tooDeep(err)
		}
	}
	s.Center, s.Radius, s.MaxIterations = m.Center, m.Radius, Iterations(m.MaxIterations)
	m.Spec = s
	return m, nil
}

// tooDeep says that a minibrot is smaller than a Spec can say.
func tooDeep(err error) error {
	var fault *FieldError
	if errors.As(err, &fault) {
		return fmt.Errorf("%w that a Spec can name: its numbers %s", ErrNoMinibrot, fault.Reason)
	}
	return err
}
