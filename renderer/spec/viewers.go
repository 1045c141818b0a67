package spec

// viewer is a program that people open pictures with.
type viewer struct {
	name  string
	takes func(width, height int64) bool
}

// viewers lists those that were tried with large PNG files, the most capable first, as they come without settings of one's own
// (versions of 2022 to 2026).
func viewers() []viewer {
	pixels := func(most int64) func(width, height int64) bool {
		return func(width, height int64) bool { return width <= most/height }
	}
	return []viewer{
		{"libvips", func(int64, int64) bool { return true }},
		{"GDAL", func(int64, int64) bool { return true }},
		{"Chromium", pixels(1<<29 - 1)},
		{"sharp", pixels(0x3fff * 0x3fff)},
		{"Pillow", pixels(178_956_970)}, // twice its MAX_IMAGE_PIXELS, from where on it is an error
		// It wants room for 128 pixels more in each direction, 16,255 by 16,255 at most.
		{"ffmpeg", func(width, height int64) bool { return width+128 <= (1<<28-1)/(height+128) }},
		// The limits of Debian's and Ubuntu's policy: it ends with an error code and no word.
		{"ImageMagick", func(width, height int64) bool { return width <= 16_000 && height <= 16_000 }},
	}
}

// OpensIn names the programs that open a picture of this size and those for which it is too large. Both are empty for pictures
// that are too large for none, and for files other than PNG.
func (s Spec) OpensIn() (opens, refuses []string) {
	if s.Format != PNG {
		return nil, nil
	}
	for _, r := range viewers() {
		if r.takes(int64(s.Width), int64(s.Height)) {
			opens = append(opens, r.name)
		} else {
			refuses = append(refuses, r.name)
		}
	}
	if len(refuses) == 0 {
		return nil, nil
	}
	return opens, refuses
}
