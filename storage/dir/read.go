package dir

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"mandelfarm/storage"
)

// Get opens a range of the object's file.
func (s *Store) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, storage.Info, error) {
	body, info, err := s.get(ctx, key, offset, length)
	if err != nil {
		return nil, storage.Info{}, failed("get", key, err)
	}
	return body, info, nil
}

func (s *Store) get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, storage.Info, error) {
	if offset < 0 {
		return nil, storage.Info{}, fmt.Errorf("negative offset %d", offset)
	}
	file, info, err := s.open(ctx, key)
	if err != nil {
		return nil, storage.Info{}, err
	}
	rest := max(info.Size-offset, 0)
	if offset == 0 && length < 0 {
		return storage.Checked(&body{ctx: ctx, key: key, file: file, rest: rest}, info), info, nil
	}
	if length >= 0 {
		rest = min(rest, length)
	}
	return &body{ctx: ctx, key: key, file: file, offset: offset, rest: rest}, info, nil
}

// Stat describes the object's file.
func (s *Store) Stat(ctx context.Context, key string) (storage.Info, error) {
	file, info, err := s.open(ctx, key)
	if err != nil {
		return storage.Info{}, failed("stat", key, err)
	}
	_ = file.Close() // It was open for reading.
	return info, nil
}

// open opens the object's file and describes it, if it is as long as it should
// be.
func (s *Store) open(ctx context.Context, key string) (*os.File, storage.Info, error) {
	if err := check(ctx, key); err != nil {
		return nil, storage.Info{}, err
	}
	file, err := s.openFile(key)
	if err != nil {
		return nil, storage.Info{}, err
	}
	info, err := s.examine(key, file)
	if err != nil {
		_ = file.Close()
	}
	return file, info, err
}

// examine describes an open file, and compares it with its record.
func (s *Store) examine(key string, file *os.File) (storage.Info, error) {
	stat, err := file.Stat()
	if err != nil {
		return storage.Info{}, err
	}
	if !stat.Mode().IsRegular() {
		return storage.Info{}, fs.ErrNotExist
	}
	info := describe(key, stat)
	if !s.checks {
		return info, nil
	}
	record, err := readRecord(file)
	if err != nil {
		return storage.Info{}, err
	}
	size, checksum, err := storage.ParseRecord(key, record)
	if err == nil && size != info.Size {
		err = fmt.Errorf("%w: it has %d bytes, stored were %d", storage.ErrDamaged, info.Size, size)
	}
	if err != nil {
		return storage.Info{}, err
	}
	info.Checksum = checksum
	return info, nil
}

func describe(key string, info fs.FileInfo) storage.Info {
	return storage.Info{Key: key, Size: info.Size(), Modified: info.ModTime()}
}

// body reads a range of an open file, all of which is there, until its context
// ends.
type body struct {
	ctx          context.Context //nolint:containedctx // io.Reader has no ctx parameter; Get's governs its reader
	key          string
	file         *os.File
	offset, rest int64
}

// Read reads on, or fails if the context of the Get has ended.
func (b *body) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, failed("read", b.key, err)
	}
	if b.rest == 0 {
		return 0, io.EOF
	}
	n, err := b.file.ReadAt(p[:min(int64(len(p)), b.rest)], b.offset)
	b.offset += int64(n)
	b.rest -= int64(n)
	switch {
	case err == nil:
		return n, nil
	case errors.Is(err, io.EOF): // Somebody has cut the file since the Get.
		err = fmt.Errorf("%w: %d bytes are missing", storage.ErrDamaged, b.rest)
	}
	return n, failed("read", b.key, err)
}

// Close closes the file.
func (b *body) Close() error { return b.file.Close() }
