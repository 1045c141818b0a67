package dir

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"mandelfarm/storage"
)

// failed is the one place where this package's errors are wrapped.
func failed(op, key string, err error) error {
	if op != "put" && op != "create" && absent(err) {
		err = storage.ErrNotFound
	}
	return &storage.Error{Op: op, Key: key, Err: err}
}

// absent reports whether err says that there is no file at a path, be it that a
// file stands where the path needs a folder.
func absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// unwritable adds to the error of a change the sentinel that says why the medium
// takes none, if that is the reason.
func unwritable(err error) error {
	switch {
	case errors.Is(err, storage.ErrNoSpace), errors.Is(err, storage.ErrReadOnly):
		return err
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%w: %w", storage.ErrNoSpace, err)
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: %w", storage.ErrReadOnly, err)
	}
	return err
}
