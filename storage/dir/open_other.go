//go:build !linux

package dir

import "os"

// openFile opens a file below the root, and nothing outside, for reading.
func (s *Store) openFile(key string) (*os.File, error) { return s.root.Open(key) }

func (*Store) canOpenBeneath() bool { return false }
