// Package dir keeps objects as files in a local folder. It is the store of a
// farm on one machine, and of most tests.
//
// # Layout
//
// The object under key "jobs/4f/plan.json" is the file jobs/4f/plan.json below
// the root, and holds its bytes and nothing else: an operator can look at it,
// copy it, serve it with nginx. Folders come with the first file in them and go
// with the last. A folder named ".tmp~" holds files being written; '~' is no
// key byte, so no key can reach it.
//
// # How the guarantees are met
//
// A write goes to a temporary file, which is synced, then renamed over the key
// (Put) or hard-linked to it (Create: link fails if the name is taken, which
// decides the race between processes too). Then the folders on the way are
// synced, so that the name survives a power cut as well. A reader that has the
// old file open keeps it: the file system frees it at the last close.
//
// All paths are resolved by [os.Root], so that neither a key nor a symbolic link
// planted below the root reaches outside. Any number of processes may share a
// root, if they share the file system; network file systems with weak rename or
// link semantics are not supported.
//
// A process killed in mid-write leaves its temporary file. [Open] removes those
// older than an hour, which no writer is still at work on.
//
// # Costs
//
// A write is two syncs or more and costs what the disk takes for them (see
// BenchmarkPut). List reads the names of every folder it enters and keeps those
// that prefix and after allow, in a heap: the first objects of a folder of n
// names cost O(n) to read and O(log n) each, not a sort (BenchmarkList). Only the
// objects yielded are examined one by one. Folders outside prefix, or wholly
// before after, are not read.
package dir

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"syscall"
	"time"

	"mandelfarm/storage"
)

const (
	// tempDir is the folder of files being written.
	tempDir = ".tmp~"

	// strayAge is how long a temporary file lies untouched before Open takes it
	// for the leftover of a dead process. A writer touches its file with every
	// block, and none pauses for an hour.
	strayAge = time.Hour
)

// Store is a folder of objects. It implements [storage.Store].
type Store struct {
	root *os.Root
}

var _ storage.Store = (*Store)(nil)

// Open returns the store below folder root, which it creates if absent, and
// removes what dead processes left there. Close releases it.
func Open(root string) (*Store, error) {
	if err := os.MkdirAll(root, 0o750); err != nil {
		return nil, fmt.Errorf("storage: open folder: %w", err)
	}
	r, err := os.OpenRoot(root)
	if err != nil {
		return nil, fmt.Errorf("storage: open folder: %w", err)
	}
	s := &Store{root: r}
	if err := s.sweep(time.Now().Add(-strayAge)); err != nil {
		_ = r.Close()
		return nil, fmt.Errorf("storage: open folder %s: %w", root, err)
	}
	return s, nil
}

// Close releases the store. Readers that are open stay usable.
func (s *Store) Close() error { return s.root.Close() }

// sweep makes the temporary folder and removes the files in it that were last
// written before limit. One that vanishes meanwhile was its writer's.
func (s *Store) sweep(limit time.Time) error {
	if err := s.root.Mkdir(tempDir, 0o750); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	entries, err := fs.ReadDir(s.root.FS(), tempDir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
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

// Get opens a range of the object's file.
func (s *Store) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, storage.Info, error) {
	body, info, err := s.get(ctx, key, offset, length)
	if err != nil {
		return nil, storage.Info{}, failed("get", key, err)
	}
	return body, info, nil
}

func (s *Store) get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, storage.Info, error) {
	if err := check(ctx, key); err != nil {
		return nil, storage.Info{}, err
	}
	if offset < 0 {
		return nil, storage.Info{}, fmt.Errorf("negative offset %d", offset)
	}
	file, err := s.root.Open(key)
	if err != nil {
		return nil, storage.Info{}, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fs.ErrNotExist
	}
	if err != nil {
		_ = file.Close()
		return nil, storage.Info{}, err
	}
	rest := max(info.Size()-offset, 0)
	if length < 0 || length > rest {
		length = rest
	}
	section := io.NewSectionReader(file, offset, length)
	return &body{ctx: ctx, key: key, section: section, file: file}, describe(key, info), nil
}

// body reads a section of an open file until its context ends.
type body struct {
	ctx     context.Context //nolint:containedctx // io.Reader has no ctx parameter; Get's governs its reader
	key     string
	section *io.SectionReader
	file    *os.File
}

// Read reads on, or fails if the context of the Get has ended.
func (b *body) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, failed("read", b.key, err)
	}
	return b.section.Read(p)
}

// Close closes the file.
func (b *body) Close() error { return b.file.Close() }

// Stat describes the object's file.
func (s *Store) Stat(ctx context.Context, key string) (storage.Info, error) {
	if err := check(ctx, key); err != nil {
		return storage.Info{}, failed("stat", key, err)
	}
	info, err := s.root.Stat(key)
	if err == nil && !info.Mode().IsRegular() {
		err = fs.ErrNotExist
	}
	if err != nil {
		return storage.Info{}, failed("stat", key, err)
	}
	return describe(key, info), nil
}

// Delete removes the objects' files, and the folders that are empty without
// them.
func (s *Store) Delete(ctx context.Context, keys ...string) error {
	for _, key := range keys {
		if err := storage.ValidKey(key); err != nil {
			return failed("delete", key, err)
		}
	}
	for _, key := range keys {
		if err := s.remove(ctx, key); err != nil {
			return failed("delete", key, err)
		}
	}
	return nil
}

func (s *Store) remove(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	// A folder of other keys is no object; if it is empty, nobody misses it.
	err := s.root.Remove(key)
	if err != nil && !absent(err) && !errors.Is(err, syscall.ENOTEMPTY) {
		return err
	}
	if err == nil {
		s.prune(path.Dir(key))
	}
	return nil
}

// prune removes folder and those above it while they are empty. It ends at the
// first that is not, which is also how it ends when a writer is faster; a writer
// that loses the race makes its folders again.
func (s *Store) prune(folder string) {
	for folder != "." && s.root.Remove(folder) == nil {
		folder = path.Dir(folder)
	}
}

// check is what every operation on a key begins with.
func check(ctx context.Context, key string) error {
	if err := storage.ValidKey(key); err != nil {
		return err
	}
	return ctx.Err()
}

// absent reports whether err says that there is no file at a path, be it that a
// file stands where the path needs a folder.
func absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// failed is the one place where this package's errors are wrapped.
func failed(op, key string, err error) error {
	if op != "put" && op != "create" && absent(err) {
		err = storage.ErrNotFound
	}
	return &storage.Error{Op: op, Key: key, Err: err}
}

func describe(key string, info fs.FileInfo) storage.Info {
	return storage.Info{Key: key, Size: info.Size(), Modified: info.ModTime()}
}
