package renderer

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"mandelfarm/renderer/spec"
)

// Limits bounds what a Spec may ask for. A limit of 0 is none.
type Limits struct {
	Pixels        int64 // width times height
	Side          int   // width, and height
	MaxIterations int   // iterations of one point
	Digits        int   // significant digits of a decimal, and the magnitude of its exponent
	Samples       int   // points per pixel
	Cost          int64 // iterations of all points together, and of a reference; see Cost
	RawBytes      int64 // of raw data; see RawBytes
	// Reference is the time that the reference of a deep view may take one thread, as estimated from its bits and the
	// limit of iterations. Many take less, since a reference ends where the view has a periodic point.
	Reference time.Duration
}

// DefaultLimits are generous for a farm and harmless for one worker, whose memory is in proportion to the width, and deep
// down to the iterations: 32 Gi pixels, 262,144 pixels of width and of height, 25 million iterations, 25,000 digits, 64
// samples, 15 minutes for a reference, and 128 GiB for a file of raw data, which is below what storage takes in one object.
func DefaultLimits() Limits {
	return Limits{
		Pixels: 32 << 30, Side: 1 << 18, MaxIterations: 25_000_000, Digits: 25_000, Samples: 64,
		RawBytes: 128 << 30, Reference: 15 * time.Minute,
	}
}

// Check reports as a *FieldError the first limit that a Spec exceeds: it names the field, the limit and the
// value. It also refuses views that cannot be drawn well: those whose pixels are finer than float64 tells apart, unless the
// formula can be followed at any depth.
func (l Limits) Check(s spec.Spec) error {
	for _, check := range []func(Limits, spec.Spec) *spec.FieldError{
		Limits.checkSides, Limits.checkPixels, Limits.checkRaw, Limits.checkCounts, Limits.checkDigits,
		Limits.checkResolution, Limits.checkReference, Limits.checkCost,
	} {
		if err := check(l, s); err != nil {
			return err
		}
	}
	return nil
}

func (l Limits) checkSides(s spec.Spec) *spec.FieldError {
	if err := checkAtMost("width", s.Width, l.Side); err != nil {
		return err
	}
	return checkAtMost("height", s.Height, l.Side)
}

func (l Limits) checkPixels(s spec.Spec) *spec.FieldError {
	if l.Pixels <= 0 || int64(s.Width) <= l.Pixels/int64(max(1, s.Height)) {
		return nil
	}
	field := "width"
	if s.Height > s.Width {
		field = "height"
	}
	return spec.NewFieldError(field, fmt.Sprintf("%dx%d", s.Width, s.Height),
		fmt.Sprintf("width times height must be at most %d pixels", l.Pixels))
}

func (l Limits) checkRaw(s spec.Spec) *spec.FieldError {
	size := RawBytes(s)
	if l.RawBytes <= 0 || size <= l.RawBytes {
		return nil
	}
	return spec.NewFieldError("format", string(s.Format), fmt.Sprintf(
		"makes %d bytes at %dx%d, and raw data may have at most %d", size, s.Width, s.Height, l.RawBytes))
}

func (l Limits) checkCounts(s spec.Spec) *spec.FieldError {
	if s.MaxIterations == spec.Auto && l.MaxIterations > 0 && l.MaxIterations < spec.AutoCeiling {
		return spec.NewFieldError("max_iterations", spec.Auto.String(), fmt.Sprintf("may come to %d: must be at most %d", spec.AutoCeiling, l.MaxIterations))
	}
	if err := checkAtMost("max_iterations", int(s.MaxIterations), l.MaxIterations); err != nil {
		return err
	}
	return checkAtMost("samples", s.Samples, l.Samples)
}

func checkAtMost(field string, value, limit int) *spec.FieldError {
	if limit <= 0 || value <= limit {
		return nil
	}
	return spec.NewFieldError(field, strconv.Itoa(value), fmt.Sprintf("must be at most %d", limit))
}

func (l Limits) checkDigits(s spec.Spec) *spec.FieldError {
	if l.Digits <= 0 {
		return nil
	}
	draft := s.Draft()
	for _, d := range draft.Decimals() {
		exponent := max(d.Value.Exponent(), -d.Value.Exponent())
		if d.Value.Digits() > l.Digits || exponent > l.Digits {
			return spec.NewFieldError(d.Field, d.Value.String(),
				fmt.Sprintf("must have at most %d digits and an exponent within ±%d", l.Digits, l.Digits))
		}
	}
	return nil
}

// leastStep is the least distance between neighbouring pixels, in units in the last place of the coordinates. Fewer
// units show as blocks: each sample is off by up to half a unit, and the orbit adds about as much again.
const leastStep = 4

func (Limits) checkResolution(s spec.Spec) *spec.FieldError {
	if s.Window != (spec.Window{}) {
		if err := checkWindowStep("window.re", s.Window.Re, s.Width); err != nil {
			return err
		}
		return checkWindowStep("window.im", s.Window.Im, s.Height)
	}
	if IsDeep(s) {
		return nil
	}
	least := leastStep * ulp(s.Center.Re.Float64(), s.Center.Im.Float64()) * float64(s.Height) / 2 * stretchFactor(s)
	if s.Radius.Float64() >= least {
		return nil
	}
	return spec.NewFieldError("radius", s.Radius.String(),
		fmt.Sprintf("is finer than double precision resolves: here and at height %d it must be at least %.3g", s.Height, least))
}

// checkReference refuses a deep view whose reference would take longer than the limit.
func (l Limits) checkReference(s spec.Spec) *spec.FieldError {
	if l.Reference <= 0 || !IsDeep(s) {
		return nil
	}
	if estimate := deepView(s).Estimate(); estimate > l.Reference {
		return spec.NewFieldError("max_iterations", s.MaxIterations.String(), fmt.Sprintf(
			"makes for a reference orbit that may take %s at radius %s: at most %s is allowed",
			estimate.Round(time.Second), s.Radius.String(), l.Reference))
	}
	return nil
}

// checkCost refuses what is within every other limit and beyond this one.
func (l Limits) checkCost(s spec.Spec) *spec.FieldError {
	if cost := Cost(s); l.Cost > 0 && cost > float64(l.Cost) {
		return spec.NewFieldError("max_iterations", s.MaxIterations.String(), fmt.Sprintf(
			"makes for up to %.3g iterations of all samples together: at most %.3g are allowed", cost, float64(l.Cost)))
	}
	return nil
}

func checkWindowStep(field string, ends [2]spec.Decimal, count int) *spec.FieldError {
	low, high := ends[0].Float64(), ends[1].Float64()
	least := leastStep * ulp(low, high) * float64(max(1, count-1))
	if high-low >= least {
		return nil
	}
	return spec.NewFieldError(field, ends[1].String(),
		fmt.Sprintf("is finer than double precision resolves: here the ends must be at least %.3g apart", least))
}

// ulp is the unit in the last place of the larger of two coordinates, and never below that of 1/2: an orbit visits
// numbers of that size wherever it starts.
func ulp(a, b float64) float64 {
	size := max(math.Abs(a), math.Abs(b), 0.5)
	return math.Nextafter(size, math.Inf(1)) - size
}
