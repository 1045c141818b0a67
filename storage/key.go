package storage

import (
	"fmt"
	"strings"
)

const (
	// maxKey is the length of the longest key in bytes. S3 allows 1024; half
	// leaves room for what a store puts before it.
	maxKey = 512

	// maxSegment is the length of the longest segment in bytes: what a file
	// name may have on every common file system.
	maxSegment = 255
)

// ValidKey returns nil if an object can have this key, and otherwise an error
// that wraps [ErrInvalidKey] and says what is wrong.
//
// A key is one or more segments joined by '/'. A segment is 1 to 255 bytes of
// [a-z0-9._-], and neither "." nor "..". The whole has at most 512 bytes. So a
// key is a safe relative path on any file system, case-insensitive ones
// included, and needs no escaping in a URL. That a key is valid does not make
// it a good choice: never let one key be another's folder.
func ValidKey(key string) error {
	if key == "" {
		return fmt.Errorf("%w: empty", ErrInvalidKey)
	}
	if err := ValidPrefix(key); err != nil {
		return err
	}
	return validSegment(key[strings.LastIndexByte(key, '/')+1:])
}

// ValidPrefix returns nil if some valid key begins with prefix, and otherwise
// an error that wraps [ErrInvalidKey]. The empty prefix is valid, and so are
// "jobs", "jobs/" and "jobs/4f".
func ValidPrefix(prefix string) error {
	if len(prefix) > maxKey {
		return fmt.Errorf("%w: %d bytes, at most %d are allowed", ErrInvalidKey, len(prefix), maxKey)
	}
	segment, rest, more := strings.Cut(prefix, "/")
	for more {
		if err := validSegment(segment); err != nil {
			return err
		}
		segment, rest, more = strings.Cut(rest, "/")
	}
	return validBytes(segment)
}

func validSegment(segment string) error {
	switch segment {
	case "":
		return fmt.Errorf("%w: empty segment", ErrInvalidKey)
	case ".", "..":
		return fmt.Errorf("%w: segment %q", ErrInvalidKey, segment)
	}
	return validBytes(segment)
}

// validBytes checks what holds for a segment and for the beginning of one.
func validBytes(segment string) error {
	if len(segment) > maxSegment {
		return fmt.Errorf("%w: segment of %d bytes, at most %d are allowed", ErrInvalidKey, len(segment), maxSegment)
	}
	for i := range len(segment) {
		if c := segment[i]; !keyByte(c) {
			return fmt.Errorf("%w: byte %q, allowed are a-z 0-9 . _ - and /", ErrInvalidKey, c)
		}
	}
	return nil
}

func keyByte(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '.' || c == '_' || c == '-'
}
