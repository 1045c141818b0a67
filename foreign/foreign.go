package foreign

import (
	"fmt"

	"mandelfarm/renderer/spec"
)

// Format is a kind of parameter file.
type Format string

// The formats.
const (
	Kalles      Format = "kfr"     // Kalles Fraktaler: places with their colours
	Fraktaler   Format = "f3.toml" // fraktaler-3
	RustFractal Format = "toml"    // rust-fractal
	DeepDrill   Format = "ini"     // DeepDrill
	Imagina     Format = "imt"     // Imagina's text

	// Colours alone. They are read as the whole Mandelbrot set in these colours, or for another file's place.
	KallesColors  Format = "kfp" // Kalles Fraktaler
	FractintMap   Format = "map" // Fractint: 256 colours
	UltraGradient Format = "ugr" // Ultra Fractal: a gradient
)

// Formats lists every format.
func Formats() []Format {
	return []Format{Kalles, Fraktaler, RustFractal, DeepDrill, Imagina, KallesColors, FractintMap, UltraGradient}
}

// MaxSize is the most bytes that a file may have. Two coordinates of 100,000 digits are far below it.
const MaxSize = 4 << 20

// Size is the size of the picture in pixels. A number of 0 leaves that side to the file, or to the format's default.
type Size struct{ Width, Height int }

// Loss is something in a file that the Spec does not honour.
type Loss struct {
	Key    string `json:"key"`
	Value  string `json:"value,omitempty"` // as the file has it, abridged when long; empty if it does not have the key
	Reason string `json:"reason"`
}

// String puts a loss on one line: "StretchAmount: 12: views are not stretched".
func (l Loss) String() string {
	if l.Value == "" {
		return l.Key + ": " + l.Reason
	}
	return l.Key + ": " + l.Value + ": " + l.Reason
}

// Picture is what a file asks for: the Spec, and in the order of the file what it leaves out.
type Picture struct {
	Spec   spec.Spec
	Losses []Loss
}

// File is a parameter file.
type File struct {
	Format Format
	Data   []byte
}

// Read reads a file of a format. Every error is a *spec.FieldError, which names the key at fault if there is one;
// where the format has lines, the reason names the line. The Spec is within no limits: for those see
// package renderer.
func Read(format Format, data []byte, size Size) (Picture, error) {
	p, d, err := read(File{format, data})
	if err != nil {
		return Picture{}, err
	}
	return picture(d, size, p.allLosses())
}

// picture makes a Spec of what is read.
func picture(d spec.Draft, size Size, losses []Loss) (Picture, error) {
	if size.Width != 0 {
		d.Width = size.Width
	}
	if size.Height != 0 {
		d.Height = size.Height
	}
	s, err := spec.Normalize(d)
	if err != nil {
		return Picture{}, err
	}
	return Picture{Spec: s, Losses: losses}, nil
}

// read reads the parameters of a file.
func read(f File) (*params, spec.Draft, error) {
	if len(f.Data) > MaxSize {
		return nil, spec.Draft{}, fault("", "", fmt.Sprintf("a parameter file must have at most %d bytes, this has more", MaxSize))
	}
	data := plainText(f.Data)
	switch f.Format {
	case Kalles:
		return readKalles(data)
	case Fraktaler, RustFractal:
		return readTOML(data)
	case DeepDrill:
		return readDeepDrill(data)
	case Imagina:
		return readImagina(data)
	case KallesColors, FractintMap, UltraGradient:
		d := spec.Draft{Width: standardWidth, Height: standardHeight, MaxIterations: standardIterations}
		p, err := readColors(f.Format, data, &d)
		return p, d, err
	}
	return nil, spec.Draft{}, fault("", string(f.Format), "is not a known format")
}

// FromMediaType returns the format of a media type, as HTTP and mail name the kind of a document, without parameters.
func FromMediaType(mediaType string) (Format, bool) {
	switch mediaType {
	case "application/vnd.kallesfraktaler.kfr":
		return Kalles, true
	case "application/vnd.fraktaler3+toml", "application/toml":
		return Fraktaler, true // the content says whether it is another's TOML
	case "application/vnd.rust-fractal+toml":
		return RustFractal, true
	case "text/vnd.deepdrill.ini":
		return DeepDrill, true
	case "text/vnd.imagina.imt":
		return Imagina, true
	case "application/vnd.kallesfraktaler.kfp":
		return KallesColors, true
	case "text/vnd.fractint.map":
		return FractintMap, true
	case "text/vnd.ultrafractal.ugr":
		return UltraGradient, true
	}
	return "", false
}

// MediaTypes lists the media types that FromMediaType knows.
func MediaTypes() []string {
	return []string{
		"application/vnd.kallesfraktaler.kfr", "application/vnd.fraktaler3+toml", "application/toml",
		"application/vnd.rust-fractal+toml", "text/vnd.deepdrill.ini", "text/vnd.imagina.imt",
		"application/vnd.kallesfraktaler.kfp", "text/vnd.fractint.map", "text/vnd.ultrafractal.ugr",
	}
}
