package boundary

import (
	"context"
	"math"
	"math/big"

	"mandelfarm/internal/places"
	"mandelfarm/renderer/orbit"
	"mandelfarm/renderer/wide"
)

// guardBits is how many bits a point has below the radius, which is 2^-119 of a pixel. Rounding shifts it by less than 2^4 units of the
// last place at each step, so that even 2^24 steps leave 2^-90 of a pixel.
const guardBits = 128

// escapeRadius is where the renderer ends a smooth count, so that counts differ by nothing but arithmetic.
const escapeRadius = 256

// Truth knows what the pixels of a place are.
type Truth struct {
	bits   int // of centre and radius
	centre orbit.Point
	radius *big.Int
	step   wide.Real // between pixels
}

// NewTruth reports false if the numbers of the place are no decimals.
func NewTruth(p places.Place) (Truth, bool) {
	rough, ok := size(p.Radius)
	if !ok {
		return Truth{}, false
	}
	t := Truth{bits: orbit.RoundBits(guardBits - rough.Exp), step: rough.Scale(1).Quo(wide.NewReal(places.Height, 0))}
	t.centre, ok = orbit.Parse(p.Re, p.Im, t.bits)
	radius, also := orbit.Parse(p.Radius, "0", t.bits)
	t.radius = radius.Re
	return t, ok && also
}

// size reads a decimal above 0 in double precision.
func size(text string) (wide.Real, bool) {
	f, _, err := big.ParseFloat(text, 10, 64, big.ToNearestEven)
	if err != nil || f.Sign() <= 0 {
		return wide.Real{}, false
	}
	var mantissa big.Float
	e := f.MantExp(&mantissa)
	m, _ := mantissa.Float64()
	return wide.NewReal(m, e), true
}

// At returns what the centre of a pixel is, after so many iterations at most.
func (t Truth) At(ctx context.Context, column, row, limit int) (places.Sample, error) {
	s := places.Sample{Column: column, Row: row}
	e, err := follow(ctx, t.pixel(column, row), t.bits, limit)
	if err != nil || e.n == 0 {
		return s, err
	}
	nu, de := e.nu(), e.distance().Quo(t.step).Float64()
	s.Nu, s.De = &nu, &de
	return s, nil
}

// pixel returns the centre of one: the place's centre and odd multiples of radius/Height.
func (t Truth) pixel(column, row int) orbit.Point {
	along := func(from *big.Int, times int) *big.Int {
		d := new(big.Int).Mul(t.radius, big.NewInt(int64(times)))
		return d.Add(d.Quo(d, big.NewInt(places.Height)), from)
	}
	return orbit.Point{Re: along(t.centre.Re, 2*column+1-places.Width), Im: along(t.centre.Im, places.Height-2*row-1)}
}

// orbitEnd is where an orbit leaves the escape radius, with z and dz/dc there. n is 0 if it does not.
type orbitEnd struct {
	n    int
	z, d wide.Complex
}

// follow follows the orbit of c. The derivative is in double precision: it is a product of factors that are right to 2^-52.
func follow(ctx context.Context, c orbit.Point, bits, limit int) (orbitEnd, error) {
	e := orbitEnd{z: wide.New(0, 0, 0), d: wide.New(0, 0, 0)}
	o := orbit.Orbit{Start: orbit.Point{Re: new(big.Int), Im: new(big.Int)}, C: c, Bits: bits, Limit: limit}
	_, err := o.Follow(ctx, func(n int, z wide.Complex) bool {
		e.d = e.z.Double().Mul(e.d).Add(wide.New(1, 0, 0))
		e.z = z
		if z.Exp >= 7 && z.Norm().Float64() > escapeRadius {
			e.n = n
			return false
		}
		return true
	})
	return e, err
}

// nu is the fractional iteration count.
func (e orbitEnd) nu() float64 { return float64(e.n) - math.Log2(math.Log(e.z.Norm().Float64())) }

// distance is the estimated distance to the boundary, 2|z| ln|z| / |dz/dc|. The true one is between a quarter of it and
// all of it.
func (e orbitEnd) distance() wide.Real {
	size := e.z.Norm()
	return size.Mul(wide.NewReal(2*math.Log(size.Float64()), 0)).Quo(e.d.Norm())
}
