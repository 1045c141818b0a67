package wide

import (
	"math/big"
	"strconv"
	"strings"
)

// working is the precision, in bits, of the powers of ten that numbers are divided by: rounding takes a few of them.
const working = 160

// Text prints the number as d.ddde±x with so many digits, the last one rounded. Package big prints numbers of any exponent too, but
// writes all digits out on the way, a million for 10^-1000000; here 2^Exp is divided by the power of ten next to it.
func (a Real) Text(digits int) string {
	if a.M == 0 {
		return "0"
	}
	const log2 = 0.30102999566398119521 // of 10
	tens := int(log2 * float64(a.Exp))  // off by one or so, which the rest makes good
	x := new(big.Float).SetPrec(working).SetFloat64(a.M)
	x.SetMantExp(x, a.Exp)
	if tens < 0 {
		x.Mul(x, power10(-tens))
	} else {
		x.Quo(x, power10(tens))
	}
	mantissa, exponent, _ := strings.Cut(x.Text('e', digits-1), "e")
	e, _ := strconv.Atoi(exponent) // it was printed by us
	if e += tens; e == 0 {
		return mantissa
	}
	return mantissa + "e" + strconv.Itoa(e)
}

// power10 returns 10^n, by squaring. Each of some 20 products is rounded to 160 bits, and 17 digits are 57.
func power10(n int) *big.Float {
	p := new(big.Float).SetPrec(working).SetInt64(1)
	square := new(big.Float).SetPrec(working).SetInt64(10)
	for ; n > 0; n >>= 1 {
		if n&1 != 0 {
			p.Mul(p, square)
		}
		square.Mul(square, square)
	}
	return p
}
