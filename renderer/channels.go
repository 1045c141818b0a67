package renderer

import (
	"math"

	"mandelfarm/renderer/escape"
	"mandelfarm/renderer/exr"
)

// channels is the record of EXR.
type channels struct {
	spec   Spec
	kernel escape.Kernel
	shift  float64 // what continuous counts have beside nu
}

func newChannels(s Spec) channels {
	// For points that escape right at the circle the count is to be n+1, and nu is n - log2(ln R) there.
	k := newKernel(s)
	return channels{spec: s, kernel: k, shift: 1 - k.Nu(0, escape.SmoothRadius2)}
}

func (c channels) head() []byte {
	return exr.Head(exr.Header{
		Width: c.spec.Width, Height: c.spec.Height, Iterations: c.kernel.MaxIterations,
		Text: []exr.Text{
			{Name: specKeyword, Value: string(c.spec.Canonical())},
			{Name: softwareKeyword, Value: software + Version},
		},
	})
}

func (c channels) stride() int { return exr.LineSize(c.spec.Width) }

func (c channels) traced() bool { return true }

func (c channels) measure(data []byte, row, column int, centres escape.Batch) {
	line := exr.NewLine(data, row)
	for i, count := range centres.Count {
		if count == 0 {
			line.SetEscape(column+i, exr.Escape{N: exr.Inside})
			continue
		}
		norm2 := centres.Norm2[i]
		whole, fraction := split(c.kernel.Nu(0, norm2) + c.shift)
		dx, dy := away(norm2, centres.GradX[i], -centres.GradY[i])
		line.SetEscape(column+i, exr.Escape{
			N:  uint32(int64(count) + whole + exr.Bias), //nolint:gosec // positive: |z| is below 1e200, the whole above -1024
			NF: fraction, T: float32Below1(turns(centres.ZX[i], centres.ZY[i])),
			DEX: dx, DEY: dy,
		})
	}
}

func (c channels) color(data []byte, row, column int, format Format, pixels []byte, width int) {
	colorLine(exr.NewLine(data, row), column, format, pixels, width)
}

// split returns the whole part of x and the rest.
func split(x float64) (whole int64, rest float32) {
	floor := math.Floor(x)
	return int64(floor), float32Below1(x - floor)
}

// float32Below1 rounds a number from 0 up to 1, which it does not reach.
func float32Below1(x float64) float32 {
	const most = 1 - 0x1p-24
	return float32(min(x, most))
}

// away is half the distance to the boundary as a vector along the gradient of |z|, which is per pixel; zero where that has no
// direction.
func away(norm2, right, down float64) (dx, dy float32) {
	slope := math.Sqrt(float64(right*right) + float64(down*down))
	if !(slope > 0 && slope <= math.MaxFloat64) {
		return 0, 0
	}
	half := logarithm().distance(norm2, right, down) / 2
	return float32(float64(half * (right / slope))), float32(float64(half * (down / slope)))
}

// turns is the argument of x + iy in turns, from 0 up to 1, within 1e-11. It is the same on every CPU.
func turns(x, y float64) float64 {
	a, b := math.Abs(x), math.Abs(y)
	t := arctan(min(a, b) / max(a, b))
	if b > a {
		t = 0.25 - t
	}
	if x < 0 {
		t = 0.5 - t
	}
	if y < 0 && t > 0 {
		t = 1 - t
	}
	return t
}

// arctan is the angle in turns whose tangent is t, from 0 to 1. Above tan(pi/8) it goes on from pi/4, so that the series is
// one of numbers below 0.42; what is left out of it is below 1e-11.
func arctan(t float64) float64 {
	const tanEighth, turnsPerRadian = 0.41421356237309503, 0.15915494309189535
	start := 0.0
	if t > tanEighth {
		start, t = 0.125, (t-1)/(t+1)
	}
	q := float64(t * t)
	sum := 0.0
	for n := 25; n > 0; n -= 2 {
		sum = 1/float64(n) - float64(q*sum)
	}
	return start + float64(turnsPerRadian*float64(t*sum))
}
