// Package palette holds named cyclic gradients and turns them into tables of colours.
//
// A gradient is a short list of stops: places on a circle of circumference 1 and their colours in sRGB. Between stops
// each channel follows a monotone cubic (Fritsch and Butland, "A Method for Constructing Local Monotone Piecewise Cubic
// Interpolants", 1984), which has no kinks at the stops, where the eye would see bands, and does not overshoot them.
//
// Tables are computed with pinned float64 arithmetic and are the same on every CPU.
package palette

import (
	"math"
	"sync"
)

// Color is a colour in sRGB: red, green and blue, from 0 to 255 or to 65535 as its table's depth says.
type Color [3]uint16

// Table holds the colours of one turn: entry i stands for the places from i/len to (i+1)/len. Its length is a power of
// two.
type Table []Color

// size is the number of colours of a table: enough that neighbours differ by one step or two in a channel of 8 bits, and
// by a few in one of 16.
func size(depth int) int {
	if depth == 16 {
		return 1 << 16
	}
	return 1 << 12
}

// Names lists the palettes, the default first.
func Names() []string {
	return []string{"ultra", "fire", "ocean", "aurora", "gray"}
}

// Exists reports whether there is a palette of that name.
func Exists(name string) bool { return stops(name) != nil }

// tables holds what New has computed, by request.
var tables sync.Map //nolint:gochecknoglobals // a cache that no result depends on

type request struct {
	name  string
	depth int
}

// New returns the table of a palette in channels of 8 or 16 bits, which is not to be changed. It reports false if there is
// none of that name.
func New(name string, depth int) (Table, bool) {
	if table, ok := tables.Load(request{name, depth}); ok {
		known, ok := table.(Table)
		return known, ok
	}
	gradient := stops(name)
	if gradient == nil {
		return nil, false
	}
	table := make(Table, size(depth))
	for channel := range 3 {
		fillChannel(table, gradient, channel, uint16(1<<depth-1))
	}
	tables.Store(request{name, depth}, table)
	return table, true
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

// stop is a place of a gradient and its colour.
type stop struct {
	at    float64 // from 0 inclusive to 1 exclusive, ascending
	color rgb
}

// rgb is a stop's colour.
type rgb [3]uint8

// stops returns the gradient of that name, or nil.
func stops(name string) []stop {
	switch name {
	case "ultra": // night, deep blue, white, amber, ember
		return []stop{
			{0.00, rgb{3, 6, 38}},
			{0.15, rgb{13, 60, 150}},
			{0.33, rgb{96, 178, 236}},
			{0.44, rgb{244, 252, 248}},
			{0.56, rgb{255, 204, 74}},
			{0.68, rgb{226, 112, 8}},
			{0.83, rgb{92, 20, 22}},
			{0.93, rgb{14, 4, 20}},
		}
	case "fire": // charcoal, red, orange, yellow, white heat
		return []stop{
			{0.00, rgb{12, 4, 8}},
			{0.20, rgb{110, 8, 12}},
			{0.40, rgb{222, 60, 6}},
			{0.56, rgb{255, 160, 20}},
			{0.70, rgb{255, 240, 150}},
			{0.78, rgb{255, 255, 236}},
			{0.90, rgb{120, 50, 60}},
		}
	case "ocean": // abyss, teal, foam, lagoon
		return []stop{
			{0.00, rgb{2, 14, 34}},
			{0.22, rgb{4, 74, 112}},
			{0.42, rgb{26, 160, 168}},
			{0.56, rgb{170, 232, 208}},
			{0.64, rgb{246, 252, 240}},
			{0.76, rgb{90, 190, 210}},
			{0.90, rgb{16, 58, 110}},
		}
	case "aurora": // violet night, magenta, gold, green, teal
		return []stop{
			{0.00, rgb{16, 6, 44}},
			{0.18, rgb{92, 22, 126}},
			{0.34, rgb{214, 62, 128}},
			{0.48, rgb{255, 190, 110}},
			{0.58, rgb{250, 250, 200}},
			{0.72, rgb{78, 206, 140}},
			{0.86, rgb{10, 92, 112}},
		}
	case "gray":
		return []stop{{0.00, rgb{8, 8, 8}}, {0.50, rgb{250, 250, 250}}}
	default:
		return nil
	}
}

// fillChannel writes one channel of every entry, whose greatest value is white.
func fillChannel(table Table, gradient []stop, channel int, white uint16) {
	count := len(gradient)
	scale := float64(white) / 255
	// knot returns place and value of a stop, continuing around the circle on both sides.
	knot := func(i int) (at, value float64) {
		turn := math.Floor(float64(i) / float64(count))
		s := gradient[i-int(turn)*count]
		return s.at + turn, float64(float64(s.color[channel]) * scale)
	}
	entry := 0
	for s := range count {
		x0, y0 := knot(s)
		x1, y1 := knot(s + 1)
		width := x1 - x0
		m0, m1 := float64(width*slope(knot, s)), float64(width*slope(knot, s+1))
		for ; entry < len(table); entry++ {
			place := float64(entry) / float64(len(table))
			if place >= x1 {
				break
			}
			value := hermite((place-x0)/width, y0, y1, m0, m1)
			table[entry][channel] = uint16(max(0, min(float64(white), math.Floor(value+0.5))))
		}
	}
}

// slope is the weighted harmonic mean of the slopes on both sides of a stop, and 0 at an extremum.
func slope(knot func(int) (float64, float64), i int) float64 {
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
