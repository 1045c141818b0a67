package elementary_test

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"mandelfarm/renderer/elementary"
)

// bits is the precision of the reference logarithm.
const bits = 160

// ln is 2 atanh((x-1)/(x+1)) for x from 1/2 to 2, in math/big.
func ln(x *big.Float) *big.Float {
	one := big.NewFloat(1).SetPrec(bits)
	s := new(big.Float).Quo(new(big.Float).Sub(x, one), new(big.Float).Add(x, one))
	square := new(big.Float).Mul(s, s)
	sum, power := new(big.Float).SetPrec(bits), new(big.Float).Copy(s)
	for k := int64(1); k < 120; k += 2 {
		sum.Add(sum, new(big.Float).Quo(power, new(big.Float).SetPrec(bits).SetInt64(k)))
		power.Mul(power, square)
	}
	return sum.Add(sum, sum)
}

// log2 is the reference: exponent + ln(mantissa)/ln(2).
func log2(x *big.Float) *big.Float {
	mantissa := new(big.Float).SetPrec(bits)
	exponent := new(big.Float).SetPrec(bits).Set(x).MantExp(mantissa)
	two := big.NewFloat(2).SetPrec(bits)
	result := new(big.Float).Quo(ln(mantissa), ln(two))
	return result.Add(result, new(big.Float).SetInt64(int64(exponent)))
}

func distance(got float64, want *big.Float) float64 {
	d, _ := new(big.Float).Sub(new(big.Float).SetPrec(bits).SetFloat64(got), want).Float64()
	return math.Abs(d)
}

func TestLog2KeepsItsErrorBound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.OneOf(
			rapid.Float64Range(4, 1e10), rapid.Float64Range(0.5, 2), rapid.Float64Range(0.999999, 1.000001),
			rapid.Float64Range(1e-300, math.MaxFloat64),
		).Draw(t, "x")
		want := log2(new(big.Float).SetPrec(bits).SetFloat64(x))
		size, _ := want.Float64()
		assert.LessOrEqual(t, distance(elementary.Log2(x), want), 2e-16*max(1, math.Abs(size))+1e-16)
	})
}

func TestLog2IsExactForPowersOfTwo(t *testing.T) {
	t.Parallel()
	for e := -1022; e <= 1023; e++ {
		assert.InDelta(t, float64(e), elementary.Log2(math.Ldexp(1, e)), 0)
	}
	assert.InDelta(t, 1024, elementary.Log2(math.Inf(1)), 0)
}

func TestLogLogIsLog2OfLn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		norm2 := rapid.Float64Range(65536, 1e20).Draw(t, "|z|^2")
		// log2(ln|z|) = log2(log2(|z|^2)) + log2(ln(2)/2)
		want := log2(log2(new(big.Float).SetPrec(bits).SetFloat64(norm2)))
		half := ln(big.NewFloat(2).SetPrec(bits))
		want.Add(want, log2(half.Quo(half, big.NewFloat(2))))
		assert.LessOrEqual(t, distance(elementary.LogLog(norm2), want), 2e-15)
	})
}
