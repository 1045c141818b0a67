package s3

import (
	"context"
	"errors"
	"time"
)

// AbortAbandoned aborts the uploads that began before a time and were neither
// completed nor aborted: their writers have died, and the server keeps the parts
// until somebody says so.
func (s *Store) AbortAbandoned(ctx context.Context, before time.Time) error {
	const page = 1000
	var errs []error
	var key, id string
	for {
		uploads, err := s.core.ListMultipartUploads(ctx, s.bucket, "", key, id, "", page)
		if err != nil {
			return errors.Join(append(errs, failed("list uploads", "", err))...)
		}
		for _, u := range uploads.Uploads {
			if u.Initiated.After(before) {
				continue
			}
			if err := s.core.AbortMultipartUpload(ctx, s.bucket, u.Key, u.UploadID); err != nil {
				errs = append(errs, failed("abort upload", u.Key, err))
			}
		}
		if !uploads.IsTruncated {
			return errors.Join(errs...)
		}
		key, id = uploads.NextKeyMarker, uploads.NextUploadIDMarker
	}
}
