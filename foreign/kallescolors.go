package foreign

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"mandelfarm/renderer/spec"
)

// kallesTurn is the number of colours in a turn of Kalles Fraktaler's palette: those of the file, and others between them.
// IterDiv is the distance from one to the next, and ColorOffset says at which to start.
const kallesTurn = 1024

// kallesOffset reads where in the palette to start.
func kallesOffset(p *params, wanted *spec.Draft) error {
	offset, err := p.decimal("ColorOffset")
	if err != nil || !p.has("ColorOffset") {
		return err
	}
	turns := offset.Float64() / kallesTurn
	if turns < 0 || turns >= 1 {
		p.lose("ColorOffset", "is not from 0 to 1023, and counts as 0 there and here")
		return nil
	}
	wanted.Coloring.Offset = decimal(turns)
	return nil
}

// kallesSlopes lights the picture. What goes by the distance is not lit.
func kallesSlopes(p *params, wanted *spec.Draft) error {
	if !p.on("Slopes") {
		return nil
	}
	light, err := p.decimal("SlopeAngle")
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
	p.lose("Slopes", "are lit by a law of the farm's own: SlopeAngle is where the light comes from, SlopeRatio how strong it is")
	if p.has("SlopePower") {
		p.lose("SlopePower", "steeper slopes are not lit otherwise")
	}
	wanted.Coloring.Method, wanted.Coloring.Light = spec.MethodSlope, light
	wanted.Coloring.Relief = decimal(float64(min(ratio, 100)) / 100)
	return nil
}

// maxStops is how many stops a palette of the renderer may have.
const maxStops = 64

// kallesPalette spreads the colours evenly over a turn.
func kallesPalette(p *params, wanted *spec.Draft) error {
	if !p.has("Colors") {
		return nil
	}
	colors, err := p.colors("Colors")
	if err != nil {
		return err
	}
	stops := min(max(2, len(colors)), maxStops)
	texts := make([]string, stops)
	for i := range stops {
		texts[i] = fmt.Sprintf("%s@0.%09d", colors[i*len(colors)/stops][1:], i*1_000_000_000/stops)
	}
	wanted.Coloring.Palette = spec.Palette(strings.Join(texts, ","))
	if len(colors) > maxStops {
		p.lose("Colors", fmt.Sprintf("has %d colours, of which %d are taken, evenly spread", len(colors), maxStops))
	}
	p.lose("Colors", "from one colour to the next it goes along a sine there, and here along a cubic")
	return nil
}

// kallesDensity reads how fast the palette turns, after what. Ours turns by density*sqrt(nu)/8.
func kallesDensity(p *params, wanted *spec.Draft) error {
	if !p.has("Colors") && !p.has("IterDiv") && !p.has("ColorMethod") {
		return nil // a place without colours
	}
	method, err := p.count("ColorMethod", 0, 0)
	if err != nil {
		return err
	}
	given, err := p.decimal("IterDiv")
	if err != nil {
		return err
	}
	distance := given.Float64()
	if !p.has("IterDiv") {
		distance = 1
	}
	switch method {
	case 0:
		p.lose("ColorMethod", "there colours follow the iterations, here their square root: the palette makes as many turns "+
			"from 0 to Iterations, but not evenly")
		distance /= math.Sqrt(float64(wanted.MaxIterations))
	case 1:
	case 5, 6, 7, 8:
		wanted.Coloring.Method = spec.MethodDistance
		p.otherLaw("by the distance colours go outward here, along its logarithm")
		return nil
	default:
		p.otherLaw("colours follow the square root of the iterations here")
		return nil
	}
	density := decimal(8 / (kallesTurn * distance))
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
	wanted.Coloring.Interior = colors[0]
	return nil
}

// colors reads colours of three numbers each, of which the first is blue, with commas between and perhaps behind them.
func (p *params) colors(key string) ([]spec.Color, error) {
	words := strings.Split(strings.TrimSuffix(p.text(key), ","), ",")
	if len(words)%3 != 0 || len(words) > 3*kallesTurn {
		return nil, p.bad(key, fmt.Sprintf("must have three numbers for each of at most %d colours", kallesTurn))
	}
	colors := make([]spec.Color, 0, len(words)/3)
	for color := range slices.Chunk(words, 3) {
		var channels [3]uint64
		for i, word := range color {
			var err error
			if channels[i], err = strconv.ParseUint(strings.TrimSpace(word), 10, 8); err != nil {
				return nil, p.bad(key, "must be numbers from 0 to 255 with commas between them")
			}
		}
		colors = append(colors, spec.Color(fmt.Sprintf("#%02x%02x%02x", channels[2], channels[1], channels[0])))
	}
	return colors, nil
}
