package foreign

import (
	"fmt"
	"strings"

	"mandelfarm/renderer/spec"
)

// readDeepDrill reads DeepDrill's files: "key = value" lines in [sections], numbers without quotes, comments behind a #.
func readDeepDrill(data []byte) (*params, spec.Draft, error) {
	p := newParams()
	wanted := spec.Draft{Formula: spec.Mandelbrot}
	if err := deepDrillEntries(p, data); err != nil {
		return p, wanted, err
	}
	if !p.has("location.real") && !p.has("location.imag") && !p.has("location.zoom") {
		return p, wanted, fault("", "", "does not say where the picture is: a place has real, imag and zoom in the section [location]")
	}
	for _, read := range []func(*params, *spec.Draft) error{deepDrillView, deepDrillImage, deepDrillColors} {
		if err := read(p, &wanted); err != nil {
			return p, wanted, err
		}
	}
	p.apply(deepDrillKeys())
	return p, wanted, nil
}

// deepDrillEntries names keys by their section: location.real. Spaces and case do not matter.
func deepDrillEntries(p *params, data []byte) error {
	section := ""
	return eachLine(data, func(number int, line string) error {
		text, _, _ := strings.Cut(line, "#")
		text = strings.Join(strings.Fields(text), "")
		if text == "" {
			return nil
		}
		if strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") {
			section = strings.ToLower(strings.Trim(text, "[]"))
			return nil
		}
		key, value, ok := strings.Cut(text, "=")
		if !ok {
			return fault("", text, fmt.Sprintf("line %d must have the form \"key = value\"", number))
		}
		p.add(entry{key: section + "." + strings.ToLower(key), value: strings.Trim(value, `"`), line: number})
		return nil
	})
}

// deepDrillView: the imaginary axis points down there.
func deepDrillView(p *params, wanted *spec.Draft) (err error) {
	if wanted.Center.Re, err = p.decimal("location.real"); err != nil {
		return err
	}
	if wanted.Center.Im, err = p.decimal("location.imag"); err != nil {
		return err
	}
	zero, _ := spec.ParseDecimal("0")
	if !wanted.Center.Re.IsSet() {
		wanted.Center.Re = zero
	}
	wanted.Mirror = true
	wanted.Radius, _ = spec.ParseDecimal("2")
	if p.has("location.zoom") {
		wanted.Radius, err = p.radius("location.zoom")
	}
	return err
}

func deepDrillImage(p *params, wanted *spec.Draft) (err error) {
	if wanted.MaxIterations, err = p.iterations("location.depth", 800); err != nil {
		return err
	}
	if wanted.Width, err = p.count("image.width", 1, standardWidth); err != nil {
		return err
	}
	wanted.Height, err = p.count("image.height", 1, standardHeight)
	return err
}

// deepDrillNamed are the colours that have names.
func deepDrillNamed() map[string]spec.Color {
	return map[string]spec.Color{
		"black": "#000000", "white": "#ffffff", "red": "#ff0000", "green": "#00ff00", "blue": "#0000ff",
		"yellow": "#ffff00", "magenta": "#ff00ff", "cyan": "#00ffff",
	}
}

// deepDrillColors reads the colour of the inside and the light. Palettes are pictures in files of their own.
func deepDrillColors(p *params, wanted *spec.Draft) (err error) {
	if color, named := deepDrillNamed()[p.text("palette.bgcolor")]; named {
		wanted.Coloring.Interior = color
	} else if p.has("palette.bgcolor") {
		p.lose("palette.bgcolor", "is no colour with a name; the inside is black")
	}
	lit := p.text("lighting.enable")
	if lit != "yes" && lit != "true" && lit != "on" {
		return nil
	}
	wanted.Coloring.Method = spec.MethodSlope
	p.lose("lighting.enable", "slopes are lit by a law of the farm's own: lighting.alpha is where the light comes from")
	if p.has("lighting.beta") {
		p.lose("lighting.beta", "the height of the light has no influence here")
	}
	wanted.Coloring.Light, err = p.decimal("lighting.alpha")
	return err
}

// deepDrillKeys is the table of DeepDrill's keys.
func deepDrillKeys() keyTable {
	keys := make(keyTable)
	keys.add(rule{}, // read
		"location.real", "location.imag", "location.zoom", "location.depth", "image.width", "image.height", "palette.bgcolor",
		"lighting.enable", "lighting.alpha", "lighting.beta")
	keys.add(rule{}, // how it is computed, and when that gives up
		"location.escape", "map.width", "map.height", "perturbation.enable", "perturbation.tolerance", "perturbation.badpixels",
		"perturbation.rounds", "approximation.enable", "approximation.coefficients", "approximation.tolerance", "areacheck.enable",
		"attractorcheck.enable", "attractorcheck.tolerance", "periodcheck.enable", "periodcheck.tolerance")
	keys.add(rule{}, // of other files and of videos
		"mapfile.compress", "mapfile.result", "mapfile.first", "mapfile.last", "mapfile.nitcnt", "mapfile.derivative", "mapfile.normal",
		"mapfile.dist", "video.framerate", "video.keyframes", "video.startframe", "video.velocity", "video.bitrate")
	const colors = "colours are those of the default palette"
	keys.add(rule{reason: colors}, "palette.image", "palette.mode", "palette.scale", "palette.offset",
		"gpu.colorizer", "gpu.illuminator", "gpu.scaler")
	keys["distance.threshold"] = rule{reason: "points near the set are not counted as inside", neutral: "0"}
	keys.add(rule{reason: "there are no textures here"}, "texture.image")
	keys.add(rule{reason: "there are no textures here", of: "texture.image"}, "texture.opacity", "texture.scale", "texture.offset")
	keys.add(rule{reason: "all points inside have one colour"},
		"perturbation.color", "areacheck.color", "attractorcheck.color", "periodcheck.color")
	return keys
}
