package dir

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"mandelfarm/storage"
)

// ErrLocked says that somebody else has the folder's lock.
var ErrLocked = errors.New("folder is in use")

// lockFile is the file that is locked. It stays when the lock is released: to
// remove it would let two hold locks on two files of one name.
const lockFile = "lock~"

// Lock takes the folder for owner, such as "mandelfarm on :8080", until release
// is called or the process ends, however it does. If somebody else has it, Lock
// fails with ErrLocked, and the error says who: owner, process, host, and since
// when. It keeps out nobody but others who ask for it.
//
// Where the system has no flock(2), Lock fails with [errors.ErrUnsupported].
func (s *Store) Lock(owner string) (release func() error, err error) {
	file, err := s.root.OpenFile(lockFile, os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return nil, fmt.Errorf("storage: lock folder %s: %w", s.root.Name(), unwritable(err))
	}
	if err := lock(file, owner); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("storage: lock folder %s: %w", s.root.Name(), err)
	}
	// The next holder writes its own name; until then nobody reads this one.
	return file.Close, nil
}

// lock locks the open file and writes its holder into it.
func lock(file *os.File, owner string) error {
	err := flock(file)
	if errors.Is(err, ErrLocked) {
		return fmt.Errorf("%w by %s", err, holder(file))
	}
	if err != nil {
		return err
	}
	host, err := os.Hostname()
	if err != nil {
		host = "an unknown host"
	}
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err = fmt.Fprintf(file, "%s, process %d on %s, since %s\n", owner, os.Getpid(), host, time.Now().Format(time.RFC3339))
	// A full disk has room for a lock, if not for a name.
	if err = unwritable(err); errors.Is(err, storage.ErrNoSpace) {
		return nil
	}
	return err
}

// holder is what the holder of the lock has written into the file.
func holder(file *os.File) string {
	const enough = 1000
	text, err := io.ReadAll(io.LimitReader(file, enough))
	if line, _, _ := strings.Cut(string(text), "\n"); err == nil && line != "" {
		return line
	}
	return "somebody who has not left a name"
}
