package ledger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
)

// Object is a place for something of a job or picture that is no record: an image, a
// band, a preview, a prepass. Objects can be compared.
type Object struct {
	ledger    *Ledger
	key       string
	mediaType string
}

// Stored is an object that is there.
type Stored struct {
	Object
	Size     int64 // bytes
	Modified time.Time
	Checksum storage.Checksum // of its bytes; empty if the store keeps none
}

// Image is the finished image of id, the ID of a Spec of that format.
func (l *Ledger) Image(id spec.ID, format spec.FileFormat) Object {
	return Object{l, imageKey(id, format), format.MediaType()}
}

// Band is a finished band of a job.
func (l *Ledger) Band(id spec.ID, band int) Object { return Object{l, bandKey(id, band), binaryType} }

// Preview is the coarse picture of a planned job, and when the job is done its
// final preview.
func (l *Ledger) Preview(id spec.ID) Object { return Object{l, previewKey(id), pngType} }

// Level is the picture of a job at a part of its size.
func (l *Ledger) Level(id spec.ID, level int) Object { return Object{l, levelKey(id, level), pngType} }

// LevelIndex says which levels of a job's picture are stored, all of them, and is stored after them.
func (l *Ledger) LevelIndex(id spec.ID) Object { return Object{l, levelIndexKey(id), jsonType} }

// Prepass is the prepass with a key of the renderer's. Pictures share it.
func (l *Ledger) Prepass(key string) Object { return Object{l, prepassKey(key), binaryType} }

// Images yields the images there are. After an error none follow.
func (l *Ledger) Images(ctx context.Context) iter.Seq2[Stored, error] {
	return l.list(ctx, imagePrefix, "")
}

// Prepasses yields what is stored of prepasses. After an error none follow.
func (l *Ledger) Prepasses(ctx context.Context) iter.Seq2[Stored, error] {
	return l.list(ctx, prepassPrefix, binaryType)
}

// list yields objects of a media type, which may be empty if they are not compared
// with others.
func (l *Ledger) list(ctx context.Context, prefix, mediaType string) iter.Seq2[Stored, error] {
	return func(yield func(Stored, error) bool) {
		for info, err := range l.store.List(ctx, prefix, "") {
			if !yield(Object{l, info.Key, mediaType}.stored(info), err) {
				return
			}
		}
	}
}

// Remove removes objects. One that is not there is no error.
func (l *Ledger) Remove(ctx context.Context, objects ...Object) error {
	keys := make([]string, len(objects))
	for i, o := range objects {
		keys[i] = o.key
	}
	return l.store.Delete(ctx, keys...)
}

// String names the object in logs and errors.
func (o Object) String() string { return o.key }

// Stat describes the object. The error is [storage.ErrNotFound] if it is not there.
func (o Object) Stat(ctx context.Context) (Stored, error) {
	info, err := o.ledger.store.Stat(ctx, o.key)
	return o.stored(info), err
}

// Find describes the object, and reports whether it is there. One that does not hold
// what was stored, as far as can be seen without reading it, is not there.
func (o Object) Find(ctx context.Context) (Stored, bool, error) {
	stored, err := o.Stat(ctx)
	if IsAbsent(err) {
		return Stored{}, false, nil
	}
	return stored, err == nil, err
}

// FindWhole is Find by reading all of the object.
func (o Object) FindWhole(ctx context.Context) (Stored, bool, error) {
	stored, there, err := o.Find(ctx)
	if !there {
		return stored, there, err
	}
	err = storage.Verify(ctx, o.ledger.store, o.key)
	if IsAbsent(err) {
		return Stored{}, false, nil
	}
	return stored, err == nil, err
}

// IsAbsent reports whether an error of an object says that it is not there, or that
// something else is in its place: what does not hold is not stored.
func IsAbsent(err error) bool {
	return errors.Is(err, storage.ErrNotFound) || errors.Is(err, storage.ErrDamaged)
}

// Open returns a reader of the whole object, which is for the caller to close.
func (o Object) Open(ctx context.Context) (io.ReadCloser, Stored, error) {
	body, info, err := o.ledger.store.Get(ctx, o.key, 0, -1)
	return body, o.stored(info), err
}

// Read returns the object, which must have at most limit bytes.
func (o Object) Read(ctx context.Context, limit int64) ([]byte, error) {
	return storage.ReadAll(ctx, o.ledger.store, o.key, limit)
}

// Store stores what r yields, as it comes, in the place of what is there. Nothing
// changes if r fails.
func (o Object) Store(ctx context.Context, r io.Reader) error {
	return o.ledger.store.Put(ctx, o.key, o.mediaType, r)
}

func (o Object) stored(info storage.Info) Stored {
	return Stored{Object: o, Size: info.Size, Modified: info.Modified, Checksum: info.Checksum}
}

// OpenRange returns a reader of length bytes of the object from offset on, which is for
// the caller to close. No more is read than that. All of the object is checked while it
// is read, as by Open; a part is not, for the checksum is that of the whole. What is stored
// must still be what s describes.
func (s Stored) OpenRange(ctx context.Context, offset, length int64) (io.ReadCloser, error) {
	if offset == 0 && length == s.Size {
		length = -1
	}
	body, info, err := s.ledger.store.Get(ctx, s.key, offset, length)
	if err != nil {
		return nil, err
	}
	if info.Size != s.Size || s.Checksum != "" && info.Checksum != s.Checksum {
		_ = body.Close()
		return nil, &storage.Error{Op: "read", Key: s.key, Err: fmt.Errorf("object changed: %d bytes %s, was %d bytes %s",
			info.Size, info.Checksum, s.Size, s.Checksum)}
	}
	return body, nil
}

// ReadAt returns the bytes of the object from one offset up to another.
func (o Object) ReadAt(ctx context.Context, from, to int64) ([]byte, error) {
	body, _, err := o.ledger.store.Get(ctx, o.key, from, to-from)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	data := make([]byte, to-from)
	_, err = io.ReadFull(body, data)
	return data, err
}

// Presigner is a store that can let others fetch an object.
type Presigner interface {
	// Presign returns a URL by which anybody may fetch the object under a key until
	// validity has passed, under a file name.
	Presign(ctx context.Context, key string, validity time.Duration, filename string) (string, error)
}

// Presign returns a URL by which anybody may fetch the object, see [Presigner].
func (s Stored) Presign(ctx context.Context, by Presigner, validity time.Duration, filename string) (string, error) {
	return by.Presign(ctx, s.key, validity, filename)
}
