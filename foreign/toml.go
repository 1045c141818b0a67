package foreign

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"mandelfarm/renderer/spec"
)

// Bounds of a TOML document, many times what the programs write: they keep the cost of a hostile one small.
const (
	maxTOMLMarks = 100_000 // points and commas: in numbers, keys, arrays and shaders
	maxTOMLDepth = 8
)

// placeNumber matches a line that gives a number of a place without quotes.
var placeNumber = regexp.MustCompile(`(?m)^([ \t]*(?:[a-z_]+[ \t]*\.[ \t]*)?(?:real|imag|zoom|rotate|stretch_angle|stretch_amount)[ \t]*=[ \t]*)` +
	`([-+]?[0-9][0-9.]*(?:[eE][-+]?[0-9]+)?)([ \t]*(?:#.*)?\r?)$`)

// readTOML reads a place of fraktaler-3's or rust-fractal's. The latter has no tables.
func readTOML(data []byte) (*params, spec.Draft, error) {
	if detectLines(data) == DeepDrill { // a file of its may be TOML too
		return readDeepDrill(data)
	}
	document, err := parseTOML(data)
	if err != nil {
		return newParams(), spec.Draft{}, err
	}
	_, re := document["real"]
	_, im := document["imag"]
	if re || im {
		return readRustFractal(document)
	}
	return readFraktaler(document)
}

// parseTOML parses a document. Numbers of a place become texts first, because they have more digits than a float64.
func parseTOML(data []byte) (map[string]any, error) {
	count := func(mark string) int { return bytes.Count(data, []byte(mark)) }
	if count("=")+count("[") > maxKeys || count(".")+count(",") > maxTOMLMarks {
		return nil, errTooManyKeys
	}
	data = placeNumber.ReplaceAll(data, []byte(`${1}"${2}"${3}`))
	var document map[string]any
	err := toml.Unmarshal(data, &document)
	var wrong *toml.DecodeError
	if errors.As(err, &wrong) {
		line, column := wrong.Position()
		return nil, fault("", "", fmt.Sprintf("line %d, column %d must be TOML: %s", line, column, abridge(wrong.Error())))
	}
	if err != nil {
		return nil, fault("", "", "must be TOML: "+abridge(err.Error()))
	}
	return document, nil
}

// flatten adds the values of a table under their paths, in alphabetical order. Arrays become JSON.
func (p *params) flatten(path string, table map[string]any, depth int) error {
	if depth > maxTOMLDepth {
		return fault(path, "", fmt.Sprintf("must not be nested more than %d levels deep", maxTOMLDepth))
	}
	for _, key := range slices.Sorted(maps.Keys(table)) {
		name := key
		if path != "" {
			name = path + "." + key
		}
		if inner, ok := table[key].(map[string]any); ok {
			if err := p.flatten(name, inner, depth+1); err != nil {
				return err
			}
			continue
		}
		p.add(entry{key: name, value: tomlText(table[key])})
	}
	return nil
}

// tomlText writes a value out.
func tomlText(value any) string {
	switch v := value.(type) {
	case string:
		return strings.TrimSpace(v)
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	text, err := json.Marshal(value)
	if err != nil { // not everything that TOML has is JSON
		return "..."
	}
	return string(text)
}
