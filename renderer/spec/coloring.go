package spec

import (
	"fmt"
	"strconv"
)

// Method names the way an orbit becomes a colour.
type Method string

// The methods.
const (
	// MethodSet paints what does not escape black and the rest white.
	MethodSet Method = "set"
	// MethodSmooth takes colours from a palette by the fractional iteration count.
	MethodSmooth Method = "smooth"
	// MethodDistance takes them by the estimated distance to the boundary, in pixels.
	MethodDistance Method = "distance"
	// MethodSlope lights those of MethodSmooth from one side, as if they lay on a hill that rises toward the boundary.
	MethodSlope Method = "slope"
	// MethodHistogram takes them by the part of the picture whose fractional iteration count is lower.
	MethodHistogram Method = "histogram"
)

// Methods lists every method, the default first.
func Methods() []Method {
	return []Method{MethodSmooth, MethodDistance, MethodSlope, MethodHistogram, MethodSet}
}

// SeesGradients reports whether the method looks at more than the count.
func (m Method) SeesGradients() bool { return m == MethodDistance || m == MethodSlope }

// goesByCounts reports whether colours go by iteration counts, which may be smooth or whole.
func (m Method) goesByCounts() bool { return m.spansCounts() || m == MethodHistogram }

// spansCounts reports whether a range of counts can be spread over the palette.
func (m Method) spansCounts() bool { return m == MethodSmooth || m == MethodSlope }

// SeesRanks reports whether a colour of the canonical form depends on how many points of the picture escape sooner.
func (c Coloring) SeesRanks() bool { return c.Method == MethodHistogram || c.Equalize.IsSet() }

// Color is a colour in sRGB, written "#rrggbb" in lower-case hexadecimal digits.
type Color string

// Coloring says how orbits become colours. Everything but the method is for those that use a palette; the canonical form
// of MethodSet is without it.
type Coloring struct {
	Method   Method  `json:"method"`
	Palette  Palette `json:"palette,omitzero"`
	Smooth   Switch  `json:"smooth,omitzero"`   // off: whole counts, bands of one colour; dropped if on; of methods that go by counts only
	Range    Range   `json:"range,omitzero"`    // counts that a turn spans; MethodSmooth and MethodSlope only
	Equalize Decimal `json:"equalize,omitzero"` // how far turns go by rank, from 0 to 1; dropped if 0; MethodSmooth and MethodSlope only
	Density  Decimal `json:"density,omitzero"`  // turns of the palette are this many times as fast; 0 < density < 1e10
	Offset   Decimal `json:"offset,omitzero"`   // where in the palette to start, in turns; |offset| < 1e10
	Cyclic   Switch  `json:"cyclic,omitzero"`   // off: the palette runs once and ends; dropped if on
	Steps    int     `json:"steps,omitzero"`    // flat colours that a turn is cut into, 1 to 255; 0 for a smooth turn
	Light    Decimal `json:"light,omitzero"`    // where the light comes from, in degrees counter-clockwise from the right; MethodSlope only
	Relief   Decimal `json:"relief,omitzero"`   // how much it changes colours, from 0 to 1; MethodSlope only
	Interior Color   `json:"interior,omitzero"` // colour of the points that do not escape
	Periods  bool    `json:"periods,omitzero"`  // those of them whose period is found have a colour of the palette by that
}

// Switch is true, false or not given, which is its zero value.
type Switch uint8

// The settings of a Switch.
const (
	On  Switch = 1
	Off Switch = 2
)

// MarshalJSON prints true or false.
func (s Switch) MarshalJSON() ([]byte, error) { return strconv.AppendBool(nil, s != Off), nil }

const (
	// maxTurns is the power of ten that density and offset stay below, so that a turn's fraction keeps some bits.
	maxTurns = 10
	// maxSteps leaves one of 256 colours for the interior.
	maxSteps = 255
)

func (s *Draft) normalizeColoring() *FieldError {
	c := &s.Coloring
	switch c.Method {
	case "":
		c.Method = MethodSmooth
	case MethodSet, MethodSmooth, MethodDistance, MethodSlope, MethodHistogram:
	default:
		return NewFieldError("coloring.method", string(c.Method), oneOf(Methods()))
	}
	for _, step := range []func(*Coloring) *FieldError{
		(*Coloring).normalizePalette, (*Coloring).normalizeSpread, (*Coloring).normalizeTurns, (*Coloring).normalizeRelief, (*Coloring).normalizeInterior,
	} {
		if err := step(c); err != nil {
			return err
		}
	}
	if c.Method == MethodSet {
		*c = Coloring{Method: MethodSet}
	}
	return s.normalizeDepth()
}

// normalizeDepth drops what a picture has anyway: 8 bits, but of a set with one sample a pixel, which has 1 bit unless it says 8.
func (s *Draft) normalizeDepth() *FieldError {
	set := s.Coloring.Method == MethodSet
	switch s.Depth {
	case 0:
	case 8:
		if !set || s.Samples > 1 {
			s.Depth = 0
		}
	case 16:
		if set {
			s.Depth = 0
		}
	default:
		return NewFieldError("depth", strconv.Itoa(s.Depth), "must be 8 or 16")
	}
	return nil
}

// normalizeTurns checks how the palette is gone through.
func (c *Coloring) normalizeTurns() *FieldError {
	if !c.Density.IsSet() {
		c.Density = Decimal{text: "1"}
	}
	if c.Density.Sign() <= 0 {
		return NewFieldError("coloring.density", c.Density.String(), "must be greater than 0")
	}
	if err := checkBelow("coloring.density", c.Density, maxTurns); err != nil {
		return err
	}
	if !c.Offset.IsSet() {
		c.Offset = Decimal{text: "0"}
	}
	if err := checkBelow("coloring.offset", c.Offset, maxTurns); err != nil {
		return err
	}
	if c.Steps < 0 || c.Steps > maxSteps {
		return NewFieldError("coloring.steps", strconv.Itoa(c.Steps), fmt.Sprintf("must be from 1 to %d", maxSteps))
	}
	if c.Cyclic == On {
		c.Cyclic = 0
	}
	return nil
}

// normalizeRelief fills in what MethodSlope needs.
func (c *Coloring) normalizeRelief() *FieldError {
	if err := normalizeAngle("coloring.light", &c.Light); err != nil {
		return err
	}
	if c.Relief.Sign() < 0 || c.Relief.Cmp(Decimal{text: "1"}) > 0 {
		return NewFieldError("coloring.relief", c.Relief.String(), "must be from 0 to 1")
	}
	if c.Method != MethodSlope {
		c.Light, c.Relief = Decimal{}, Decimal{}
		return nil
	}
	if !c.Light.IsSet() {
		c.Light = Decimal{text: "45"}
	}
	if !c.Relief.IsSet() {
		c.Relief = Decimal{text: "0.7"}
	}
	return nil
}

func (c *Coloring) normalizeInterior() *FieldError {
	if c.Interior == "" {
		c.Interior = "#000000"
	}
	color, ok := parseColor(string(c.Interior))
	if !ok {
		return NewFieldError("coloring.interior", string(c.Interior), notAColor)
	}
	c.Interior = color
	return nil
}

const notAColor = "must be a colour #rrggbb"

// parseColor reads "#rrggbb" into lower case.
func parseColor(text string) (Color, bool) {
	if len(text) != len("#rrggbb") || text[0] != '#' {
		return "", false
	}
	value, err := strconv.ParseUint(text[1:], 16, 24)
	return Color(fmt.Sprintf("#%06x", value)), err == nil
}

// IsGray reports whether all colours of the palette, and that of the interior, are gray.
func (c Coloring) IsGray() bool {
	if !c.Interior.isGray() {
		return false
	}
	for _, stop := range c.Palette.Stops() {
		if !stop.Color.isGray() {
			return false
		}
	}
	return true
}

func (c Color) isGray() bool {
	rgb := c.RGB()
	return rgb[0] == rgb[1] && rgb[1] == rgb[2]
}

// RGB returns red, green and blue of a colour in canonical form.
func (c Color) RGB() [3]uint8 {
	value, err := strconv.ParseUint(string(c[1:]), 16, 24)
	if err != nil {
		panic("spec: a colour is six digits: " + err.Error())
	}
	return [3]uint8{uint8(value >> 16 & 255), uint8(value >> 8 & 255), uint8(value & 255)}
}
