package foreign

import (
	"fmt"
	"math/big"
	"strings"

	"mandelfarm/renderer/spec"
)

// exportFraktaler writes what fraktaler-3 reads. Its colours are shaders, and left to it.
func exportFraktaler(d spec.Draft) ([]byte, error) {
	formula := ""
	switch d.Formula {
	case spec.Mandelbrot:
	case spec.Multibrot:
		formula = fmt.Sprintf("power = %d\n", d.Power)
	case spec.BurningShip:
		formula = "abs_x = true\nabs_y = true\n"
	case spec.Tricorn:
		formula = "neg_y = true\n"
	case spec.Julia:
		return nil, unsayable(d, "fraktaler-3's")
	}
	zoom, err := zoomOf(d.Radius)
	if err != nil {
		return nil, fault("radius", d.Radius.String(), "has no zoom within ±1e1000000")
	}
	var b strings.Builder
	fmt.Fprintf(&b, "program = \"fraktaler-3\"\nlocation.real = %q\nlocation.imag = %q\nlocation.zoom = %q\n", d.Center.Re, d.Center.Im, zoom)
	fmt.Fprintf(&b, "bailout.iterations = %d\nbailout.maximum_reference_iterations = %d\n", d.MaxIterations, d.MaxIterations)
	fmt.Fprintf(&b, "image.width = %d\nimage.height = %d\nimage.subframes = %d\n", d.Width, d.Height, d.Samples)
	if d.Mirror {
		b.WriteString("transform.reflect = true\n")
	}
	if d.Rotation.IsSet() {
		turn := ratOf(d.Rotation)
		if d.Mirror { // a reflected view turns the other way there
			turn.Neg(turn)
		}
		fmt.Fprintf(&b, "transform.rotate = %s\n", float(turn))
	}
	if d.Stretch != (spec.Stretch{}) {
		hundredths := ratOf(d.Stretch.Amount)
		fmt.Fprintf(&b, "transform.stretch_amount = %s\ntransform.stretch_angle = %s\n",
			float(hundredths.Mul(hundredths, big.NewRat(100, 1))), float(ratOf(d.Stretch.Angle)))
	}
	if formula != "" {
		b.WriteString("[[formula]]\n" + formula)
	}
	return []byte(b.String()), nil
}

// ratOf returns a number that is an angle, or an amount of stretch, to calculate with. One that is not given is 0.
func ratOf(d spec.Decimal) *big.Rat {
	x := new(big.Rat)
	if d.Sign() != 0 && d.Exponent() > -maxAngleDigits { // smaller ones are no angles
		x.SetString(d.String())
	}
	return x
}

// float writes a number as TOML has those that are not whole.
func float(x *big.Rat) string {
	text := exactDecimal(x).String()
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return text
}

// exportImagina writes a place as Imagina's text. It has neither orientation nor size nor colours.
func exportImagina(d spec.Draft) ([]byte, error) {
	formula := map[spec.Formula]string{spec.Mandelbrot: "Mandelbrot", spec.Tricorn: "Tricorn", spec.BurningShip: "Burning ship"}[d.Formula]
	if formula == "" {
		return nil, unsayable(d, "Imagina's")
	}
	re, ok := formatHex(d.Center.Re)
	im, also := formatHex(d.Center.Im)
	size, too := formatHexSize(d.Radius)
	if !ok || !also || !too {
		return nil, fault("center", "", fmt.Sprintf("has too many digits for hexadecimal numbers of %d", maxHexDigits))
	}
	return fmt.Appendf(nil, "Formula: %s\r\nLocation:\r\n\tRe: %s\r\n\tIm: %s\r\n\tSize: %s\r\n\tIterations: %d\r\n",
		formula, re, im, size, d.MaxIterations), nil
}
