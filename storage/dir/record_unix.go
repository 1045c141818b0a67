//go:build linux || darwin || freebsd || netbsd

package dir

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"mandelfarm/storage"
)

const (
	// recordName is the extended attribute with the record.
	recordName = "user.mandelfarm.sum"

	// maxRecord is more than the bytes of any record.
	maxRecord = 128
)

// writeRecord sets the record of an open file.
func writeRecord(file *os.File, record string) error {
	if err := unix.Fsetxattr(int(file.Fd()), recordName, []byte(record), 0); err != nil {
		return fmt.Errorf("set attribute %s: %w", recordName, err)
	}
	return nil
}

// readRecord returns the record of an open file.
func readRecord(file *os.File) (string, error) {
	var record [maxRecord]byte
	n, err := unix.Fgetxattr(int(file.Fd()), recordName, record[:])
	switch {
	case errors.Is(err, errNoAttribute):
		return "", fmt.Errorf("%w: it has no record of what it should be", storage.ErrDamaged)
	case errors.Is(err, unix.ERANGE):
		return "", fmt.Errorf("%w: its record is too long", storage.ErrDamaged)
	case err != nil:
		return "", fmt.Errorf("get attribute %s: %w", recordName, err)
	}
	return string(record[:n]), nil
}
