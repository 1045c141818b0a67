package elementary

import (
	"math"
	"math/big"
	"strconv"
)

// Turns is the argument of x + iy in turns, from 0 up to 1, within 1e-11.
func Turns(x, y float64) float64 {
	a, b := math.Abs(x), math.Abs(y)
	t := arctan(min(a, b) / max(a, b))
	if b > a {
		t = 0.25 - t
	}
	if x < 0 {
		t = 0.5 - t
	}
	if y < 0 && t > 0 {
		t = min(1-t, below1)
	}
	return t
}

// below1 is the greatest number below 1.
const below1 = 1 - 0x1p-53

// arctan is the angle in turns whose tangent is t, from 0 to 1. Above tan(pi/8) it goes on from pi/4, so that the series is
// one of numbers below 0.42; what is left out of it is below 1e-11.
func arctan(t float64) float64 {
	const tanEighth, turnsPerRadian = 0.41421356237309503, 0.15915494309189535
	start := 0.0
	if t > tanEighth {
		start, t = 0.125, (t-1)/(t+1)
	}
	q := float64(t * t)
	sum := 0.0
	for n := 25; n > 0; n -= 2 {
		sum = 1/float64(n) - float64(q*sum)
	}
	return start + float64(turnsPerRadian*float64(t*sum))
}

// SinCos returns sine and cosine of an angle in degrees from -180 to 180, a decimal number or nothing for 0, correctly
// rounded but for ties nobody meets. They are exact for multiples of 90.
func SinCos(degrees string) (sin, cos float64) {
	switch degrees {
	case "", "0":
		return 0, 1
	case "90":
		return 1, 0
	case "180":
		return 0, -1
	case "-90":
		return -1, 0
	}
	const bits = 192
	x, _, err := big.ParseFloat("3.14159265358979323846264338327950288419716939937510582097494", 10, bits, big.ToNearestEven)
	if err != nil {
		panic("elementary: pi is a number: " + err.Error())
	}
	angle, err := strconv.ParseFloat(degrees, 64)
	if err != nil {
		panic("elementary: an angle is a decimal number: " + err.Error())
	}
	x.Mul(x, big.NewFloat(angle))
	x.Quo(x, big.NewFloat(180))
	sin, _ = taylor(x, x, 1).Float64()
	cos, _ = taylor(x, big.NewFloat(1).SetPrec(bits), 0).Float64()
	return sin, cos
}

// taylor sums first - first*x^2/((n+1)(n+2)) + ..., which is sin x for first = x and n = 1, and cos x for first = 1 and
// n = 0. For |x| <= pi the terms after the 60th are below 2^-192.
func taylor(x, first *big.Float, n int64) *big.Float {
	const terms = 60
	square := new(big.Float).Mul(x, x)
	term := new(big.Float).Copy(first)
	sum := new(big.Float).Copy(first)
	for range terms {
		term.Mul(term, square)
		term.Quo(term, new(big.Float).SetInt64((n+1)*(n+2)))
		term.Neg(term)
		sum.Add(sum, term)
		n += 2
	}
	return sum
}
