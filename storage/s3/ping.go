package s3

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/minio/minio-go/v7"
)

const (
	// probeName is the object that Ping stores and removes. All processes use the
	// one name, so none leaves another's behind; '~' is no key byte.
	probeName = "probe~"

	// probeSize is its size in bytes: a block of most file systems, since one that
	// is full still has room for an empty object.
	probeSize = 4 << 10

	// probeEvery is how long a stored object proves that others can be stored.
	// Probes of readiness come every few seconds from every process, and servers
	// charge for what is stored.
	probeEvery = 30 * time.Second
)

// Ping returns nil if the server answers, accepts the credentials, has the bucket
// and can store objects: the store is ready. It stores and removes one, unless
// this Store has stored something in the last 30 seconds, and nothing it tried to
// store since has failed; then it only asks for the bucket. That is two round
// trips or one, or several with pauses if it fails; ctx is the limit.
func (s *Store) Ping(ctx context.Context) error {
	ping := s.probe
	if s.written.within(probeEvery) {
		ping = s.bucket.ping
	}
	if err := ping(ctx); err != nil {
		return fmt.Errorf("storage: ping bucket %s: %w", s.bucket.name, err)
	}
	return nil
}

func (s *Store) probe(ctx context.Context) error {
	if err := s.putBytes(ctx, probeName, make([]byte, probeSize), minio.PutObjectOptions{}); err != nil {
		return err
	}
	return deleted(probeName, s.bucket.RemoveObject(ctx, probeName, minio.RemoveObjectOptions{}))
}

// freshness is when something last happened, by a clock that nobody sets.
type freshness struct {
	began time.Time
	last  atomic.Int64 // nanoseconds since began, 0 for never
}

func (f *freshness) now()    { f.last.Store(max(int64(time.Since(f.began)), 1)) }
func (f *freshness) forget() { f.last.Store(0) }

// within reports whether it happened in the last period.
func (f *freshness) within(period time.Duration) bool {
	last := f.last.Load()
	return last > 0 && time.Since(f.began)-time.Duration(last) < period
}
