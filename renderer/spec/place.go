package spec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// locate completes an error with where in the document the value of the field at fault begins.
func (r *reader) locate(data []byte, fault *FieldError) *FieldError {
	end, read := r.ends[fault.Field]
	if !read {
		return fault
	}
	rest := data[end:]
	return fault.in(data, len(data)-len(bytes.TrimLeft(rest, ": \t\r\n")))
}

// in returns the error with its place: that of a byte of the document.
func (e *FieldError) in(data []byte, offset int) *FieldError {
	before := data[:min(max(offset, 0), len(data))]
	placed := *e
	placed.Line = 1 + bytes.Count(before, []byte("\n"))
	placed.Column = 1 + utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
	return &placed
}

// notJSON is the error of a document that is no JSON, as the error of a parser says. What that has in words is about the parser.
func notJSON(data []byte, err error) *FieldError {
	first := json.NewDecoder(bytes.NewReader(data)).Decode(new(json.RawMessage))
	if errors.Is(first, io.EOF) || errors.Is(first, io.ErrUnexpectedEOF) {
		return NewFieldError("", "", "must be JSON, and ends before that is complete").in(data, len(data))
	}
	syntax, ok := errors.AsType[*json.SyntaxError](err)
	if !ok {
		return NewFieldError("", "", "must be JSON")
	}
	at := int(syntax.Offset) - 1 // it counts the byte at fault
	unexpected, _ := utf8.DecodeRune(data[at:])
	return NewFieldError("", "", fmt.Sprintf("must be JSON, in which %q cannot stand here", unexpected)).in(data, at)
}
