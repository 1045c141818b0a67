package pyramid

import (
	"image"

	"mandelfarm/renderer/bandpng"
	"mandelfarm/renderer/spec"
)

// TileSide is the width and the height of a tile, and what a pyramid's last level does not exceed.
const TileSide = 512

// Index describes the files of a pyramid.
type Index struct {
	Levels []Level `json:"levels"`
}

// Level is one file of a pyramid.
type Level struct {
	Width   int            `json:"width"`
	Height  int            `json:"height"`
	Format  bandpng.Format `json:"format"`
	Palette [][3]uint8     `json:"palette,omitempty"`
	// Segments are where the chunks of segments begin in the file, and where the last ends.
	Segments []int64 `json:"segments"`
}

func (l Level) header() bandpng.Header {
	return bandpng.Header{Width: l.Width, Height: l.Height, Format: l.Format, Palette: l.Palette}
}

// rows are those of a segment.
func (l Level) rows(segment int) spec.Rows {
	return spec.Rows{Start: segment * spec.SegmentRows, End: min(l.Height, (segment+1)*spec.SegmentRows)}
}

// Size is that of a picture of so many pixels when it is halved so often.
func Size(width, height, halvings int) image.Point {
	half := func(side int) int { return int((int64(side) + 1<<halvings - 1) >> halvings) }
	return image.Pt(half(width), half(height))
}

// Halvings is how many levels a picture has beside itself.
func Halvings(width, height int) int {
	n := 0
	for size := image.Pt(width, height); max(size.X, size.Y) > TileSide; size = Size(width, height, n) {
		n++
	}
	return n
}
