package spec

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Version is that of the renderer, and part of every ID. It is raised whenever the bytes of images change.
const Version = "5"

// ID identifies a picture: the leading 160 bits of a SHA-256 over Version and the canonical Spec, as 40 lower-case
// hexadecimal digits. It is safe in file names, URLs and ETags.
type ID string

// idDigits is the length of an ID.
const idDigits = 40

// ID returns the identity of the picture that s describes. Specs of equal canonical form have equal IDs.
func (s Spec) ID() ID {
	hash := sha256.New()
	hash.Write([]byte("mandelfarm renderer " + Version + "\n"))
	hash.Write(s.Canonical())
	return ID(hex.EncodeToString(hash.Sum(nil))[:idDigits])
}

// ParseID accepts exactly 40 of the digits 0-9 and a-f, and nothing else: no upper case, no path, no space.
func ParseID(s string) (ID, error) {
	ok := len(s) == idDigits
	for i := 0; ok && i < len(s); i++ {
		ok = s[i] >= '0' && s[i] <= '9' || s[i] >= 'a' && s[i] <= 'f'
	}
	if !ok {
		return "", NewFieldError("id", s, fmt.Sprintf("must be %d digits of 0-9 and a-f", idDigits))
	}
	return ID(s), nil
}

// String returns the digits.
func (id ID) String() string { return string(id) }
