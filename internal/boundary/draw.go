package boundary

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"

	"mandelfarm/internal/places"
	"mandelfarm/renderer/orbit"
	"mandelfarm/renderer/wide"
)

// Wanted says what places are drawn.
type Wanted struct {
	Shallowest, Deepest float64 // -log10 of the radius is from one up to the other, uniformly
	MaxIterations       int     // points that take more are no good, because the truth takes too long
}

// attempts is how many places Draw looks at. Of nested ones less than one in ten is good where it is deep.
const attempts = 1000

// Draw draws a place from the boundary, which has no samples. It reports an error if ctx ends, or if it finds none.
func Draw(ctx context.Context, random *rand.Rand, w Wanted) (places.Place, error) {
	all := kinds()
	for range attempts {
		k := all[random.IntN(len(all))]
		if w.Shallowest > k.deepest {
			continue
		}
		for range attempts / 10 {
			p, err := draw(ctx, random, w, k)
			if !errors.Is(err, errNone) {
				return p, err
			}
		}
	}
	return places.Place{}, errNone
}

// errNone is that of an attempt that found no place.
var errNone = errors.New("boundary: no place found")

// kind is one of places. Its find returns a point and how deep the view is to be, which is as it is asked or near it.
type kind struct {
	name    string
	deepest float64 // where doubles do no longer find any
	find    func(*drawing, context.Context, float64) (orbit.Point, float64, error)
}

func kinds() []kind {
	return []kind{
		{"edge", 11, (*drawing).edge},
		{"cusp", 6, (*drawing).cusp},
		{"antenna", math.Inf(1), (*drawing).antenna},
		{"spiral", math.Inf(1), (*drawing).spiral},
		{"minibrot", math.Inf(1), (*drawing).minibrot},
		{"nested", math.Inf(1), (*drawing).nested},
	}
}

// draw makes one attempt.
func draw(ctx context.Context, random *rand.Rand, w Wanted, k kind) (places.Place, error) {
	depth := w.Shallowest + (min(w.Deepest, k.deepest)-w.Shallowest)*random.Float64()
	d := &drawing{random: random, limit: w.MaxIterations, bits: bitsFor(w.Deepest)}
	c, depth, err := k.find(d, ctx, depth)
	if err != nil {
		return places.Place{}, err
	}
	if depth < w.Shallowest || depth >= w.Deepest {
		return places.Place{}, errNone
	}
	p := d.place(k.name, c, depth)
	p.MaxIterations, err = d.limitOf(ctx, p)
	return p, err
}

// drawing is one attempt.
type drawing struct {
	random *rand.Rand
	limit  int // of iterations
	bits   int // of all points
}

// bitsFor is how many bits a place takes at a depth: those of the radius, and some more than a pixel and rounding take.
func bitsFor(depth float64) int { return orbit.RoundBits(int(depth*math.Log2(10)) + 128) }

// place names a view. Its centre is cut off far below a pixel.
func (d *drawing) place(kind string, c orbit.Point, depth float64) places.Place {
	const below = 8 // digits that the centre has below the radius
	tens := math.Floor(-depth)
	radius := fmt.Sprintf("%.2fe%d", math.Pow(10, -depth-tens), int(tens))
	digits := below - int(tens)
	return places.Place{
		Name: kind + "_" + radius, Source: "random",
		Re: decimal(c.Re, d.bits, digits), Im: decimal(c.Im, d.bits, digits), Radius: radius,
	}
}

func decimal(x *big.Int, bits, digits int) string {
	f := new(big.Float).SetPrec(uint(bits) + 64).SetInt(x)
	return f.SetMantExp(f, -bits).Text('f', digits)
}

// limitOf returns a limit of iterations that suits a place, by a few pixels. There is none if fewer than a third of them
// escape, or if none is near the boundary.
func (d *drawing) limitOf(ctx context.Context, p places.Place) (int, error) {
	const pixels, near = 24, 4
	t, ok := NewTruth(p)
	if !ok {
		return 0, errNone
	}
	var counts []float64
	nearest := math.Inf(1)
	for i := range pixels {
		s, err := t.At(ctx, d.random.IntN(places.Width), d.random.IntN(places.Height), d.limit)
		if err != nil {
			return 0, err
		}
		if s.Nu != nil {
			counts, nearest = append(counts, *s.Nu), min(nearest, *s.De)
		}
		if i == pixels/2 && len(counts) == 0 {
			break
		}
	}
	if len(counts) < pixels/3 || nearest > near {
		return 0, errNone
	}
	return min(d.limit, int(1.3*slices.Max(counts))+50), nil
}

// within returns a random number of a range, by its logarithm.
func (d *drawing) within(least, most float64) float64 {
	return least * math.Pow(most/least, d.random.Float64())
}

// direction is a random number of size 1.
func (d *drawing) direction() complex128 {
	sin, cos := math.Sincos(2 * math.Pi * d.random.Float64())
	return complex(cos, sin)
}

// point takes a double to the drawing's bits.
func (d *drawing) point(c complex128) orbit.Point {
	zero := orbit.Point{Re: new(big.Int), Im: new(big.Int)}
	return zero.Plus(wide.New(real(c), imag(c), 0), d.bits)
}
