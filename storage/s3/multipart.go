package s3

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/minio/minio-go/v7"
	"golang.org/x/sync/errgroup"

	"mandelfarm/storage"
)

const (
	// partSize is the size in bytes of every part but the last. S3 allows
	// 10,000 parts, so an object may have 156 GiB: a poster of a terapixel.
	partSize = 16 << 20
	maxParts = 10_000

	// partsAtOnce is how many parts are under way while the next one is read.
	// Three hide the round trips of a server 50 ms away at 1 GB/s, and with the
	// part being read take 64 MiB.
	partsAtOnce = 3

	// abortLimit bounds the request that clears up after a failed upload, which
	// must not wait for the context that failed it.
	abortLimit = 10 * time.Second
)

// errNotStored says that the server claims to have stored an object and has not.
var errNotStored = errors.New("the server said that the upload is complete, but has not stored it")

// putParts stores what r yields as a multipart upload. It completes the upload
// only after r has ended well, and otherwise aborts it.
func (s *Store) putParts(ctx context.Context, key string, r io.Reader, opts minio.PutObjectOptions, terms terms) error {
	return s.upload(ctx, key, opts, terms, func(id string) ([]minio.CompletePart, storage.Sum, error) {
		var sum storage.Sum
		parts, err := s.sendParts(ctx, key, id, io.TeeReader(r, &sum))
		return parts, sum, err
	})
}

// terms are on what condition an upload is completed, and what it is to be.
type terms struct {
	create bool // if nothing is there
	// checked has the server compare the checksums of the parts and of the whole with those
	// that it is told. The upload was begun so.
	checked bool
}

// upload stores an object as a multipart upload: send sends the parts of the upload with
// an ID, and returns them with the sum of the whole. It completes the upload only after
// that, and otherwise aborts it.
func (s *Store) upload(ctx context.Context, key string, opts minio.PutObjectOptions, terms terms,
	send func(id string) ([]minio.CompletePart, storage.Sum, error),
) error {
	token := rand.Text()
	opts.UserMetadata = map[string]string{uploadField: token}
	if terms.checked {
		opts.UserMetadata[checksumAlgorithm], opts.UserMetadata[checksumType] = "CRC32C", ofTheWhole
	}
	id, err := s.bucket.NewMultipartUpload(ctx, key, opts)
	if err != nil {
		return unwritable(err)
	}
	parts, sum, err := send(id)
	if err == nil {
		// Whatever comes of it, the record stays: the object may be there after all.
		err = s.putBytes(ctx, sumName(key, token), []byte(sum.Record(key)), minio.PutObjectOptions{})
	}
	if err == nil {
		err = s.complete(ctx, key, id, parts, terms.options(sum), state{token: token, size: sum.Size()})
	}
	if err != nil {
		s.abort(ctx, key, id)
	}
	return err
}

// options is what the request says that completes an upload of this sum.
func (t terms) options(sum storage.Sum) (opts minio.PutObjectOptions) {
	if t.create {
		opts.SetMatchETagExcept("*")
	}
	if t.checked {
		opts.UserMetadata = map[string]string{checksumType: ofTheWhole, checksumCRC32C: string(sum.Checksum())}
	}
	return opts
}

// complete completes the upload, and looks whether that has stored the object:
// a server may answer that it has when somebody has aborted the upload, and
// another object is there (versitygw 1.8 does). If neither what was there before
// is there now nor what should be, somebody else has stored or deleted the object
// in the meantime, which may as well have come after. And one that was stored may be
// refused, because the request was sent again after its answer was lost.
func (s *Store) complete(ctx context.Context, key, id string, parts []minio.CompletePart, opts minio.PutObjectOptions, want state) error {
	before, err := s.state(ctx, key)
	if err != nil {
		return err
	}
	_, refused := s.bucket.CompleteMultipartUpload(ctx, key, id, parts, opts)
	if refused != nil && !conflicts(refused) {
		return unwritable(refused)
	}
	after, err := s.state(ctx, key)
	switch {
	case err != nil:
		return err
	case after.token == want.token && after.size != want.size:
		return fmt.Errorf("%w: of %d bytes it has %d", errNotStored, want.size, after.size)
	case after.token == want.token:
		return nil
	case refused != nil:
		return refused
	case after == before:
		return errNotStored
	}
	return nil
}

// state is what tells an object from others that were stored under its key.
type state struct {
	token    string // of the upload that stored it
	size     int64
	etag     string
	modified time.Time
}

// state returns that of the object under key, the zero one if there is none.
func (s *Store) state(ctx context.Context, key string) (state, error) {
	object, err := s.bucket.StatObject(ctx, key, minio.StatObjectOptions{})
	if missing(err) {
		return state{}, nil
	}
	if err != nil {
		return state{}, err
	}
	return state{object.UserMetadata[uploadField], object.Size, object.ETag, object.LastModified.UTC()}, nil
}

// abort has the server forget the parts. It is best effort: what the caller
// needs to hear is why the upload failed.
func (s *Store) abort(ctx context.Context, key, id string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortLimit)
	defer cancel()
	_ = s.bucket.AbortMultipartUpload(ctx, key, id)
}

// sendParts uploads r part by part, and returns when all are done or one has
// failed and none is under way.
func (s *Store) sendParts(ctx context.Context, key, id string, r io.Reader) ([]minio.CompletePart, error) {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(partsAtOnce)
	var done partList
	readErr := s.eachPart(ctx, r, func(number int, part []byte, release func()) {
		group.Go(func() error {
			defer release()
			sent, err := s.bucket.PutObjectPart(ctx, key, id, number, bytes.NewReader(part), int64(len(part)),
				minio.PutObjectPartOptions{Sha256Hex: sha256Hex(part), DisableContentSha256: true})
			if err != nil {
				return fmt.Errorf("part %d: %w", number, unwritable(err))
			}
			done.add(minio.CompletePart{PartNumber: number, ETag: sent.ETag})
			return nil
		})
	})
	// A part that failed ends ctx, which ends the reading: its error is first.
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return done.sorted(), readErr
}

// eachPart cuts r into parts of partSize, the last one shorter, and hands each to
// send with a function to call when its memory may be used again.
func (s *Store) eachPart(ctx context.Context, r io.Reader, send func(number int, part []byte, release func())) error {
	for number := 1; number <= maxParts; number++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		buffer, ok := s.buffers.Get().(*[partSize]byte)
		if !ok {
			buffer = new([partSize]byte)
		}
		n, err := fill(r, buffer[:])
		ended := errors.Is(err, io.EOF)
		if err != nil && !ended {
			return err
		}
		if n > 0 {
			send(number, buffer[:n], func() { s.buffers.Put(buffer) })
		}
		if ended {
			return nil
		}
	}
	return fmt.Errorf("object exceeds %d parts of %d bytes", maxParts, partSize)
}

// fill reads until p is full or r ends. io.ReadFull would not do: it reports an
// end within p as io.ErrUnexpectedEOF, which is also how a download that broke
// off fails, and that must not pass for the end of the object.
func fill(r io.Reader, p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var m int
		m, err = r.Read(p[n:])
		n += m
	}
	return n, err
}

// partList collects the parts as they are done, in any order.
type partList struct {
	mu    sync.Mutex
	parts []minio.CompletePart
}

func (l *partList) add(part minio.CompletePart) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.parts = append(l.parts, part)
}

func (l *partList) sorted() []minio.CompletePart {
	slices.SortFunc(l.parts, func(a, b minio.CompletePart) int { return a.PartNumber - b.PartNumber })
	return l.parts
}
