package elementary

import (
	"math"
	"math/big"
)

// Exp2 returns 2^x for x from 0 to 63, rounded once but for ties nobody meets: the product of those of the square roots
// of 2, of their square roots and so on that the binary digits of x name.
func Exp2(x float64) float64 {
	if x == 0 {
		return 1
	}
	const bits = 192
	whole := math.Floor(x)
	power := big.NewFloat(1).SetPrec(bits)
	root := big.NewFloat(2).SetPrec(bits)
	for part := x - whole; part > 0; {
		root.Sqrt(root)
		if part *= 2; part >= 1 {
			power.Mul(power, root)
			part--
		}
	}
	result, _ := power.Float64()
	return math.Ldexp(result, int(whole))
}
