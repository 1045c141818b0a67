package foreign

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"mandelfarm/renderer/spec"
)

// entry is a key of a file with its value.
type entry struct {
	key, value string
	line       int // counted from 1, or 0 if it is not known
}

// sheet is a file as a list of entries, and what of it is lost.
type sheet struct {
	entries []entry // in the order of the file
	losses  map[string][]string
	absent  []Loss // what is lost because a key is not in the file
	first   map[string]entry
}

func newSheet() *sheet {
	return &sheet{losses: make(map[string][]string), first: make(map[string]entry)}
}

// add takes an entry. Of a key that is there twice the first counts, as in the programs.
func (s *sheet) add(e entry) {
	if given, twice := s.first[e.key]; twice {
		s.lose(e.key, fmt.Sprintf("is given again on line %d; line %d counts", e.line, given.line))
		return
	}
	s.first[e.key] = e
	s.entries = append(s.entries, e)
}

// lose notes that a key is not honoured.
func (s *sheet) lose(key, reason string) {
	if s.has(key) {
		s.losses[key] = append(s.losses[key], reason)
		return
	}
	s.absent = append(s.absent, Loss{Key: key, Reason: reason})
}

func (s *sheet) has(key string) bool {
	_, ok := s.first[key]
	return ok
}

// allLosses lists the losses in the order of the file, and after them those of keys that it does not have.
func (s *sheet) allLosses() []Loss {
	var all []Loss
	for _, e := range s.entries {
		for _, reason := range s.losses[e.key] {
			all = append(all, Loss{Key: abridge(e.key), Value: abridge(e.value), Reason: reason})
		}
	}
	return append(all, s.absent...)
}

// bad is the error of an entry whose value is wrong.
func (s *sheet) bad(key, reason string) error {
	e := s.first[key]
	if e.line > 0 {
		reason = fmt.Sprintf("on line %d %s", e.line, reason)
	}
	return fault(key, e.value, reason)
}

// text returns the value of a key, or "" if the file does not have it.
func (s *sheet) text(key string) string { return s.first[key].value }

// decimal reads a number. One that is not in the file is not given.
func (s *sheet) decimal(key string) (spec.Decimal, error) {
	if !s.has(key) {
		return spec.Decimal{}, nil
	}
	d, err := spec.ParseDecimal(s.text(key))
	if err != nil {
		return d, s.bad(key, "must be a decimal number of at most 100000 digits, with an exponent within ±1000000")
	}
	return d, nil
}

// count reads a whole number from least up, or standard if the file does not have the key.
func (s *sheet) count(key string, least, standard int) (int, error) {
	if !s.has(key) {
		return standard, nil
	}
	n, err := strconv.Atoi(s.text(key))
	if err != nil || n < least {
		return 0, s.bad(key, fmt.Sprintf("must be a whole number from %d", least))
	}
	return n, nil
}

// iterations is count for limits of iterations.
func (s *sheet) iterations(key string, standard spec.Iterations) (spec.Iterations, error) {
	n, err := s.count(key, 1, int(standard))
	return spec.Iterations(n), err
}

// on reports whether a switch is on: it is there, and neither 0 nor false.
func (s *sheet) on(key string) bool {
	return s.has(key) && !same(s.text(key), "0") && s.text(key) != "false"
}

// fate says what becomes of a key.
type fate struct {
	// reason is why the key is lost. A key without a reason is read, or has no influence on the picture.
	reason  string
	neutral string // the value that changes nothing; empty if there is none
	of      string // the switch without which the key has no influence; empty if there is none
}

// judge notes what is lost of the entries, by a table of all keys that a format has.
func (s *sheet) judge(fates map[string]fate) {
	for _, e := range s.entries {
		f, known := fates[e.key]
		switch {
		case !known:
			s.lose(e.key, "is not a key that is known here")
		case f.reason == "", f.of != "" && !s.on(f.of), f.neutral != "" && same(e.value, f.neutral):
		default:
			s.lose(e.key, f.reason)
		}
	}
}

// keys makes one fate of several keys.
func (f fate) keys(fates map[string]fate, names ...string) {
	for _, name := range names {
		fates[name] = f
	}
}

// same compares values as numbers, if they are, or as words.
func same(a, b string) bool {
	x, errX := spec.ParseDecimal(a)
	y, errY := spec.ParseDecimal(b)
	if errX != nil || errY != nil {
		return a == b
	}
	return x.Cmp(y) == 0
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

// cutLine takes a line "key: value" apart.
func cutLine(number int, line string) (entry, error) {
	key, value, ok := strings.Cut(line, ":")
	if key = strings.TrimSpace(key); !ok || key == "" {
		return entry{}, fault("", line, fmt.Sprintf("line %d must have the form \"Key: value\"", number))
	}
	return entry{key: key, value: strings.TrimSpace(value), line: number}, nil
}
