package dir

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"

	"mandelfarm/storage"
)

// maxRaces bounds how often a write makes its folders again because a Delete
// took them away as empty. Each round needs another Delete to hit a window of
// microseconds.
const maxRaces = 100

// Put stores what r yields by way of a temporary file and a rename.
func (s *Store) Put(ctx context.Context, key, _ string, r io.Reader) error {
	if err := s.write(ctx, key, r, s.root.Rename); err != nil {
		return failed("put", key, err)
	}
	return nil
}

// Create stores data by way of a temporary file and a hard link, which fails if
// the name is taken.
func (s *Store) Create(ctx context.Context, key, _ string, data []byte) error {
	// The common loser need not write and sync a file to find out.
	if _, err := s.Stat(ctx, key); err == nil {
		return failed("create", key, storage.ErrExists)
	}
	if err := s.write(ctx, key, bytes.NewReader(data), s.link); err != nil {
		return failed("create", key, err)
	}
	return nil
}

// Compose copies the parts, and checks them on the way. A reading costs a tenth of what
// the disk takes for the writing, and what a kernel copies from file to file nobody has seen.
func (s *Store) Compose(ctx context.Context, key, _ string, parts []storage.Part) error {
	if _, err := s.Stat(ctx, key); err == nil {
		return failed("compose", key, storage.ErrExists)
	}
	body := storage.Concatenated(ctx, s, parts)
	defer body.Close()
	if err := s.write(ctx, key, body, s.link); err != nil {
		return failed("compose", key, err)
	}
	return nil
}

// link gives the file at temp the name key as well, if nothing has that name.
func (s *Store) link(temp, key string) error {
	err := s.root.Link(temp, key)
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	if info, statErr := s.root.Stat(key); statErr == nil && info.IsDir() {
		return err
	}
	return storage.ErrExists
}

// write makes a synced temporary file of what r yields and publishes it under
// key. Whatever happens, the temporary name is gone afterwards.
func (s *Store) write(ctx context.Context, key string, r io.Reader, publish func(temp, key string) error) error {
	if err := check(ctx, key); err != nil {
		return err
	}
	temp := path.Join(tempDir, rand.Text())
	defer func() { _ = s.root.Remove(temp) }()
	if err := s.fill(ctx, temp, key, r); err != nil {
		return err
	}
	err := s.publish(ctx, temp, key, publish)
	if err == nil {
		err = s.syncFolders(path.Dir(key))
	}
	return unwritable(err)
}

// fill writes what r yields to a new file, with its record under key, and syncs
// both.
func (s *Store) fill(ctx context.Context, temp, key string, r io.Reader) (err error) {
	file, err := s.root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return unwritable(err)
	}
	defer func() {
		if closeErr := file.Close(); err == nil {
			err = unwritable(closeErr)
		}
	}()
	return s.copyTo(ctx, file, key, r)
}

func (s *Store) copyTo(ctx context.Context, file *os.File, key string, r io.Reader) error {
	source := &obedient{ctx: ctx, r: r}
	_, err := io.Copy(file, source)
	if source.err != nil {
		return source.err
	}
	if err == nil && s.checks {
		err = writeRecord(file, source.sum.Record(key))
	}
	if err == nil {
		err = file.Sync()
	}
	return unwritable(err)
}

// obedient is a reader that fails when its context has ended. It adds up what it
// yields, and keeps the error it fails with, which is the caller's and no word on
// the medium.
type obedient struct {
	ctx context.Context //nolint:containedctx // io.Reader has no ctx parameter; it lives as long as one copy
	r   io.Reader
	sum storage.Sum
	err error
}

// Read reads on, or fails if the context has ended.
func (o *obedient) Read(p []byte) (int, error) {
	if o.err = o.ctx.Err(); o.err != nil {
		return 0, o.err
	}
	n, err := o.r.Read(p)
	_, _ = o.sum.Write(p[:n]) // never fails
	if err != nil && !errors.Is(err, io.EOF) {
		o.err = err
	}
	return n, err
}

// publish gives the temporary file the key's name, and makes the folders on the
// way if they are missing.
func (s *Store) publish(ctx context.Context, temp, key string, publish func(temp, key string) error) error {
	for range maxRaces {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := publish(temp, key)
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := s.root.MkdirAll(path.Dir(key), 0o750); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return fmt.Errorf("folder %s vanishes as often as it is made", path.Dir(key))
}

// syncFolders makes names durable: that of a new file in folder, and those of
// the folders above it, since this write or one still under way may have made
// them. A folder with nothing new costs a system call.
func (s *Store) syncFolders(folder string) error {
	for {
		err := s.syncFolder(folder)
		// A folder that is gone was emptied by a Delete, file and all.
		if err != nil && !absent(err) {
			return err
		}
		if folder == "." {
			return nil
		}
		folder = path.Dir(folder)
	}
}

func (s *Store) syncFolder(folder string) error {
	f, err := s.root.Open(folder)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
