package foreign

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"mandelfarm/renderer/spec"
)

// maxMap is the number of colours that a map may have: more than the 256 that programs read.
const maxMap = 1024

// mapColor reads a line of a map: red, green and blue, and perhaps a comment.
func mapColor(line string) (c rgb, ok bool) {
	words := strings.Fields(line)
	if len(words) < len(c) {
		return c, false
	}
	for i := range c {
		value, err := strconv.ParseUint(strings.Trim(words[i], ","), 10, 8)
		if err != nil {
			return c, false
		}
		c[i] = uint8(value)
	}
	return c, true
}

func isMapLine(line string) bool {
	_, ok := mapColor(line)
	return ok
}

// readMap reads a Fractint map: a colour a line, spread evenly over a turn.
func readMap(data []byte, wanted *spec.Draft) (*params, error) {
	var colors []rgb
	err := eachLine(data, func(number int, line string) error {
		if isComment(line) {
			return nil
		}
		c, ok := mapColor(line)
		if !ok {
			return fault("", strings.TrimSpace(line), fmt.Sprintf("line %d must be red, green and blue from 0 to 255", number))
		}
		colors = append(colors, c)
		return nil
	})
	if err == nil && (len(colors) == 0 || len(colors) > maxMap) {
		err = fault("", strconv.Itoa(len(colors)), fmt.Sprintf("a map must have from 1 to %d colours", maxMap))
	}
	if err != nil {
		return nil, err
	}
	wanted.Coloring.Palette = spread(colors)
	return newParams(), nil
}

// gradientWord matches a setting in a gradient, whose value may be in quotes.
var gradientWord = regexp.MustCompile(`([A-Za-z]+)=("[^"]*"|\S+)`)

// The turn of a gradient in Ultra Fractal.
const gradientTurn = 400

// gradientStop is a colour at a place of a gradient.
type gradientStop struct {
	index int // of gradientTurn
	color rgb
}

// readGradient reads the first gradient of an Ultra Fractal file. Its opacity has no influence here.
func readGradient(data []byte, wanted *spec.Draft) (*params, error) {
	p := newParams()
	var stops []gradientStop
	section, gradients := "", 0
	err := eachLine(data, func(number int, line string) error {
		text, _, _ := strings.Cut(strings.TrimSpace(line), ";")
		switch {
		case strings.HasSuffix(text, ":"):
			if section = strings.TrimSuffix(text, ":"); section == "gradient" {
				gradients++
			}
			return nil
		case section != "gradient" || gradients > 1:
			return nil
		}
		return readStops(p, &stops, number, text)
	})
	if err != nil {
		return nil, err
	}
	if gradients > 1 {
		p.absent = append(p.absent, Loss{Key: "gradient", Reason: fmt.Sprintf("is the first of %d; the others are not read", gradients)})
	}
	wanted.Coloring.Palette, err = gradientOf(stops)
	return p, err
}

// readStops reads the settings of a line. An index comes before its colour.
func readStops(p *params, stops *[]gradientStop, number int, line string) error {
	index := 0
	for _, word := range gradientWord.FindAllStringSubmatch(line, -1) {
		key, value := word[1], word[2]
		switch key {
		case "index", "color":
			n, err := strconv.Atoi(value)
			if err != nil || key == "color" && (n < 0 || n > 0xffffff) {
				return fault(key, value, fmt.Sprintf("on line %d must be a whole number", number))
			}
			if key == "index" {
				index = n
				continue
			}
			*stops = append(*stops, gradientStop{((index % gradientTurn) + gradientTurn) % gradientTurn, rgb{uint8(n & 255), uint8(n >> 8 & 255), uint8(n >> 16 & 255)}})
		case "smooth":
			if value == "no" {
				p.absent = append(p.absent, Loss{Key: key, Value: value, Reason: "colours run into each other along a cubic here"})
			}
		case "rotation":
			if value != "0" {
				p.absent = append(p.absent, Loss{Key: key, Value: abridge(value), Reason: "is not followed; offset turns a palette"})
			}
		case "title":
		default:
			p.absent = append(p.absent, Loss{Key: abridge(key), Value: abridge(value), Reason: "is not a key that is known here"})
		}
	}
	return nil
}

// gradientOf is the gradient of stops in any order. Of two at one place the last counts.
func gradientOf(stops []gradientStop) (spec.Palette, error) {
	slices.SortStableFunc(stops, func(a, b gradientStop) int { return cmp.Compare(a.index, b.index) })
	var texts []string
	for i, stop := range stops {
		if i+1 < len(stops) && stops[i+1].index == stop.index {
			continue
		}
		texts = append(texts, stop.color.stop()+"@"+place(stop.index, gradientTurn))
	}
	switch len(texts) {
	case 0:
		return "", fault("", "", "has no gradient with colours")
	case 1:
		return spread([]rgb{stops[len(stops)-1].color}), nil
	}
	return spec.Palette(strings.Join(texts, ",")), nil
}
