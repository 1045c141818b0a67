package renderer

import (
	"math"

	"mandelfarm/renderer/deep"
	"mandelfarm/renderer/elementary"
	"mandelfarm/renderer/escape"
	"mandelfarm/renderer/orbit"
	"mandelfarm/renderer/spec"
	"mandelfarm/renderer/wide"
)

// grid places the sample points of an image in the plane.
type grid struct {
	width, height int
	window        bool
	// Of a plain view: its middle, the size of a pixel, and the matrix of what turns, mirrors and stretches it, which takes
	// what is to the right and up in the picture to the plane.
	re, im, step   float64
	xx, xy, yx, yy float64
	// Of a window: its ends and the distances between columns and between rows.
	left, right, bottom, top, columnStep, rowStep float64
}

// newGrid takes the view of a Spec to float64, each number rounded once.
func newGrid(s spec.Spec) grid {
	g := grid{width: s.Width, height: s.Height}
	if s.Window != (spec.Window{}) {
		g.window = true
		g.left, g.right = s.Window.Re[0].Float64(), s.Window.Re[1].Float64()
		g.bottom, g.top = s.Window.Im[0].Float64(), s.Window.Im[1].Float64()
		g.columnStep = (g.right - g.left) / float64(max(1, s.Width-1))
		g.rowStep = (g.top - g.bottom) / float64(max(1, s.Height-1))
		return g
	}
	g.xx, g.xy, g.yx, g.yy = orientation(s)
	if IsDeep(s) { // in steps from the middle
		g.step = stretchFactor(s)
		return g
	}
	g.re, g.im = s.Center.Re.Float64(), s.Center.Im.Float64()
	g.step = 2 * s.Radius.Float64() / float64(s.Height)
	return g
}

// orientation returns the matrix of a view: R S M. R turns it, S stretches it, M is diag(1, -1) if it is mirrored.
func orientation(s spec.Spec) (xx, xy, yx, yy float64) {
	sin, cos := elementary.SinCos(s.Rotation.String())
	xx, xy, yx, yy = cos, -sin, sin, cos
	if s.Stretch != (spec.Stretch{}) {
		f := stretchFactor(s)
		sin, cos := elementary.SinCos(s.Stretch.Angle.String())
		along, mixed, across := float64(cos*cos), float64(cos*sin), float64(sin*sin)
		// S is symmetric: f along the axis and 1/f across it.
		a, b, d := float64(f*along)+float64(across/f), float64(mixed*(f-1/f)), float64(f*across)+float64(along/f)
		xx, xy, yx, yy = float64(xx*a)+float64(xy*b), float64(xx*b)+float64(xy*d), float64(yx*a)+float64(yy*b), float64(yx*b)+float64(yy*d)
	}
	if s.Mirror {
		xy, yy = -xy, -yy
	}
	return xx, xy, yx, yy
}

// stretchFactor is how many times as long a view is along the axis of its stretch: 1 if it has none.
func stretchFactor(s spec.Spec) float64 { return elementary.Exp2(s.Stretch.Amount.Float64()) }

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
		b.Re[i] = g.re + float64((float64(dx*g.xx)+float64(dy*g.xy))*g.step)
		b.Im[i] = g.im + float64((float64(dx*g.yx)+float64(dy*g.yy))*g.step)
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
		b.GradX[i] = float64((float64(x*g.xx) + float64(y*g.yx)) * g.step)
		b.GradY[i] = float64((float64(y*g.yy) + float64(x*g.xy)) * g.step)
	}
}

// leastPixel is the distance between pixels below which a view is followed beside a reference. Points in double precision
// are off by some 2^-52, which is then a millionth of a pixel and less.
const leastPixel = 0x1p-33

// IsDeep reports whether the pixels of a view are too close together for double precision, so that they are followed beside a
// reference orbit. Of a stretched view the shorter distance counts.
func IsDeep(s spec.Spec) bool {
	return s.Formula == spec.Mandelbrot && s.Window == (spec.Window{}) &&
		2*s.Radius.Float64()/float64(s.Height) < float64(leastPixel*stretchFactor(s))
}

// deepView returns the view of a Spec for package deep. The reference of a cell is the middle of its ancestor,
// and the bound is that of the ancestor, so that all cells of an ancestor have the same reference.
func deepView(s spec.Spec) deep.View {
	v := deep.View{
		Re: s.Center.Re.String(), Im: s.Center.Im.String(),
		Step:          step(s),
		Bound:         referenceBound(s),
		MaxIterations: int(s.MaxIterations),
		Radius2:       escape.SmoothRadius2,
	}
	if s.MaxIterations == spec.Auto {
		v.MaxIterations = ceiling(s)
	}
	if c, ok := s.Cell(); ok {
		a := c.Ancestor()
		middle, _ := a.View()
		v.Re, v.Im = middle.Re.String(), middle.Im.String()
		right, up := c.From(a)
		v.OffsetRe, v.OffsetIm = float64(right*s.Height)/2, float64(up*s.Height)/2
	}
	return v
}

// ceiling is the greatest limit that Auto may come to for the view: AutoCeiling, and for references of more than some
// thousand digits so many steps that they take no more than two minutes, whatever the machine takes them to be.
func ceiling(s spec.Spec) int {
	if !IsDeep(s) {
		return spec.AutoCeiling
	}
	const work = 1.3e10
	words := float64(deep.Bits(referenceBound(s)) / 64)
	return int(min(spec.AutoCeiling, work/float64(words*math.Sqrt(words))))
}

// step is the distance between the pixels of a view, the shorter one if it is stretched.
func step(s spec.Spec) wide.Real {
	return wideOf(s.Radius).Scale(1).Quo(wide.NewReal(float64(float64(s.Height)*stretchFactor(s)), 0))
}

// referenceBound bounds the distance of the points of a view from its reference.
func referenceBound(s spec.Spec) wide.Real {
	if c, ok := s.Cell(); ok {
		return bound(wideOf(c.Ancestor().Radius()), s.Width, s.Height)
	}
	return bound(wideOf(s.Radius).Mul(wide.NewReal(stretchFactor(s), 0)), s.Width, s.Height)
}

// bound returns the distance of the corners of a view from its middle, and up to a quarter more, so that the same view in
// other sizes, whose sides are rounded to pixels, has the same.
func bound(radius wide.Real, width, height int) wide.Real {
	const parts = 4
	aspect := float64(width) / float64(height)
	corner := radius.Mul(wide.NewReal(math.Sqrt(1+float64(aspect*aspect)), 0))
	corner.M = (math.Floor(corner.M*parts) + 1) / parts
	return wide.NewReal(corner.M, corner.Exp)
}

// wideOf returns a number in double precision, whatever its magnitude.
func wideOf(d spec.Decimal) wide.Real {
	const bitsPerDigit, guard = 3.33, 70
	bits := orbit.RoundBits(int(float64(max(0, -d.Exponent()))*bitsPerDigit) + guard)
	p, ok := orbit.Parse(d.String(), "0", bits)
	if !ok {
		panic("renderer: a decimal is a number")
	}
	z := p.Wide(bits)
	return wide.NewReal(z.Re, z.Exp)
}
