package spec

import (
	"fmt"
	"math"
)

// leastPlaces is the number of digits after the point that anybody may be asked for.
const leastPlaces = 12

// normalizeExact refuses the centre of a deep view that was cut short somewhere and would show another place: one whose last
// digit stands for more than ten times the radius. Zeros that were written count, and whole numbers are taken to be exact. So
// is whatever is said to be: then, and only where it has to be said, the canonical form says it too.
func (s *Draft) normalizeExact() *FieldError {
	exact := s.Exact
	s.Exact = false
	const digits = 0.30102999566398 // that a doubling takes; across, a stretched view is as much smaller
	needed := -s.Radius.Exponent() - 1 + int(math.Ceil(float64(digits*s.Stretch.Amount.Float64())))
	if s.Formula != Mandelbrot || s.Window != (Window{}) || needed < leastPlaces {
		return nil
	}
	for _, part := range []Named{{"center.re", &s.Center.Re}, {"center.im", &s.Center.Im}} {
		places := part.Value.Places()
		if given := places - part.Value.zeros; given == 0 || given >= needed {
			continue
		}
		if places < needed && !exact {
			return NewFieldError(part.Field, part.Value.String(), fmt.Sprintf(
				"ends %d places after the point: a view of radius %s needs at least %d digits there, zeros included; if it is exact, add \"exact\": true",
				places, s.Radius.String(), needed))
		}
		s.Exact = true
	}
	return nil
}

// Named is a decimal of a Draft and the path of its field.
type Named struct {
	Field string
	Value *Decimal
}

// Decimals lists all decimals of a Draft but those of its palette.
func (s *Draft) Decimals() []Named {
	return []Named{
		{"seed.re", &s.Seed.Re},
		{"seed.im", &s.Seed.Im},
		{"center.re", &s.Center.Re},
		{"center.im", &s.Center.Im},
		{"radius", &s.Radius},
		{"rotation", &s.Rotation},
		{"stretch.amount", &s.Stretch.Amount},
		{"stretch.angle", &s.Stretch.Angle},
		{"window.re", &s.Window.Re[0]},
		{"window.re", &s.Window.Re[1]},
		{"window.im", &s.Window.Im[0]},
		{"window.im", &s.Window.Im[1]},
		{"coloring.range", &s.Coloring.Range[0]},
		{"coloring.range", &s.Coloring.Range[1]},
		{"coloring.equalize", &s.Coloring.Equalize},
		{"coloring.density", &s.Coloring.Density},
		{"coloring.offset", &s.Coloring.Offset},
		{"coloring.light", &s.Coloring.Light},
		{"coloring.relief", &s.Coloring.Relief},
	}
}
