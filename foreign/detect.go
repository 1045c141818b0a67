package foreign

import (
	"bytes"
	"strings"
)

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
	case format == Fraktaler && named == DeepDrill, format == Kalles && named == KallesColors:
		return named, nil // a profile without a place; colours, whatever is said beside them
	case format != "":
		return format, nil
	}
	return "", fault("", "", "is no parameter file of Kalles Fraktaler (.kfr, .kfp), fraktaler-3 (.f3.toml), rust-fractal (.toml), "+
		"DeepDrill (.ini) or Imagina (.imt), no .map and no .ugr")
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
// colons. Imagina's text alone has the keys Formula and Location, a gradient its name; a map has numbers.
func detectLines(data []byte) Format {
	found := Format("")
	for line := range bytes.Lines(data) {
		text := string(bytes.TrimSpace(line))
		if text == "" || isComment(text) {
			continue
		}
		at := strings.IndexAny(text, ":=")
		switch {
		case found != "":
		case text[0] == '{':
			return ""
		case isMapLine(text):
			return FractintMap
		case text[0] == '[', at > 0 && text[at] == '=':
			return detectTables(data)
		case at > 0:
			found = Kalles
		}
		switch key, _, _ := strings.Cut(text, ":"); {
		case !strings.Contains(text, ":"):
		case key == "Formula", key == "Location":
			return Imagina
		case key == "gradient":
			return UltraGradient
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
