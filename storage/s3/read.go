package s3

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strconv"
	"strings"

	"github.com/minio/minio-go/v7"

	"mandelfarm/storage"
)

// Get asks for a range with one request, whose answer has body and size.
func (s *Store) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, storage.Info, error) {
	body, info, err := s.get(ctx, key, offset, length)
	if err != nil {
		return nil, storage.Info{}, failed("get", key, err)
	}
	if offset == 0 && length < 0 {
		return storage.Checked(&reader{body: body, key: key}, info), info, nil
	}
	return &reader{body: body, key: key}, info, nil
}

func (s *Store) get(ctx context.Context, key string, offset, length int64) (body io.ReadCloser, info storage.Info, err error) {
	if err := check(ctx, key); err != nil {
		return nil, storage.Info{}, err
	}
	opts, err := rangeOptions(offset, length)
	if err != nil {
		return nil, storage.Info{}, err
	}
	if length == 0 {
		return s.empty(ctx, key)
	}
	body, object, header, err := s.bucket.GetObject(ctx, key, opts)
	if minio.ToErrorResponse(err).Code == minio.InvalidRange {
		return s.empty(ctx, key)
	}
	if err != nil {
		return nil, storage.Info{}, err
	}
	size, err := wholeSize(object, header)
	if err == nil {
		info, err = s.describe(ctx, key, size, &object)
	}
	if err != nil {
		_ = body.Close()
	}
	return body, info, err
}

// rangeOptions asks for [offset, offset+length), or for all from offset on if
// length is negative. It asks for no range if that is the whole object, since
// there is none in an empty one.
func rangeOptions(offset, length int64) (opts minio.GetObjectOptions, err error) {
	switch {
	case offset < 0:
		return opts, fmt.Errorf("negative offset %d", offset)
	case length > 0:
		err = opts.SetRange(offset, offset+length-1)
	case length < 0 && offset > 0:
		err = opts.SetRange(offset, 0)
	}
	return opts, err
}

// empty is the answer to a Get of no bytes: HTTP has no range for it.
func (s *Store) empty(ctx context.Context, key string) (io.ReadCloser, storage.Info, error) {
	info, err := s.stat(ctx, key)
	return http.NoBody, info, err
}

// wholeSize returns the size of the whole object from an answer that may hold a
// part: "Content-Range: bytes 0-9/1234" has it.
func wholeSize(object minio.ObjectInfo, header http.Header) (int64, error) {
	contentRange := header.Get("Content-Range")
	if contentRange == "" {
		return object.Size, nil
	}
	_, total, _ := strings.Cut(contentRange, "/")
	size, err := strconv.ParseInt(total, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("the server's Content-Range is %q", contentRange)
	}
	return size, nil
}

// reader is the body of a Get, with errors that say so.
type reader struct {
	body io.ReadCloser
	key  string
}

// Read reads on. A connection that breaks before the announced length is
// io.ErrUnexpectedEOF, as net/http sees to.
func (r *reader) Read(p []byte) (int, error) {
	n, err := r.body.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = failed("read", r.key, err)
	}
	return n, err
}

// Close lets go of the connection, which serves again if everything was read.
func (r *reader) Close() error { return r.body.Close() }

// Stat asks for the head of the object.
func (s *Store) Stat(ctx context.Context, key string) (storage.Info, error) {
	info, err := s.stat(ctx, key)
	if err != nil {
		return storage.Info{}, failed("stat", key, err)
	}
	return info, nil
}

func (s *Store) stat(ctx context.Context, key string) (storage.Info, error) {
	if err := check(ctx, key); err != nil {
		return storage.Info{}, err
	}
	object, err := s.bucket.StatObject(ctx, key, minio.StatObjectOptions{})
	if err != nil {
		return storage.Info{}, err
	}
	return s.describe(ctx, key, object.Size, &object)
}

// The pages of a listing grow: most listings are left after their first names, and a server looks at every object that it names.
const (
	firstPage = 64
	laterPage = 1000
)

// List asks for a page of objects at a time, after it has made sure that there is any: a server that keeps files walks through
// all of the bucket for a folder that it does not have.
func (s *Store) List(ctx context.Context, prefix, after string) iter.Seq2[storage.Info, error] {
	return func(yield func(storage.Info, error) bool) {
		if err := errors.Join(storage.ValidPrefix(prefix), storage.ValidPrefix(after)); err != nil {
			yield(storage.Info{}, failed("list", prefix, err))
			return
		}
		some, err := s.hasAny(ctx, prefix)
		for page := firstPage; some && err == nil; page = laterPage {
			if after, err = s.listPage(ctx, prefix, after, page, yield); after == "" && err == nil {
				return
			}
		}
		// minio-go ends the sequence without a word when ctx ends between pages.
		if err = cmp.Or(err, ctx.Err()); err != nil && !errors.Is(err, errEnough) {
			yield(storage.Info{}, failed("list", prefix, err))
		}
	}
}

// errEnough ends a listing whose consumer has seen enough.
var errEnough = errors.New("enough")

// hasAny reports whether any object begins with prefix.
func (s *Store) hasAny(ctx context.Context, prefix string) (bool, error) {
	if !strings.Contains(prefix, "/") {
		return true, nil // there is no folder to be missed
	}
	next, stop := iter.Pull(s.bucket.ListObjectsIter(ctx, minio.ListObjectsOptions{Prefix: prefix, MaxKeys: 1, FetchOwner: new(bool)}))
	defer stop()
	object, ok := next()
	return ok && object.Err == nil, object.Err
}

// listPage yields one page of objects, and returns the name of its last if others may follow.
func (s *Store) listPage(ctx context.Context, prefix, after string, size int, yield func(storage.Info, error) bool) (last string, err error) {
	opts := minio.ListObjectsOptions{Prefix: prefix, StartAfter: after, Recursive: true, MaxKeys: size, FetchOwner: new(bool)}
	n := 0
	for object := range s.bucket.ListObjectsIter(ctx, opts) {
		if object.Err != nil {
			return "", object.Err
		}
		info := storage.Info{Key: object.Key, Size: object.Size, Modified: object.LastModified}
		if storage.ValidKey(info.Key) == nil && !yield(info, nil) {
			return "", errEnough
		}
		if n++; n == size {
			return object.Key, nil
		}
	}
	return "", ctx.Err()
}
