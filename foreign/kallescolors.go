package foreign

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"mandelfarm/renderer/spec"
)

// kallesColors reads everything about colours.
func kallesColors(p *params, wanted *spec.Draft) error {
	repeats, err := kallesPalette(p, wanted)
	if err != nil {
		return err
	}
	if err := kallesOffset(p, wanted, repeats); err != nil {
		return err
	}
	if err := kallesMethod(p, wanted, repeats); err != nil {
		return err
	}
	for _, read := range []func(*params, *spec.Draft) error{kallesInterior, kallesSmooth, kallesSlopes} {
		if err := read(p, wanted); err != nil {
			return err
		}
	}
	const analytic = "7"
	lit := wanted.Coloring.Method == spec.MethodDistance || wanted.Coloring.Method == spec.MethodSlope
	if lit && p.has("Differences") && !same(p.text("Differences"), analytic) {
		p.lose("Differences", "distances and slopes are analytic here, and not made of differences between pixels")
	}
	return nil
}

// kallesPalette reads the palette, and how often it is repeated in a turn of Kalles Fraktaler's.
func kallesPalette(p *params, wanted *spec.Draft) (repeats int, err error) {
	if !p.has("Colors") {
		return 1, nil
	}
	keys, err := p.colors("Colors")
	if err != nil {
		return 1, err
	}
	wanted.Coloring.Palette, repeats = kallesStops(keys)
	return repeats, nil
}

// kallesOffset reads where in the palette to start.
func kallesOffset(p *params, wanted *spec.Draft, repeats int) error {
	offset, err := p.decimal("ColorOffset")
	if err != nil || !p.has("ColorOffset") {
		return err
	}
	turns := math.Floor(offset.Float64()) / kallesTurn
	if turns < 0 || turns >= 1 {
		p.lose("ColorOffset", "is not from 0 to 1023, and counts as 0 there and here")
		return nil
	}
	turns *= float64(repeats)
	wanted.Coloring.Offset, err = spec.ParseDecimal(strconv.FormatFloat(turns-math.Floor(turns), 'f', -1, 64))
	return err
}

// kallesSlopes lights the picture. What goes by the distance is not lit.
func kallesSlopes(p *params, wanted *spec.Draft) error {
	if !p.on("Slopes") {
		return nil
	}
	light, err := kallesLight(p)
	if err != nil {
		return err
	}
	ratio, err := p.count("SlopeRatio", 0, 50)
	if err != nil {
		return err
	}
	if wanted.Coloring.Method == spec.MethodDistance {
		p.lose("Slopes", "colours that go by the distance are not lit")
		return nil
	}
	p.lose("Slopes", "are lit by a law of the farm's own, from the same side: SlopeRatio is how strongly")
	if p.has("SlopePower") {
		p.lose("SlopePower", "steeper slopes are not lit otherwise")
	}
	wanted.Coloring.Method, wanted.Coloring.Light = spec.MethodSlope, light
	wanted.Coloring.Relief = decimal(float64(min(ratio, 100)) / 100)
	return nil
}

// kallesLight is where the light comes from. SlopeAngle says, clockwise from the right, which side is dark; it is 45 if the
// file does not say.
func kallesLight(p *params) (spec.Decimal, error) {
	angle, err := p.decimal("SlopeAngle")
	if err != nil {
		return angle, err
	}
	degrees := 45.0
	if p.has("SlopeAngle") {
		degrees = angle.Float64()
	}
	return decimal(180 - math.Mod(degrees, 360)), nil
}

// Numbers of methods.
const (
	kallesStandard = 0
	kallesRoot     = 1
	kallesLast     = 11
)

// isStandard reports whether colours follow the iterations. Methods that Kalles Fraktaler does not know do.
func isStandard(method int) bool { return method == kallesStandard || method > kallesLast }

// kallesMethod reads what colours follow, and how fast the palette turns.
func kallesMethod(p *params, wanted *spec.Draft, repeats int) error {
	if !p.has("Colors") && !p.has("IterDiv") && !p.has("ColorMethod") {
		return nil // a place without colours
	}
	method, err := p.count("ColorMethod", 0, kallesStandard)
	if err != nil {
		return err
	}
	wanted.Coloring.Density = decimal(float64(repeats))
	switch {
	case method >= 5 && method <= 8:
		wanted.Coloring.Method = spec.MethodDistance
		p.otherLaw("by the distance colours go outward here, along its logarithm")
		return nil
	case method == kallesRoot:
		return kallesDensity(p, wanted, repeats, 1)
	case isStandard(method):
		p.lose("ColorMethod", "there colours follow the iterations, here their square root: the palette makes as many turns "+
			"from 0 to Iterations, but not evenly")
		return kallesDensity(p, wanted, repeats, math.Sqrt(float64(wanted.MaxIterations.Most())))
	}
	p.otherLaw("colours follow the square root of the iterations here")
	return nil
}

// kallesDensity reads how fast the palette turns, after the root of the iterations or so many times as fast. Ours turns by
// density*sqrt(nu*log2(p))/8.
func kallesDensity(p *params, wanted *spec.Draft, repeats int, times float64) error {
	given, err := p.decimal("IterDiv")
	if err != nil {
		return err
	}
	distance := math.Sqrt(math.Log2(float64(max(2, wanted.Power))))
	if p.has("IterDiv") {
		distance *= given.Float64()
	}
	density := decimal(8 / (kallesTurn * distance) * times * float64(repeats))
	switch {
	case density.Sign() <= 0:
		return p.bad("IterDiv", "must be greater than 0 and below 1e300")
	case density.Exponent() >= 10:
		p.lose("IterDiv", "is too small: the palette's density must be below 1e10")
	default:
		wanted.Coloring.Density = density
	}
	return nil
}

// kallesSmooth reads whether colours run into each other. Without that each of a turn's 1,024 has a band of its own: one count's, where
// the palette goes on by one for each.
func kallesSmooth(p *params, wanted *spec.Draft) error {
	if !p.has("Smooth") || p.on("Smooth") {
		return nil
	}
	method, err := p.count("ColorMethod", 0, kallesStandard)
	if err != nil {
		return err
	}
	if !isStandard(method) || p.has("IterDiv") && !same(p.text("IterDiv"), "1") {
		p.lose("Smooth", "bands of one colour are of whole iteration counts here, and not of places of the palette")
		return nil
	}
	wanted.Coloring.Smooth = spec.Off
	return nil
}

// otherLaw notes that colours go by a law to which nothing here corresponds.
func (p *params) otherLaw(reason string) {
	p.lose("ColorMethod", reason)
	if p.has("IterDiv") {
		p.lose("IterDiv", "belongs to the ColorMethod, which is not that of here")
	}
}

// decimal is a number of six digits.
func decimal(x float64) spec.Decimal {
	d, err := spec.ParseDecimal(strconv.FormatFloat(x, 'e', 5, 64))
	if err != nil { // it is no number
		return spec.Decimal{}
	}
	return d
}

func kallesInterior(p *params, wanted *spec.Draft) error {
	if !p.has("InteriorColor") {
		return nil
	}
	colors, err := p.colors("InteriorColor")
	if err != nil {
		return err
	}
	if len(colors) != 1 {
		return p.bad("InteriorColor", "must be one colour of three numbers")
	}
	wanted.Coloring.Interior = spec.Color("#" + colors[0].stop())
	return nil
}

// colors reads colours of three numbers each, of which the first is blue, with commas between and perhaps behind them.
func (p *params) colors(key string) ([]rgb, error) {
	words := strings.Split(strings.TrimSuffix(p.text(key), ","), ",")
	if len(words)%3 != 0 || len(words) > 3*kallesTurn {
		return nil, p.bad(key, fmt.Sprintf("must have three numbers for each of at most %d colours", kallesTurn))
	}
	colors := make([]rgb, 0, len(words)/3)
	for color := range slices.Chunk(words, 3) {
		var c rgb
		for i, word := range color {
			channel, err := strconv.ParseUint(strings.TrimSpace(word), 10, 8)
			if err != nil {
				return nil, p.bad(key, "must be numbers from 0 to 255 with commas between them")
			}
			c[2-i] = uint8(channel)
		}
		colors = append(colors, c)
	}
	return colors, nil
}
