package fixed

import "math/big"

// shortWords is from where on leaving words out is faster than multiplying all of them, measured on math/big: 2,304 bits.
// Below, three products of parts cost more than the words they leave out.
const shortWords = 36

// Multiplier multiplies numbers in fixed point and keeps the memory that it takes: a reference of a million steps would otherwise
// leave gigabytes behind for the collector.
type Multiplier struct {
	product, high, left, right, sum big.Int
	x, y, view                      big.Int // views of words of others
}

// Mul returns x*y without the bits below the last of so many words. The result is good until the next call, and not to
// be changed. It is below the true product by less than four units of the last place, towards 0.
func (m *Multiplier) Mul(x, y *big.Int, words int) *big.Int {
	if words < shortWords || len(x.Bits()) < words-1 || len(y.Bits()) < words-1 {
		m.product.Mul(x, y)
		return above(&m.view, &m.product, words)
	}
	product := m.short(x.Bits(), y.Bits(), words)
	if x.Sign() != y.Sign() {
		product.Neg(product)
	}
	return product
}

// short leaves out the products of words that end below the last place but one:
//
//	             words-1-cut   cut
//	x:          |    high    | low |
//	y:          |    high    | low |
//	high*high, and of low*y and x*low what reaches up to the last place.
//
// What is left out, and the words below the last place that the three parts lose, are less than a unit each. It is a short
// product after T. Mulders ("On short multiplications and divisions", 2000), whose best cut is 0.3 of the words for
// Karatsuba's method; on math/big a quarter is fastest, and a fifth where numbers are long.
func (m *Multiplier) short(x, y []big.Word, words int) *big.Int {
	cut := cutOf(words)
	m.high.Mul(m.x.SetBits(x[cut:]), m.y.SetBits(y[cut:]))
	m.left.Mul(m.x.SetBits(x[:cut]), m.y.SetBits(y[words-1-cut:]))
	m.right.Mul(m.x.SetBits(x[words-1-cut:]), m.y.SetBits(y[:cut]))
	crossed := m.x.Add(above(&m.x, &m.left, cut+1), above(&m.y, &m.right, cut+1))
	return m.sum.Add(above(&m.view, &m.high, words-2*cut), crossed)
}

// cutOf is how many words of so many are left out with each other. It is part of what a product is, as shortWords: others make other bits.
func cutOf(words int) int {
	if words > 4*shortWords {
		return words / 5
	}
	return words / 4
}

// above makes of x the number without its lowest words: a view of the others, unless it is changed. Words are those of the
// magnitude, so that this cuts off towards 0, for negative numbers too.
func above(view, x *big.Int, words int) *big.Int {
	all := x.Bits()
	view.SetBits(all[min(words, len(all)):])
	if x.Sign() < 0 {
		view.Neg(view)
	}
	return view
}
