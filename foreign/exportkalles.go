package foreign

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"

	"mandelfarm/renderer/palette"
	"mandelfarm/renderer/spec"
)

// exportKalles writes what Kalles Fraktaler reads, place and colours.
func exportKalles(d spec.Draft) ([]byte, error) {
	kind, degree := 0, 2
	switch d.Formula {
	case spec.Mandelbrot:
	case spec.Multibrot:
		degree = d.Power
	case spec.BurningShip:
		kind = 1
	case spec.Tricorn:
		kind = 4
	case spec.Julia:
		return nil, unsayable(d, "Kalles Fraktaler's")
	}
	zoom, err := zoomOf(d.Radius)
	if err != nil {
		return nil, fault("radius", d.Radius.String(), "has no zoom within ±1e1000000")
	}
	var b strings.Builder
	line := func(key string, value any) { fmt.Fprintf(&b, "%s: %v\r\n", key, value) }
	line("Re", d.Center.Re)
	line("Im", d.Center.Im)
	line("Zoom", strings.ToUpper(zoom.String()))
	line("Iterations", d.MaxIterations)
	line("FractalType", kind)
	line("Power", degree)
	kallesOrientationLines(d, line)
	line("ImageWidth", d.Width)
	line("ImageHeight", d.Height)
	if d.Coloring.Method != spec.MethodSet && d.Format.HasColors() {
		kallesColorLines(d, line)
	}
	return []byte(b.String()), nil
}

// kallesOrientationLines undoes kallesOrientation: the axis of the stretch is one of the plane there.
func kallesOrientationLines(d spec.Draft, line func(key string, value any)) {
	up := 1
	if d.Mirror {
		up = 0
	}
	line("ImagPointsUp", up)
	turn, axis := ratOf(d.Rotation), ratOf(d.Stretch.Angle)
	if turn.Sign() != 0 {
		line("RotateAngle", d.Rotation)
	}
	if d.Stretch != (spec.Stretch{}) {
		line("StretchAngle", exactDecimal(new(big.Rat).Add(axis, turn)))
		line("StretchAmount", d.Stretch.Amount)
	}
}

// kallesColorLines undoes kallesColors, as far as numbers there are whole.
func kallesColorLines(d spec.Draft, line func(key string, value any)) {
	c := d.Coloring
	var list strings.Builder
	for _, key := range kallesList(c.Palette, c.Cyclic != spec.Off) {
		fmt.Fprintf(&list, "%d,%d,%d,", key[2], key[1], key[0])
	}
	line("Colors", list.String())
	interior := c.Interior.RGB()
	line("InteriorColor", fmt.Sprintf("%d,%d,%d,", interior[2], interior[1], interior[0]))
	offset := c.Offset.Float64()
	line("ColorOffset", int(math.Floor((offset-math.Floor(offset))*kallesTurn)))
	line("Smooth", 1)
	switch c.Method {
	case spec.MethodDistance:
		line("ColorMethod", 8)
		line("Differences", 7)
		return
	case spec.MethodHistogram:
		line("ColorMethod", 4) // stretched between the least count and the greatest
		return
	case spec.MethodSlope:
		line("Differences", 7)
		line("Slopes", 1)
		line("SlopeAngle", int(math.Round(180-c.Light.Float64())))
		line("SlopeRatio", int(math.Round(c.Relief.Float64()*100)))
	case spec.MethodSmooth, spec.MethodSet:
	}
	line("ColorMethod", 1)
	density := c.Density.Float64() * math.Sqrt(math.Log2(float64(max(2, d.Power))))
	line("IterDiv", strconv.FormatFloat(8/(kallesTurn*density), 'g', -1, 64))
}

// kallesList returns a list of keys that kallesStops makes the palette of, or the turn of the palette in as many colours as there
// are.
func kallesList(p spec.Palette, cyclic bool) []rgb {
	var all []rgb
	for _, stop := range p.Stops() {
		all = append(all, stop.Color.RGB())
	}
	for each := 1; each <= 8; each *= 2 {
		var keys []rgb
		for i := 0; i < len(all); i += each {
			keys = append(keys, all[i])
		}
		if gradient, repeats := kallesStops(keys); gradient == p && repeats == 1 {
			return keys
		}
	}
	return turnOf(p, cyclic)
}

// turnOf is a turn of a palette in Kalles Fraktaler's number of colours.
func turnOf(p spec.Palette, cyclic bool) []rgb {
	table := palette.New(p, 8, cyclic)
	turn := make([]rgb, kallesTurn)
	for i := range turn {
		for channel, value := range table[i*len(table)/kallesTurn] {
			turn[i][channel] = uint8(value) //nolint:gosec // of 8 bits
		}
	}
	return turn
}
