package boundary

import (
	"context"
	"errors"
	"math"
	"math/big"

	"mandelfarm/renderer/nucleus"
	"mandelfarm/renderer/orbit"
	"mandelfarm/renderer/spec"
	"mandelfarm/renderer/wide"
)

// spot is a point and a radius around it in which the boundary is.
type spot struct {
	c      orbit.Point
	radius wide.Real
}

// The longest cycles of antennas and of spirals.
const (
	shortCycle = 3
	longCycle  = 100
)

// antenna is a point whose orbit ends in a short cycle.
func (d *drawing) antenna(ctx context.Context, depth float64) (orbit.Point, float64, error) {
	return d.preperiodic(ctx, d.start(false), shortCycle, depth)
}

// spiral is one whose orbit ends in a cycle of any length, in the valleys.
func (d *drawing) spiral(ctx context.Context, depth float64) (orbit.Point, float64, error) {
	return d.preperiodic(ctx, d.start(true), longCycle, depth)
}

// minibrot is on the edge of a copy of the set, about as deep as it is asked for. The copy is up to a thousand times as large as
// the view.
func (d *drawing) minibrot(ctx context.Context, depth float64) (orbit.Point, float64, error) {
	s, err := d.copied(ctx, depth/2)
	return s.c, 3*d.random.Float64() - log10(s.radius), err
}

// nested is a preperiodic point next to the edge of a copy.
func (d *drawing) nested(ctx context.Context, depth float64) (orbit.Point, float64, error) {
	s, err := d.copied(ctx, d.within(0.05, 0.4)*depth)
	if err != nil {
		return orbit.Point{}, 0, err
	}
	s.radius = s.radius.Mul(wide.NewReal(d.within(1e-4, 1e-1), 0))
	return d.preperiodic(ctx, s, longCycle, depth)
}

// start is a spot that doubles find.
func (d *drawing) start(valley bool) spot {
	c, radius := d.shore(valley)
	return spot{d.point(c), wide.NewReal(radius, 0)}
}

// copied returns a spot on the edge of a copy of the set, whose radius is the copy's size. The copy is next to a
// preperiodic point, in a view of the given depth.
func (d *drawing) copied(ctx context.Context, depth float64) (spot, error) {
	c, _, err := d.preperiodic(ctx, d.start(d.random.IntN(2) == 0), longCycle, depth)
	if err != nil {
		return spot{}, err
	}
	radius := power10(-depth)
	c = d.beside(spot{c, radius})
	digits := int(float64(d.bits) * math.Log10(2))
	view := nucleus.View{Re: decimal(c.Re, d.bits, digits), Im: decimal(c.Im, d.bits, digits), Radius: radius}
	found, err := nucleus.Find(ctx, view, nucleus.Options{Limit: d.limit, Threads: 1})
	if errors.Is(err, spec.ErrNoMinibrot) {
		return spot{}, errNone
	}
	if err != nil {
		return spot{}, err
	}
	c, ok := orbit.Parse(found.Re, found.Im, d.bits)
	if !ok {
		return spot{}, errNone
	}
	edge, _ := d.shore(d.random.IntN(2) == 0)
	return spot{c.Plus(found.Size.Mul(wide.New(real(edge), imag(edge), 0)), d.bits), found.Size.Norm()}, nil
}

// beside is a random point of a spot.
func (d *drawing) beside(s spot) orbit.Point {
	by := d.direction() * complex(math.Sqrt(d.random.Float64()), 0)
	return s.c.Plus(wide.New(real(by), imag(by), 0).MulReal(s.radius), d.bits)
}

// preperiodic returns a point next to a spot with z_{k+p} = z_k, to far below a depth. Orbits around the spot escape after n
// steps or so, so that z_k and dz/dc are large enough for k + p up to that, for a solution to be near.
func (d *drawing) preperiodic(ctx context.Context, s spot, longest int, depth float64) (orbit.Point, float64, error) {
	c := d.beside(s)
	e, err := follow(ctx, c, d.bits, d.limit)
	if err != nil {
		return orbit.Point{}, 0, err
	}
	last := e.n - d.random.IntN(8)
	if last < 4 {
		return orbit.Point{}, 0, errNone
	}
	period := int(d.within(1, float64(min(longest, last-2)+1)))
	c, err = d.newton(ctx, c, last-period, period, power10(-depth-10))
	return c, depth, err
}

// newton solves z_{k+p}(c) = z_k(c). Derivatives are in double precision, so that each step makes good some 40 bits.
func (d *drawing) newton(ctx context.Context, c orbit.Point, k, p int, target wide.Real) (orbit.Point, error) {
	for range 20 + d.bits/20 {
		step, err := d.newtonStep(ctx, c, k, p)
		if err != nil {
			return orbit.Point{}, err
		}
		if step.Exp > 0 {
			return orbit.Point{}, errNone
		}
		c = c.Plus(step, d.bits)
		if step.Exp == wide.Zero || step.Norm().Less(target) {
			return c, nil
		}
	}
	return orbit.Point{}, errNone
}

// newtonStep is from c to where z_{k+p} - z_k is 0 to first order.
func (d *drawing) newtonStep(ctx context.Context, c orbit.Point, k, p int) (wide.Complex, error) {
	const gone = 5 // exponent of an orbit that escapes
	z, slope := wide.New(0, 0, 0), wide.New(0, 0, 0)
	var atK orbit.Point
	var slopeAtK wide.Complex
	o := orbit.Orbit{Start: orbit.Point{Re: new(big.Int), Im: new(big.Int)}, C: c, Bits: d.bits, Limit: k + p}
	end, err := o.FollowPoints(ctx, func(n int, now orbit.Point) bool {
		slope = z.Double().Mul(slope).Add(wide.New(1, 0, 0))
		z = now.Wide(d.bits)
		if n == k {
			atK, slopeAtK = orbit.Point{Re: new(big.Int).Set(now.Re), Im: new(big.Int).Set(now.Im)}, slope
		}
		return z.Exp < gone
	})
	if err != nil {
		return z, err
	}
	slope = slope.Add(slopeAtK.MulReal(wide.NewReal(-1, 0)))
	if z.Exp >= gone || slope.Exp == wide.Zero {
		return z, errNone
	}
	return atK.Minus(end, d.bits).Mul(inverse(slope)), nil
}

// inverse is 1/z.
func inverse(z wide.Complex) wide.Complex {
	norm := z.Norm()
	conjugate := wide.Complex{Re: z.Re, Im: -z.Im, Exp: z.Exp}
	return conjugate.MulReal(wide.NewReal(1, 0).Quo(norm.Mul(norm)))
}

// power10 is 10^x, to double precision or a little less.
func power10(x float64) wide.Real {
	e := math.Floor(x * math.Log2(10))
	return wide.NewReal(math.Exp2(x*math.Log2(10)-e), int(e))
}

func log10(x wide.Real) float64 { return math.Log10(x.M) + float64(x.Exp)*math.Log10(2) }
