package foreign

import (
	"fmt"

	"mandelfarm/renderer/spec"
)

// The size of a picture whose file says none.
const (
	standardWidth  = 1920
	standardHeight = 1080
)

// readKalles reads Kalles Fraktaler's "Key: value" lines.
func readKalles(data []byte) (*params, spec.Draft, error) {
	p := newParams()
	err := eachLine(data, func(number int, line string) error {
		e, err := cutLine(number, line)
		if err == nil {
			p.add(e)
		}
		return err
	})
	var wanted spec.Draft
	for _, read := range []func(*params, *spec.Draft) error{
		kallesView, kallesFormula, kallesIterations, kallesSize, kallesColors,
	} {
		if err == nil {
			err = read(p, &wanted)
		}
	}
	p.apply(kallesKeys())
	return p, wanted, err
}

// kallesView reads where the picture is. A file without any of it is a palette, and shows all of the formula.
func kallesView(p *params, wanted *spec.Draft) (err error) {
	if wanted.Rotation, err = p.decimal("RotateAngle"); err != nil {
		return err
	}
	if p.has("Colors") && !p.has("Re") && !p.has("Im") && !p.has("Zoom") {
		return nil
	}
	for _, key := range []string{"Re", "Im", "Zoom"} {
		if !p.has(key) {
			return fault(key, "", "is missing: a place has Re, Im and Zoom")
		}
	}
	if wanted.Center.Re, err = p.decimal("Re"); err != nil {
		return err
	}
	if wanted.Center.Im, err = p.decimal("Im"); err != nil {
		return err
	}
	if wanted.Radius, err = p.radius("Zoom"); err != nil {
		return err
	}
	switch {
	case !p.on("ImagPointsUp"):
		p.lose("ImagPointsUp", "there the imaginary axis points down, here it points up: the picture is mirrored top to bottom")
	case wanted.Rotation.Sign() != 0:
		p.lose("RotateAngle", "is counter-clockwise here; versions of Kalles Fraktaler differ in that where ImagPointsUp is 1")
	}
	return nil
}

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
	kind, err := p.count("FractalType", 0, 0)
	if err != nil {
		return err
	}
	power, err := p.count("Power", 2, 2)
	if err != nil {
		return err
	}
	if p.on("UseHybridFormula") {
		return p.bad("UseHybridFormula", "hybrid formulas are not drawn here")
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
	if wanted.MaxIterations, err = p.iterations("Iterations", 1000); err == nil && !p.has("Iterations") {
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
