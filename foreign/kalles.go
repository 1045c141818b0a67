package foreign

import (
	"fmt"
	"strings"

	"mandelfarm/renderer/spec"
)

// What a picture has whose file does not say.
const (
	standardWidth      = 1920
	standardHeight     = 1080
	standardIterations = 1000
)

// readKalles reads Kalles Fraktaler's "Key: value" lines.
func readKalles(data []byte) (*params, spec.Draft, error) {
	p := newParams()
	err := kallesEntries(p, data)
	var wanted spec.Draft
	for _, read := range []func(*params, *spec.Draft) error{
		kallesFormula, kallesView, kallesIterations, kallesSize, kallesColors,
	} {
		if err == nil {
			err = read(p, &wanted)
		}
	}
	p.apply(kallesKeys())
	return p, wanted, err
}

// readKallesColors reads the colours of one of Kalles Fraktaler's files, for a picture of so many iterations and such a formula.
// What such files have beside colours is not looked at.
func readKallesColors(data []byte, wanted *spec.Draft) (*params, error) {
	p := newParams()
	err := kallesEntries(p, data)
	if err == nil && !p.has("Colors") {
		err = fault("Colors", "", "is missing: the file has no palette")
	}
	if err == nil {
		err = kallesColors(p, wanted)
	}
	keys := kallesColorKeys()
	for key := range kallesKeys() {
		if _, ofColors := keys[key]; !ofColors {
			keys[key] = rule{}
		}
	}
	p.apply(keys)
	return p, err
}

// kallesEntries reads keys in any case. Lines that are none are not read there either.
func kallesEntries(p *params, data []byte) error {
	spelling := make(map[string]string)
	for key := range kallesKeys() {
		spelling[strings.ToLower(key)] = key
	}
	return eachLine(data, func(number int, line string) error {
		if isComment(line) {
			return nil
		}
		if strings.Index(strings.TrimSpace(line), ":") <= 0 {
			p.absent = append(p.absent, Loss{
				Key: fmt.Sprintf("line %d", number), Value: abridge(strings.TrimSpace(line)), Reason: "is not read: it has not the form \"Key: value\"",
			})
			return nil
		}
		e, err := cutLine(number, line)
		if known, ok := spelling[strings.ToLower(e.key)]; ok {
			e.key = known
		}
		if err == nil {
			p.add(e)
		}
		return err
	})
}

// kallesView reads where the picture is. What of a place is missing is as Kalles Fraktaler has it when it starts. A file without
// any of it shows all of its formula, to which its colours may be all that it has.
func kallesView(p *params, wanted *spec.Draft) (err error) {
	if !p.hasPlace() {
		switch {
		case p.has("Colors"):
			return nil
		case p.has("FractalType") || p.has("Power") || p.has("HybridFormula"):
			p.lose("Re", "is not in the file, and neither are Im and Zoom: all of the formula is shown")
			return nil
		}
		return fault("", "", "has neither a place (Re, Im, Zoom) nor colours (Colors) nor a formula (FractalType)")
	}
	for _, number := range []struct {
		key, start string // what it is when the program starts, of Zoom the radius
		read       func(key string) (spec.Decimal, error)
		value      *spec.Decimal
	}{
		{"Re", "0", p.decimal, &wanted.Center.Re}, {"Im", "0", p.decimal, &wanted.Center.Im}, {"Zoom", "2", p.radius, &wanted.Radius},
	} {
		if p.has(number.key) {
			*number.value, err = number.read(number.key)
		} else {
			*number.value, err = spec.ParseDecimal(number.start)
			p.lose(number.key, "is not in the file: it is as when Kalles Fraktaler starts")
		}
		if err != nil {
			return err
		}
	}
	return kallesOrientation(p, wanted)
}

// kallesOrientation reads how the view lies. A point of the picture is turned by RotateAngle and then stretched there, along an axis
// of the plane, which is as much less in the view. The imaginary axis points down unless the file says otherwise.
func kallesOrientation(p *params, wanted *spec.Draft) (err error) {
	if wanted.Rotation, err = p.decimal("RotateAngle"); err != nil {
		return err
	}
	rotation, err := p.number("RotateAngle")
	if err != nil {
		return err
	}
	amount, err := p.number("StretchAmount")
	if err != nil {
		return err
	}
	axis, err := p.number("StretchAngle")
	if err != nil {
		return err
	}
	wanted.Stretch = stretch(amount, axis.Sub(axis, rotation))
	wanted.Mirror = !p.on("ImagPointsUp")
	if !wanted.Mirror && (rotation.Sign() != 0 || wanted.Stretch != spec.Stretch{}) {
		p.lose("ImagPointsUp", "angles are counter-clockwise here; versions of Kalles Fraktaler differ in that where it is 1")
	}
	return nil
}

// hasPlace reports whether the file says anything of where the picture is.
func (p *params) hasPlace() bool { return p.has("Re") || p.has("Im") || p.has("Zoom") }

// radius reads a zoom.
func (p *params) radius(key string) (spec.Decimal, error) {
	zoom, err := p.decimal(key)
	if err != nil {
		return zoom, err
	}
	if zoom.Sign() <= 0 {
		return zoom, p.bad(key, "must be greater than 0")
	}
	radius, err := radiusOf(zoom)
	if err != nil {
		return radius, p.bad(key, "must have an exponent within ±1000000")
	}
	return radius, nil
}

// kallesTypes names the first of Kalles Fraktaler's fractal types.
func kallesTypes() []string {
	return []string{
		"Mandelbrot", "Burning Ship", "Buffalo", "Celtic", "Mandelbar", "Mandelbar Celtic", "Perpendicular Mandelbrot",
		"Perpendicular Burning Ship", "Perpendicular Celtic", "Perpendicular Buffalo",
	}
}

func kallesFormula(p *params, wanted *spec.Draft) error {
	if p.has("Colors") && !p.hasPlace() {
		return nil // colours are for every formula
	}
	kind, err := p.count("FractalType", 0, 0)
	if err != nil {
		return err
	}
	power, err := p.count("Power", 2, 2)
	if err != nil {
		return err
	}
	if p.on("UseHybridFormula") && p.has("HybridFormula") { // without one the switch is off there too
		return p.bad("HybridFormula", "hybrid formulas are not drawn here")
	}
	switch {
	case kind == 0:
		return multibrot(p, wanted, "Power", power)
	case kind == 1 && power == 2:
		wanted.Formula = spec.BurningShip
		return nil
	case kind == 4 && power == 2:
		wanted.Formula = spec.Tricorn
		return nil
	}
	name := "of this number"
	if names := kallesTypes(); kind < len(names) {
		name = names[kind]
	}
	return p.bad("FractalType", fmt.Sprintf("the formula %s of power %d is not drawn here", name, power))
}

// maxPower is the greatest power of z that the renderer knows.
const maxPower = 8

// multibrot sets the formula z -> z^power + c.
func multibrot(p *params, wanted *spec.Draft, key string, power int) error {
	switch {
	case power == 2:
		wanted.Formula = spec.Mandelbrot
	case power > 2 && power <= maxPower:
		wanted.Formula, wanted.Power = spec.Multibrot, power
	default:
		return p.bad(key, fmt.Sprintf("the formula z^p + c is drawn here for powers from 2 to %d", maxPower))
	}
	return nil
}

func kallesIterations(p *params, wanted *spec.Draft) (err error) {
	if wanted.MaxIterations, err = p.iterations("Iterations", standardIterations); err == nil && !p.has("Iterations") {
		p.lose("Iterations", "is not in the file; 1000 is taken")
	}
	return err
}

func kallesSize(p *params, wanted *spec.Draft) (err error) {
	if wanted.Width, err = p.count("ImageWidth", 1, standardWidth); err != nil {
		return err
	}
	wanted.Height, err = p.count("ImageHeight", 1, standardHeight)
	return err
}
