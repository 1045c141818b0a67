package s3

import (
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/encrypt"
)

// bucket is the part of a bucket that is the store's: what lies below a prefix. Its
// methods are those of [minio.Core], for names without the prefix, and encrypt what is
// stored as the bucket's owner wants it.
type bucket struct {
	core       *minio.Core
	name       string
	region     string
	prefix     string             // of all names, with a slash at its end; or nothing
	encryption encrypt.ServerSide // nil leaves it to the server
}

// ensure creates the bucket if it is absent.
func (b *bucket) ensure(ctx context.Context) error {
	if err := b.known(); err != nil {
		return err
	}
	found, err := b.core.BucketExists(ctx, b.name)
	if err != nil || found {
		return err
	}
	err = b.core.MakeBucket(ctx, b.name, minio.MakeBucketOptions{Region: b.region})
	switch minio.ToErrorResponse(err).Code {
	case minio.BucketAlreadyOwnedByYou, minio.BucketAlreadyExists:
		// Another process was faster. If it is not ours to use, this tells.
		return b.ping(ctx)
	}
	return err
}

// errNobody: requests would be those of a stranger.
var errNobody = errors.New("S3_CREDENTIALS is chain, and there are none: want AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, " +
	"a file of AWS_SHARED_CREDENTIALS_FILE, AWS_WEB_IDENTITY_TOKEN_FILE with AWS_ROLE_ARN, or a role of the container or machine")

// known reports credentials that are not found.
func (b *bucket) known() error {
	value, err := b.core.GetCreds()
	if err == nil && value.SignerType.IsAnonymous() {
		err = errNobody
	}
	return err
}

// ping reports whether the bucket is there.
func (b *bucket) ping(ctx context.Context) error {
	found, err := b.core.BucketExists(ctx, b.name)
	if err == nil && !found {
		err = errors.New("bucket does not exist")
	}
	return err
}

func (b *bucket) GetObject(ctx context.Context, name string, opts minio.GetObjectOptions) (io.ReadCloser, minio.ObjectInfo, http.Header, error) {
	return b.core.GetObject(ctx, b.name, b.prefix+name, opts)
}

func (b *bucket) StatObject(ctx context.Context, name string, opts minio.StatObjectOptions) (minio.ObjectInfo, error) {
	return b.core.StatObject(ctx, b.name, b.prefix+name, opts)
}

// ListObjectsIter lists names without the prefix.
func (b *bucket) ListObjectsIter(ctx context.Context, opts minio.ListObjectsOptions) iter.Seq[minio.ObjectInfo] {
	opts.Prefix = b.prefix + opts.Prefix
	if opts.StartAfter != "" {
		opts.StartAfter = b.prefix + opts.StartAfter
	}
	return func(yield func(minio.ObjectInfo) bool) {
		for object := range b.core.ListObjectsIter(ctx, b.name, opts) {
			object.Key = strings.TrimPrefix(object.Key, b.prefix)
			if !yield(object) {
				return
			}
		}
	}
}

func (b *bucket) PutObject(
	ctx context.Context, name string, data io.Reader, size int64, md5Base64, sha256Hex string, opts minio.PutObjectOptions,
) (minio.UploadInfo, error) {
	opts.ServerSideEncryption = b.encryption
	return b.core.PutObject(ctx, b.name, b.prefix+name, data, size, md5Base64, sha256Hex, opts)
}

func (b *bucket) RemoveObject(ctx context.Context, name string, opts minio.RemoveObjectOptions) error {
	return b.core.RemoveObject(ctx, b.name, b.prefix+name, opts)
}

// RemoveObjectsWithIter yields names without the prefix.
func (b *bucket) RemoveObjectsWithIter(
	ctx context.Context, objects iter.Seq[minio.ObjectInfo], opts minio.RemoveObjectsOptions,
) (iter.Seq[minio.RemoveObjectResult], error) {
	results, err := b.core.RemoveObjectsWithIter(ctx, b.name, func(yield func(minio.ObjectInfo) bool) {
		for object := range objects {
			object.Key = b.prefix + object.Key
			if !yield(object) {
				return
			}
		}
	}, opts)
	if err != nil {
		return nil, err
	}
	return func(yield func(minio.RemoveObjectResult) bool) {
		for result := range results {
			result.ObjectName = strings.TrimPrefix(result.ObjectName, b.prefix)
			if !yield(result) {
				return
			}
		}
	}, nil
}

func (b *bucket) NewMultipartUpload(ctx context.Context, name string, opts minio.PutObjectOptions) (string, error) {
	opts.ServerSideEncryption = b.encryption
	return b.core.NewMultipartUpload(ctx, b.name, b.prefix+name, opts)
}

func (b *bucket) PutObjectPart(
	ctx context.Context, name, id string, number int, data io.Reader, size int64, opts minio.PutObjectPartOptions,
) (minio.ObjectPart, error) {
	return b.core.PutObjectPart(ctx, b.name, b.prefix+name, id, number, data, size, opts)
}

// CopyObjectPart makes a part of some bytes of an object.
func (b *bucket) CopyObjectPart(
	ctx context.Context, source, name, id string, number int, offset, length int64,
) (minio.CompletePart, error) {
	return b.core.CopyObjectPart(ctx, b.name, b.prefix+source, b.name, b.prefix+name, id, number, offset, length, nil)
}

func (b *bucket) CompleteMultipartUpload(
	ctx context.Context, name, id string, parts []minio.CompletePart, opts minio.PutObjectOptions,
) (minio.UploadInfo, error) {
	return b.core.CompleteMultipartUpload(ctx, b.name, b.prefix+name, id, parts, opts)
}

func (b *bucket) AbortMultipartUpload(ctx context.Context, name, id string) error {
	return b.core.AbortMultipartUpload(ctx, b.name, b.prefix+name, id)
}

// ListMultipartUploads lists names without the prefix, from a marker on that has it.
func (b *bucket) ListMultipartUploads(ctx context.Context, marker, idMarker string, page int) (minio.ListMultipartUploadsResult, error) {
	result, err := b.core.ListMultipartUploads(ctx, b.name, b.prefix, marker, idMarker, "", page)
	for i := range result.Uploads {
		result.Uploads[i].Key = strings.TrimPrefix(result.Uploads[i].Key, b.prefix)
	}
	return result, err
}

func (b *bucket) PresignedGetObject(ctx context.Context, name string, validity time.Duration, query url.Values) (*url.URL, error) {
	return b.core.PresignedGetObject(ctx, b.name, b.prefix+name, validity, query)
}
