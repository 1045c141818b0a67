package foreign

// fraktalerKeys is the table of fraktaler-3's keys.
func fraktalerKeys() keyTable {
	keys := make(keyTable)
	keys.add(rule{}, // read
		"location.real", "location.imag", "location.zoom", "transform.rotate", "transform.reflect", "transform.vertical_flip",
		"transform.stretch_angle", "transform.stretch_amount", "bailout.iterations", "image.width",
		"image.height", "image.subsampling", "image.subframes",
		"formula.abs_x", "formula.abs_y", "formula.neg_x", "formula.neg_y", "formula.power", "formula.opcodes")
	keys.add(rule{}, // where the picture comes from and goes to
		"program", "version", "render.filename", "render.numbering_offset", "render.save_toml", "render.save_exr",
		"render.save_png", "render.save_jpg", "render.exr_channels", "image.dpi")
	keys.add(rule{}, // how it is computed, and when that gives up: here it does not
		"reference.real", "reference.imag", "reference.period",
		"bailout.maximum_reference_iterations", "bailout.maximum_perturb_iterations", "bailout.maximum_bla_steps",
		"bailout.escape_radius", "bailout.inscape_radius",
		"algorithm.lock_maximum_reference_iterations_to_period", "algorithm.reuse_reference",
		"algorithm.reuse_bilinear_approximation", "algorithm.bla_skip_levels", "render.prng_seed",
		"opencl.platform", "opencl.device", "opencl.tile_width", "opencl.tile_height")
	keys.add(rule{}, // of the window in which one looks for places
		"newton.action", "newton.domain", "newton.absolute", "newton.power", "newton.factor")

	keys["transform.exponential_map"] = rule{reason: "views are flat: there are no exponential maps", neutral: "false"}
	keys["image.supersampling"] = rule{reason: "samples are not pixels of a larger picture; ask for a larger one", neutral: "1"}

	const sequence = "one picture is drawn, not a sequence"
	keys["render.zoom_out_sequence"] = rule{reason: sequence, neutral: "false"}
	keys.add(rule{reason: sequence, of: "render.zoom_out_sequence"},
		"render.zoom_out_factor", "render.start_frame", "render.frame_count")

	const colors = "colours are those of the default palette"
	keys.add(rule{reason: colors, neutral: "0"},
		"postprocessing.brightness", "postprocessing.contrast", "postprocessing.exposure")
	keys["postprocessing.gamma"] = rule{reason: colors, neutral: "1"}
	keys.add(rule{reason: colors}, "colour.shader", "colour.uniforms", "colour.uses_histogram",
		"colour.background.r", "colour.background.g", "colour.background.b")
	return keys
}
