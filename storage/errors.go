package storage

import (
	"errors"
	"fmt"
	"strconv"
)

var (
	// ErrNotFound says that there is no object under the key.
	ErrNotFound = errors.New("object not found")

	// ErrExists says that Create found an object under the key.
	ErrExists = errors.New("object already exists")

	// ErrDamaged says that there is an object under the key, and that it is not
	// the one that was stored there: its length is another, its bytes are, or it
	// is another key's, or nothing is known of what it should be. See the package
	// documentation for what to do.
	ErrDamaged = errors.New("object is damaged")

	// ErrTooLarge says that an object has more bytes than whoever reads it whole
	// takes. See [ReadAll].
	ErrTooLarge = errors.New("object is too large")

	// ErrNoSpace says that nothing can be stored because the medium is full, or
	// a quota is used up. What is stored can still be read and deleted.
	ErrNoSpace = errors.New("no space left in storage")

	// ErrReadOnly says that the medium takes no changes: it is read-only, or the
	// farm may not write to it.
	ErrReadOnly = errors.New("storage cannot be written to")

	// ErrInvalidKey says that no object can have this key. See [ValidKey].
	ErrInvalidKey = errors.New("invalid key")
)

// Error is a failed operation: what was tried, on which key, and why it failed.
// Implementations of [Store] return it from every method, and wrap nothing
// around it.
type Error struct {
	// Op is the method in lower case: "put", "create", "get", "stat",
	// "delete", "list", "presign", or "read" for a reader that failed after its Get.
	Op string
	// Key is the key or, for "list", the prefix.
	Key string
	// Err is the reason.
	Err error
}

// Error renders the operation, the key and the reason. A key too long to be
// valid is shortened, so that a hostile one does not fill the log.
func (e *Error) Error() string {
	return fmt.Sprintf("storage: %s %s: %v", e.Op, quote(e.Key), e.Err)
}

// Unwrap returns the reason, for errors.Is and errors.As.
func (e *Error) Unwrap() error { return e.Err }

// quote renders key within about maxKey bytes, escaping what does not print.
func quote(key string) string {
	if len(key) <= maxKey {
		return strconv.Quote(key)
	}
	const shown = 32
	return strconv.Quote(key[:shown]) + fmt.Sprintf("... (%d bytes)", len(key))
}
