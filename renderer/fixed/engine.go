package fixed

// columns are the argument of multiplyIFMA, which makes the columns of x*y from a block on: all products of a block of x and a
// block of y whose numbers add up to that block's at least. Limbs of the columns are settled but for carries that lead a limb beyond its
// bits once more; over says whether there are any.
type columns struct {
	x, y   *uint64 // the first limbs of numbers of so many blocks
	to     *uint64 // of twice as many
	blocks int
	from   int // the block
	upper  int // not 0: of the first sum of blocks only the upper halves of the blocks of x are multiplied
	over   uint64
}

// terms are the argument of sumIFMA and differenceIFMA, which set to a+b and to a-b, where a is at least b. Over is that of columns.
type terms struct {
	to, a, b *uint64
	blocks   int
	over     uint64
}

// fractions are the argument of fractionsIFMA, which makes two columns of the product of the lowest limbs of x with y, and two of that of the lowest
// limbs of y with x.
type fractions struct {
	x, y        *uint64 // the first limbs
	xAt, yAt    *uint64 // those that the eighth of the other has its product with in the higher column
	mask        *uint64 // bits of the last block of the lowest limbs
	blocks      int     // before that
	left, right lowest
}

// lowest is what is made of a product.
type lowest struct {
	any    uint64 // whether a limb is not 0
	column uint64 // not settled
	below  uint64 // the column below, neither
}
