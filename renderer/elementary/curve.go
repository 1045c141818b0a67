package elementary

import (
	"math"
	"sync"
)

// The intervals of a LogLogCurve: from |z|^2 = 2^16 up, the square of the escape radius 256, each octave in 32 parts. Where
// |c| < 100 points escape with |z|^2 < (R^p + 100)^2, below 2^33 for the power 2 and 2^129 for the power 8.
const (
	mantissaBits  = 52
	partBits      = 5
	firstOctave   = 16
	octaves       = 113
	intervalCount = octaves << partBits
)

// LogLogCurve is log2(ln|z|) as a function of |z|^2, from 2^16 up: in each interval the parabola through the ends and the
// middle. Its error is below 1e-7, hundredths of what the escape radius leaves of continuity.
type LogLogCurve [intervalCount]parabola

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

// logLog is the curve.
var logLog = sync.OnceValue(newLogLogCurve) //nolint:gochecknoglobals // a constant that takes a moment to compute

// NewLogLogCurve returns the curve, which is computed once.
func NewLogLogCurve() *LogLogCurve { return logLog() }

func newLogLogCurve() *LogLogCurve {
	var curve LogLogCurve
	for i := range curve {
		curve[i] = newParabola(func(part float64) float64 {
			octave := math.Ldexp(1, firstOctave+i>>partBits)
			return LogLog(octave * (1 + (float64(i&(1<<partBits-1))+part)/(1<<partBits)))
		})
	}
	return &curve
}

// At returns log2(ln|z|) for |z|^2 from 2^16 up.
func (curve *LogLogCurve) At(norm2 float64) float64 {
	const (
		first = (firstOctave + 1023) << partBits
		rest  = mantissaBits - partBits
	)
	bits := math.Float64bits(norm2)
	i := bits>>rest - first
	if i >= intervalCount {
		return LogLog(norm2)
	}
	return curve[i].at(bits)
}

// LogCurve is log2 from 1 to 2 in parabolas of the same kind. Its error is below 1e-6.
type LogCurve [1 << partBits]parabola

// logarithm is the curve.
var logarithm = sync.OnceValue(newLogCurve) //nolint:gochecknoglobals // a constant that takes a moment to compute

// NewLogCurve returns the curve, which is computed once.
func NewLogCurve() *LogCurve { return logarithm() }

func newLogCurve() *LogCurve {
	var curve LogCurve
	for i := range curve {
		curve[i] = newParabola(func(part float64) float64 {
			return Log2(1 + (float64(i)+part)/float64(len(curve)))
		})
	}
	return &curve
}

// At returns log2(x) for a positive, normal number.
func (curve *LogCurve) At(x float64) float64 {
	bits := math.Float64bits(x)
	exponent := int64(bits>>mantissaBits) - 1023
	i := bits >> (mantissaBits - partBits) & (1<<partBits - 1)
	return float64(exponent) + curve[i].at(bits)
}
