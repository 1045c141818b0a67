//go:build !linux && !darwin && !freebsd && !netbsd

package dir

import (
	"errors"
	"os"
)

// There is no place for records.

func writeRecord(*os.File, string) error { return errors.ErrUnsupported }

func readRecord(*os.File) (string, error) { return "", errors.ErrUnsupported }
