package spec

// namedPalette is a gradient that has a name.
type namedPalette struct{ name, gradient Palette }

// namedPalettes are all that have one, the default first. This is the one place that knows them.
func namedPalettes() []namedPalette {
	return []namedPalette{
		// Night, deep blue, white, amber, ember.
		{"ultra", "030626@0,0d3c96@0.15,60b2ec@0.33,f4fcf8@0.44,ffcc4a@0.56,e27008@0.68,5c1416@0.83,0e0414@0.93"},
		// Charcoal, red, orange, yellow, white heat.
		{"fire", "0c0408@0,6e080c@0.2,de3c06@0.4,ffa014@0.56,fff096@0.7,ffffec@0.78,78323c@0.9"},
		// Abyss, teal, foam, lagoon.
		{"ocean", "020e22@0,044a70@0.22,1aa0a8@0.42,aae8d0@0.56,f6fcf0@0.64,5abed2@0.76,103a6e@0.9"},
		// Violet night, magenta, gold, green, teal.
		{"aurora", "10062c@0,5c167e@0.18,d63e80@0.34,ffbe6e@0.48,fafac8@0.58,4ece8c@0.72,0a5c70@0.86"},
		{"gray", "080808@0,fafafa@0.5"},
		// Dusk, slate blue, mist, rose, wine.
		{"twilight", "241034@0,484ea4@0.2,84a6ce@0.36,ece6e8@0.5,d8a090@0.64,a0425c@0.8,4a163e@0.92"},
		// Soot, copper, cream, verdigris.
		{"copper", "100a08@0,683018@0.18,ce7a3e@0.36,ffecc8@0.5,8ac4ac@0.64,226260@0.8,0a1c20@0.92"},
		// Moss in shade, fern, lichen, straw, bark.
		{"forest", "06120c@0,124e2a@0.2,60a040@0.38,e8f0ba@0.52,e0b660@0.64,7a4422@0.8,201410@0.92"},
		// The hues of light, at about one brightness.
		{"spectrum", "d63e50@0,ee9240@0.16,dece54@0.32,5cb86a@0.48,3694be@0.64,605cba@0.8,a44a96@0.91"},
	}
}

// Palettes lists the names of palettes, the default first.
func Palettes() []Palette {
	var names []Palette
	for _, p := range namedPalettes() {
		names = append(names, p.name)
	}
	return names
}

// named returns the gradient of a name, and whether there is one.
func named(name Palette) (gradient Palette, known bool) {
	for _, p := range namedPalettes() {
		if p.name == name {
			return p.gradient, true
		}
	}
	return "", false
}

// IsNamed reports whether the palette is one of [Palettes].
func (p Palette) IsNamed() bool {
	_, known := named(p)
	return known
}
