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
// (Put) or hard-linked to it (Create and Compose: link fails if the name is taken, which
// decides the race between processes too). Then the folders on the way are
// synced, so that the name survives a power cut as well. A reader that has the
// old file open keeps it: the file system frees it at the last close.
//
// All paths are resolved by [os.Root] or, where Linux has it, by openat2(2), so
// that neither a key nor a symbolic link planted below the root reaches outside.
// Any number of processes may share a root, if they share the file system; network
// file systems with weak rename or link semantics are not supported.
//
// # Damage
//
// The record of an object's length and checksum ([storage.Sum]) is the extended
// attribute "user.mandelfarm.sum" of its file: it is set before the file has its
// name, goes where the file goes, and is read from the open file, so that it is
// never another's. "getfattr -d FILE" shows it. What copies files must copy
// attributes too ("cp -a", "rsync -aX", "tar --xattrs"), or the copies are
// damaged objects, as are files that somebody else put there, or renamed.
//
// A file system without such attributes (FAT, NFS before 4.2, and Windows as far
// as this package goes) has no place for a record. [Open] finds out; then objects
// are not checked, and [Store.Checks] says so.
//
// # A full or read-only disk
//
// Writes that fail for want of space are [storage.ErrNoSpace], those that are not
// allowed [storage.ErrReadOnly]. [Store.Ping] finds out by writing a block.
// Open fails on a folder that is read-only, but not on a full one: what is there
// can be served, and a sweep can make room.
//
// # Leftovers
//
// A process killed in mid-write leaves its temporary file. Open and
// [Store.AbortAbandoned] remove those that nobody has touched for an hour.
//
// # One farm to a folder
//
// Any number of processes of one farm may share a folder, but two farms must not:
// [Store.Lock] keeps the second one out.
//
// # Costs
//
// A write is two syncs or more and costs what the disk takes for them (see
// BenchmarkPut); its record is half a microsecond of that. Ping is a write of one
// sync. A Get of 8 KiB is 4 microseconds (BenchmarkGet), a fifth of which is the
// checking.
//
// List reads the names of every folder it enters and keeps those that prefix and
// after allow, in a heap: the first objects of a folder of n names cost O(n) to
// read and O(log n) each, not a sort (BenchmarkList). Only the objects yielded are
// examined one by one. Folders outside prefix, or wholly before after, are not
// read.
package dir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"syscall"
	"time"

	"mandelfarm/storage"
)

// Store is a folder of objects. It implements [storage.Store].
type Store struct {
	root *os.Root
	// folder is the root as a file, for system calls that take one.
	folder *os.File
	// checks says that the file system has a place for records, beneath that the
	// kernel opens files below a folder.
	checks, beneath bool
}

var _ storage.Store = (*Store)(nil)

// Open returns the store below folder root, which it creates if absent, and
// removes what dead processes left there. It fails if the folder cannot be
// written to, but not if it is full. Close releases the store.
func Open(root string) (*Store, error) {
	s, err := open(root)
	if err != nil {
		return nil, fmt.Errorf("storage: open folder: %w", unwritable(err))
	}
	if err := s.prepare(); err != nil {
		return nil, fmt.Errorf("storage: open folder %s: %w", root, errors.Join(unwritable(err), s.Close()))
	}
	return s, nil
}

func open(root string) (*Store, error) {
	if err := os.MkdirAll(root, 0o750); err != nil {
		return nil, err
	}
	r, err := os.OpenRoot(root)
	if err != nil {
		return nil, err
	}
	folder, err := r.Open(".")
	if err != nil {
		_ = r.Close()
		return nil, err
	}
	return &Store{root: r, folder: folder}, nil
}

// prepare makes the store ready for use, and finds out what its system can do.
func (s *Store) prepare() error {
	if err := s.root.Mkdir(tempDir, 0o750); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := s.sweep(context.Background(), time.Now().Add(-strayAge)); err != nil {
		return err
	}
	s.checks, s.beneath = s.canRecord(), s.canOpenBeneath()
	if err := s.probe(context.Background()); !errors.Is(err, storage.ErrNoSpace) {
		return err
	}
	return nil
}

// Close releases the store. Readers that are open stay usable.
func (s *Store) Close() error { return errors.Join(s.folder.Close(), s.root.Close()) }

// Checks reports whether objects are checked: not where the file system has no
// extended attributes.
func (s *Store) Checks() bool { return s.checks }

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
		return unwritable(err)
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
