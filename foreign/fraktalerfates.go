package foreign

// fraktalerFates is the table of fraktaler-3's keys.
func fraktalerFates() map[string]fate {
	fates := make(map[string]fate)
	fate{}.keys(fates, // read
		"location.real", "location.imag", "location.zoom", "transform.rotate", "bailout.iterations", "image.width",
		"image.height", "image.subsampling", "image.subframes",
		"formula.abs_x", "formula.abs_y", "formula.neg_x", "formula.neg_y", "formula.power", "formula.opcodes")
	fate{}.keys(fates, // where the picture comes from and goes to
		"program", "version", "render.filename", "render.numbering_offset", "render.save_toml", "render.save_exr",
		"render.save_png", "render.save_jpg", "render.exr_channels", "image.dpi")
	fate{}.keys(fates, // how it is computed, and when that gives up: here it does not
		"reference.real", "reference.imag", "reference.period",
		"bailout.maximum_reference_iterations", "bailout.maximum_perturb_iterations", "bailout.maximum_bla_steps",
		"bailout.escape_radius", "bailout.inscape_radius",
		"algorithm.lock_maximum_reference_iterations_to_period", "algorithm.reuse_reference",
		"algorithm.reuse_bilinear_approximation", "algorithm.bla_skip_levels", "render.prng_seed",
		"opencl.platform", "opencl.device", "opencl.tile_width", "opencl.tile_height")
	fate{}.keys(fates, // of the window in which one looks for places
		"newton.action", "newton.domain", "newton.absolute", "newton.power", "newton.factor")

	fates["transform.reflect"] = fate{
		reason: "there the imaginary axis points down, here it points up: the picture is mirrored top to bottom", neutral: "false",
	}
	fates["transform.vertical_flip"] = fate{reason: "pictures are not turned upside down", neutral: "false"}
	fates["transform.exponential_map"] = fate{reason: "views are flat: there are no exponential maps", neutral: "false"}
	fate{reason: "views are not stretched", neutral: "0"}.keys(fates, "transform.stretch_angle", "transform.stretch_amount")
	fates["image.supersampling"] = fate{reason: "samples are not pixels of a larger picture; ask for a larger one", neutral: "1"}

	const sequence = "one picture is drawn, not a sequence"
	fates["render.zoom_out_sequence"] = fate{reason: sequence, neutral: "false"}
	fate{reason: sequence, of: "render.zoom_out_sequence"}.keys(fates,
		"render.zoom_out_factor", "render.start_frame", "render.frame_count")

	const colors = "colours are those of the default palette"
	fate{reason: colors, neutral: "0"}.keys(fates,
		"postprocessing.brightness", "postprocessing.contrast", "postprocessing.exposure")
	fates["postprocessing.gamma"] = fate{reason: colors, neutral: "1"}
	fate{reason: colors}.keys(fates, "colour.shader", "colour.uniforms", "colour.uses_histogram",
		"colour.background.r", "colour.background.g", "colour.background.b")
	return fates
}
