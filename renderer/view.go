package renderer

import (
	"math/big"

	"mandelfarm/renderer/escape"
)

// grid places the sample points of an image in the plane.
type grid struct {
	width, height int
	window        bool
	// Of a plain view: its middle, the size of a pixel, and the rotation.
	re, im, step, cos, sin float64
	// Of a window: its ends and the distances between columns and between rows.
	left, right, bottom, top, columnStep, rowStep float64
}

// newGrid takes the view of a normalised Spec to float64, each number rounded once.
func newGrid(s Spec) grid {
	g := grid{width: s.Width, height: s.Height}
	if s.Window != (Window{}) {
		g.window = true
		g.left, g.right = s.Window.Re[0].Float64(), s.Window.Re[1].Float64()
		g.bottom, g.top = s.Window.Im[0].Float64(), s.Window.Im[1].Float64()
		g.columnStep = (g.right - g.left) / float64(max(1, s.Width-1))
		g.rowStep = (g.top - g.bottom) / float64(max(1, s.Height-1))
		return g
	}
	g.sin, g.cos = sinCos(s.Rotation)
	if s.isDeep() { // pixels from the middle
		g.step = 1
		return g
	}
	g.re, g.im = s.Center.Re.Float64(), s.Center.Im.Float64()
	g.step = 2 * s.Radius.Float64() / float64(s.Height)
	return g
}

// place puts the points of a run of pixels of one row, one per pixel, into the batch. The offset says where in the
// pixel they are.
func (g *grid) place(b escape.Batch, row, column int, at offset) {
	if g.window {
		g.placeWindow(b, row, column, at)
		return
	}
	dy := float64(g.height)/2 - float64(row) - at.y
	left := float64(g.width) / 2
	for i := range b.Re {
		dx := float64(column+i) + at.x - left
		b.Re[i] = g.re + float64((float64(dx*g.cos)-float64(dy*g.sin))*g.step)
		b.Im[i] = g.im + float64((float64(dx*g.sin)+float64(dy*g.cos))*g.step)
	}
}

// placeWindow computes what numpy's linspace does: k*step + start, and exactly the stop for the last.
func (g *grid) placeWindow(b escape.Batch, row, column int, at offset) {
	up := g.height - 1 - row
	im := float64((float64(up)+(0.5-at.y))*g.rowStep) + g.bottom
	if at.first && up > 0 && row == 0 {
		im = g.top
	}
	for i := range b.Re {
		b.Re[i] = float64((float64(column+i)+(at.x-0.5))*g.columnStep) + g.left
		b.Im[i] = im
	}
	if last := g.width - 1 - column; at.first && g.width > 1 && last < len(b.Re) {
		b.Re[last] = g.right
	}
}

// turnGradients takes the batch's gradients, if it has any, from the plane to the picture: from then on they are per pixel,
// and x and y are those of the picture, x to the right and y upward.
func (g *grid) turnGradients(b escape.Batch) {
	for i, x := range b.GradX {
		y := b.GradY[i]
		if g.window {
			b.GradX[i], b.GradY[i] = float64(x*g.columnStep), float64(y*g.rowStep)
			continue
		}
		b.GradX[i] = float64((float64(x*g.cos) + float64(y*g.sin)) * g.step)
		b.GradY[i] = float64((float64(y*g.cos) - float64(x*g.sin)) * g.step)
	}
}

// offset is a place in a pixel, from its upper left corner, in pixels.
type offset struct {
	x, y  float64
	first bool // the centre, or the grid point of a window
}

// offsets returns the first n points of the R2 sequence: the centre of the pixel, and each the last plus (1/g, 1/g^2)
// modulo 1, where g is the plastic number, the root of g^3 = g + 1.
func offsets(n int) []offset {
	const g = 1.32471795724474602596
	points := make([]offset, n)
	points[0] = offset{0.5, 0.5, true}
	for i := 1; i < n; i++ {
		points[i].x = fraction(points[i-1].x + 1/g)
		points[i].y = fraction(points[i-1].y + 1/g/g)
	}
	return points
}

// fraction returns x modulo 1 for x from 0 to 2.
func fraction(x float64) float64 {
	if x >= 1 {
		return x - 1
	}
	return x
}

// sinCos returns sine and cosine of an angle in degrees from -180 to 180, correctly rounded but for ties nobody meets.
// They are exact for multiples of 90. Package math is not used because its results differ between CPUs.
func sinCos(degrees Decimal) (sin, cos float64) {
	switch degrees.String() {
	case "", "0":
		return 0, 1
	case "90":
		return 1, 0
	case "180":
		return 0, -1
	case "-90":
		return -1, 0
	}
	const bits = 192
	x, _, err := big.ParseFloat("3.14159265358979323846264338327950288419716939937510582097494", 10, bits, big.ToNearestEven)
	if err != nil {
		panic("renderer: pi is a number: " + err.Error())
	}
	x.Mul(x, big.NewFloat(degrees.Float64()))
	x.Quo(x, big.NewFloat(180))
	sin, _ = taylor(x, x, 1).Float64()
	cos, _ = taylor(x, big.NewFloat(1).SetPrec(bits), 0).Float64()
	return sin, cos
}

// taylor sums first - first*x^2/((n+1)(n+2)) + ..., which is sin x for first = x and n = 1, and cos x for first = 1 and
// n = 0. For |x| <= pi the terms after the 60th are below 2^-192.
func taylor(x, first *big.Float, n int64) *big.Float {
	const terms = 60
	square := new(big.Float).Mul(x, x)
	term := new(big.Float).Copy(first)
	sum := new(big.Float).Copy(first)
	for range terms {
		term.Mul(term, square)
		term.Quo(term, new(big.Float).SetInt64((n+1)*(n+2)))
		term.Neg(term)
		sum.Add(sum, term)
		n += 2
	}
	return sum
}
