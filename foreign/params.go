package foreign

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"mandelfarm/renderer/spec"
)

// entry is a key of a file with its value.
type entry struct {
	key, value string
	line       int // counted from 1, or 0 if it is not known
}

// params are the parameters of a file, and what of them is lost.
type params struct {
	entries []entry // in the order of the file
	losses  map[string][]string
	absent  []Loss // what is lost because a key is not in the file
	first   map[string]entry
}

func newParams() *params {
	return &params{losses: make(map[string][]string), first: make(map[string]entry)}
}

// add takes an entry. Of a key that is there twice the first counts, as in the programs.
func (p *params) add(e entry) {
	if given, twice := p.first[e.key]; twice {
		p.lose(e.key, fmt.Sprintf("is given again on line %d; line %d counts", e.line, given.line))
		return
	}
	p.first[e.key] = e
	p.entries = append(p.entries, e)
}

// lose notes that a key is not honoured.
func (p *params) lose(key, reason string) {
	if p.has(key) {
		p.losses[key] = append(p.losses[key], reason)
		return
	}
	p.absent = append(p.absent, Loss{Key: key, Reason: reason})
}

func (p *params) has(key string) bool {
	_, ok := p.first[key]
	return ok
}

// allLosses lists the losses in the order of the file, and after them those of keys that it does not have.
func (p *params) allLosses() []Loss {
	var all []Loss
	for _, e := range p.entries {
		for _, reason := range p.losses[e.key] {
			all = append(all, Loss{Key: abridge(e.key), Value: abridge(e.value), Reason: reason})
		}
	}
	return append(all, p.absent...)
}

// bad is the error of an entry whose value is wrong.
func (p *params) bad(key, reason string) error {
	e := p.first[key]
	if e.line > 0 {
		reason = fmt.Sprintf("on line %d %s", e.line, reason)
	}
	return fault(key, e.value, reason)
}

// text returns the value of a key, or "" if the file does not have it.
func (p *params) text(key string) string { return p.first[key].value }

// decimal reads a number. One that is not in the file is not given.
func (p *params) decimal(key string) (spec.Decimal, error) {
	if !p.has(key) {
		return spec.Decimal{}, nil
	}
	d, err := spec.ParseDecimal(p.text(key))
	if err != nil {
		return d, p.bad(key, "must be a decimal number of at most 100000 digits, with an exponent within ±1000000")
	}
	return d, nil
}

// count reads a whole number from least up, or standard if the file does not have the key.
func (p *params) count(key string, least, standard int) (int, error) {
	if !p.has(key) {
		return standard, nil
	}
	n, ok := whole(p.text(key))
	if !ok || n < least {
		return 0, p.bad(key, fmt.Sprintf("must be a whole number from %d", least))
	}
	return n, nil
}

// whole reads a whole number, which may be written as 500.0 or 5e2.
func whole(text string) (int, bool) {
	if n, err := strconv.Atoi(text); err == nil {
		return n, true
	}
	const exact = 1 << 53
	d, err := spec.ParseDecimal(text)
	x := d.Float64()
	return int(x), err == nil && x == math.Trunc(x) && math.Abs(x) < exact
}

// iterations is count for limits of iterations.
func (p *params) iterations(key string, standard spec.Iterations) (spec.Iterations, error) {
	n, err := p.count(key, 1, int(standard))
	return spec.Iterations(n), err
}

// on reports whether a switch is on: it is there, and neither 0 nor false.
func (p *params) on(key string) bool {
	return p.has(key) && !same(p.text(key), "0") && p.text(key) != "false"
}

// fault is the error of a key, or of the whole file if it is empty.
func fault(key, value, reason string) error {
	return &spec.FieldError{Field: abridge(key), Value: abridge(value), Reason: reason}
}

// abridge keeps the beginning of a text from outside, fit for a terminal and a log.
func abridge(s string) string {
	const limit, ellipsis = 48, "..."
	short := s
	if len(s) > limit {
		cut := limit - len(ellipsis)
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		short = s[:cut] + ellipsis
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			return '?'
		}
		return r
	}, short)
}

// maxKeys is many times what the programs write. It bounds the cost of a hostile file, and the list of its losses.
const maxKeys = 5000

var errTooManyKeys = fault("", "", fmt.Sprintf("a parameter file must have at most %d keys", maxKeys))

// eachLine calls take for every line that is not blank, however its lines end.
func eachLine(data []byte, take func(number int, line string) error) error {
	text := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(data))
	number, keys := 0, 0
	for line := range strings.SplitSeq(text, "\n") {
		number++
		if strings.TrimSpace(line) == "" {
			continue
		}
		if keys++; keys > maxKeys {
			return errTooManyKeys
		}
		if err := take(number, line); err != nil {
			return err
		}
	}
	return nil
}

// isComment reports whether a line says that it is one.
func isComment(line string) bool {
	line = strings.TrimSpace(line)
	return strings.HasPrefix(line, "#") || strings.HasPrefix(line, ";") || strings.HasPrefix(line, "//")
}

// plainText is a text in UTF-8 without a byte order mark. Editors on Windows leave one, and write UTF-16.
func plainText(data []byte) []byte {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		order = binary.LittleEndian
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		order = binary.BigEndian
	default:
		return bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	}
	units := make([]uint16, len(data)/2-1)
	for i := range units {
		units[i] = order.Uint16(data[2*i+2:])
	}
	return []byte(string(utf16.Decode(units)))
}

// cutLine takes a line "key: value" apart.
func cutLine(number int, line string) (entry, error) {
	key, value, ok := strings.Cut(line, ":")
	if key = strings.TrimSpace(key); !ok || key == "" {
		return entry{}, fault("", line, fmt.Sprintf("line %d must have the form \"Key: value\"", number))
	}
	return entry{key: key, value: strings.TrimSpace(value), line: number}, nil
}
