package spec

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"unicode/utf8"
)

// Parse reads a Spec from JSON and normalises it. It is strict: unknown and duplicate fields, wrong types, null, text
// after the document and text that is not UTF-8 are refused. Decimals may be strings or numbers; no digit is lost.
// Every error is a *FieldError, whose Field is empty when the document is no JSON.
func Parse(data []byte) (Spec, error) {
	if !utf8.Valid(data) {
		return Spec{}, NewFieldError("", "", "must be UTF-8")
	}
	var whole json.RawMessage
	if err := json.Unmarshal(data, &whole); err != nil {
		return Spec{}, notJSON(data, err)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	r := &reader{decoder, make(map[string]int64)}
	var d Draft
	if err := r.draft(&d); err != nil {
		return Spec{}, r.locate(data, err)
	}
	parsed, err := Normalize(d)
	if fault, ok := errors.AsType[*FieldError](err); ok {
		return parsed, r.locate(data, fault)
	}
	return parsed, err
}

// reader walks a JSON document of valid syntax token by token. Its methods take the path of the value they read, for
// errors.
type reader struct {
	decoder *json.Decoder
	ends    map[string]int64 // by path, where the name of a field ends, in bytes from the beginning
}

// setter reads one value into its place.
type setter func(path string) *FieldError

func (r *reader) draft(s *Draft) *FieldError {
	fields := map[string]setter{
		"formula":        func(path string) *FieldError { return readName(r, path, &s.Formula) },
		"power":          func(path string) *FieldError { return r.count(path, &s.Power) },
		"seed":           func(path string) *FieldError { return r.point(path, &s.Seed) },
		"center":         func(path string) *FieldError { return r.point(path, &s.Center) },
		"radius":         func(path string) *FieldError { return r.decimal(path, &s.Radius) },
		"exact":          func(path string) *FieldError { return r.boolean(path, &s.Exact) },
		"rotation":       func(path string) *FieldError { return r.decimal(path, &s.Rotation) },
		"mirror":         func(path string) *FieldError { return r.boolean(path, &s.Mirror) },
		"stretch":        func(path string) *FieldError { return r.stretch(path, &s.Stretch) },
		"window":         func(path string) *FieldError { return r.window(path, &s.Window) },
		"width":          func(path string) *FieldError { return r.count(path, &s.Width) },
		"height":         func(path string) *FieldError { return r.count(path, &s.Height) },
		"max_iterations": func(path string) *FieldError { return r.iterations(path, &s.MaxIterations) },
		"samples":        func(path string) *FieldError { return r.count(path, &s.Samples) },
		"depth":          func(path string) *FieldError { return r.count(path, &s.Depth) },
		"coloring":       func(path string) *FieldError { return r.coloring(path, &s.Coloring) },
		"format":         func(path string) *FieldError { return readName(r, path, &s.Format) },
		"counts":         func(path string) *FieldError { return readName(r, path, &s.Counts) },
		"undecided":      func(path string) *FieldError { return r.boolean(path, &s.Undecided) },
	}
	return r.object("", fields)
}

func (r *reader) point(path string, p *Point) *FieldError {
	return r.object(path, map[string]setter{
		"re": func(path string) *FieldError { return r.decimal(path, &p.Re) },
		"im": func(path string) *FieldError { return r.decimal(path, &p.Im) },
	})
}

func (r *reader) stretch(path string, s *Stretch) *FieldError {
	return r.object(path, map[string]setter{
		"amount": func(path string) *FieldError { return r.decimal(path, &s.Amount) },
		"angle":  func(path string) *FieldError { return r.decimal(path, &s.Angle) },
	})
}

func (r *reader) window(path string, w *Window) *FieldError {
	err := r.object(path, map[string]setter{
		"re": func(path string) *FieldError { return r.interval(path, &w.Re) },
		"im": func(path string) *FieldError { return r.interval(path, &w.Im) },
	})
	if err == nil && *w == (Window{}) {
		return NewFieldError(path, "", "must have the fields re and im")
	}
	return err
}

func (r *reader) coloring(path string, c *Coloring) *FieldError {
	return r.object(path, map[string]setter{
		"method":   func(path string) *FieldError { return readName(r, path, &c.Method) },
		"palette":  func(path string) *FieldError { return r.palette(path, &c.Palette) },
		"smooth":   func(path string) *FieldError { return r.toggle(path, &c.Smooth) },
		"range":    func(path string) *FieldError { return r.interval(path, (*[2]Decimal)(&c.Range)) },
		"equalize": func(path string) *FieldError { return r.decimal(path, &c.Equalize) },
		"density":  func(path string) *FieldError { return r.decimal(path, &c.Density) },
		"offset":   func(path string) *FieldError { return r.decimal(path, &c.Offset) },
		"cyclic":   func(path string) *FieldError { return r.toggle(path, &c.Cyclic) },
		"steps":    func(path string) *FieldError { return r.count(path, &c.Steps) },
		"light":    func(path string) *FieldError { return r.decimal(path, &c.Light) },
		"relief":   func(path string) *FieldError { return r.decimal(path, &c.Relief) },
		"interior": func(path string) *FieldError { return readName(r, path, &c.Interior) },
		"periods":  func(path string) *FieldError { return r.boolean(path, &c.Periods) },
	})
}

// object reads an object whose fields are among those given, each at most once.
func (r *reader) object(path string, fields map[string]setter) *FieldError {
	if err := r.delimiter(path, '{', "must be a JSON object"); err != nil {
		return err
	}
	for r.decoder.More() {
		name, err := r.fieldName(path)
		if err != nil {
			return err
		}
		field := join(path, name)
		_, again := r.ends[field]
		r.ends[field] = r.decoder.InputOffset()
		set, known := fields[name]
		switch {
		case !known:
			return NewFieldError(field, "", "is not a known field")
		case again:
			return NewFieldError(field, "", "is given twice")
		}
		if err := set(field); err != nil {
			return err
		}
	}
	return r.delimiter(path, '}', "must be a complete JSON object")
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func (r *reader) fieldName(path string) (string, *FieldError) {
	token, err := r.token(path)
	if err != nil {
		return "", err
	}
	name, ok := token.(string)
	if !ok {
		return "", NewFieldError(path, "", "must be a JSON object")
	}
	return name, nil
}

// interval reads [least, greatest].
func (r *reader) interval(path string, ends *[2]Decimal) *FieldError {
	const pair = "must be a pair [least, greatest]"
	if err := r.delimiter(path, '[', pair); err != nil {
		return err
	}
	for i := range ends {
		if !r.decoder.More() {
			return NewFieldError(path, "", pair)
		}
		if err := r.decimal(path, &ends[i]); err != nil {
			return err
		}
	}
	return r.delimiter(path, ']', pair)
}

func (r *reader) delimiter(path string, want json.Delim, reason string) *FieldError {
	token, err := r.token(path)
	if err != nil {
		return err
	}
	if token != want {
		return NewFieldError(path, "", reason)
	}
	return nil
}

func (r *reader) decimal(path string, d *Decimal) *FieldError {
	token, err := r.token(path)
	if err != nil {
		return err
	}
	var text string
	switch value := token.(type) {
	case string:
		text = value
	case json.Number:
		text = value.String()
	default:
		return NewFieldError(path, "", "must be a number, or a string that holds one")
	}
	return setDecimal(path, text, d)
}

// setDecimal parses text into d; an error names the field.
func setDecimal(field, text string, d *Decimal) *FieldError {
	value, err := ParseDecimal(text)
	var fault *FieldError
	if errors.As(err, &fault) {
		if fault.Value == "" {
			return NewFieldError(field, "", "must not be empty")
		}
		return fault.at(field)
	}
	*d = value
	return nil
}

func (r *reader) count(path string, n *int) *FieldError {
	token, err := r.token(path)
	if err != nil {
		return err
	}
	number, ok := token.(json.Number)
	if !ok {
		return NewFieldError(path, "", notWhole)
	}
	return setCount(path, number.String(), n)
}

// iterations reads a number, or the string "auto".
func (r *reader) iterations(path string, n *Iterations) *FieldError {
	token, err := r.token(path)
	if err != nil {
		return err
	}
	switch value := token.(type) {
	case json.Number:
		return setIterations(path, value.String(), n)
	case string:
		if value == autoName {
			*n = Auto
			return nil
		}
	}
	return NewFieldError(path, "", `must be a whole number or "`+autoName+`"`)
}

const notWhole = "must be a whole number"

// setCount parses a whole number from 1 up into n. An explicit 0 is a mistake and must not become a default.
func setCount(field, text string, n *int) *FieldError {
	value, err := strconv.Atoi(text)
	switch {
	case errors.Is(err, strconv.ErrRange) && text[0] != '-':
		return NewFieldError(field, text, "is too large")
	case err != nil && !errors.Is(err, strconv.ErrRange):
		return NewFieldError(field, text, notWhole)
	case value < 1:
		return NewFieldError(field, text, "must be at least 1")
	}
	*n = value
	return nil
}

// readName reads a string that is not empty.
func readName[S ~string](r *reader, path string, name *S) *FieldError {
	token, err := r.token(path)
	if err != nil {
		return err
	}
	text, ok := token.(string)
	if !ok || text == "" {
		return NewFieldError(path, "", "must be a string that is not empty")
	}
	*name = S(text)
	return nil
}

// token reads the next token.
func (r *reader) token(path string) (json.Token, *FieldError) {
	token, err := r.decoder.Token()
	if err != nil {
		return nil, NewFieldError(path, "", "must be JSON")
	}
	return token, nil
}

const notBoolean = "must be true or false"

func (r *reader) boolean(path string, b *bool) *FieldError {
	token, err := r.token(path)
	if err != nil {
		return err
	}
	value, ok := token.(bool)
	if !ok {
		return NewFieldError(path, "", notBoolean)
	}
	*b = value
	return nil
}

// setBoolean reads "true" or "false".
func setBoolean(field, text string, b *bool) *FieldError {
	if text != "true" && text != "false" {
		return NewFieldError(field, text, notBoolean)
	}
	*b = text == "true"
	return nil
}

// toggle reads true or false.
func (r *reader) toggle(path string, s *Switch) *FieldError {
	var on bool
	err := r.boolean(path, &on)
	*s = switched(on)
	return err
}

// switched is On for true and Off for false.
func switched(on bool) Switch {
	if on {
		return On
	}
	return Off
}
