package dir

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"time"
)

const (
	// tempDir is the folder of files being written.
	tempDir = ".tmp~"

	// strayAge is how long a temporary file lies untouched before it is taken for
	// the leftover of a dead process. A writer touches its file with every block,
	// and none pauses for an hour.
	strayAge = time.Hour

	// probeSize is the size in bytes of what Ping writes: a block of most file
	// systems, since one that is full still has room for an empty file.
	probeSize = 4 << 10
)

// Ping returns nil if objects can be stored. It writes a block, syncs it and
// removes it again.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.probe(ctx); err != nil {
		return fmt.Errorf("storage: ping folder %s: %w", s.root.Name(), err)
	}
	return nil
}

// probe writes a temporary file as a Put does, record and all.
func (s *Store) probe(ctx context.Context) error {
	temp := path.Join(tempDir, rand.Text())
	defer func() { _ = s.root.Remove(temp) }()
	return s.fill(ctx, temp, temp, bytes.NewReader(make([]byte, probeSize)))
}

// canRecord reports whether files can have records, as far as can be seen: even
// a full file system has room for an empty file and an attribute as a rule.
func (s *Store) canRecord() bool {
	temp := path.Join(tempDir, rand.Text())
	file, err := s.root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return true
	}
	err = writeRecord(file, "")
	_, _ = file.Close(), s.root.Remove(temp)
	return !errors.Is(err, errors.ErrUnsupported)
}

// AbortAbandoned removes the temporary files that were last written before a
// time, or more than an hour ago, which is long enough here: their writers have
// died.
func (s *Store) AbortAbandoned(ctx context.Context, before time.Time) error {
	if hourAgo := time.Now().Add(-strayAge); before.Before(hourAgo) {
		before = hourAgo
	}
	if err := s.sweep(ctx, before); err != nil {
		return failed("sweep", "", unwritable(err))
	}
	return nil
}

// sweep removes the temporary files that were last written before limit. One
// that vanishes meanwhile was its writer's.
func (s *Store) sweep(ctx context.Context, limit time.Time) error {
	entries, err := fs.ReadDir(s.root.FS(), tempDir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil || info.ModTime().After(limit) {
			continue
		}
		if err := s.root.Remove(path.Join(tempDir, entry.Name())); err != nil && !absent(err) {
			return err
		}
	}
	return nil
}
