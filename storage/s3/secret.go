package s3

import (
	"fmt"
	"log/slog"
)

// Secret is a string that does not print. Every way a value usually reaches a
// log shows "[redacted]" instead, or nothing when it is empty, which is worth
// knowing. string(secret) gives the value to whoever means to use it.
//
// Two ways stay open, both taken by mistake only: as the key of a map it shows in
// JSON, and in a struct behind a pointer inside another one it shows under a verb
// that pointers do not have, such as %s. Neither asks the type how to print it.
type Secret string

const redacted = "[redacted]"

// String returns the placeholder.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return redacted
}

// GoString returns the placeholder, quoted, for %#v.
func (s Secret) GoString() string { return fmt.Sprintf("%q", s.String()) }

// Format writes the placeholder whatever the verb: %x would show the bytes.
func (s Secret) Format(f fmt.State, verb rune) {
	if verb == 'v' && f.Flag('#') || verb == 'q' {
		_, _ = fmt.Fprintf(f, "%q", s.String())
		return
	}
	_, _ = fmt.Fprint(f, s.String())
}

// LogValue is what slog handlers show.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText is what JSON, YAML and XML encoders show.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
