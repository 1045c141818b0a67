package fixed

// columns are the argument of multiplyIFMA, which makes the columns of x*y from a block on: all products of a block of x and a
// block of y whose numbers add up to that block's at least. Limbs of the columns are settled but for carries that lead a limb beyond its
// bits once more; over says whether there are any.
type columns struct {
	x, y   *uint64 // the first limbs of numbers of so many blocks
	to     *uint64 // of twice as many
	blocks int
	from   int // the block
	over   uint64
}

// terms are the argument of sumIFMA and differenceIFMA, which set to a+b and to a-b, where a is at least b. Over is that of columns.
type terms struct {
	to, a, b *uint64
	blocks   int
	over     uint64
}

// window is the argument of fractionsIFMA, which makes three columns of a product of the lowest limbs of x with y: the highest first, from the
// limbs whose numbers add up to it and the upper halves of those one below. Columns are not settled.
type window struct {
	x      *uint64 // the first limb
	y      *uint64 // the limb that the seventh of x has its product with in the highest column
	mask   *uint64 // bits of the last block that count
	blocks int     // before the last
	any    uint64  // whether a limb of x is not 0
	sums   [3]uint64
}
