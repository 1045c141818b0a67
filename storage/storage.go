// Package storage says what the farm asks of the place where its bytes lie: a
// flat space of keys, each naming one immutable-until-replaced object.
//
// # Model
//
// A [Store] maps keys to objects. A key is a path of segments
// ("jobs/4f2a/plan.json", see [ValidKey]); an object is a run of bytes with a
// size and the time it was last stored. There are no folders: a prefix is a
// string, and a listing is in the bytewise order of whole keys. Because a store
// may lay keys out as files, no key may be another's folder: "a" and "a/b" do
// not go together.
//
// # Guarantees
//
// Every implementation gives the same ones, and passes the same suite
// (package storagetest) to prove it:
//
//   - A replacement is atomic. A reader sees the old object or the new one,
//     whole, and a Get that began before a replacement goes on reading what it
//     began with or fails; it never mixes the two.
//   - A write that fails leaves what was there before it.
//   - A write that returned nil is visible to every reader from then on, and
//     has been given to the medium as durably as the store can.
//   - [Writer.Create] and [Writer.Compose] have exactly one winner, across goroutines
//     and processes.
//   - Every method is safe for concurrent use and obeys its context.
//
// # Damage
//
// Media rot, power cuts leave empty files, operators copy the wrong one. So a
// store keeps a record beside every object, of its length and CRC-32C and bound
// to its key ([Sum]), and tells damage from health:
//
//   - Get and Stat fail with [ErrDamaged] if the object has another length than
//     was stored, no record, or the record of another key. That costs no
//     reading.
//   - A Get of the whole object, with offset 0 and no limit, checks the bytes
//     while they are read. In a damaged object the Read that would hand out the
//     last of them hands out nothing and fails with ErrDamaged, as do all after
//     it. So whoever reads to the end has seen only what was stored; a reader who
//     sends the bytes on as they come sends at least one too few; and nobody sees
//     a damaged object whole. [ReadAll] and [Verify] are such Gets.
//   - Other ranges are checked as Stat checks, their bytes are not: the checksum is
//     that of the whole. They read no more of the medium than the range.
//   - List yields sizes as they are, and checks nothing.
//
// ErrDamaged from a Read is a word on the bytes that were read: they may have
// been damaged on the way, and be right the next time. What cannot be had again is
// worth a second reading (Verify) before it is given up.
//
// A damaged object is an object: Create fails with ErrExists, Delete removes it.
// Put replaces it, at once and for every reader, and is how to heal one whose
// bytes are at hand. There is no removing of an object only if it is still the
// damaged one, since neither a file system nor S3 offers it: a Delete may hit the
// healthy object that somebody has put in its place at the same moment. Of what
// follows from its key (pictures, bands, references) that costs a second drawing
// and nothing else; what does not should be healed by a Put.
//
// A store on a medium that has no place for records keeps none and checks no
// more than that reads do not end early; package dir says when.
//
// # Errors
//
// A failed operation returns an [*Error] naming the operation and the key once.
// It wraps [ErrNotFound], [ErrExists], [ErrDamaged], [ErrNoSpace], [ErrReadOnly]
// or [ErrInvalidKey] where one of those is the reason, the context's error where
// that ended the operation, the caller's own error where its reader failed, and
// otherwise whatever the medium said.
//
// # What it does not know
//
// Jobs, pictures, retries of whole operations, caching, metrics. Those wrap a
// Store or use one.
package storage

import (
	"context"
	"io"
	"iter"
	"time"
)

// Info describes a stored object.
type Info struct {
	// Key names the object.
	Key string
	// Size is the length of the whole object in bytes.
	Size int64
	// Modified is when the object was stored, by the store's clock. Stores
	// differ in resolution, down to whole seconds, and one store may round it
	// differently in a listing.
	Modified time.Time
	// Checksum is that of the whole object's bytes, as they were when they were
	// stored. It is empty in a listing, and where the store keeps none.
	Checksum Checksum
}

// Store keeps objects under keys. See the package documentation for what holds
// of every method.
type Store interface {
	Reader
	Writer
}

// Writer is the half of a Store that changes what is there.
type Writer interface {
	// Put stores everything r yields under key, replacing what was there. It
	// reads r to its end, once, and does not close it. Readers see the old
	// object until Put is about to return, then the new one.
	//
	// When r fails or ctx ends first, nothing is stored and what was there
	// stays. An error from the medium after the last byte was sent can leave
	// either the old or the new object, never a part. Put is idempotent. Of
	// concurrent Puts on one key, one wins whole.
	//
	// contentType is the media type that stores with a web face of their own
	// serve the object with; others ignore it, and Get does not return it.
	Put(ctx context.Context, key, contentType string, r io.Reader) error

	// Create stores data under key if nothing is there, and otherwise fails
	// with ErrExists and changes nothing, whether what is there is damaged or
	// not. Of any number of concurrent creators exactly one gets nil. After an
	// error that is not ErrExists the object may or may not be there.
	Create(ctx context.Context, key, contentType string, data []byte) error

	// Compose stores what parts are, one after the other, under key if nothing is
	// there, and otherwise fails as Create does. It is for objects that are made of
	// others: a store spares the way of their bytes through the caller as far as it
	// can.
	//
	// No object comes of parts that are not what their sums say: the bytes of each
	// are added up by whoever moves them, and compared before anything is visible. A
	// part that is missing or not what it should be is a [*PartError]. The parts' objects
	// stay as they are.
	Compose(ctx context.Context, key, contentType string, parts []Part) error

	// Delete removes the objects. A key with no object is no error, so Delete
	// is idempotent. After an error any of them may be left, except that every
	// key is checked before the first object goes. A machine that crashes just
	// after may bring a removed object back. Damaged objects go like others.
	Delete(ctx context.Context, keys ...string) error
}

// Reader is the half of a Store that changes nothing.
type Reader interface {
	// Get opens the bytes [offset, offset+length) of the object, or all from
	// offset on when length is negative. A range that reaches past the end is
	// cut there, and one that starts at or past it is empty; neither is an
	// error, but a negative offset is. The Info is of the whole object.
	//
	// The caller closes the reader. ctx governs it until then: when ctx ends,
	// Read fails. A reader that cannot deliver the whole range fails; it never
	// ends early with io.EOF. A missing object is ErrNotFound, a damaged one
	// ErrDamaged, from Get or, if offset is 0 and length negative, from the Read
	// that would deliver the last byte.
	Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, Info, error)

	// Stat describes the object, or fails with ErrNotFound or, as far as it can
	// see without reading the object, with ErrDamaged.
	Stat(ctx context.Context, key string) (Info, error)

	// List yields the objects whose key begins with prefix and is greater than
	// after, in ascending bytewise order of the whole key ('/' counts as a
	// byte). An empty prefix or after leaves that condition out. Both must be
	// the beginning of some valid key ([ValidPrefix]), else the one thing
	// yielded is ErrInvalidKey.
	//
	// The listing is fetched as it is consumed, in pages; it is no snapshot:
	// an object stored or removed meanwhile may be seen or not, one that was
	// there throughout is seen exactly once. An error ends the sequence and
	// comes with a zero Info. Ranging twice lists twice.
	List(ctx context.Context, prefix, after string) iter.Seq2[Info, error]
}
