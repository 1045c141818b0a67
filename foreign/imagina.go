package foreign

import (
	"fmt"
	"strings"

	"mandelfarm/renderer"
)

// readImagina reads Imagina's text: "Key: value" lines, of which those that are indented belong to the key above them.
// Numbers are hexadecimal. A Size with a decimal exponent, which Imagina does not write, makes them decimal.
func readImagina(data []byte) (*sheet, renderer.Spec, error) {
	s := newSheet()
	spec := renderer.Spec{Width: standardWidth, Height: standardHeight}
	if err := imaginaEntries(s, data); err != nil {
		return s, spec, err
	}
	for _, key := range []string{"Location.Re", "Location.Im", "Location.Size", "Location.Iterations"} {
		if !s.has(key) {
			return s, spec, fault(key, "", "is missing")
		}
	}
	var err error
	for _, n := range []struct {
		key   string
		value *renderer.Decimal
	}{
		{"Location.Re", &spec.Center.Re}, {"Location.Im", &spec.Center.Im}, {"Location.Size", &spec.Radius},
	} {
		if *n.value, err = s.imaginaNumber(n.key); err != nil {
			return s, spec, err
		}
	}
	if spec.Radius.Sign() <= 0 {
		return s, spec, s.bad("Location.Size", "must be greater than 0")
	}
	digits, exponent := digitsOf(spec.Radius)
	if spec.Radius, err = round(digits, exponent, radiusDigits); err != nil {
		return s, spec, s.bad("Location.Size", "is out of range")
	}
	if spec.MaxIterations, err = s.iterations("Location.Iterations", renderer.Auto); err != nil {
		return s, spec, err
	}
	s.judge(map[string]fate{
		"Formula": {}, "Location": {}, "Location.Re": {}, "Location.Im": {}, "Location.Size": {}, "Location.Iterations": {},
	})
	return s, spec, imaginaFormula(s, &spec)
}

// imaginaEntries names nested keys by their path: Location.Re.
func imaginaEntries(s *sheet, data []byte) error {
	parent := ""
	return eachLine(data, func(number int, line string) error {
		e, err := cutLine(number, line)
		if err != nil {
			return err
		}
		switch nested := line[0] == ' ' || line[0] == '\t'; {
		case nested && parent == "":
			return fault(e.key, "", fmt.Sprintf("on line %d is indented, and there is no key above it", number))
		case nested:
			e.key = parent + "." + e.key
		default:
			parent = e.key
		}
		s.add(e)
		return nil
	})
}

func (s *sheet) imaginaNumber(key string) (renderer.Decimal, error) {
	size := strings.ToLower(s.text("Location.Size"))
	if strings.Contains(size, "e-") || strings.Contains(size, "e+") {
		return s.decimal(key)
	}
	d, ok := parseHex(s.text(key))
	if !ok {
		return d, s.bad(key, fmt.Sprintf("must be a hexadecimal number, as Imagina writes it, of at most %d digits "+
			"and with an exponent within ±%d", maxHexDigits, maxHexExponent))
	}
	return d, nil
}

func imaginaFormula(s *sheet, spec *renderer.Spec) error {
	switch s.text("Formula") {
	case "", "Mandelbrot":
		spec.Formula = renderer.Mandelbrot
	case "Tricorn":
		spec.Formula = renderer.Tricorn
	case "Burning ship":
		spec.Formula = renderer.BurningShip
	default:
		return s.bad("Formula", "this formula is not drawn here")
	}
	return nil
}
