package bandpng

import (
	"encoding/binary"
)

// adlerBase is the modulus of Adler-32 (RFC 1950, 8.2).
const adlerBase = 65521

// Sum is the Adler-32 checksum of some filtered rows and their length, which combining needs. Its zero value is that
// of no rows.
type Sum struct {
	// A and B are the two halves of the checksum without its initial 1: the sum of the bytes, and the sum of the
	// prefixes' sums, both modulo 65521.
	A, B uint32
	// Bytes is the length modulo 65521, which is all that combining needs of it.
	Bytes uint32
}

// SumOf returns the checksum of data.
func SumOf(data []byte) Sum {
	var sum Sum
	for len(data) > sumChunk {
		sum = sum.Then(sumOfChunk(data[:sumChunk]))
		data = data[sumChunk:]
	}
	return sum.Then(sumOfChunk(data))
}

const (
	// sumChunk is how many bytes are summed without division: what is collected stays within its 32 and 64 bits.
	sumChunk = 1 << 15
	// sumWords is how many words' bytes, and the sums of these sums, fit 16 bits: 255 * 22*21/2 < 2^16.
	sumWords = 22
)

// sumOfChunk adds the bytes of a word in its four even and four odd places at once, in lanes of 16 bits. With a the sums
// of the lanes so far, and b those of all earlier a, a byte in place p of a word has been counted in the wanted sum of
// prefixes' sums 8 times for each time it is in b, and 8-p times more.
func sumOfChunk(data []byte) Sum {
	const bytes, halves, ones = 0x00ff00ff00ff00ff, 0x0000ffff0000ffff, 0x0001000100010001
	var (
		total, prefixes    uint64              // A and B of the whole
		later              uint64              // sum of b, in lanes of 32 bits
		p04, p26, p15, p37 uint64              // sums of the places, in lanes of 32 bits
		n                  = uint32(len(data)) //nolint:gosec // at most sumChunk
	)
	for len(data) >= 8 {
		words := min(len(data)/8, sumWords)
		var evenA, oddA, evenB, oddB uint64
		for part := data[:8*words]; len(part) >= 8; part = part[8:] {
			x := binary.LittleEndian.Uint64(part)
			evenB += evenA
			oddB += oddA
			evenA += x & bytes
			oddA += x >> 8 & bytes
		}
		prefixes += total * uint64(8*words)
		total += (evenA + oddA) * ones >> 48
		later += evenB&halves + evenB>>16&halves + oddB&halves + oddB>>16&halves
		p04 += evenA & halves
		p26 += evenA >> 16 & halves
		p15 += oddA & halves
		p37 += oddA >> 16 & halves
		data = data[8*words:]
	}
	low := func(x uint64) uint64 { return x & 0xffffffff }
	prefixes += 8*(low(later)+later>>32) + 8*low(p04) + 4*(p04>>32) + 6*low(p26) + 2*(p26>>32) +
		7*low(p15) + 3*(p15>>32) + 5*low(p37) + p37>>32
	for _, value := range data {
		total += uint64(value)
		prefixes += total
	}
	return Sum{A: uint32(total % adlerBase), B: uint32(prefixes % adlerBase), Bytes: n}
}

// Then returns the checksum of s's rows followed by t's. It is associative.
func (s Sum) Then(t Sum) Sum {
	// Every prefix of t has all of s before it.
	shifted := uint64(t.Bytes) * uint64(s.A) % adlerBase
	return Sum{
		A:     (s.A + t.A) % adlerBase,
		B:     uint32((uint64(s.B) + uint64(t.B) + shifted) % adlerBase),
		Bytes: (s.Bytes + t.Bytes) % adlerBase,
	}
}

// Adler32 returns the checksum in the form of RFC 1950.
func (s Sum) Adler32() uint32 {
	a := (s.A + 1) % adlerBase
	b := (s.B + s.Bytes) % adlerBase
	return b<<16 | a
}
