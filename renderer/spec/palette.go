package spec

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Palette is the name of a palette, or a gradient by its stops: "rrggbb@at" for each, joined by commas, such as
// "000764@0,206bcb@0.16". Its JSON is the name or a list of objects with the fields at and color. Equal gradients have
// equal canonical texts.
type Palette string

// Bounds of a gradient.
const (
	minStops = 2
	// MaxStops is as many as the colour tables that other programs write have entries. A table of package palette, of 4,096
	// places or more, gives each of so many stops four places.
	MaxStops = 1024
	// maxStopPlaces is the number of digits after the point of a stop's place. It keeps stops apart in float64.
	maxStopPlaces = 9
)

// stopTexts splits the text of a gradient; a name gives nil.
func (p Palette) stopTexts() []string {
	if !strings.ContainsAny(string(p), "@,") {
		return nil
	}
	return strings.Split(string(p), ",")
}

// Stop is a place of a gradient, from 0 up to 1, and the colour there.
type Stop struct {
	At    Decimal `json:"at"`
	Color Color   `json:"color"`
}

// Stops returns the gradient of the palette of a Spec, at ascending places.
func (p Palette) Stops() []Stop {
	if gradient, known := named(p); known {
		p = gradient
	}
	texts := p.stopTexts()
	stops := make([]Stop, len(texts))
	for i, text := range texts {
		color, at, _ := strings.Cut(text, "@")
		stops[i] = Stop{Decimal{text: at}, Color("#" + color)}
	}
	return stops
}

func (c *Coloring) normalizePalette() *FieldError {
	if c.Palette == "" {
		c.Palette = Palettes()[0]
	}
	texts := c.Palette.stopTexts()
	if texts == nil {
		if !c.Palette.IsNamed() {
			return NewFieldError("coloring.palette", string(c.Palette), oneOf(Palettes())+", or a list of stops")
		}
		return nil
	}
	if len(texts) < minStops || len(texts) > MaxStops {
		return NewFieldError("coloring.palette", strconv.Itoa(len(texts)), fmt.Sprintf("must have from %d to %d stops", minStops, MaxStops))
	}
	last := Decimal{text: "-1"}
	for i, text := range texts {
		stop, at, err := normalizeStop(text)
		if err != nil {
			return err.at("coloring.palette")
		}
		if at.Cmp(last) <= 0 {
			return NewFieldError("coloring.palette", text, "must have stops at ascending places")
		}
		texts[i], last = stop, at
	}
	c.Palette = Palette(strings.Join(texts, ","))
	return nil
}

// normalizeStop reads "rrggbb@at".
func normalizeStop(text string) (string, Decimal, *FieldError) {
	digits, place, found := strings.Cut(text, "@")
	color, ok := parseColor("#" + digits)
	if !found || !ok {
		return "", Decimal{}, NewFieldError("", text, "must have stops of the form rrggbb@at")
	}
	at, err := ParseDecimal(place)
	if err != nil || at.Sign() < 0 || at.Exponent() >= 0 && at.Sign() > 0 || at.Digits()-1-at.Exponent() > maxStopPlaces {
		return "", Decimal{}, NewFieldError("", text,
			fmt.Sprintf("must have stops at places from 0 to below 1, of at most %d digits after the point", maxStopPlaces))
	}
	return string(color[1:]) + "@" + at.String(), at, nil
}

// MarshalJSON prints a name as a string and a gradient as a list of stops.
func (p Palette) MarshalJSON() ([]byte, error) {
	if p.stopTexts() == nil {
		return json.Marshal(string(p))
	}
	return json.Marshal(p.Stops())
}

// palette reads a name, or a list of stops in either form.
func (r *reader) palette(path string, p *Palette) *FieldError {
	token, err := r.token(path)
	if err != nil {
		return err
	}
	switch value := token.(type) {
	case string:
		if value != "" {
			*p = Palette(value)
			return nil
		}
	case json.Delim:
		if value == '[' {
			return r.stops(path, p)
		}
	}
	return NewFieldError(path, "", "must be the name of a palette or a list of stops")
}

// stops reads a list of stops behind its bracket.
func (r *reader) stops(path string, p *Palette) *FieldError {
	var texts []string
	for r.decoder.More() {
		place := fmt.Sprintf("%s[%d]", path, len(texts))
		if len(texts) == MaxStops {
			return NewFieldError(path, "", fmt.Sprintf("must have from %d to %d stops", minStops, MaxStops))
		}
		var at Decimal
		var color Color
		if err := r.object(place, map[string]setter{
			"at":    func(path string) *FieldError { return r.decimal(path, &at) },
			"color": func(path string) *FieldError { return readName(r, path, &color) },
		}); err != nil {
			return err
		}
		if !at.IsSet() {
			return NewFieldError(place+".at", "", "must be given")
		}
		color, ok := parseColor(string(color))
		if !ok {
			return NewFieldError(place+".color", string(color), notAColor)
		}
		texts = append(texts, string(color[1:])+"@"+at.String())
	}
	if len(texts) < minStops {
		return NewFieldError(path, strconv.Itoa(len(texts)), fmt.Sprintf("must have from %d to %d stops", minStops, MaxStops))
	}
	*p = Palette(strings.Join(texts, ","))
	return r.delimiter(path, ']', "must be a complete list of stops")
}
