package storage

import "hash/crc32"

// A CRC-32C is the remainder of a polynomial over GF(2), whose coefficients are the
// bits of the data, modulo the Castagnoli polynomial. To append n bytes is to multiply
// it by x^(8n) and to add the checksum of what is appended; what the CRC adds before and
// after the data drops out. So sums of neighbours combine without their bytes.

// NewSum returns the sum of so many bytes with this CRC-32C.
func NewSum(size int64, crc uint32) Sum { return Sum{size: size, crc: crc} }

// SumOf returns the sum of data.
func SumOf(data []byte) Sum {
	var sum Sum
	_, _ = sum.Write(data) // never fails
	return sum
}

// Then returns the sum of s's bytes followed by t's.
func (s Sum) Then(t Sum) Sum {
	return Sum{size: s.size + t.size, crc: times(s.crc, shift(t.size)) ^ t.crc}
}

// Without returns the sum of what comes before end: s.Then(t).Without(t) is s.
func (s Sum) Without(end Sum) Sum {
	return Sum{size: s.size - end.size, crc: times(s.crc^end.crc, shift(-end.size))}
}

const (
	// one and theX are polynomials as CRC-32C has them: the highest bit is the
	// coefficient of x^0.
	one  = 1 << 31
	theX = 1 << 30

	// order is the least n above 0 with x^n = 1: the polynomial is the product of x + 1
	// and a primitive one of degree 31. So x has inverses.
	order = 1<<31 - 1
)

// shift returns x^(8n).
func shift(n int64) uint32 {
	exponent := (8*(n%order)%order + order) % order
	power, square := uint32(one), uint32(theX)
	for ; exponent > 0; exponent >>= 1 {
		if exponent&1 != 0 {
			power = times(power, square)
		}
		square = times(square, square)
	}
	return power
}

// times returns the product of two polynomials.
func times(a, b uint32) uint32 {
	product := uint32(0)
	for ; a != 0; a <<= 1 {
		if a&one != 0 {
			product ^= b
		}
		b = b>>1 ^ b&1*crc32.Castagnoli
	}
	return product
}
