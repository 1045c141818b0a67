// Package palette holds named cyclic gradients and turns them into tables of colours.
//
// A gradient is a short list of stops: places on a circle of circumference 1 and their colours in sRGB. Between stops
// each channel follows a monotone cubic (Fritsch and Butland, "A Method for Constructing Local Monotone Piecewise Cubic
// Interpolants", 1984), which has no kinks at the stops, where the eye would see bands, and does not overshoot them.
//
// Tables are computed with pinned float64 arithmetic and are the same on every CPU.
package palette

import "math"

// Size is the number of colours of a table: enough that neighbours differ by a step or two in one channel.
const Size = 4096

// RGB is a colour in sRGB, 8 bits per channel.
type RGB [3]uint8

// Table holds the colours of one turn: entry i stands for the place i/Size.
type Table [Size]RGB

// At returns the colour at a place; places differing by a whole number are the same.
func (t *Table) At(place float64) RGB {
	turn := place - math.Floor(place) // 1 if place is a tiny negative number
	return t[int(turn*Size)&(Size-1)]
}

// stop is a place of a gradient and its colour.
type stop struct {
	at    float64 // from 0 inclusive to 1 exclusive, ascending
	color RGB
}

// Names lists the palettes, the default first.
func Names() []string {
	return []string{"ultra", "fire", "ocean", "aurora", "gray"}
}

// Exists reports whether there is a palette of that name.
func Exists(name string) bool { return stops(name) != nil }

// New computes the table of a palette. It reports false if there is none of that name.
func New(name string) (*Table, bool) {
	gradient := stops(name)
	if gradient == nil {
		return nil, false
	}
	var table Table
	for channel := range 3 {
		fillChannel(&table, gradient, channel)
	}
	return &table, true
}

// stops returns the gradient of that name, or nil.
func stops(name string) []stop {
	switch name {
	case "ultra": // night, deep blue, white, amber, ember
		return []stop{
			{0.00, RGB{3, 6, 38}},
			{0.15, RGB{13, 60, 150}},
			{0.33, RGB{96, 178, 236}},
			{0.44, RGB{244, 252, 248}},
			{0.56, RGB{255, 204, 74}},
			{0.68, RGB{226, 112, 8}},
			{0.83, RGB{92, 20, 22}},
			{0.93, RGB{14, 4, 20}},
		}
	case "fire": // charcoal, red, orange, yellow, white heat
		return []stop{
			{0.00, RGB{12, 4, 8}},
			{0.20, RGB{110, 8, 12}},
			{0.40, RGB{222, 60, 6}},
			{0.56, RGB{255, 160, 20}},
			{0.70, RGB{255, 240, 150}},
			{0.78, RGB{255, 255, 236}},
			{0.90, RGB{120, 50, 60}},
		}
	case "ocean": // abyss, teal, foam, lagoon
		return []stop{
			{0.00, RGB{2, 14, 34}},
			{0.22, RGB{4, 74, 112}},
			{0.42, RGB{26, 160, 168}},
			{0.56, RGB{170, 232, 208}},
			{0.64, RGB{246, 252, 240}},
			{0.76, RGB{90, 190, 210}},
			{0.90, RGB{16, 58, 110}},
		}
	case "aurora": // violet night, magenta, gold, green, teal
		return []stop{
			{0.00, RGB{16, 6, 44}},
			{0.18, RGB{92, 22, 126}},
			{0.34, RGB{214, 62, 128}},
			{0.48, RGB{255, 190, 110}},
			{0.58, RGB{250, 250, 200}},
			{0.72, RGB{78, 206, 140}},
			{0.86, RGB{10, 92, 112}},
		}
	case "gray":
		return []stop{{0.00, RGB{8, 8, 8}}, {0.50, RGB{250, 250, 250}}}
	default:
		return nil
	}
}

// fillChannel writes one channel of every entry.
func fillChannel(table *Table, gradient []stop, channel int) {
	count := len(gradient)
	// knot returns place and value of a stop, continuing around the circle on both sides.
	knot := func(i int) (at, value float64) {
		turn := math.Floor(float64(i) / float64(count))
		s := gradient[i-int(turn)*count]
		return s.at + turn, float64(s.color[channel])
	}
	segment := 0
	for i := range table {
		place := float64(i) / Size
		for segment+1 < count && gradient[segment+1].at <= place {
			segment++
		}
		x0, y0 := knot(segment)
		x1, y1 := knot(segment + 1)
		t := (place - x0) / (x1 - x0)
		width := x1 - x0
		value := hermite(t, y0, y1, float64(width*slope(knot, segment)), float64(width*slope(knot, segment+1)))
		table[i][channel] = uint8(max(0, min(255, math.Floor(value+0.5))))
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
