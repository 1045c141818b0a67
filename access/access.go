// Package access says what those who ask may do, and who they are.
//
// # Keys
//
// A key is a text such as
//
//	mandelfarm_h3kq7m2p_2v5f…
//
// of a prefix by which scanners for secrets and people recognise it, an ID, which names the key in lists and logs, and a secret of 256 random bits. The
// farm keeps the ID and the SHA-256 of the secret, so that neither its storage nor a copy of it opens anything. A hash that is slow on purpose would make up
// for secrets that can be guessed, such as passwords; nobody guesses 256 bits, however fast the hash, and a slow one would let anybody keep the farm busy
// with keys that are none.
//
// # Links
//
// A link opens one picture until a time that is said in it, for somebody without a key. It is signed by a [Key] that is [Key.Signs] and opens nothing
// itself. To remove that key ends all links that it has signed.
//
// The package knows neither requests nor storage.
package access

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Role is what somebody may do. Each includes those before it.
type Role int

// The roles.
const (
	None    Role = iota // nothing
	Read                // see pictures, jobs and the farm
	Submit              // have jobs drawn, and hand out links to pictures
	Operate             // stop, hold and remove jobs, and drain workers
)

var roleNames = [...]string{"none", "read", "submit", "operate"} //nolint:gochecknoglobals // constants

// String is the name of the role.
func (r Role) String() string { return roleNames[r] }

// ParseRole reads the name of a role.
func ParseRole(name string) (Role, error) {
	if i := slices.Index(roleNames[:], name); i >= 0 {
		return Role(i), nil
	}
	return None, fmt.Errorf("unknown role %q: want read, submit or operate", name)
}

// MarshalText implements [encoding.TextMarshaler].
func (r Role) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (r *Role) UnmarshalText(text []byte) (err error) {
	*r, err = ParseRole(string(text))
	return err
}

// ErrNoKey says that there is no key of that ID.
var ErrNoKey = errors.New("no such key")

// Key is what the farm keeps of a key. It never changes.
type Key struct {
	ID        string    `json:"id"`
	Title     string    `json:"title"` // whose it is, or what for
	Role      Role      `json:"role"`
	Hash      string    `json:"hash,omitempty"`    // hexadecimal SHA-256 of the secret; none of a key that signs links
	Signing   []byte    `json:"signing,omitempty"` // what links are signed with, of a key that does
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
}

// The parts of a key's text.
const (
	prefix       = "mandelfarm_"
	idLength     = 8  // 40 bits: enough for keys not to meet
	secretLength = 52 // 256 bits
	textLength   = len(prefix) + idLength + 1 + secretLength
)

// alphabet is that of base32 (RFC 4648) in lower case: letters and digits, so that a double click takes all of a key.
var alphabet = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding) //nolint:gochecknoglobals // a constant

func random(bytes int) []byte {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails
	return b
}

func newID() string { return alphabet.EncodeToString(random(5)) }

// NewKey makes a key, and returns what is kept of it and its text, which is not. It does not run out if expires is zero.
func NewKey(title string, role Role, now, expires time.Time) (k Key, text string) {
	secret := alphabet.EncodeToString(random(sha256.Size))
	sum := sha256.Sum256([]byte(secret))
	k = Key{
		ID: newID(), Title: title, Role: role, Hash: hex.EncodeToString(sum[:]),
		CreatedAt: now.UTC().Truncate(time.Second), ExpiresAt: expires.UTC().Truncate(time.Second),
	}
	return k, prefix + k.ID + "_" + secret
}

// CheckText says what is wrong with the form of a key, without repeating it.
func CheckText(text string) error {
	if _, _, ok := Split(text); !ok {
		return fmt.Errorf("want a key, %d characters that begin with %s", textLength, prefix)
	}
	return nil
}

// Split takes the text of a key apart.
func Split(text string) (id, secret string, ok bool) {
	if len(text) != textLength || !strings.HasPrefix(text, prefix) || text[len(prefix)+idLength] != '_' {
		return "", "", false
	}
	return text[len(prefix):][:idLength], text[textLength-secretLength:], true
}

// ValidID reports whether a text can be the ID of a key.
func ValidID(id string) bool {
	_, err := alphabet.DecodeString(id)
	return len(id) == idLength && err == nil
}

// Lock is what a secret must fit: a [Key] as it is compared.
type Lock [sha256.Size]byte

// Lock returns the key's, and false if it has none, as the one of links.
func (k Key) Lock() (l Lock, ok bool) {
	n, err := hex.Decode(l[:], []byte(k.Hash))
	return l, err == nil && n == len(l)
}

// Fits reports whether a secret is the one of the lock, in a time that does not depend on how much of it is right.
func (l Lock) Fits(secret string) bool {
	var text [secretLength]byte
	if len(secret) != len(text) {
		return false
	}
	copy(text[:], secret)
	sum := sha256.Sum256(text[:])
	return subtle.ConstantTimeCompare(sum[:], l[:]) == 1
}

// Same reports whether two texts are the same key, in a time that does not depend on where they differ. [subtle.ConstantTimeCompare] takes copies of
// strings and goes byte by byte, which together is a tenth of an answer from memory.
func Same(a, b string) bool {
	const word = 8
	if len(a) != textLength || len(b) != textLength {
		return false
	}
	var differ uint64
	for i := 0; i < textLength; i += word {
		differ |= wordAt(a, i) ^ wordAt(b, i)
	}
	return differ == 0
}

// wordAt is one load for the compiler. Eight bytes at a time are all of a key.
func wordAt(s string, i int) uint64 {
	s = s[i : i+8]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// Slot is one of 2^bits places for what is remembered of a key, by its ID.
func Slot(text string, bits int) uint64 {
	const golden = 0x9e3779b97f4a7c15 // 2^64 by the golden ratio: Fibonacci hashing
	if len(text) != textLength {
		return 0
	}
	return wordAt(text, len(prefix)) * golden >> (64 - bits)
}
