package worker

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"

	"mandelfarm/ledger"
	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

// A stored band is its data of the file followed by a trailer: what the assembly needs
// to know of it, in big-endian numbers of 32 bits.
//
//	its first row and the one after its last
//	the two halves of the checksum (renderer.Sum.A, .B) and the length modulo 65521
//	(.Bytes); zeros in raw data
//	CRC-32C of the data and these numbers, so that what storage garbles gets
//	into no file
//	bandMagic
const (
	trailerSize = 28
	checkedSize = 20          // of the trailer, before its check
	bandMagic   = 0x6d66_6264 // "mfbd"
)

// errBand: the object is not the band it should be.
var errBand = errors.New("not the stored band")

func newCheck() hash.Hash32 { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) }

// trailer ends the check of a band's data.
func trailer(rows spec.Rows, sum renderer.Sum, check hash.Hash32) []byte {
	var t []byte
	for _, n := range []uint32{
		uint32(rows.Start), uint32(rows.End), //nolint:gosec // a file has fewer than 2^31 rows
		sum.A, sum.B, sum.Bytes,
	} {
		t = binary.BigEndian.AppendUint32(t, n)
	}
	_, _ = check.Write(t) // never fails
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(t, check.Sum32()), bandMagic)
}

// readTrailer returns what the trailer of a band of these rows says of its data, which are so many bytes: their checksum in
// the file, and themselves as a piece of it. Whether the data are what they should be is for
// whoever reads them to find out.
func readTrailer(t []byte, band ledger.Object, rows spec.Rows, size int64) (renderer.Sum, ledger.Piece, error) {
	number := func(i int) uint32 { return binary.BigEndian.Uint32(t[4*i:]) }
	if number(0) != uint32(rows.Start) || number(1) != uint32(rows.End) || number(6) != bandMagic { //nolint:gosec // a file has fewer than 2^31 rows
		return renderer.Sum{}, ledger.Piece{}, fmt.Errorf("%s: %w", band, errBand)
	}
	return renderer.Sum{A: number(2), B: number(3), Bytes: number(4)}, band.Piece(size, number(5), t[:checkedSize]), nil
}
