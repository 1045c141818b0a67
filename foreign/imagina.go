package foreign

import (
	"fmt"
	"strings"

	"mandelfarm/renderer/spec"
)

// readImagina reads Imagina's text: "Key: value" lines, of which those that are indented belong to the key above them.
// Numbers are hexadecimal. A Size with a decimal exponent, which Imagina does not write, makes them decimal.
func readImagina(data []byte) (*sheet, spec.Draft, error) {
	s := newSheet()
	wanted := spec.Draft{Width: standardWidth, Height: standardHeight}
	if err := imaginaEntries(s, data); err != nil {
		return s, wanted, err
	}
	for _, key := range []string{"Location.Re", "Location.Im", "Location.Size", "Location.Iterations"} {
		if !s.has(key) {
			return s, wanted, fault(key, "", "is missing")
		}
	}
	var err error
	for _, n := range []struct {
		key   string
		value *spec.Decimal
	}{
		{"Location.Re", &wanted.Center.Re}, {"Location.Im", &wanted.Center.Im}, {"Location.Size", &wanted.Radius},
	} {
		if *n.value, err = s.imaginaNumber(n.key); err != nil {
			return s, wanted, err
		}
	}
	if wanted.Radius.Sign() <= 0 {
		return s, wanted, s.bad("Location.Size", "must be greater than 0")
	}
	digits, exponent := digitsOf(wanted.Radius)
	if wanted.Radius, err = round(digits, exponent, radiusDigits); err != nil {
		return s, wanted, s.bad("Location.Size", "is out of range")
	}
	if wanted.MaxIterations, err = s.iterations("Location.Iterations", spec.Auto); err != nil {
		return s, wanted, err
	}
	s.judge(map[string]fate{
		"Formula": {}, "Location": {}, "Location.Re": {}, "Location.Im": {}, "Location.Size": {}, "Location.Iterations": {},
	})
	return s, wanted, imaginaFormula(s, &wanted)
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

func (s *sheet) imaginaNumber(key string) (spec.Decimal, error) {
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

func imaginaFormula(s *sheet, wanted *spec.Draft) error {
	switch s.text("Formula") {
	case "", "Mandelbrot":
		wanted.Formula = spec.Mandelbrot
	case "Tricorn":
		wanted.Formula = spec.Tricorn
	case "Burning ship":
		wanted.Formula = spec.BurningShip
	default:
		return s.bad("Formula", "this formula is not drawn here")
	}
	return nil
}
