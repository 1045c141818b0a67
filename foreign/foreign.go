package foreign

import (
	"bytes"
	"fmt"
	"strings"

	"mandelfarm/renderer/spec"
)

// Format is a kind of parameter file.
type Format string

// The formats.
const (
	Kalles      Format = "kfr"     // Kalles Fraktaler's .kfr, and .kfp, which holds colours alone
	Fraktaler   Format = "f3.toml" // fraktaler-3
	RustFractal Format = "toml"    // rust-fractal
	DeepDrill   Format = "ini"     // DeepDrill
	Imagina     Format = "imt"     // Imagina's text
)

// Formats lists every format.
func Formats() []Format { return []Format{Kalles, Fraktaler, RustFractal, DeepDrill, Imagina} }

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

// Read reads a file of a format. Every error is a *spec.FieldError, which names the key at fault if there is one;
// where the format has lines, the reason names the line. The Spec is within no limits: for those see
// package renderer.
func Read(format Format, data []byte, size Size) (Picture, error) {
	if len(data) > MaxSize {
		return Picture{}, fault("", "", fmt.Sprintf("a parameter file must have at most %d bytes, this has more", MaxSize))
	}
	data = plainText(data)
	var p *params
	var d spec.Draft
	var err error
	switch format {
	case Kalles:
		p, d, err = readKalles(data)
	case Fraktaler, RustFractal:
		p, d, err = readTOML(data)
	case DeepDrill:
		p, d, err = readDeepDrill(data)
	case Imagina:
		p, d, err = readImagina(data)
	default:
		return Picture{}, fault("", string(format), "is not a known format")
	}
	if err != nil {
		return Picture{}, err
	}
	if size.Width != 0 {
		d.Width = size.Width
	}
	if size.Height != 0 {
		d.Height = size.Height
	}
	d.Exact = true // a program that has saved a place knows no other
	s, err := spec.Normalize(d)
	if err != nil {
		return Picture{}, err
	}
	return Picture{Spec: s, Losses: p.allLosses()}, nil
}

// Detect tells a file's format from its content, and where that does not decide from the end of the file's name.
func Detect(name string, data []byte) (Format, error) {
	if len(data) > MaxSize {
		data = data[:MaxSize]
	}
	if bytes.HasPrefix(data, []byte("\xffIMPV\r\n\x00")) {
		return "", fault("", "", "is Imagina's binary form; save the place as text (.imt)")
	}
	data = plainText(data)
	if bytes.IndexByte(data, 0) >= 0 {
		return "", fault("", "", "is no text, and so no parameter file that is read here")
	}
	named := formatOfName(name)
	switch format := detectLines(data); {
	case format == "" && named != "":
		return named, nil
	case format == Fraktaler && named == DeepDrill: // a profile, without a place
		return named, nil
	case format != "":
		return format, nil
	}
	return "", fault("", "", "is no parameter file of Kalles Fraktaler (.kfr), fraktaler-3 (.f3.toml), rust-fractal (.toml), "+
		"DeepDrill (.ini) or Imagina (.imt)")
}

// formatOfName is that of the files whose names end so, or empty.
func formatOfName(name string) Format {
	for _, format := range Formats() {
		if strings.HasSuffix(strings.ToLower(name), "."+string(format)) {
			return format
		}
	}
	return ""
}

// detectLines looks for the first line that says something: TOML and DeepDrill's files have tables and equals signs, the others
// colons. Imagina's text alone has the keys Formula and Location.
func detectLines(data []byte) Format {
	found := Format("")
	for line := range bytes.Lines(data) {
		text := string(bytes.TrimSpace(line))
		if text == "" || isComment(text) {
			continue
		}
		at := strings.IndexAny(text, ":=")
		switch {
		case found != "" || at == 0:
		case text[0] == '{':
			return ""
		case text[0] == '[', at > 0 && text[at] == '=':
			return detectTables(data)
		case at > 0:
			found = Kalles
		}
		if key, _, ok := strings.Cut(text, ":"); ok && (key == "Formula" || key == "Location") {
			return Imagina
		}
	}
	return found
}

// detectTables tells files with tables apart. rust-fractal's have none, and DeepDrill's a depth and no quotes.
func detectTables(data []byte) Format {
	table := ""
	for line := range bytes.Lines(data) {
		text := strings.TrimSpace(string(line))
		if strings.HasPrefix(text, "[") {
			table = strings.ToLower(strings.Trim(text, "[] \t"))
			continue
		}
		key, value, ok := strings.Cut(text, "=")
		if !ok || strings.HasPrefix(text, "#") {
			continue
		}
		key, value = strings.ToLower(strings.TrimSpace(key)), strings.TrimSpace(value)
		switch {
		case table == "" && (key == "real" || key == "imag"):
			return RustFractal
		case table == "location" && (key == "depth" || (key == "real" || key == "imag") && !strings.HasPrefix(value, `"`)):
			return DeepDrill
		}
	}
	return Fraktaler
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
	}
	return "", false
}

// MediaTypes lists the media types that FromMediaType knows.
func MediaTypes() []string {
	return []string{
		"application/vnd.kallesfraktaler.kfr", "application/vnd.fraktaler3+toml", "application/toml",
		"application/vnd.rust-fractal+toml", "text/vnd.deepdrill.ini", "text/vnd.imagina.imt",
	}
}
