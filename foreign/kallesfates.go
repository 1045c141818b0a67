package foreign

// kallesFates is the table of Kalles Fraktaler's keys.
func kallesFates() map[string]fate {
	fates := make(map[string]fate)
	fate{}.keys(fates, // read
		"Re", "Im", "Zoom", "RotateAngle", "ImagPointsUp", "FractalType", "Power", "UseHybridFormula", "Iterations",
		"ImageWidth", "ImageHeight", "Colors", "ColorMethod", "IterDiv", "ColorOffset", "InteriorColor",
		"Slopes", "SlopeAngle", "SlopeRatio", "SlopePower")
	fate{}.keys(fates, // no influence on the picture, or only through other keys
		"Version",       // of the file's format
		"Period",        // speeds the reference up
		"Differences",   // how slopes and distances are computed; here analytically
		"HybridFormula", // unless UseHybridFormula
		"FactorAR",      // of formulas that are not drawn here
		"FactorAI",
		"UseSRGB", "TriangleInequalityAverage", // for shaders
	)

	fate{reason: "views are not stretched", neutral: "0"}.keys(fates, "StretchAngle", "StretchAmount")
	fates["Rotate"] = fate{reason: "is of old versions and means something else in each; RotateAngle is read", neutral: "0"}
	fates["Ratio"] = fate{reason: "views are not stretched", neutral: "360"}

	const bailout = "points escape at a circle of radius 256 here"
	fate{reason: "fractions of iterations are logarithmic here", neutral: "0"}.keys(fates, "SmoothMethod", "SmoothingMethod")
	fates["BailoutRadiusPreset"] = fate{reason: bailout, neutral: "0"}
	fates["BailoutRadiusCustom"] = fate{reason: bailout, of: "BailoutRadiusPreset"}
	fates["BailoutNormPreset"] = fate{reason: bailout, neutral: "1"}
	fates["BailoutNormCustom"] = fate{reason: bailout, neutral: "2"}
	fate{reason: bailout, neutral: "1"}.keys(fates, "real", "imag")
	fate{reason: "orbits begin at 0 here", neutral: "0"}.keys(fates, "SeedR", "SeedI")

	fates["Smooth"] = fate{reason: "colours run into each other here", neutral: "1"}
	fates["Flat"] = fate{reason: "colours run into each other here", neutral: "0"}
	fates["ColorPhaseStrength"] = fate{reason: "colours do not depend on the angle at escape here", neutral: "0"}
	fates["MultiColor"] = fate{reason: "there are no waves of colour here", neutral: "0"}
	fate{reason: "there are no waves of colour here", of: "MultiColor"}.keys(fates, "BlendMC", "MultiColors")
	fates["TextureEnabled"] = fate{reason: "there are no textures here", neutral: "0"}
	fate{reason: "there are no textures here", of: "TextureEnabled"}.keys(fates,
		"TextureMerge", "TexturePower", "TextureRatio", "TextureFile", "TextureResize")
	fates["UseOpenGL"] = fate{reason: "pictures are not coloured by shaders here", neutral: "0"}
	fates["GLSL"] = fate{reason: "pictures are not coloured by shaders here", of: "UseOpenGL"}
	return fates
}
