package bandpng

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// codes is how the symbols of one block are written.
type codes struct {
	coder    coder
	uses     [symbolCount]uint32
	lengths  [symbolCount]uint8
	all      [symbolCount]code
	literals [256]code
	repeats  [maxRepeat + 1]code // of a length and the block's distance, with the extra bits of both; none of length 0
	header   header
}

// appendTo appends the block to out, not marked as the last, and an empty stored block, which ends on a byte.
func (b *block) appendTo(out []byte) []byte {
	c := &b.codes
	c.choose(b)
	start := len(out)
	out = slices.Grow(out, b.bound())
	w := bitWriter{out: out[:cap(out)], at: start}
	c.header.write(&w)
	b.write(&w)
	w.put(c.all[endOfBlock])
	w.put(newCode(0, 3)) // stored, not the last
	w.flush()
	w.align()
	return append(out[:w.at], "\x00\x00\xff\xff"...)
}

// choose makes the codes that suit the block.
func (c *codes) choose(b *block) {
	for value := range c.uses[:endOfBlock] {
		c.uses[value] = b.counts[0][value] + b.counts[1][value] + b.counts[2][value] + b.counts[3][value]
	}
	clear(c.uses[endOfBlock:])
	c.uses[endOfBlock] = 1
	for n, uses := range b.repeats {
		if n > 0 && uses > 0 {
			symbol, _ := lengthCode(n)
			c.uses[symbol] += uses
		}
	}
	c.coder.assign(c.lengths[:], c.uses[:], maxCode)
	canonical(c.all[:], c.lengths[:])
	copy(c.literals[:], c.all[:])
	distance := distanceCode(b.distance)
	for n, uses := range b.repeats {
		if n > 0 && uses > 0 {
			symbol, extra := lengthCode(n)
			c.repeats[n] = c.all[symbol].then(extra).then(distance)
		}
	}
	c.header.tell(&c.coder, c.lengths[:], b.distance)
}

// bound is room for the block, with all that a writer stores too much.
func (b *block) bound() int {
	size := uint64(maxHeader + 8*bytesAfter)
	for value, uses := range b.codes.uses[:endOfBlock] {
		size += uint64(uses) * b.codes.literals[value].length()
	}
	for n, uses := range b.repeats {
		size += uint64(uses) * b.codes.repeats[n].length()
	}
	return int(size / 8)
}

// bytesAfter is more than what follows the last repeat: the end of the block, the empty block, and a word.
const bytesAfter = 32

// lengthCode returns the symbol of a repeat's length and its extra bits.
func lengthCode(n int) (symbol int, extra code) {
	if n == maxRepeat {
		return lastLength, 0
	}
	n -= 3
	width := max(0, bits.Len(uint(n))-3)
	return firstLength + 4*width + n>>width, newCode(uint32(n&(1<<width-1)), uint32(width)) //nolint:gosec // small
}

// distanceSymbol returns the symbol of a distance from 1 to 6 and its extra bits.
func distanceSymbol(distance int) (symbol int, extra code) {
	if distance <= 4 {
		return distance - 1, 0
	}
	return 4, newCode(uint32(distance-5), 1) //nolint:gosec // 0 or 1
}

// distanceCode returns the code of a distance, with extra bits. A block has two distance codes of one bit, because some
// readers want the code to be complete: one for its distance and one that is not used.
func distanceCode(distance int) code {
	symbol, extra := distanceSymbol(distance)
	if symbol == 0 {
		return newCode(0, 1)
	}
	return newCode(1, 1).then(extra)
}

// write writes the steps. It is bitWriter.put and flush written out, with everything in registers. A repeat of length 0
// has a code of no bits.
func (b *block) write(w *bitWriter) {
	var (
		literals, repeats = &b.codes.literals, &b.codes.repeats
		out, at           = w.out, w.at
		word, used        = w.word, w.used
		data              = b.data
		all               = ^code(0)
		partial           = [4][3]code{{}, {all}, {all, all}, {all, all, all}}
	)
	for _, s := range b.steps {
		run := data[:s.literals]
		data = data[s.literals+s.repeat:]
		for ; len(run) >= 4; run = run[4:] {
			c, d := literals[run[0]], literals[run[1]]
			e, f := literals[run[2]], literals[run[3]]
			word |= (c.bits() | d.bits()<<(c.length()&63)) << (used & 63)
			used += c.length() + d.length()
			word |= (e.bits() | f.bits()<<(e.length()&63)) << (used & 63)
			used += e.length() + f.length()
			binary.LittleEndian.PutUint64(out[at:], word)
			at += int(used >> 3)
			word >>= used & 56
			used &= 7
		}
		// Up to three literals without a branch, as in count, and the repeat: at most 7 + 3*12 + 19 bits.
		rest, mask := run[:padding], &partial[len(run)&3]
		c, d, e := literals[rest[0]]&mask[0], literals[rest[1]]&mask[1], literals[rest[2]]&mask[2]
		word |= (c.bits() | d.bits()<<(c.length()&63)) << (used & 63)
		used += c.length() + d.length()
		f := repeats[s.repeat]
		word |= (e.bits() | f.bits()<<(e.length()&63)) << (used & 63)
		used += e.length() + f.length()
		binary.LittleEndian.PutUint64(out[at:], word)
		at += int(used >> 3)
		word >>= used & 56
		used &= 7
	}
	w.at, w.word, w.used = at, word, used
}
