package spec

import (
	"fmt"
	"strconv"
)

// FileFormat names the kind of file that a Spec asks for.
type FileFormat string

// The formats of files.
const (
	// PNG is the picture. A normalised Spec does not name it: it is the zero value.
	PNG FileFormat = ""
	// NPY is raw data: the fractional iteration count of every pixel's centre, as package npy lays it out. Colouring has
	// no effect on it.
	NPY FileFormat = "npy"
	// EXR is the picture in linear light with raw data beside it, as package exr lays it out.
	EXR FileFormat = "exr"
	// PackedCounts is raw data in few bytes: the counts of an EXR, as package planes lays them out. Of colouring nothing
	// but periods has an effect on it.
	PackedCounts FileFormat = "counts"
	// PackedGradients has distances and directions beside them.
	PackedGradients FileFormat = "gradients"
)

// Counts is the type of the iteration counts in an EXR.
type Counts string

// The types of counts.
const (
	// UintCounts are whole numbers of 32 bits, as Kalles Fraktaler and zoomasm want them. A normalised Spec does not name
	// them: they are the zero value.
	UintCounts Counts = ""
	// FloatCounts are for readers that take such numbers for others.
	FloatCounts Counts = "float"
)

// uintName is what UintCounts may be called in a Spec.
const uintName = "uint"

// maxEXRWidth is exr.MaxWidth: what the size of a line has room for, of 28 bytes a pixel at most.
const maxEXRWidth = (1<<31 - 1) / 28

// maxPlanesWidth keeps a segment of PackedGradients below 64 MiB.
const maxPlanesWidth = 1 << 16

// pngName is what PNG may be called in a Spec.
const pngName = "png"

// FileFormats lists every format by the name that a Spec has for it, the default first.
func FileFormats() []FileFormat {
	return []FileFormat{pngName, NPY, EXR, PackedCounts, PackedGradients}
}

// Extension is what names of such files end in, with the dot.
func (f FileFormat) Extension() string { return "." + f.String() }

// MediaType is the type of such files. Those of raw data are registered nowhere; NPY's and EXR's
// are the ones in use.
func (f FileFormat) MediaType() string {
	switch f {
	case NPY:
		return "application/x-npy"
	case EXR:
		return "image/x-exr"
	case PackedCounts, PackedGradients:
		return "application/x-mandelfarm-planes"
	case PNG:
	}
	return "image/png"
}

// IsPacked reports whether the format is one of raw data in few bytes.
func (f FileFormat) IsPacked() bool { return f == PackedCounts || f == PackedGradients }

// HasColors reports whether a file of the format holds colours, and not numbers alone.
func (f FileFormat) HasColors() bool { return f == PNG || f == EXR }

// String is the name that a Spec has for the format.
func (f FileFormat) String() string {
	if f == PNG {
		return pngName
	}
	return string(f)
}

// As is the same view in a file of another format: of what does not matter there nothing is left, and what matters and was
// not given is the default. It fails with a *FieldError if that has no room for the view.
func (s Spec) As(f FileFormat) (Spec, error) {
	d := s.draft
	d.Format = f
	return Normalize(d)
}

// Picture is the PNG of the view that is drawn along with a file of raw data: for previews, and for an EXR, which has room for
// all 16 bits of its colours. Of a PNG it is the Spec itself.
func (s Spec) Picture() Spec {
	switch s.Format {
	case EXR:
		return s.With(func(d *Draft) { d.Format, d.Depth = PNG, 16 })
	case NPY, PackedCounts, PackedGradients:
		return s.With(func(d *Draft) { d.Format = PNG })
	case PNG:
	}
	return s
}

// normalizeFormat comes after the rest, whose values it drops where they have no effect.
func (s *Draft) normalizeFormat() *FieldError {
	switch s.Counts {
	case UintCounts, uintName:
		s.Counts = UintCounts
	case FloatCounts:
	default:
		return NewFieldError("counts", string(s.Counts), "must be one of uint, float")
	}
	switch s.Format {
	case PNG, pngName:
		s.Format, s.Counts, s.Undecided = PNG, UintCounts, false
	case NPY:
		s.Samples, s.Depth, s.Coloring, s.Counts = 1, 0, Coloring{}, UintCounts
	case PackedCounts, PackedGradients:
		s.Samples, s.Depth, s.Coloring, s.Counts = 1, 0, s.Coloring.ofPacked(), UintCounts
		s.Undecided = false
	case EXR:
		s.Depth = 0
	default:
		return NewFieldError("format", string(s.Format), oneOf(FileFormats()))
	}
	if s.Undecided && s.Formula != Mandelbrot {
		return NewFieldError("undecided", "true", "is for the formula mandelbrot only")
	}
	if most := s.Format.maxWidth(); s.Width > most {
		return NewFieldError("width", strconv.Itoa(s.Width), fmt.Sprintf("must be at most %d in the format %s", most, s.Format))
	}
	return nil
}

// ofPacked is what of a colouring packed raw data depends on.
func (c Coloring) ofPacked() Coloring {
	if !c.Periods {
		return Coloring{}
	}
	return Coloring{Method: MethodSmooth, Periods: true}
}

// maxWidth is the greatest width of a file of the format.
func (f FileFormat) maxWidth() int {
	switch f {
	case EXR:
		return maxEXRWidth
	case PackedCounts, PackedGradients:
		return maxPlanesWidth
	case PNG, NPY:
	}
	return maxSize
}
