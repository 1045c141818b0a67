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
// behind, invisible, until [Store.AbortAbandoned] removes them.
//
// A server's word that an upload is complete is not enough: versitygw 1.8 gives
// it for uploads that were aborted, if there is an object under the key. So every
// upload has a random token in its metadata, and Put looks what is stored before
// and after.
//
// Compose is such an upload as well, of which the server copies the parts: from 5 MiB on,
// which every part but the last must have. What is smaller is read, joined with what comes next, and
// sent. The upload is begun with checksums (CRC32C, FULL_OBJECT), so that the server adds up
// what it copies and says the sum of each part, which is compared before the upload is completed. It is
// completed with "If-None-Match: *". A server that refuses any of this (501, 400, no
// checksum), or has copied something else, is sent all bytes instead.
//
// Create is a PUT with "If-None-Match: *". minio-go repeats requests that fail
// on the way, and one whose answer was lost has stored the object: the repetition
// is then told that the object exists. So every Create signs its object with a
// random token in the metadata, and one that was repeated and refused looks whose
// token is there.
//
// # Damage
//
// The record of an object's length and checksum ([storage.Sum]) is in the
// metadata field Mandelfarm-Sum, which GET and HEAD answer with. An upload in
// parts begins before either is known, and S3 does not let metadata be added: its
// record is an object of its own, "sums~/<key>/<token>", named by the token in
// the metadata field Mandelfarm-Upload. It is stored before the upload is
// completed, read once by every process (the last thousand are remembered), and
// no key of ours. Deleting or replacing an object leaves its record behind, so
// that who has just found the object finds the record as well; AbortAbandoned
// removes those of a day ago.
//
// S3's own checksums of whole objects (x-amz-checksum-crc32c, FULL_OBJECT) would
// need no second object, and work with versitygw 1.8. But no server records the
// length, so that only reading it shows that a large object was cut; some have no
// such checksums; and none binds them to a key.
//
// # A full or read-only server
//
// 507 and QuotaExceeded are [storage.ErrNoSpace]; AccessDenied and
// MethodNotAllowed, in answer to a change, are [storage.ErrReadOnly]. Other
// servers may say InternalError, as versitygw does when its disk turns read-only;
// [Store.Ping] fails all the same.
//
// # Costs
//
// Every method is one round trip, with these exceptions: multipart uploads, five
// and one for each part; Compose, one more, and as many as there are small objects to
// be read; the first Get or Stat of what they stored, one more; a
// range that starts past the end, or is empty, takes a second to learn the size; a
// Delete of many keys takes one per 1000; List takes one to see whether there is
// anything, one for the first 64 objects and one per 1000 after that; a
// repeated Create takes one more; Ping takes two at most every 30 seconds. No
// bucket location is ever looked up, since the region is given. Connections are
// kept, up to 256 idle ones: a server that closes them after each answer
// (versitygw does without --keep-alive) costs a TCP handshake every time.
// BenchmarkPut and BenchmarkGet measure all this.
//
// A Put holds at most its object or 64 MiB, whichever is less, a Compose 30 MiB as long
// as the object is below 50 GiB. Retries of a
// request, at most four with at most a second between, are minio-go's.
//
// # Keys
//
// Keys go to the bucket as they are, below [Config].Prefix if there is one, of which
// nothing but the names of objects tells: a farm may be moved to another prefix. Objects under names that are no keys of ours
// ([storage.ValidKey]) are never listed, be they others' or the two kinds this
// package puts there: "sums~/..." and "probe~", which Ping stores and removes. An
// object that others put there under a key of ours has no record and is damaged. A
// key below another key is refused by servers that keep files in folders; AWS,
// which has no folders, would take it.
package s3

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/minio/minio-go/v7"

	"mandelfarm/storage"
)

// maxTries is how often a request is sent before its failure is reported. With
// minio-go's waits (at most 0.2, 0.4, 0.8 and 1 s, half of that on average) a
// server that is down is reported after about a second, and one that restarts
// is often survived; callers with more patience retry whole operations.
const maxTries = 4

// Store is a bucket. It implements [storage.Store].
type Store struct {
	transport *http.Transport
	bucket    *bucket
	// uploads is what is known of objects stored in parts, swept how far the sweep
	// of what was stored beside them has come.
	uploads knownSums
	swept   cursor
	// buffers are of [partSize] bytes, for the parts of uploads.
	buffers sync.Pool
	// written is when an object was last stored.
	written freshness
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
	if err := s.bucket.ensure(ctx); err != nil {
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
		Creds:        cfg.credentials(),
		Secure:       endpoint.Scheme == "https",
		Region:       cfg.Region,
		Transport:    countTries{transport},
		BucketLookup: cfg.lookup(),
		MaxRetries:   maxTries,
	})
	if err != nil {
		return nil, fmt.Errorf("storage: connect to %s: %w", cfg.Endpoint, err)
	}
	encryption, err := cfg.encryption()
	if err != nil {
		return nil, err
	}
	b := &bucket{core: core, name: cfg.Bucket, region: cfg.Region, encryption: encryption}
	if cfg.Prefix != "" {
		b.prefix = cfg.Prefix + "/"
	}
	return &Store{transport: transport, bucket: b, written: freshness{began: time.Now()}}, nil
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

// Close closes the idle connections. Those in use close when they are done.
func (s *Store) Close() error {
	s.transport.CloseIdleConnections()
	return nil
}

// check is what every operation on a key begins with.
func check(ctx context.Context, key string) error {
	if err := storage.ValidKey(key); err != nil {
		return err
	}
	return ctx.Err()
}
