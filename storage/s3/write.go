package s3

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"sync/atomic"

	"github.com/minio/minio-go/v7"

	"mandelfarm/storage"
)

// maxSingle is the size in bytes of the largest object that Put stores with one
// request. It is read into memory first, so it bounds what a Put may hold without
// need; an upload in parts costs two requests more, which are nothing beside the
// transfer of 8 MiB.
const maxSingle = 8 << 20

// creatorField is the metadata field in which Create leaves its token.
const creatorField = "Mandelfarm-Creator"

// Put stores what r yields, in one request if it is at most 8 MiB.
func (s *Store) Put(ctx context.Context, key, contentType string, r io.Reader) error {
	if err := s.put(ctx, key, contentType, r); err != nil {
		return failed("put", key, err)
	}
	return nil
}

func (s *Store) put(ctx context.Context, key, contentType string, r io.Reader) error {
	if err := check(ctx, key); err != nil {
		return err
	}
	head, err := readHead(&obedient{ctx, r})
	if err != nil {
		return err
	}
	opts := minio.PutObjectOptions{ContentType: contentType}
	if len(head) <= maxSingle {
		return s.putSmall(ctx, key, head, opts)
	}
	return s.noteWrite(s.putParts(ctx, key, io.MultiReader(bytes.NewReader(head), &obedient{ctx, r}), opts, terms{}))
}

// readHead returns all of r, or the first bytes of it, more than maxSingle. It
// holds no more than about twice what r yields.
func readHead(r io.Reader) ([]byte, error) {
	var head bytes.Buffer
	_, err := io.Copy(&head, io.LimitReader(r, maxSingle+1))
	return head.Bytes(), err
}

// putSmall stores data, and its record in its metadata, with one request.
func (s *Store) putSmall(ctx context.Context, key string, data []byte, opts minio.PutObjectOptions) error {
	var sum storage.Sum
	_, _ = sum.Write(data) // never fails
	if opts.UserMetadata == nil {
		opts.UserMetadata = make(map[string]string)
	}
	opts.UserMetadata[sumField] = sum.Record(key)
	return s.putBytes(ctx, key, data, opts)
}

// putBytes stores data with one request, whose signature covers the data: the
// server refuses what was damaged on the way.
func (s *Store) putBytes(ctx context.Context, name string, data []byte, opts minio.PutObjectOptions) error {
	// Else minio-go would send the data in chunks with a signature each.
	opts.DisableContentSha256 = true
	var err error
	for try := 1; ; try++ {
		_, err = s.bucket.PutObject(ctx, name, bytes.NewReader(data), int64(len(data)), "", sha256Hex(data), opts)
		if try == folderTries || minio.ToErrorResponse(err).Code != folderInTheWay {
			break
		}
	}
	return s.noteWrite(unwritable(err))
}

// noteWrite notes the outcome of a write, for Ping.
func (s *Store) noteWrite(err error) error {
	if err == nil {
		s.written.now()
	} else {
		s.written.forget()
	}
	return err
}

// A server that keeps objects in folders (versitygw) may answer so when somebody
// else deletes the last object beside this one at the same moment. It is over at
// once; where a folder really is in the way, the last answer counts.
const (
	folderInTheWay = "ExistingObjectIsDirectory"
	folderTries    = 4
)

func sha256Hex(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Create stores data on the condition that nothing is there.
func (s *Store) Create(ctx context.Context, key, contentType string, data []byte) error {
	if err := s.create(ctx, key, contentType, data); err != nil {
		return failed("create", key, err)
	}
	return nil
}

func (s *Store) create(ctx context.Context, key, contentType string, data []byte) error {
	if err := check(ctx, key); err != nil {
		return err
	}
	token := rand.Text()
	opts := minio.PutObjectOptions{
		ContentType:  contentType,
		UserMetadata: map[string]string{creatorField: token},
	}
	opts.SetMatchETagExcept("*")

	var tries atomic.Int32
	err := s.putSmall(context.WithValue(ctx, triesKey{}, &tries), key, data, opts)
	if tries.Load() > 1 && errors.Is(failed("create", key, err), storage.ErrExists) {
		return s.settle(ctx, key, token, err)
	}
	return err
}

// settle decides a Create that was sent more than once and refused in the end
// with err: the first time may have stored the object. The token tells.
func (s *Store) settle(ctx context.Context, key, token string, err error) error {
	info, statErr := s.bucket.StatObject(ctx, key, minio.StatObjectOptions{})
	if statErr != nil {
		return statErr
	}
	if info.UserMetadata[creatorField] == token {
		return nil
	}
	return err
}

// triesKey is the context key of a request's counter of tries.
type triesKey struct{}

// countTries counts the times a request is sent, if its context has a counter.
type countTries struct{ http.RoundTripper }

// RoundTrip counts and passes on.
func (c countTries) RoundTrip(req *http.Request) (*http.Response, error) {
	if tries, ok := req.Context().Value(triesKey{}).(*atomic.Int32); ok {
		tries.Add(1)
	}
	return c.RoundTripper.RoundTrip(req)
}

// obedient is a reader that fails when its context has ended.
type obedient struct {
	ctx context.Context //nolint:containedctx // io.Reader has no ctx parameter; it lives as long as one Put
	r   io.Reader
}

// Read reads on, or fails if the context has ended.
func (o *obedient) Read(p []byte) (int, error) {
	if err := o.ctx.Err(); err != nil {
		return 0, err
	}
	return o.r.Read(p)
}

// Delete removes the objects, a thousand per request.
func (s *Store) Delete(ctx context.Context, keys ...string) error {
	for _, key := range keys {
		if err := storage.ValidKey(key); err != nil {
			return failed("delete", key, err)
		}
	}
	switch len(keys) {
	case 0:
		return nil
	case 1:
		return deleted(keys[0], s.bucket.RemoveObject(ctx, keys[0], minio.RemoveObjectOptions{}))
	}
	return s.deleteMany(ctx, keys)
}

func (s *Store) deleteMany(ctx context.Context, keys []string) error {
	objects := func(yield func(minio.ObjectInfo) bool) {
		for _, key := range keys {
			if !yield(minio.ObjectInfo{Key: key}) {
				return
			}
		}
	}
	results, err := s.bucket.RemoveObjectsWithIter(ctx, objects, minio.RemoveObjectsOptions{})
	if err != nil {
		return failed("delete", keys[0], unwritable(err))
	}
	for result := range results {
		if err := deleted(result.ObjectName, result.Err); err != nil {
			return err
		}
	}
	// minio-go ends the results without a word when ctx ends between requests.
	if err := ctx.Err(); err != nil {
		return failed("delete", keys[0], err)
	}
	return nil
}

// deleted is the outcome for a key: absent before is as good as removed.
func deleted(key string, err error) error {
	if err == nil || missing(err) {
		return nil
	}
	return failed("delete", key, unwritable(err))
}
