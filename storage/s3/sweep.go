package s3

import (
	"context"
	"errors"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/minio/minio-go/v7"
)

// AbortAbandoned aborts the uploads that began before a time and were neither
// completed nor aborted: their writers have died, and the server keeps the parts
// until somebody says so. It also removes records of objects stored in parts that
// are as old, and whose object was replaced or deleted since. A day ago is a good
// time: a large object may take hours to store.
func (s *Store) AbortAbandoned(ctx context.Context, before time.Time) error {
	return errors.Join(s.abortUploads(ctx, before), s.sweepSums(ctx, before))
}

func (s *Store) abortUploads(ctx context.Context, before time.Time) error {
	const page = 1000
	var errs []error
	var key, id string
	for {
		uploads, err := s.bucket.ListMultipartUploads(ctx, key, id, page)
		if err != nil {
			return errors.Join(append(errs, failed("list uploads", "", err))...)
		}
		for _, u := range uploads.Uploads {
			if u.Initiated.After(before) {
				continue
			}
			if err := s.bucket.AbortMultipartUpload(ctx, u.Key, u.UploadID); err != nil {
				errs = append(errs, failed("abort upload", u.Key, err))
			}
		}
		if !uploads.IsTruncated {
			return errors.Join(errs...)
		}
		key, id = uploads.NextKeyMarker, uploads.NextUploadIDMarker
	}
}

// sumsAtOnce bounds the records that one call looks at, a request for each: a
// record too many does no harm, and the next calls go on where this one ended.
const sumsAtOnce = 100

// cursor is the name after which the next sweep begins, and the right to sweep.
type cursor struct {
	mu   sync.Mutex
	name string
}

// sweepSums removes records of before a time whose objects are gone.
func (s *Store) sweepSums(ctx context.Context, before time.Time) error {
	s.swept.mu.Lock()
	defer s.swept.mu.Unlock()
	opts := minio.ListObjectsOptions{Prefix: sumPrefix, StartAfter: s.swept.name, Recursive: true, FetchOwner: new(bool)}
	looked := 0
	for object := range s.bucket.ListObjectsIter(ctx, opts) {
		if object.Err != nil {
			return failed("list", sumPrefix, object.Err)
		}
		if object.LastModified.After(before) {
			continue
		}
		if looked++; looked > sumsAtOnce {
			return nil
		}
		if err := s.sweepSum(ctx, object.Key); err != nil {
			return err
		}
		s.swept.name = object.Key
	}
	s.swept.name = ""
	return ctx.Err()
}

// sweepSum removes the record if the object under its key is another upload's.
func (s *Store) sweepSum(ctx context.Context, name string) error {
	key, token := path.Split(strings.TrimPrefix(name, sumPrefix))
	key = strings.TrimSuffix(key, "/")
	now, err := s.state(ctx, key)
	if err != nil {
		return failed("stat", key, err)
	}
	if now.token == token {
		return nil
	}
	return deleted(name, s.bucket.RemoveObject(ctx, name, minio.RemoveObjectOptions{}))
}
