// Package s3 keeps objects in a bucket of an S3-compatible server: versitygw,
// AWS, Ceph, R2, MinIO. It is the store of a farm on many machines, and the only
// package that imports minio-go.
//
// # How the guarantees are met
//
// An S3 PUT is atomic and durable by definition, so Put is one request if the
// object is small (at most 8 MiB, which is read before the request begins, so
// that a failing reader costs nothing) and a multipart upload if not: 16 MiB
// parts, three under way at a time, aborted on any failure. Nothing is visible
// before the upload is completed. A process killed in mid-upload leaves its parts
// behind, invisible; a bucket lifecycle rule is the place to expire them.
//
// Create is a PUT with "If-None-Match: *". minio-go repeats requests that fail
// on the way, and one whose answer was lost has stored the object: the repetition
// is then told that the object exists. So every Create signs its object with a
// random token in the metadata, and one that was repeated and refused looks whose
// token is there.
//
// # Costs
//
// Every method is one round trip, with these exceptions: multipart uploads; a
// range that starts past the end, or is empty, takes a second to learn the size; a
// Delete of many keys takes one per 1000; List takes one per 1000 objects; a
// repeated Create takes one more. No bucket location is ever looked up, since the
// region is given. Connections are kept, up to 256 idle ones: a server that closes
// them after each answer (versitygw does without --keep-alive) costs a TCP
// handshake every time. BenchmarkPut and BenchmarkGet measure all this.
//
// A Put holds at most its object or 64 MiB, whichever is less. Retries of a
// request, at most four with at most a second between, are minio-go's.
//
// # Keys
//
// Keys go to the bucket as they are. Objects that others put there under names
// that are no keys of ours ([storage.ValidKey]) are never listed. A key below
// another key is refused by servers that keep files in folders; AWS, which has no
// folders, would take it.
package s3

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"mandelfarm/storage"
)

// maxTries is how often a request is sent before its failure is reported. With
// minio-go's waits (at most 0.2, 0.4, 0.8 and 1 s, half of that on average) a
// server that is down is reported after about a second, and one that restarts
// is often survived; callers with more patience retry whole operations.
const maxTries = 4

// Store is a bucket. It implements [storage.Store].
type Store struct {
	core      *minio.Core
	transport *http.Transport
	bucket    string
	region    string
}

var _ storage.Store = (*Store)(nil)

// Open returns the store in the bucket that cfg names, and creates the bucket if
// it is absent. Processes may race to do so. It fails if cfg is not valid, the
// server cannot be reached or does not accept the credentials; it does not wait
// for a server that is starting. Close releases the store.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	s, err := connect(cfg)
	if err != nil {
		return nil, err
	}
	if err := s.ensureBucket(ctx); err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("storage: open bucket %s at %s: %w", cfg.Bucket, cfg.Endpoint, err)
	}
	return s, nil
}

// connect makes the client. It sends nothing.
func connect(cfg Config) (*Store, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	endpoint, err := url.Parse(cfg.Endpoint)
	if err != nil {
		return nil, err // Not reached: Validate has parsed it.
	}
	transport := newTransport()
	core, err := minio.NewCore(endpoint.Host, &minio.Options{
		Creds:      credentials.NewStaticV4(cfg.AccessKeyID, string(cfg.SecretAccessKey), ""),
		Secure:     endpoint.Scheme == "https",
		Region:     cfg.Region,
		Transport:  countTries{transport},
		MaxRetries: maxTries,
	})
	if err != nil {
		return nil, fmt.Errorf("storage: connect to %s: %w", cfg.Endpoint, err)
	}
	return &Store{core: core, transport: transport, bucket: cfg.Bucket, region: cfg.Region}, nil
}

// newTransport returns a transport for many small requests to one host. The
// timeouts bound what a dead peer costs; none bounds a transfer that makes
// progress, which is the context's business.
func newTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dialer.DialContext,
		MaxIdleConns:          256,
		MaxIdleConnsPerHost:   256,
		IdleConnTimeout:       time.Minute,
		TLSHandshakeTimeout:   5 * time.Second,
		ResponseHeaderTimeout: time.Minute,
		// PNG data does not compress again, and a decompressed answer would
		// have no length.
		DisableCompression: true,
	}
}

func (s *Store) ensureBucket(ctx context.Context) error {
	found, err := s.core.BucketExists(ctx, s.bucket)
	if err != nil || found {
		return err
	}
	err = s.core.MakeBucket(ctx, s.bucket, minio.MakeBucketOptions{Region: s.region})
	switch minio.ToErrorResponse(err).Code {
	case minio.BucketAlreadyOwnedByYou, minio.BucketAlreadyExists:
		// Another process was faster. If it is not ours to use, this tells.
		return s.Ping(ctx)
	}
	return err
}

// Ping returns nil if the server answers, accepts the credentials and has the
// bucket: the store is ready. It is one round trip, or several with pauses if it
// fails; ctx is the limit.
func (s *Store) Ping(ctx context.Context) error {
	found, err := s.core.BucketExists(ctx, s.bucket)
	if err == nil && !found {
		err = errors.New("bucket does not exist")
	}
	if err != nil {
		return fmt.Errorf("storage: ping bucket %s: %w", s.bucket, err)
	}
	return nil
}

// Close closes the idle connections. Those in use close when they are done.
func (s *Store) Close() error {
	s.transport.CloseIdleConnections()
	return nil
}

// failed is the one place where this package's errors are wrapped, and where S3
// codes become the store's sentinels.
func failed(op, key string, err error) error {
	switch minio.ToErrorResponse(err).Code {
	case minio.NoSuchKey, codeNotFound:
		err = storage.ErrNotFound
	case minio.PreconditionFailed, codeConditionalConflict:
		if op == "create" {
			err = storage.ErrExists
		}
	}
	return &storage.Error{Op: op, Key: key, Err: err}
}

const (
	// codeNotFound is what a HEAD, whose answer has no body, is given by some
	// servers.
	codeNotFound = "NotFound"
	// codeConditionalConflict is AWS's answer to a conditional write while
	// another one is under way on the key.
	codeConditionalConflict = "ConditionalRequestConflict"
)

// check is what every operation on a key begins with.
func check(ctx context.Context, key string) error {
	if err := storage.ValidKey(key); err != nil {
		return err
	}
	return ctx.Err()
}
