package bandpng

import (
	"math/bits"
	"slices"
)

// maxCode is the length in bits that prefix codes of literals and lengths are held to. Deflate allows 15; with 12 four
// literals and what is left of the last byte fit the 64 bits of a writer, and files grow by less than a part in a
// thousand.
const maxCode = 12

// coder makes prefix codes. Its slices are working memory.
type coder struct {
	order   []uint32 // used symbols, the rarest first
	lengths []uint32 // of the codes of order's symbols
}

// assign chooses the code lengths of an alphabet of at most 2^16 symbols by how often each is used: least total length
// first, none above limit. Symbols that are not used get length 0. At least two must be used. The code is complete:
// the sum of 2^-length is 1.
func (c *coder) assign(lengths []uint8, counts []uint32, limit int) {
	c.order = c.order[:0]
	for symbol, count := range counts {
		lengths[symbol] = 0
		if count > 0 {
			c.order = append(c.order, uint32(symbol))
		}
	}
	slices.SortFunc(c.order, func(a, b uint32) int {
		if counts[a] != counts[b] {
			return compare(counts[a], counts[b])
		}
		return compare(a, b)
	})
	c.lengths = c.lengths[:0]
	for _, symbol := range c.order {
		c.lengths = append(c.lengths, counts[symbol])
	}
	minimumRedundancy(c.lengths)
	shorten(c.lengths, limit)
	for i, symbol := range c.order {
		lengths[symbol] = uint8(c.lengths[i]) //nolint:gosec // at most limit
	}
}

func compare(a, b uint32) int {
	if a < b {
		return -1
	}
	return 1
}

// minimumRedundancy replaces ascending weights by the code lengths that Huffman's algorithm gives them, in place (Moffat
// and Katajainen, "In-Place Calculation of Minimum-Redundancy Codes", 1995). The sum of the weights is below 2^32.
func minimumRedundancy(a []uint32) {
	n := len(a)
	// Join the two lightest trees until one is left; a joined tree's place then says which tree it became part of.
	leaf, tree := 0, 0
	for next := range n - 1 {
		weight := uint32(0)
		for range 2 {
			if leaf >= n || tree < next && a[tree] < a[leaf] {
				weight += a[tree]
				a[tree] = uint32(next)
				tree++
				continue
			}
			weight += a[leaf]
			leaf++
		}
		a[next] = weight
	}
	// Depths of the inner nodes, from the root down.
	a[n-2] = 0
	for i := n - 3; i >= 0; i-- {
		a[i] = a[a[i]] + 1
	}
	leafDepths(a)
}

// leafDepths turns the depths of inner nodes into those of the leaves: at each depth, what is no inner node is a leaf.
func leafDepths(a []uint32) {
	inner, leaf := len(a)-2, len(a)-1
	available := 1
	for depth := uint32(0); available > 0; depth++ {
		used := 0
		for inner >= 0 && a[inner] == depth {
			used++
			inner--
		}
		for ; available > used; available-- {
			a[leaf] = depth
			leaf--
		}
		available = 2 * used
	}
}

// shorten brings lengths, in descending order, to at most limit. What that takes away from the rarest symbols' code
// space comes from the next rarest, and what is left over goes to the most frequent that it suffices for. Something
// always has use for it: all shares are multiples of that of the longest code, and so is what is left.
func shorten(lengths []uint32, limit int) {
	space := 1 << limit
	share := func(length uint32) int { return 1 << (uint32(limit) - length) } //nolint:gosec // limit is positive
	if int(lengths[0]) <= limit {
		return
	}
	for i := range lengths {
		lengths[i] = min(lengths[i], uint32(limit)) //nolint:gosec // limit is positive
		space -= share(lengths[i])
	}
	for i := range lengths {
		for ; space < 0 && int(lengths[i]) < limit; lengths[i]++ {
			space += share(lengths[i]) / 2
		}
	}
	for i := len(lengths) - 1; space > 0; i-- {
		for ; share(lengths[i]) <= space; lengths[i]-- {
			space -= share(lengths[i])
		}
	}
}

// code is some bits of the stream, at most 24, lowest first, and from bit 24 up their number.
type code uint32

func newCode(word, length uint32) code { return code(word | length<<24) }

func (c code) bits() uint64   { return uint64(c & 0xffffff) }
func (c code) length() uint64 { return uint64(c >> 24) }

// then returns the code followed by another.
func (c code) then(d code) code {
	return newCode(uint32(c.bits()|d.bits()<<(c.length()&63)), uint32(c.length()+d.length())) //nolint:gosec // at most 24 bits
}

// canonical gives every symbol with a length its code, as RFC 1951, 3.2.2 prescribes.
func canonical(codes []code, lengths []uint8) {
	var next [16]uint32
	for _, length := range lengths {
		if length > 0 {
			next[length&15]++
		}
	}
	first := uint32(0)
	for length := 1; length < len(next); length++ {
		count := next[length]
		next[length] = first
		first = (first + count) << 1
	}
	for symbol, length := range lengths {
		codes[symbol] = 0
		if length > 0 {
			reversed := bits.Reverse16(uint16(next[length&15])) >> (16 - length) //nolint:gosec // a code of at most 15 bits
			codes[symbol] = newCode(uint32(reversed), uint32(length))
			next[length&15]++
		}
	}
}
