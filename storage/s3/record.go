package s3

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/minio/minio-go/v7"

	"mandelfarm/storage"
)

const (
	// sumField is the metadata field with the record of an object that was stored
	// with one request.
	sumField = "Mandelfarm-Sum"

	// uploadField is the metadata field with the token of the upload that stored
	// an object in parts, whose record is beside it. Metadata are given when an
	// upload begins.
	uploadField = "Mandelfarm-Upload"

	// sumPrefix is before the names of such records. '~' is no key byte.
	sumPrefix = "sums~/"

	// maxRecord is more than the bytes of any record.
	maxRecord = 128
)

// sumName names the record of the object that an upload with this token stores
// under key. Every upload has a record of its own, because the object and its
// record cannot be replaced in one step.
func sumName(key, token string) string { return sumPrefix + key + "/" + token }

// describe returns the Info of an object that is size bytes long now, if that is
// what its record says.
func (s *Store) describe(ctx context.Context, key string, size int64, object *minio.ObjectInfo) (storage.Info, error) {
	recorded, checksum, err := s.record(ctx, key, object.UserMetadata)
	if err == nil && recorded != size {
		err = fmt.Errorf("%w: it has %d bytes, stored were %d", storage.ErrDamaged, size, recorded)
	}
	if err != nil {
		return storage.Info{}, err
	}
	return storage.Info{Key: key, Size: size, Modified: object.LastModified, Checksum: checksum}, nil
}

// record returns what the record of an object with this metadata says.
func (s *Store) record(ctx context.Context, key string, metadata map[string]string) (size int64, c storage.Checksum, err error) {
	if record, ok := metadata[sumField]; ok {
		return storage.ParseRecord(key, record)
	}
	token := metadata[uploadField]
	if !validToken(token) {
		return 0, "", fmt.Errorf("%w: its metadata have no record of what it should be", storage.ErrDamaged)
	}
	name := sumName(key, token)
	if known, ok := s.uploads.get(name); ok {
		return known.size, known.checksum, nil
	}
	record, err := s.readRecord(ctx, name)
	if err != nil {
		return 0, "", err
	}
	if size, c, err = storage.ParseRecord(key, record); err == nil {
		s.uploads.add(name, knownSum{size, c})
	}
	return size, c, err
}

// readRecord reads the record of an object that was stored in parts. It is there
// before the object is, and for long after.
func (s *Store) readRecord(ctx context.Context, name string) (string, error) {
	body, _, _, err := s.bucket.GetObject(ctx, name, minio.GetObjectOptions{})
	if missing(err) {
		return "", fmt.Errorf("%w: the record of what it should be, %s, is missing", storage.ErrDamaged, name)
	}
	if err != nil {
		return "", err
	}
	defer body.Close()
	text, err := io.ReadAll(io.LimitReader(body, maxRecord))
	return string(text), err
}

// validToken reports whether token may be one of [rand.Text].
func validToken(token string) bool {
	const length, letters = 26, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	return len(token) == length && strings.Trim(token, letters) == ""
}

// knownSums remembers records that were read, which never change, so that the
// ranges of a large object do not take two requests each. It is safe for
// concurrent use; the zero value is empty.
type knownSums struct {
	mu   sync.Mutex
	sums map[string]knownSum // by name
}

type knownSum struct {
	size     int64
	checksum storage.Checksum
}

// maxKnown bounds the records that are remembered: some hundred kilobytes.
const maxKnown = 1000

func (k *knownSums) get(name string) (knownSum, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	sum, ok := k.sums[name]
	return sum, ok
}

func (k *knownSums) add(name string, sum knownSum) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.sums == nil || len(k.sums) == maxKnown {
		k.sums = make(map[string]knownSum)
	}
	k.sums[name] = sum
}
