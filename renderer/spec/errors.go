package spec

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// abridged bounds, in bytes, how much of an offending value or name an error repeats: enough to recognise it, and
// harmless in a log or a response when somebody sends a megabyte of digits.
const abridged = 48

// FieldError says which field of a Spec, or which query parameter, is at fault and why.
type FieldError struct {
	// Field is the dotted path of the field ("center.re"), or the name of the query parameter. It is empty when
	// the document as a whole is at fault, for example by its syntax.
	Field string
	// Value is what was given, abridged when long, and empty when nothing was given.
	Value string
	// Reason completes the sentence that Field begins: "must be greater than 0".
	Reason string
	// Line and Column say where in a document the value begins, in characters from 1; they are 0 if that is not known.
	Line, Column int
}

// Error prints field, reason, value and place on one line: `radius: must be greater than 0, got "-1" (line 3, column 13)`.
func (e *FieldError) Error() string {
	var b strings.Builder
	if e.Field != "" {
		b.WriteString(e.Field)
		b.WriteString(": ")
	}
	b.WriteString(e.Reason)
	if e.Value != "" {
		b.WriteString(", got ")
		b.WriteString(strconv.Quote(abridge(e.Value)))
	}
	if e.Line > 0 {
		fmt.Fprintf(&b, " (line %d, column %d)", e.Line, e.Column)
	}
	return b.String()
}

// NewFieldError abridges field and value, both of which may come from outside.
func NewFieldError(field, value, reason string) *FieldError {
	return &FieldError{Field: abridge(field), Value: abridge(value), Reason: reason}
}

// at returns the error with its field set, for errors of values that did not know where they stood.
func (e *FieldError) at(field string) *FieldError {
	return NewFieldError(field, e.Value, e.Reason)
}

// abridge keeps the beginning of s, cut between characters. It is idempotent.
func abridge(s string) string {
	const ellipsis = "..."
	if len(s) <= abridged {
		return s
	}
	cut := abridged - len(ellipsis)
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + ellipsis
}
