package spec

import (
	"errors"
	"maps"
	"slices"
	"strings"
)

// FromQuery returns the plain view that a URL's query describes. Its parameters are the fields of a Spec under short
// names: formula, power, seed_re, seed_im, re, im, radius, exact, rotation, mirror, stretch_amount, stretch_angle, max_iterations,
// samples, depth, coloring (the method), palette (a name, or stops such as 000764@0,206bcb@0.16), smooth, range (two counts such as 12,400), equalize, density, offset, cyclic, steps, light, relief, interior, periods, format and counts.
// An unknown, repeated or bad parameter gives a *FieldError that names the parameter; width and height are named as such.
func FromQuery(width, height int, values map[string][]string) (Spec, error) {
	return fromQuery(Draft{Width: width, Height: height}, nil, values)
}

// fromQuery changes a Draft as the parameters say. Those that are fixed must not be among them.
func fromQuery(d Draft, fixed []string, values map[string][]string) (Spec, error) {
	setters := querySetters(&d)
	for _, name := range fixed {
		delete(setters, name)
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		set, known := setters[name]
		if !known {
			return Spec{}, NewFieldError(name, "", "is not a known parameter")
		}
		given := values[name]
		if len(given) != 1 {
			return Spec{}, NewFieldError(name, "", "must be given once")
		}
		if given[0] == "" {
			return Spec{}, NewFieldError(name, "", "must not be empty")
		}
		if err := set(name, given[0]); err != nil {
			return Spec{}, err
		}
	}
	s, err := Normalize(d)
	var fault *FieldError
	if errors.As(err, &fault) {
		return Spec{}, fault.at(queryName(fault.Field, values))
	}
	return s, err
}

// querySetters maps each parameter to the field of s that it sets.
func querySetters(s *Draft) map[string]func(name, value string) *FieldError {
	decimal := func(d *Decimal) func(string, string) *FieldError {
		return func(name, value string) *FieldError { return setDecimal(name, value, d) }
	}
	count := func(n *int) func(string, string) *FieldError {
		return func(name, value string) *FieldError { return setCount(name, value, n) }
	}
	return map[string]func(name, value string) *FieldError{
		"formula":        func(_, value string) *FieldError { s.Formula = Formula(value); return nil },
		"power":          count(&s.Power),
		"seed_re":        decimal(&s.Seed.Re),
		"seed_im":        decimal(&s.Seed.Im),
		"re":             decimal(&s.Center.Re),
		"im":             decimal(&s.Center.Im),
		"radius":         decimal(&s.Radius),
		"exact":          func(name, value string) *FieldError { return setBoolean(name, value, &s.Exact) },
		"rotation":       decimal(&s.Rotation),
		"mirror":         func(name, value string) *FieldError { return setBoolean(name, value, &s.Mirror) },
		"stretch_amount": decimal(&s.Stretch.Amount),
		"stretch_angle":  decimal(&s.Stretch.Angle),
		"max_iterations": func(name, value string) *FieldError { return setIterations(name, value, &s.MaxIterations) },
		"samples":        count(&s.Samples),
		"depth":          count(&s.Depth),
		"coloring":       func(_, value string) *FieldError { s.Coloring.Method = Method(value); return nil },
		"palette":        func(_, value string) *FieldError { s.Coloring.Palette = Palette(value); return nil },
		"smooth":         func(name, value string) *FieldError { return setToggle(name, value, &s.Coloring.Smooth) },
		"range":          func(name, value string) *FieldError { return setRange(name, value, &s.Coloring.Range) },
		"equalize":       decimal(&s.Coloring.Equalize),
		"density":        decimal(&s.Coloring.Density),
		"offset":         decimal(&s.Coloring.Offset),
		"cyclic":         func(name, value string) *FieldError { return setToggle(name, value, &s.Coloring.Cyclic) },
		"steps":          count(&s.Coloring.Steps),
		"light":          decimal(&s.Coloring.Light),
		"relief":         decimal(&s.Coloring.Relief),
		"interior":       func(_, value string) *FieldError { s.Coloring.Interior = Color(value); return nil },
		"periods":        func(name, value string) *FieldError { return setBoolean(name, value, &s.Coloring.Periods) },
		"format":         func(_, value string) *FieldError { s.Format = FileFormat(value); return nil },
		"counts":         func(_, value string) *FieldError { s.Counts = Counts(value); return nil },
		"undecided":      func(name, value string) *FieldError { return setBoolean(name, value, &s.Undecided) },
	}
}

// queryName returns the parameter that sets a field of the Spec. Of a field that is refused as a whole it is the first that is
// given.
func queryName(field string, given map[string][]string) string {
	switch field {
	case "seed":
		if _, ok := given["seed_re"]; !ok {
			return "seed_im"
		}
		return "seed_re"
	case "seed.re":
		return "seed_re"
	case "seed.im":
		return "seed_im"
	case "center.re":
		return "re"
	case "center.im":
		return "im"
	case "stretch.amount":
		return "stretch_amount"
	case "stretch.angle":
		return "stretch_angle"
	case "coloring.method":
		return "coloring"
	default:
		return strings.TrimPrefix(field, "coloring.")
	}
}

// setToggle reads true or false.
func setToggle(field, text string, s *Switch) *FieldError {
	var on bool
	err := setBoolean(field, text, &on)
	*s = switched(on)
	return err
}
