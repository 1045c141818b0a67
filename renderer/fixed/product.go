package fixed

import (
	"math/big"
	"math/bits"
)

// Product makes products of numbers of a Format, and keeps the memory that it takes. They are those of Multiplier, to the bit.
//
// Of the columns only those from the last place on are wanted, and those a little below it tell what is carried into them: all others
// amount to less than tolerance. So the part of a product that is below the last place is known as 64 bits, and so is the integer part
// above, but where those bits are all ones or nearly.
//
// Multiplier leaves out more where numbers are long. Let p be x*y in units of the last place, l the product of x's lowest words, those below the
// cut, with y, and r that of x with y's. It makes floor(p - l - r) + floor(l) + floor(r): what it leaves out besides, and what is in both l and r, is
// below 2^-64. That is floor(p), less by the number of times that the fraction of p, with those of l and r taken off, falls below 0.
//
// Where fractions are so near to an integer that this is open, Multiplier decides, over math/big: once in 2^36 products of
// arbitrary numbers, and for numbers of few digits.
type Product struct {
	*Format
	number Number // the part of the columns from the last place on, with padding
	limbs  []uint64

	exact   Multiplier // for what is open
	x, y    big.Int
	columns columns
}

// tolerance is more than the columns that are not made amount to, in 2^-64 of a unit. They are of 8*mostBlocks products at most that end a
// whole limb below the last place, or earlier: 2^11 * 2^(64-52).
const tolerance = 1 << 24

// NewProduct returns what products of a format need.
func (f *Format) NewProduct() *Product {
	p := &Product{Format: f, limbs: make([]uint64, (2*f.blocks+1)*block)}
	p.number.limbs = p.limbs[f.top:][:(f.blocks+1)*block]
	p.columns = columns{to: &p.limbs[0], blocks: f.blocks, from: f.blocks - 1}
	// A whole limb below the last place has to be above what is not made.
	switch {
	case f.pad < 2 && f.blocks > 1:
		p.columns.from, p.columns.upper = f.blocks-2, 1
	case f.pad >= 6:
		p.columns.upper = 1
	}
	return p
}

// Mul returns x*y without what is below the last place. The result is good until the next call, and not to be changed.
func (p *Product) Mul(x, y *Number) *Number {
	p.multiply(x, y)
	units, ok := p.leftOut(x, y)
	if !ok {
		p.Set(&p.number, p.exact.Mul(p.Int(x, &p.x), p.Int(y, &p.y), p.words))
		return &p.number
	}
	p.number.negative = x.negative != y.negative
	p.round(units)
	return &p.number
}

// multiply makes the columns.
func (p *Product) multiply(x, y *Number) {
	p.columns.x, p.columns.y = &x.limbs[0], &y.limbs[0]
	multiplyIFMA(&p.columns)
	if p.columns.over != 0 {
		settle(p.limbs[p.columns.from*block:])
	}
}

// unit is the column of the last place.
func (p *Product) unit() int { return p.top + p.pad }

// leftOut returns how many units Multiplier's product is below the integer part of the columns. It reports false if that is open.
func (p *Product) leftOut(x, y *Number) (units uint64, ok bool) {
	u := p.unit()
	fraction := join(p.spare, p.limbs[u], p.limbs[u-1], p.limbs[u-2])
	if p.cut == 0 || !p.long(x) || !p.long(y) {
		return 0, fraction < 1<<64-tolerance
	}
	low := fractions{x: &x.limbs[0], y: &y.limbs[0], xAt: &x.limbs[u-(block-1)], yAt: &y.limbs[u-(block-1)], mask: &p.mask[0], blocks: p.low}
	fractionsIFMA(&low)
	if low.left.any|low.right.any == 0 {
		return 0, fraction < 1<<64-tolerance
	}
	left, known := p.fraction(&low.left)
	right, also := p.fraction(&low.right)
	rest, once := bits.Sub64(fraction, left, 0)
	rest, twice := bits.Sub64(rest, right, 0)
	return once + twice, known && also && decided(rest, 4*tolerance)
}

// long reports whether a number is among those of which Multiplier leaves out words.
func (p *Product) long(x *Number) bool {
	limb, shift := p.place((p.words - 2) * wordBits)
	for i := p.top; i > limb; i-- {
		if x.limbs[i] != 0 {
			return true
		}
	}
	return x.limbs[limb]>>shift != 0
}

// fraction returns that of a product of lowest words. It reports false if the product may be on the other side of an integer.
func (p *Product) fraction(l *lowest) (fraction uint64, known bool) {
	fraction = join(p.spare, l.column+l.below>>limbBits, l.below&limbMask, 0)
	return fraction, l.any == 0 || decided(fraction, tolerance)
}

// decided reports whether a fraction is farther from an integer than said.
func decided(fraction, within uint64) bool { return fraction+within >= 2*within }

// round clears what is below the last place, and takes units off.
func (p *Product) round(units uint64) {
	u := p.unit()
	clear(p.limbs[p.top:u])
	p.limbs[u] = p.limbs[u]&^(1<<p.spare-1) - units<<p.spare
	for ; p.limbs[u]>>63 != 0; u++ { // below 0
		p.limbs[u] &= limbMask
		p.limbs[u+1]--
	}
}
