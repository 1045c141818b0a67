package spec

import (
	"math/big"
	"strings"
)

// Cell is a quad of the quadtree: one of the squares that the square from -2-2i to 2+2i is cut into, 2^level by 2^level of them. Column 0 is on the
// left, row 0 at the top.
type Cell struct {
	level       int
	column, row *big.Int
}

// ancestorLevels is the distance between the levels of ancestors: the cells of four levels share the one above them, 340 in
// all.
const ancestorLevels = 4

// Ancestor returns the cell that this one shares its reference with, and what Auto stands for: that which it is a part of
// on the last level above it that is a multiple of ancestorLevels. The whole square is its own.
func (c Cell) Ancestor() Cell {
	level := max(0, c.level-1) / ancestorLevels * ancestorLevels
	up := uint(c.level - level)
	return Cell{level, new(big.Int).Rsh(c.column, up), new(big.Int).Rsh(c.row, up)}
}

// Radius is that of the cell, 2^(1-level).
func (c Cell) Radius() Decimal {
	if c.level == 0 {
		return Decimal{text: "2"}
	}
	return fraction2(big.NewInt(1), c.level-1)
}

// View returns the middle of the cell and its radius.
func (c Cell) View() (Point, Decimal) {
	if c.level == 0 {
		return Point{Decimal{text: "0"}, Decimal{text: "0"}}, c.Radius()
	}
	odd := func(n *big.Int) *big.Int { // where the middle of row or column n is, in radii from the edge
		n = new(big.Int).Lsh(n, 1)
		return n.Add(n, big.NewInt(1))
	}
	half := new(big.Int).Lsh(big.NewInt(1), uint(c.level))
	re, im := odd(c.column), odd(c.row)
	return Point{fraction2(re.Sub(re, half), c.level-1), fraction2(im.Sub(half, im), c.level-1)}, c.Radius()
}

// From returns how far the middle of the cell is from that of another which it is part of, in radii of the cell.
func (c Cell) From(a Cell) (right, up int) {
	levels := uint(c.level - a.level)
	offset := func(of, in *big.Int) int {
		first := new(big.Int).Lsh(in, levels)
		return 2*int(first.Sub(of, first).Int64()) + 1 - 1<<levels
	}
	return offset(c.column, a.column), -offset(c.row, a.row)
}

// Cell returns the cell that the view is, if it is one: an upright square whose middle and radius are exactly those of a cell.
func (s Spec) Cell() (Cell, bool) {
	if !s.IsPlain() || s.Width != s.Height {
		return Cell{}, false
	}
	if s.Radius == (Decimal{text: "2"}) {
		return Cell{0, new(big.Int), new(big.Int)}, s.Center == Point{Decimal{text: "0"}, Decimal{text: "0"}}
	}
	one, places := s.Radius.fraction()
	power := fives(places)
	if one == nil || one.Cmp(power) != 0 { // 2^-n is 5^n * 10^-n
		return Cell{}, false
	}
	level := places + 1
	column, ok := s.Center.Re.odd(power, places)
	row, also := s.Center.Im.odd(power, places)
	if !ok || !also {
		return Cell{}, false
	}
	half := new(big.Int).Lsh(big.NewInt(1), uint(level))
	column.Rsh(column.Add(column, half), 1)
	row.Rsh(row.Sub(half, row), 1)
	inside := column.Sign() >= 0 && row.Sign() >= 0 && column.Cmp(half) < 0 && row.Cmp(half) < 0
	return Cell{level, column, row}, inside
}

// odd returns n for the number n * 2^-places, if n is an odd integer. The power is 5^places.
func (d Decimal) odd(power *big.Int, places int) (*big.Int, bool) {
	digits, have := d.fraction()
	if digits == nil || have != places {
		return nil, false
	}
	n, rest := digits.QuoRem(digits, power, new(big.Int))
	return n, rest.Sign() == 0 && n.Bit(0) == 1
}

// fraction returns the digits of a number and how many of them are behind the point, or nil if there are none in front
// of the last that counts: of whole numbers that end in 0.
func (d Decimal) fraction() (digits *big.Int, places int) {
	n := d.scientific()
	places = len(n.digits) - 1 - n.exponent
	if places < 0 || n.digits == "" {
		return nil, 0
	}
	digits, _ = new(big.Int).SetString(n.digits, 10)
	if n.negative {
		digits.Neg(digits)
	}
	return digits, places
}

// fraction2 returns n * 2^-places.
func fraction2(n *big.Int, places int) Decimal {
	text := new(big.Int).Mul(n, fives(places)).String()
	sign := ""
	if n.Sign() < 0 {
		sign, text = "-", text[1:]
	}
	if missing := places + 1 - len(text); missing > 0 {
		text = strings.Repeat("0", missing) + text
	}
	at := len(text) - places
	number, _ := scanDecimal(sign + text[:at] + "." + text[at:])
	if number.digits == "" {
		return Decimal{text: "0"}
	}
	return Decimal{text: number.format()}
}

// fives returns 5^n.
func fives(n int) *big.Int { return new(big.Int).Exp(big.NewInt(5), big.NewInt(int64(n)), nil) }
