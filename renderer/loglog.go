package renderer

import (
	"math"
	"sync"

	"mandelfarm/renderer/escape"
)

// The intervals of a logLogCurve: from |z|^2 = R^2 up, each octave in 32 parts. Where |c| < 100 points escape with
// |z|^2 < (R^p + 100)^2, below 2^33 for the power 2 and 2^129 for the power 8.
const (
	mantissaBits  = 52
	partBits      = 5
	firstOctave   = 16 // escape.SmoothRadius2 is 2^16
	octaves       = 113
	intervalCount = octaves << partBits
)

// logLogCurve is log2(ln|z|) as a function of |z|^2: in each interval the parabola through the ends and the middle. Its
// error is below 1e-7, hundredths of what the escape radius leaves of continuity.
type logLogCurve [intervalCount]parabola

// parabola is a + t*(b + t*c) for t from 0 to 1.
type parabola struct{ a, b, c float64 }

// newParabola is the one through the ends and the middle of a function of the part of an interval.
func newParabola(at func(part float64) float64) parabola {
	start, middle, end := at(0), at(0.5), at(1)
	return parabola{
		a: start,
		b: 4*middle - float64(3*start) - end,
		c: 2 * (start + end - 2*middle),
	}
}

// at returns the value at a number in the interval. The bits of its mantissa below those that name the interval are how far
// into it the number is.
func (p *parabola) at(bits uint64) float64 {
	const one = 1023 << mantissaBits
	t := math.Float64frombits(bits<<partBits&(1<<mantissaBits-1)|one) - 1
	return p.a + float64(t*(p.b+float64(t*p.c)))
}

// logLog returns the curve. It is computed once, from logarithms that are the same on every CPU.
var logLog = sync.OnceValue(newLogLogCurve) //nolint:gochecknoglobals // a constant that takes a moment to compute

func newLogLogCurve() *logLogCurve {
	var curve logLogCurve
	for i := range curve {
		curve[i] = newParabola(func(part float64) float64 {
			octave := math.Ldexp(1, firstOctave+i>>partBits)
			return logLogOf(octave * (1 + (float64(i&(1<<partBits-1))+part)/(1<<partBits)))
		})
	}
	return &curve
}

// logLogOf is log2(ln|z|) in full precision.
func logLogOf(norm2 float64) float64 { return -escape.Smooth(0, norm2) }

// at returns log2(ln|z|) for |z|^2 > R^2.
func (curve *logLogCurve) at(norm2 float64) float64 {
	const (
		first = (firstOctave + 1023) << partBits
		rest  = mantissaBits - partBits
	)
	bits := math.Float64bits(norm2)
	i := bits>>rest - first
	if i >= intervalCount {
		return logLogOf(norm2)
	}
	return curve[i].at(bits)
}

// logCurve is log2 from 1 to 2 in parabolas of the same kind. Its error is below 1e-6.
type logCurve [1 << partBits]parabola

// logarithm returns the curve.
var logarithm = sync.OnceValue(newLogCurve) //nolint:gochecknoglobals // a constant that takes a moment to compute

func newLogCurve() *logCurve {
	var curve logCurve
	for i := range curve {
		curve[i] = newParabola(func(part float64) float64 {
			return escape.Log2(1 + (float64(i)+part)/float64(len(curve)))
		})
	}
	return &curve
}

// at returns log2(x) for a positive, normal number.
func (curve *logCurve) at(x float64) float64 {
	bits := math.Float64bits(x)
	exponent := int64(bits>>mantissaBits) - 1023
	i := bits >> (mantissaBits - partBits) & (1<<partBits - 1)
	return float64(exponent) + curve[i].at(bits)
}
