package bandpng

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// Filter types (PNG specification, 9.2).
const (
	filterNone = 0
	filterSub  = 1 // difference to the pixel on the left
	filterUp   = 2 // difference to the pixel above

	// Filters that are only read.
	filterAverage = 3
	filterPaeth   = 4
)

// addRow filters a row, adds it to the block and returns its checksum. The first row of a segment has none above.
func (b *block) addRow(f Format, row, above []byte) Sum {
	start := len(b.data)
	if f.filtered() && !f.searched() && bytes.Equal(row, above) {
		return b.addSame(len(row))
	}
	b.data = appendFiltered(b.data, f, row, above)
	if !f.searched() {
		b.cover(start)
	}
	return SumOf(b.data[start:])
}

// addSame adds a row of so many bytes that is the same as the one above: all its differences are 0. Large interiors are
// made of such rows.
func (b *block) addSame(size int) Sum {
	start := len(b.data)
	b.data = append(b.data, filterUp)[:start+1+size]
	clear(b.data[start+1:])
	if zeros := start + 1 + b.distance; len(b.data)-zeros >= minRepeat {
		b.step(start, zeros, len(b.data))
	} else {
		b.step(start, len(b.data), len(b.data))
	}
	n := uint32((size + 1) % adlerBase) //nolint:gosec // below adlerBase
	return Sum{A: filterUp, B: filterUp * n % adlerBase, Bytes: n}
}

// appendFiltered appends a row, filtered and behind the number of its filter. The first row of a segment has none above.
func appendFiltered(dst []byte, f Format, row, above []byte) []byte {
	switch {
	case !f.filtered():
		return append(append(dst, filterNone), row...)
	case above == nil:
		first := f.pixelBytes()
		dst = append(append(dst, filterSub), row[:first]...)
		return appendDifference(dst, row[first:], row)
	default:
		return appendDifference(append(dst, filterUp), row, above)
	}
}

// appendDifference appends the difference of each byte to the one in the same place of another row.
func appendDifference(dst, row, other []byte) []byte {
	const high = 0x8080808080808080
	start := len(dst)
	dst = slices.Grow(dst, len(row))[:start+len(row)]
	difference := dst[start:]
	difference, other = difference[:len(row)], other[:len(row)] // all of one length, which spares checks
	at := 0
	for ; at+8 <= len(row); at += 8 {
		x, y := binary.LittleEndian.Uint64(row[at:]), binary.LittleEndian.Uint64(other[at:])
		// Eight subtractions in one: the highest bits are kept from borrowing, and come back by addition.
		binary.LittleEndian.PutUint64(difference[at:], ((x|high)-(y&^high))^((x^^y)&high))
	}
	for ; at < len(row); at++ {
		difference[at] = row[at] - other[at]
	}
	return dst
}
