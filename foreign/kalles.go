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
func readKalles(data []byte) (*sheet, spec.Draft, error) {
	s := newSheet()
	err := eachLine(data, func(number int, line string) error {
		e, err := cutLine(number, line)
		if err == nil {
			s.add(e)
		}
		return err
	})
	var wanted spec.Draft
	for _, read := range []func(*sheet, *spec.Draft) error{
		kallesView, kallesFormula, kallesIterations, kallesSize,
		kallesInterior, kallesPalette, kallesOffset, kallesDensity, kallesSlopes,
	} {
		if err == nil {
			err = read(s, &wanted)
		}
	}
	s.judge(kallesFates())
	return s, wanted, err
}

// kallesView reads where the picture is. A file without any of it is a palette, and shows all of the formula.
func kallesView(s *sheet, wanted *spec.Draft) (err error) {
	if wanted.Rotation, err = s.decimal("RotateAngle"); err != nil {
		return err
	}
	if s.has("Colors") && !s.has("Re") && !s.has("Im") && !s.has("Zoom") {
		return nil
	}
	for _, key := range []string{"Re", "Im", "Zoom"} {
		if !s.has(key) {
			return fault(key, "", "is missing: a place has Re, Im and Zoom")
		}
	}
	if wanted.Center.Re, err = s.decimal("Re"); err != nil {
		return err
	}
	if wanted.Center.Im, err = s.decimal("Im"); err != nil {
		return err
	}
	if wanted.Radius, err = s.radius("Zoom"); err != nil {
		return err
	}
	switch {
	case !s.on("ImagPointsUp"):
		s.lose("ImagPointsUp", "there the imaginary axis points down, here it points up: the picture is mirrored top to bottom")
	case wanted.Rotation.Sign() != 0:
		s.lose("RotateAngle", "is counter-clockwise here; versions of Kalles Fraktaler differ in that where ImagPointsUp is 1")
	}
	return nil
}

// radius reads a zoom.
func (s *sheet) radius(key string) (spec.Decimal, error) {
	zoom, err := s.decimal(key)
	if err != nil {
		return zoom, err
	}
	if zoom.Sign() <= 0 {
		return zoom, s.bad(key, "must be greater than 0")
	}
	radius, err := radiusOf(zoom)
	if err != nil {
		return radius, s.bad(key, "must have an exponent within ±1000000")
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

func kallesFormula(s *sheet, wanted *spec.Draft) error {
	kind, err := s.count("FractalType", 0, 0)
	if err != nil {
		return err
	}
	power, err := s.count("Power", 2, 2)
	if err != nil {
		return err
	}
	if s.on("UseHybridFormula") {
		return s.bad("UseHybridFormula", "hybrid formulas are not drawn here")
	}
	switch {
	case kind == 0:
		return multibrot(s, wanted, "Power", power)
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
	return s.bad("FractalType", fmt.Sprintf("the formula %s of power %d is not drawn here", name, power))
}

// maxPower is the greatest power of z that the renderer knows.
const maxPower = 8

// multibrot sets the formula z -> z^power + c.
func multibrot(s *sheet, wanted *spec.Draft, key string, power int) error {
	switch {
	case power == 2:
		wanted.Formula = spec.Mandelbrot
	case power > 2 && power <= maxPower:
		wanted.Formula, wanted.Power = spec.Multibrot, power
	default:
		return s.bad(key, fmt.Sprintf("the formula z^p + c is drawn here for powers from 2 to %d", maxPower))
	}
	return nil
}

func kallesIterations(s *sheet, wanted *spec.Draft) (err error) {
	if wanted.MaxIterations, err = s.iterations("Iterations", 1000); err == nil && !s.has("Iterations") {
		s.lose("Iterations", "is not in the file; 1000 is taken")
	}
	return err
}

func kallesSize(s *sheet, wanted *spec.Draft) (err error) {
	if wanted.Width, err = s.count("ImageWidth", 1, standardWidth); err != nil {
		return err
	}
	wanted.Height, err = s.count("ImageHeight", 1, standardHeight)
	return err
}
