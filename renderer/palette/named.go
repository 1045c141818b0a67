package palette

// Names lists the palettes, the default first.
func Names() []string {
	return []string{"ultra", "fire", "ocean", "aurora", "gray", "twilight", "copper", "forest", "spectrum"}
}

// named returns the gradient of that name, or nil.
func named(name string) Gradient {
	switch name {
	case "ultra": // night, deep blue, white, amber, ember
		return Gradient{
			{0.00, [3]uint8{3, 6, 38}},
			{0.15, [3]uint8{13, 60, 150}},
			{0.33, [3]uint8{96, 178, 236}},
			{0.44, [3]uint8{244, 252, 248}},
			{0.56, [3]uint8{255, 204, 74}},
			{0.68, [3]uint8{226, 112, 8}},
			{0.83, [3]uint8{92, 20, 22}},
			{0.93, [3]uint8{14, 4, 20}},
		}
	case "fire": // charcoal, red, orange, yellow, white heat
		return Gradient{
			{0.00, [3]uint8{12, 4, 8}},
			{0.20, [3]uint8{110, 8, 12}},
			{0.40, [3]uint8{222, 60, 6}},
			{0.56, [3]uint8{255, 160, 20}},
			{0.70, [3]uint8{255, 240, 150}},
			{0.78, [3]uint8{255, 255, 236}},
			{0.90, [3]uint8{120, 50, 60}},
		}
	case "ocean": // abyss, teal, foam, lagoon
		return Gradient{
			{0.00, [3]uint8{2, 14, 34}},
			{0.22, [3]uint8{4, 74, 112}},
			{0.42, [3]uint8{26, 160, 168}},
			{0.56, [3]uint8{170, 232, 208}},
			{0.64, [3]uint8{246, 252, 240}},
			{0.76, [3]uint8{90, 190, 210}},
			{0.90, [3]uint8{16, 58, 110}},
		}
	case "aurora": // violet night, magenta, gold, green, teal
		return Gradient{
			{0.00, [3]uint8{16, 6, 44}},
			{0.18, [3]uint8{92, 22, 126}},
			{0.34, [3]uint8{214, 62, 128}},
			{0.48, [3]uint8{255, 190, 110}},
			{0.58, [3]uint8{250, 250, 200}},
			{0.72, [3]uint8{78, 206, 140}},
			{0.86, [3]uint8{10, 92, 112}},
		}
	case "gray":
		return Gradient{{0.00, [3]uint8{8, 8, 8}}, {0.50, [3]uint8{250, 250, 250}}}
	case "twilight": // dusk, slate blue, mist, rose, wine
		return Gradient{
			{0.00, [3]uint8{36, 16, 52}},
			{0.20, [3]uint8{72, 78, 164}},
			{0.36, [3]uint8{132, 166, 206}},
			{0.50, [3]uint8{236, 230, 232}},
			{0.64, [3]uint8{216, 160, 144}},
			{0.80, [3]uint8{160, 66, 92}},
			{0.92, [3]uint8{74, 22, 62}},
		}
	case "copper": // soot, copper, cream, verdigris
		return Gradient{
			{0.00, [3]uint8{16, 10, 8}},
			{0.18, [3]uint8{104, 48, 24}},
			{0.36, [3]uint8{206, 122, 62}},
			{0.50, [3]uint8{255, 236, 200}},
			{0.64, [3]uint8{138, 196, 172}},
			{0.80, [3]uint8{34, 98, 96}},
			{0.92, [3]uint8{10, 28, 32}},
		}
	case "forest": // moss in shade, fern, lichen, straw, bark
		return Gradient{
			{0.00, [3]uint8{6, 18, 12}},
			{0.20, [3]uint8{18, 78, 42}},
			{0.38, [3]uint8{96, 160, 64}},
			{0.52, [3]uint8{232, 240, 186}},
			{0.64, [3]uint8{224, 182, 96}},
			{0.80, [3]uint8{122, 68, 34}},
			{0.92, [3]uint8{32, 20, 16}},
		}
	case "spectrum": // the hues of light, at about one brightness
		return Gradient{
			{0.00, [3]uint8{214, 62, 80}},
			{0.16, [3]uint8{238, 146, 64}},
			{0.32, [3]uint8{222, 206, 84}},
			{0.48, [3]uint8{92, 184, 106}},
			{0.64, [3]uint8{54, 148, 190}},
			{0.80, [3]uint8{96, 92, 186}},
			{0.91, [3]uint8{164, 74, 150}},
		}
	default:
		return nil
	}
}
