package fixed

import (
	"math/big"
	"math/bits"
)

const (
	limbBits = 52
	limbMask = 1<<limbBits - 1
	block    = 8  // limbs of a vector
	wordBits = 64 // of a word of math/big, where there is IFMA

	// Shorter numbers are multiplied by math/big as fast. A column of longer ones would have 16 products for each block, and no
	// room for their sum in 64 bits.
	leastWords = 3
	mostBlocks = 255
)

// Format is how numbers of so many bits below the point lie in limbs, the last of which is the highest:
//
//	       0   pad                           top
//	| zeros | spare zeros, last bits | ... | integer part |
//
// The point is between two limbs, so that products have it there too. The last place is somewhere in limb pad. The integer part has the last
// limb of a block for itself: so the columns of a product from the first whole block on begin a few below its last place.
type Format struct {
	words  int // below the point
	blocks int // of a number
	top    int
	pad    int
	spare  int
	cut    int           // words that long products leave out, see Multiplier; 0 if they are not long
	low    int           // blocks that are below the cut as a whole
	mask   [block]uint64 // and what is below it of the next
}

// NewFormat returns the format of numbers of so many bits below the point, a multiple of 64. It is nil where this processor has no
// IFMA, and for numbers that are too short for that to pay, or too long.
func NewFormat(precision int) *Format {
	fraction := (precision + limbBits - 1) / limbBits
	blocks := (fraction + block) / block
	f := &Format{words: precision / wordBits, blocks: blocks, top: blocks*block - 1, spare: fraction*limbBits - precision}
	if !hasIFMA() || f.words < leastWords || f.blocks > mostBlocks {
		return nil
	}
	f.pad = f.top - fraction
	if f.words >= shortWords {
		f.cut = cutOf(f.words)
		limb, shift := f.place(f.cut * wordBits)
		f.low = limb / block
		for i := range limb % block {
			f.mask[i] = limbMask
		}
		f.mask[limb%block] = 1<<shift - 1
	}
	return f
}

// Words is how many words of 64 bits numbers have below the point.
func (f *Format) Words() int { return f.words }

// place is where a bit is that has so many below it: a limb, and a bit of that.
func (f *Format) place(bit int) (limb, shift int) {
	bit += f.pad*limbBits + f.spare
	return bit / limbBits, bit % limbBits
}

// bears is how many bits the integer part of numbers may have: then those of their sums, and of the products of these, fit a limb.
const bears = 16

// Bears reports whether numbers of so many units are not too large for the Format.
func (f *Format) Bears(list ...*big.Int) bool {
	for _, x := range list {
		if x.BitLen() > f.words*wordBits+bears {
			return false
		}
	}
	return true
}

// Large reports whether n is larger than that, as products may be.
func (f *Format) Large(n *Number) bool { return n.limbs[f.top]>>bears != 0 }

// Set sets n to x units of the last place.
func (f *Format) Set(n *Number, x *big.Int) {
	words := x.Bits()
	word := func(i int) uint64 {
		if i < 0 || i >= len(words) {
			return 0
		}
		return uint64(words[i])
	}
	clear(n.limbs[:f.pad])
	for i := f.pad; i <= f.top; i++ {
		at := (i-f.pad)*limbBits - f.spare // the first bit, and where that is
		first, shift := at>>6, at&(wordBits-1)
		n.limbs[i] = (word(first)>>shift | word(first+1)<<1<<(wordBits-1-shift)) & limbMask
	}
	n.negative = x.Sign() < 0
}

// Int sets x to n in units of the last place, and returns it.
func (f *Format) Int(n *Number, x *big.Int) *big.Int {
	words := x.Bits()[:0]
	for i := range f.words + 1 {
		limb, shift := f.place(i * wordBits)
		word := n.limbs[limb] >> shift
		for have := limbBits - shift; have < wordBits; have += limbBits {
			limb++
			word |= n.limbs[limb] << have
		}
		words = append(words, big.Word(word))
	}
	x.SetBits(words)
	if n.negative {
		x.Neg(x)
	}
	return x
}

// Top returns the first 64 bits of the magnitude, or all if there are fewer, and how many it has in units of the last place.
func (f *Format) Top(n *Number) (top uint64, length int) {
	i := f.top
	for i > f.pad && n.limbs[i] == 0 {
		i--
	}
	var below, next uint64
	if i > 0 {
		below = n.limbs[i-1]
	}
	if i > 1 {
		next = n.limbs[i-2]
	}
	last := bits.Len64(n.limbs[i])
	length = max(0, (i-f.pad)*limbBits-f.spare+last)
	return join(last, n.limbs[i], below, next) >> max(0, wordBits-length), length
}

// join returns 64 bits: the last ones of a limb, as many as said, and those of the limbs below it.
func join(last int, limb, below, next uint64) uint64 {
	return limb<<(64-last) | below<<(64-limbBits)>>last | next>>(2*limbBits-64+last)
}
