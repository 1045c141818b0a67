package spec

import (
	"bytes"
	"encoding/json"
	"errors"
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

// notJSON is the error of a document that is no JSON.
func notJSON(data []byte, err error) *FieldError {
	fault := NewFieldError("", "", "must be JSON: "+err.Error())
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fault.in(data, int(syntax.Offset)-1) // it counts the byte at fault
	}
	return fault
}
