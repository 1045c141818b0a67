package renderer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"mandelfarm/renderer/nucleus"
	"mandelfarm/renderer/spec"
	"mandelfarm/renderer/wide"
)

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
// the one of the least period, as long as that is at most limit. The error wraps [spec.ErrNoMinibrot] if there is none; it is a
// [*spec.FieldError] for pictures other than views of the Mandelbrot set. When ctx ends Find stops within milliseconds and
// returns the cause.
func Find(ctx context.Context, s spec.Spec, limit, threads int) (spec.Minibrot, error) {
	if err := checkFind(s); err != nil {
		return spec.Minibrot{}, err
	}
	view := nucleus.View{Re: s.Center.Re.String(), Im: s.Center.Im.String(), Radius: wideOf(s.Radius)}
	found, err := nucleus.Find(ctx, view, nucleus.Options{Limit: limit, Threads: goroutines(threads, math.MaxInt)})
	if err != nil {
		return spec.Minibrot{}, err
	}
	return minibrot(s, found)
}

// checkFind refuses what Find cannot do.
func checkFind(s spec.Spec) error {
	if s.Formula != spec.Mandelbrot {
		return spec.NewFieldError("formula", string(s.Formula), "must be mandelbrot: no other's minibrots can be found")
	}
	if s.Window != (spec.Window{}) {
		return spec.NewFieldError("window", "", "must be a centre and a radius, to find a minibrot")
	}
	return nil
}

// FindTime is the time that Find may take one thread to look for periods up to a limit, as Limits.Reference is estimated.
// That it finds something early, and then refines it, is not in it.
func FindTime(s spec.Spec, limit int) time.Duration {
	if checkFind(s) != nil {
		return 0
	}
	v := deepView(s)
	v.MaxIterations = limit
	return v.Estimate()
}

// FindCost is what a search for a minibrot up to a period may take, in iterations as [Cost] has them.
func FindCost(s spec.Spec, maxPeriod int) float64 {
	return FindTime(s, maxPeriod).Seconds() * iterationsPerSecond
}

// minibrot describes what was found in the view.
func minibrot(s spec.Spec, found nucleus.Nucleus) (spec.Minibrot, error) {
	size := found.Size.Norm()
	m := spec.Minibrot{Period: found.Period, MaxIterations: min(max(1000, minibrotTurns*found.Period), math.MaxInt32)}
	degrees := math.Atan2(found.Size.Im, found.Size.Re) * (180 / math.Pi)
	for _, number := range []struct {
		to   *spec.Decimal
		text string
	}{
		{&m.Center.Re, found.Re},
		{&m.Center.Im, found.Im},
		{&m.Size, size.Text(sizeDigits)},
		{&m.Domain, found.Domain.Text(sizeDigits)},
		{&m.Radius, size.Mul(wide.NewReal(minibrotRadius, 0)).Text(3)},
		{&m.Angle, strconv.FormatFloat(degrees, 'f', 3, 64)},
	} {
		d, err := spec.ParseDecimal(number.text)
		if err != nil {
			return spec.Minibrot{}, tooDeep(err)
		}
		*number.to = d
	}
	var err error
	if m.Spec, err = m.Showing(s); err != nil {
		return spec.Minibrot{}, tooDeep(err)
	}
	return m, nil
}

// tooDeep says that a minibrot is smaller than a Spec can say.
func tooDeep(err error) error {
	var fault *spec.FieldError
	if errors.As(err, &fault) {
		return fmt.Errorf("%w that a Spec can name: its numbers %s", spec.ErrNoMinibrot, fault.Reason)
	}
	return err
}
