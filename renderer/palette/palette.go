// Package palette turns gradients into tables of colours. Which of them have
// names, package spec knows.
//
// A gradient is a short list of stops: places from 0 to 1 and their colours in sRGB. A cyclic table takes 1 for the same
// place as 0, so that the last stop runs into the first; any other has the first stop's colour before it and the last
// stop's colour after it. Between stops each channel follows a monotone cubic (Fritsch and Butland, "A Method for
// Constructing Local Monotone Piecewise Cubic Interpolants", 1984), which has no kinks at the stops, where the eye would
// see bands, and does not overshoot them.
//
// Tables are computed with pinned float64 arithmetic and are the same on every CPU.
package palette

import (
	"math"
	"sync"

	"mandelfarm/renderer/spec"
)

// Color is a colour in sRGB: red, green and blue, from 0 to 255 or to 65535 as its table's depth says.
type Color [3]uint16

// Stop is a place of a gradient and its colour.
type Stop struct {
	At    float64  // from 0 inclusive to 1 exclusive
	Color [3]uint8 // red, green and blue
}

// Gradient is at least one stop, at ascending places.
type Gradient []Stop

// Table holds a gradient's colours: entry i stands for the places from i/len to (i+1)/len. Its length is a power of two.
type Table []Color

// size is the number of colours of a table: enough that neighbours differ by one step or two in a channel of 8 bits, and
// by a few in one of 16.
func size(depth int) int {
	if depth == 16 {
		return 1 << 16
	}
	return 1 << 12
}

// tables holds what New has computed of named palettes, by request. Gradients of anybody's stops are not kept: there is no
// end of them.
var tables sync.Map //nolint:gochecknoglobals // a cache that no result depends on

type request struct {
	palette spec.Palette
	depth   int
	cyclic  bool
}

// New returns the table of the palette of a Spec in channels of 8 or 16 bits, which is not to be changed.
func New(p spec.Palette, depth int, cyclic bool) Table {
	key := request{p, depth, cyclic}
	if kept, ok := tables.Load(key); ok {
		return kept.(Table) //nolint:forcetypeassert // holds nothing else
	}
	table := newGradient(p).Table(depth, cyclic)
	if p.IsNamed() {
		tables.Store(key, table)
	}
	return table
}

func newGradient(p spec.Palette) Gradient {
	stops := p.Stops()
	g := make(Gradient, len(stops))
	for i, stop := range stops {
		g[i] = Stop{At: stop.At.Float64(), Color: stop.Color.RGB()}
	}
	return g
}

// Table computes the gradient's table in channels of 8 or 16 bits.
func (g Gradient) Table(depth int, cyclic bool) Table {
	table := make(Table, size(depth))
	for channel := range 3 {
		knot := g.open(channel, uint16(1<<depth-1))
		if cyclic {
			knot = g.closed(channel, uint16(1<<depth-1))
		}
		table.fill(channel, len(g), knot)
	}
	return table
}

// Cut makes the table flat in so many steps of about the same width, each of the colour in its middle.
func (t Table) Cut(steps int) Table {
	flat := make(Table, len(t))
	for i := range flat {
		step := i * steps / len(t)
		flat[i] = t[(2*step+1)*len(t)/(2*steps)]
	}
	return flat
}

// knot returns place and value of stop i in a channel, continued on both sides of the gradient.
type knot func(i int) (at, value float64)

// closed continues the gradient with itself.
func (g Gradient) closed(channel int, white uint16) knot {
	scale := float64(white) / 255
	return func(i int) (at, value float64) {
		turn := math.Floor(float64(i) / float64(len(g)))
		s := g[i-int(turn)*len(g)]
		return s.At + turn, float64(float64(s.Color[channel]) * scale)
	}
}

// open continues the gradient with the colours of its ends.
func (g Gradient) open(channel int, white uint16) knot {
	scale := float64(white) / 255
	return func(i int) (at, value float64) {
		end := max(0, min(i, len(g)-1))
		return g[end].At + float64(i-end), float64(float64(g[end].Color[channel]) * scale)
	}
}

// fill writes one channel of every entry, given the knots of so many stops.
func (t Table) fill(channel, stops int, knot knot) {
	entry := 0
	for s := -1; s < stops; s++ {
		x0, y0 := knot(s)
		x1, y1 := knot(s + 1)
		width := x1 - x0
		m0, m1 := float64(width*slope(knot, s)), float64(width*slope(knot, s+1))
		for ; entry < len(t); entry++ {
			place := float64(entry) / float64(len(t))
			if place >= x1 {
				break
			}
			// Between two values a monotone cubic stays between them, but for rounding.
			value := max(min(y0, y1), min(max(y0, y1), hermite((place-x0)/width, y0, y1, m0, m1)))
			t[entry][channel] = uint16(math.Floor(value + 0.5))
		}
	}
}

// slope is the weighted harmonic mean of the slopes on both sides of a stop, and 0 at an extremum.
func slope(knot knot, i int) float64 {
	x0, y0 := knot(i - 1)
	x1, y1 := knot(i)
	x2, y2 := knot(i + 1)
	h0, h1 := x1-x0, x2-x1
	d0, d1 := (y1-y0)/h0, (y2-y1)/h1
	if float64(d0*d1) <= 0 {
		return 0
	}
	w0, w1 := float64(2*h1)+h0, h1+float64(2*h0)
	return (w0 + w1) / (w0/d0 + w1/d1)
}

// hermite is the cubic with the given values and slopes at t = 0 and t = 1.
func hermite(t, y0, y1, m0, m1 float64) float64 {
	delta := y1 - y0
	a := m0 + m1 - float64(2*delta)
	b := float64(3*delta) - float64(2*m0) - m1
	return y0 + float64(t*(m0+float64(t*(b+float64(t*a)))))
}
