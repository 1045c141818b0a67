package ledger

import (
	"context"
	"errors"

	"mandelfarm/storage"
)

// Piece is a run of bytes of an object that is composed of several.
type Piece struct{ part storage.Part }

// PieceOf is a piece of these bytes.
func PieceOf(data []byte) Piece { return Piece{storage.Bytes(data)} }

// Piece is the first size bytes of the object, which have a CRC-32C of crc if what follows
// is added to them.
func (o Object) Piece(size int64, crc uint32, follows []byte) Piece {
	end := storage.SumOf(follows)
	sum := storage.NewSum(size+end.Size(), crc).Without(end)
	return Piece{storage.Part{Key: o.key, Sum: sum}}
}

// Compose stores what pieces are, one after the other, and returns the size. Something
// that is there stays, and is [storage.ErrExists]. No object comes of pieces that are not what
// they should be: see [Unusable].
func (o Object) Compose(ctx context.Context, pieces []Piece) (size int64, err error) {
	parts := make([]storage.Part, len(pieces))
	for i, p := range pieces {
		parts[i] = p.part
	}
	return storage.PartsSum(parts).Size(), o.ledger.store.Compose(ctx, o.key, o.mediaType, parts)
}

// Unusable returns which piece is to blame for an error of Compose, and reports whether one is: it is
// missing, or does not hold what it should.
func Unusable(err error) (piece int, yes bool) {
	part, ok := errors.AsType[*storage.PartError](err)
	if !ok || !IsAbsent(part) {
		return 0, false
	}
	return part.Part, true
}
