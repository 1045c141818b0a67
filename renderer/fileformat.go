package renderer

import (
	"fmt"
	"strconv"

	"mandelfarm/renderer/exr"
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
)

// pngName is what PNG may be called in a Spec.
const pngName = "png"

// FileFormats lists every format by the name that a Spec has for it, the default first.
func FileFormats() []FileFormat { return []FileFormat{pngName, NPY, EXR} }

// Extension is what names of such files end in, with the dot.
func (f FileFormat) Extension() string { return "." + f.String() }

// MediaType is the type of such files. Those of NPY and EXR are registered nowhere, and the ones in use.
func (f FileFormat) MediaType() string {
	switch f {
	case NPY:
		return "application/x-npy"
	case EXR:
		return "image/x-exr"
	case PNG:
	}
	return "image/png"
}

// String is the name that a Spec has for the format.
func (f FileFormat) String() string {
	if f == PNG {
		return pngName
	}
	return string(f)
}

// As is the same view in a file of another format: of what does not matter there nothing is left, and what matters and was
// not given is the default. A Spec that is not normalised is returned with the format changed and nothing else.
func (s Spec) As(f FileFormat) Spec {
	s.Format = f
	if normal, err := s.Normalize(); err == nil {
		return normal
	}
	return s
}

// normalizeFormat comes after the rest, whose values it drops where they have no effect.
func (s *Spec) normalizeFormat() *FieldError {
	switch s.Format {
	case PNG, pngName:
		s.Format = PNG
	case NPY:
		s.Samples, s.Depth, s.Coloring = 1, 0, Coloring{}
	case EXR:
		s.Depth = 0
		if s.Width > exr.MaxWidth {
			return newFieldError("width", strconv.Itoa(s.Width), fmt.Sprintf("must be at most %d in the format exr", exr.MaxWidth))
		}
	default:
		return newFieldError("format", string(s.Format), oneOf(FileFormats()))
	}
	return nil
}
