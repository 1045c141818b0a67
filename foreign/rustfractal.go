package foreign

import "mandelfarm/renderer/spec"

// readRustFractal reads rust-fractal's TOML, which has a number or a text for each of its keys, and no tables.
func readRustFractal(document map[string]any) (*params, spec.Draft, error) {
	p := newParams()
	wanted := spec.Draft{Formula: spec.Mandelbrot}
	if err := p.flatten("", document, 0); err != nil {
		return p, wanted, err
	}
	for _, read := range []func(*params, *spec.Draft) error{rustFractalView, rustFractalFormula, rustFractalImage} {
		if err := read(p, &wanted); err != nil {
			return p, wanted, err
		}
	}
	p.apply(rustFractalKeys())
	return p, wanted, nil
}

// rustFractalView: the imaginary axis points down there.
func rustFractalView(p *params, wanted *spec.Draft) (err error) {
	for _, number := range []struct {
		key   string
		value *spec.Decimal
	}{
		{"real", &wanted.Center.Re}, {"imag", &wanted.Center.Im}, {"rotate", &wanted.Rotation},
	} {
		if *number.value, err = p.decimal(number.key); err != nil {
			return err
		}
	}
	wanted.Mirror = true
	wanted.Radius, _ = spec.ParseDecimal("2")
	if p.has("zoom") {
		wanted.Radius, err = p.radius("zoom")
	}
	return err
}

// rustFractalFormula: a power other than 2 is a Multibrot's.
func rustFractalFormula(p *params, wanted *spec.Draft) error {
	power, err := p.count("power", 2, 2)
	switch {
	case err != nil:
		return err
	case p.text("fractal_type") == "burningship" && power == 2:
		wanted.Formula = spec.BurningShip
		return nil
	case p.has("fractal_type") && p.text("fractal_type") != "mandelbrot":
		return p.bad("fractal_type", "this formula is not drawn here")
	}
	return multibrot(p, wanted, "power", power)
}

func rustFractalImage(p *params, wanted *spec.Draft) (err error) {
	if wanted.MaxIterations, err = p.iterations("iterations", 1000); err != nil {
		return err
	}
	if wanted.Width, err = p.count("image_width", 1, 1000); err != nil {
		return err
	}
	wanted.Height, err = p.count("image_height", 1, 1000)
	return err
}

// rustFractalKeys is the table of rust-fractal's keys.
func rustFractalKeys() keyTable {
	keys := make(keyTable)
	keys.add(rule{}, // read
		"real", "imag", "zoom", "rotate", "iterations", "image_width", "image_height", "fractal_type", "power")
	keys.add(rule{}, // how it is computed
		"approximation_order", "glitch_percentage", "glitch_tolerance", "display_glitches", "auto_adjust_iterations", "probe_sampling",
		"data_storage_interval", "valid_iteration_probe_multiplier", "valid_iteration_frame_multiplier", "series_approximation_tiled",
		"series_approximation_enabled", "experimental", "analytic_derivative", "jitter_factor")
	keys.add(rule{}, "export", "show_output", "remove_centre", "zoom_scale") // of files and sequences
	keys["frames"] = rule{reason: "one picture is drawn, not a sequence", neutral: "1"}
	keys["frame_offset"] = rule{reason: "one picture is drawn, not a sequence", neutral: "0"}
	keys["jitter"] = rule{reason: "samples are not scattered; ask for several", neutral: "false"}
	keys.add(rule{reason: "colours are those of the default palette"},
		"palette", "palette_iteration_span", "palette_offset", "palette_cyclic", "coloring_type", "distance_color", "distance_transition",
		"stripe_scale")
	keys["lighting"] = rule{reason: "colours are those of the default palette", neutral: "false"}
	keys.add(rule{reason: "colours are those of the default palette", of: "lighting"},
		"lighting_direction", "lighting_azimuth", "lighting_opacity", "lighting_ambient", "lighting_diffuse", "lighting_specular",
		"lighting_shininess")
	return keys
}
