package renderer

import (
	"mandelfarm/renderer/bandpng"
	"mandelfarm/renderer/spec"
)

// Options says how to render. It has no influence on the picture.
type Options struct {
	// Threads is the number of goroutines that compute; 0 means GOMAXPROCS.
	Threads int
	// Prepass, if not nil, is that of the picture, which need not be computed then. That of another is of no use.
	Prepass *Prepass
	// Progress, if not nil, is told how many rows have been finished since the last call, and what that took. Calls come from
	// several goroutines, one at a time, and should return soon.
	Progress func(rows int, w Work)
	// Segment, if not nil, is shown the pixels of each finished segment of a file that is written: those of the picture of
	// the view, if the file is raw data. Calls come from several goroutines, in any order and at the same time. The pixels
	// are used again after the call.
	Segment func(*Pixels)
}

// Format is the layout of a row of pixels.
type Format = bandpng.Format

// The formats. Which one a picture has, says [mandelfarm/renderer/shade.Shader.Format].
const (
	Gray1    = bandpng.Gray1
	Gray8    = bandpng.Gray8
	RGB8     = bandpng.RGB8
	Indexed8 = bandpng.Indexed8
	RGB16    = bandpng.RGB16
	Gray16   = bandpng.Gray16
)

// Pixels is a run of rows of an image.
type Pixels struct {
	Width   int // pixels
	Rows    spec.Rows
	Format  Format
	Palette [][3]uint8 // the colours of Indexed8
	Stride  int        // bytes from one row to the next
	Pix     []byte     // row Rows.Start first
}
