package spec

import "math"

// leastPlaces is the number of digits after the point that anybody may be expected to give.
const leastPlaces = 12

// markExact marks the centre of a deep view that has few digits: one whose last digit stands for more than ten times the radius. It is
// taken to be exact, as every decimal is. What has been said about it makes no difference, so that one picture has one form; the mark is there for those who
// wonder why a picture shows nothing, and whose centre was cut short. Whole numbers are not marked.
func (s *Draft) markExact() *FieldError {
	s.Exact = false
	const digits = 0.30102999566398 // that a doubling takes; across, a stretched view is as much smaller
	needed := -s.Radius.Exponent() - 1 + int(math.Ceil(float64(digits*s.Stretch.Amount.Float64())))
	if s.Formula != Mandelbrot || s.Window != (Window{}) || needed < leastPlaces {
		return nil
	}
	for _, part := range []Decimal{s.Center.Re, s.Center.Im} {
		places := part.Places()
		s.Exact = s.Exact || places > 0 && places < needed
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
