package foreign

import (
	"fmt"
	"strings"

	"mandelfarm/renderer/spec"
)

// readImagina reads Imagina's text: "Key: value" lines, of which those that are indented belong to the key above them.
// Numbers are hexadecimal. A Size with a decimal exponent, which Imagina does not write, makes them decimal.
func readImagina(data []byte) (*params, spec.Draft, error) {
	p := newParams()
	wanted := spec.Draft{Width: standardWidth, Height: standardHeight}
	if err := imaginaEntries(p, data); err != nil {
		return p, wanted, err
	}
	for _, key := range []string{"Location.Re", "Location.Im", "Location.Size", "Location.Iterations"} {
		if !p.has(key) {
			return p, wanted, fault(key, "", "is missing")
		}
	}
	var err error
	for _, n := range []struct {
		key   string
		value *spec.Decimal
	}{
		{"Location.Re", &wanted.Center.Re}, {"Location.Im", &wanted.Center.Im}, {"Location.Size", &wanted.Radius},
	} {
		if *n.value, err = p.imaginaNumber(n.key); err != nil {
			return p, wanted, err
		}
	}
	if wanted.Radius.Sign() <= 0 {
		return p, wanted, p.bad("Location.Size", "must be greater than 0")
	}
	digits, exponent := digitsOf(wanted.Radius)
	if wanted.Radius, err = round(digits, exponent, radiusDigits); err != nil {
		return p, wanted, p.bad("Location.Size", "is out of range")
	}
	if wanted.MaxIterations, err = p.iterations("Location.Iterations", spec.Auto); err != nil {
		return p, wanted, err
	}
	p.apply(keyTable{
		"Formula": {}, "Location": {}, "Location.Re": {}, "Location.Im": {}, "Location.Size": {}, "Location.Iterations": {},
	})
	return p, wanted, imaginaFormula(p, &wanted)
}

// imaginaEntries names nested keys by their path: Location.Re.
func imaginaEntries(p *params, data []byte) error {
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
		p.add(e)
		return nil
	})
}

func (p *params) imaginaNumber(key string) (spec.Decimal, error) {
	size := strings.ToLower(p.text("Location.Size"))
	if strings.Contains(size, "e-") || strings.Contains(size, "e+") {
		return p.decimal(key)
	}
	d, ok := parseHex(p.text(key))
	if !ok {
		return d, p.bad(key, fmt.Sprintf("must be a hexadecimal number, as Imagina writes it, of at most %d digits "+
			"and with an exponent within ±%d", maxHexDigits, maxHexExponent))
	}
	return d, nil
}

func imaginaFormula(p *params, wanted *spec.Draft) error {
	switch p.text("Formula") {
	case "", "Mandelbrot":
		wanted.Formula = spec.Mandelbrot
	case "Tricorn":
		wanted.Formula = spec.Tricorn
	case "Burning ship":
		wanted.Formula = spec.BurningShip
	default:
		return p.bad("Formula", "this formula is not drawn here")
	}
	return nil
}
