package bandpng

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// What deflate's symbols stand for (RFC 1951, 3.2.5).
const (
	endOfBlock  = 256
	firstLength = 257 // a repeat of 3 bytes
	lastLength  = 285 // a repeat of maxRepeat bytes
	symbolCount = 286
	maxRepeat   = 258
)

// step is some bytes as they are, followed by some that repeat those a fixed distance before.
type step struct{ literals, repeat uint32 }

// maxLiterals bounds the literals of one step.
const maxLiterals = 1 << 30

// block is data, at least one byte, on its way to become a block of deflate with codes of its own. It goes through the data twice: cover
// finds the repeats and counts, and appendTo writes with the codes that suit the counts.
//
// A repeat is always of the pixel before, that is, at one distance. Looking for others in a table of earlier places makes
// filtered pictures 1 to 5 % smaller and takes two to four times as long; see docs/adr/0007-png-encoder.md.
type block struct {
	distance int    // of repeats, from 1 to 6
	data     []byte // what the steps cover; has room for padding bytes more
	steps    []step
	counts   [4][256]uint32 // of literals, by their place modulo 4: a counter just written to is slow to read
	repeats  [maxRepeat + 1]uint32
	codes    codes
}

// padding is the number of bytes beyond the data that are read, and masked, by what handles four literals at a time.
const padding = 4

// reset makes the block empty, with room for size bytes.
func (b *block) reset(distance, size int) {
	b.distance = distance
	b.data = slices.Grow(b.data[:0], size+padding)
	b.steps = b.steps[:0]
	b.counts = [4][256]uint32{}
	b.repeats = [maxRepeat + 1]uint32{}
}

// cover appends steps for the data from start on, which have just been appended to the block.
func (b *block) cover(start int) {
	const low = 0x7f7f7f7f7f7f7f7f
	data, distance := b.data, b.distance
	pending := start // literals that no step holds yet
	at := max(start, distance)
	for at+8 <= len(data) {
		x := binary.LittleEndian.Uint64(data[at:]) ^ binary.LittleEndian.Uint64(data[at-distance:])
		differ := (x&low + low | x) &^ low // the highest bit of every byte that is no repeat
		none := differ | differ>>8
		none |= none>>16 | none>>32 // and now of every byte where minRepeat that are do not begin
		starts := ^none &^ low << (8 * (minRepeat - 1)) >> (8 * (minRepeat - 1))
		if starts == 0 {
			at += 8 - minRepeat + 1
			continue
		}
		first := bits.TrailingZeros64(starts) / 8
		end := at + 8
		if differ >>= 8 * (first & 7); differ != 0 {
			end = at + first + bits.TrailingZeros64(differ)/8
		} else {
			end = b.endOfRepeat(end)
		}
		b.step(pending, at+first, end)
		pending, at = end, end
	}
	b.step(pending, len(data), len(data))
}

// endOfRepeat returns where the repeat that holds until at ends.
func (b *block) endOfRepeat(at int) int {
	data, distance := b.data, b.distance
	for ; at+8 <= len(data); at += 8 {
		x := binary.LittleEndian.Uint64(data[at:]) ^ binary.LittleEndian.Uint64(data[at-distance:])
		if x != 0 {
			return at + bits.TrailingZeros64(x)/8
		}
	}
	for at < len(data) && data[at] == data[at-distance] {
		at++
	}
	return at
}

// step appends the literals from pending to at and the repeat from there to end, cut into repeats of lengths that one
// code can have.
func (b *block) step(pending, at, end int) {
	b.count(b.data[pending:at])
	for ; at-pending > maxLiterals; pending += maxLiterals {
		b.steps = append(b.steps, step{maxLiterals, 0})
	}
	literals := uint32(at - pending) //nolint:gosec // at most maxLiterals
	for left := end - at; ; {
		n := min(left, maxRepeat)
		if left -= n; left > 0 && left < minRepeat {
			n -= minRepeat // leaves enough for another
			left += minRepeat
		}
		b.steps = append(b.steps, step{literals, uint32(n)}) //nolint:gosec // at most maxRepeat
		b.repeats[n]++
		if literals = 0; left == 0 {
			return
		}
	}
}

// count counts literals. What a loop over the last one to three would do is done without a branch, whose outcome nothing
// predicts: most literals come in runs of a few bytes.
func (b *block) count(run []byte) {
	for ; len(run) >= 4; run = run[4:] {
		b.counts[0][run[0]]++
		b.counts[1][run[1]]++
		b.counts[2][run[2]]++
		b.counts[3][run[3]]++
	}
	n := uint32(len(run)) //nolint:gosec // 0 to 3
	rest := run[:padding]
	b.counts[0][rest[0]] += (n | n>>1) & 1
	b.counts[1][rest[1]] += n >> 1
	b.counts[2][rest[2]] += n & (n >> 1)
}
