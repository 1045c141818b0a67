package s3

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/minio/minio-go/v7"

	"mandelfarm/storage"
)

// failed is the one place where this package's errors are wrapped, and where S3
// codes become the store's sentinels.
func failed(op, key string, err error) error {
	if missing(err) {
		err = storage.ErrNotFound
	}
	if conflicts(err) && (op == "create" || op == "compose") {
		err = storage.ErrExists
	}
	return &storage.Error{Op: op, Key: key, Err: err}
}

// conflicts reports whether err is the server's word that an object is there which must
// not be.
func conflicts(err error) bool {
	code := minio.ToErrorResponse(err).Code
	return code == minio.PreconditionFailed || code == codeConditionalConflict
}

// missing reports whether err is the server's word that there is no such object.
func missing(err error) bool {
	code := minio.ToErrorResponse(err).Code
	return code == minio.NoSuchKey || code == codeNotFound
}

const (
	// codeNotFound is what a HEAD, whose answer has no body, is given by some
	// servers.
	codeNotFound = "NotFound"
	// codeConditionalConflict is AWS's answer to a conditional write while
	// another one is under way on the key.
	codeConditionalConflict = "ConditionalRequestConflict"
	// codeQuota is what Ceph and versitygw answer when a quota is used up. A full
	// disk is the status 507, with a code that differs from server to server.
	codeQuota = "QuotaExceeded"
	// codeReadOnly is what versitygw answers where its folder is read-only.
	codeReadOnly = "MethodNotAllowed"
)

// unwritable adds to the error of a change the sentinel that says why the server
// takes none, if it says so.
func unwritable(err error) error {
	answer, ok := errors.AsType[minio.ErrorResponse](err)
	switch {
	case !ok:
		return err
	case answer.StatusCode == http.StatusInsufficientStorage, answer.Code == codeQuota:
		return fmt.Errorf("%w: %w", storage.ErrNoSpace, err)
	case answer.Code == minio.AccessDenied, answer.Code == codeReadOnly:
		return fmt.Errorf("%w: %w", storage.ErrReadOnly, err)
	}
	return err
}
