package foreign

// kallesKeys is the table of Kalles Fraktaler's keys.
func kallesKeys() keyTable {
	keys := kallesColorKeys()
	keys.add(rule{}, // read
		"Re", "Im", "Zoom", "RotateAngle", "StretchAngle", "StretchAmount", "ImagPointsUp", "FractalType", "Power", "UseHybridFormula", "Iterations",
		"ImageWidth", "ImageHeight")
	keys.add(rule{}, // no influence on the picture, or only through other keys
		"Version",       // of the file's format
		"Period",        // speeds the reference up
		"HybridFormula", // unless UseHybridFormula
		"FactorAR",      // of formulas that are not drawn here
		"FactorAI",
	)

	keys["Rotate"] = rule{reason: "is of old versions and means something else in each; RotateAngle is read", neutral: "0"}
	keys["Ratio"] = rule{reason: "is of old versions and means something else in each; StretchAmount is read", neutral: "360"}

	const bailout = "points escape at a circle of radius 256 here"
	keys.add(rule{reason: "fractions of iterations are logarithmic here", neutral: "0"}, "SmoothMethod", "SmoothingMethod")
	keys["BailoutRadiusPreset"] = rule{reason: bailout, neutral: "0"}
	keys["BailoutRadiusCustom"] = rule{reason: bailout, of: "BailoutRadiusPreset"}
	keys["BailoutNormPreset"] = rule{reason: bailout, neutral: "1"}
	keys["BailoutNormCustom"] = rule{reason: bailout, neutral: "2"}
	keys.add(rule{reason: bailout, neutral: "1"}, "real", "imag")
	keys.add(rule{reason: "orbits begin at 0 here", neutral: "0"}, "SeedR", "SeedI")
	return keys
}

// kallesColorKeys is the part of it that is about colours.
func kallesColorKeys() keyTable {
	keys := make(keyTable)
	keys.add(rule{}, // read
		"Colors", "ColorMethod", "IterDiv", "ColorOffset", "InteriorColor", "Smooth", "Slopes", "SlopeAngle", "SlopeRatio", "SlopePower", "Differences")
	keys.add(rule{}, "UseSRGB", "TriangleInequalityAverage") // for shaders
	keys["Flat"] = rule{reason: "colours run into each other here", neutral: "0"}
	keys["ColorPhaseStrength"] = rule{reason: "colours do not depend on the angle at escape here", neutral: "0"}
	keys["MultiColor"] = rule{reason: "there are no waves of colour here", neutral: "0"}
	keys.add(rule{reason: "there are no waves of colour here", of: "MultiColor"}, "BlendMC", "MultiColors")
	keys["TextureEnabled"] = rule{reason: "there are no textures here", neutral: "0"}
	keys.add(rule{reason: "there are no textures here", of: "TextureEnabled"},
		"TextureMerge", "TexturePower", "TextureRatio", "TextureFile", "TextureResize")
	keys["UseOpenGL"] = rule{reason: "pictures are not coloured by shaders here", neutral: "0"}
	keys["GLSL"] = rule{reason: "pictures are not coloured by shaders here", of: "UseOpenGL"}
	return keys
}
