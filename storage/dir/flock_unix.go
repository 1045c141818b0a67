//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package dir

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// flock locks the open file, or fails with ErrLocked at once. The kernel unlocks
// it when the file is closed, which the end of the process does too.
func flock(file *os.File) error {
	for {
		err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		switch {
		case errors.Is(err, unix.EWOULDBLOCK):
			return ErrLocked
		case !errors.Is(err, unix.EINTR):
			return err
		}
	}
}
