package bandpng

import "hash/adler32"

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
	checksum := adler32.Checksum(data)
	n := uint32(len(data) % adlerBase)
	a, b := checksum&0xffff, checksum>>16
	// The initial 1 is counted once in A and once per byte in B.
	return Sum{A: (a + adlerBase - 1) % adlerBase, B: (b + adlerBase - n) % adlerBase, Bytes: n}
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
