// Package shade turns what became of points into the colours of pixels.
//
// A [Shader] is the colouring of one picture. It chooses the layout of a pixel that suffices for its colours, looks colours up
// in a table by what the method says of a point (methods.go), lights them (relief.go), and makes one pixel of several
// samples (samples.go). A [Histogram] is what the method of that name has to know of the whole picture beforehand. What the
// methods compute is in the documentation of package renderer.
//
// A Shader does not change once it is set up, and is shared by goroutines, each of which has a [Scratch] of its own. All
// arithmetic is that of package elementary and pinned: the same points give the same bytes on every CPU.
package shade
