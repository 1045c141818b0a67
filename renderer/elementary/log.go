package elementary

import "math"

// LogLog returns log2(ln|z|) of a number z with the given |z|^2 > 1. Its error is below 2e-15.
func LogLog(norm2 float64) float64 {
	// ln|z| = log2(|z|^2) * ln(2)/2, and log2(ln(2)/2) is the constant.
	const log2HalfLn2 = -1.5287663729448977
	return Log2(Log2(norm2)) + log2HalfLn2
}

// Log2 returns the binary logarithm of a positive, normal number with an error below 2e-16 * max(1, |log2 x|) + 1e-16,
// tested against math/big. An infinity counts as 2^1024. The argument is split into 2^e * m with m from sqrt(1/2) to
// sqrt(2), and
//
//	log2 m = 2/ln 2 * (s + s^3/3 + s^5/5 + ...),  s = (m-1)/(m+1)
//
// With |s| <= 0.1716 the terms up to s^21 leave a rest below 1e-19.
func Log2(x float64) float64 {
	const (
		mantissaBits = 52
		bias         = 1023
		mantissa     = 1<<mantissaBits - 1
		twoOverLn2   = 2.8853900817779268
	)
	bits := math.Float64bits(x)
	exponent := int(bits>>mantissaBits) - bias
	m := math.Float64frombits(bits&mantissa | bias<<mantissaBits)
	if m > math.Sqrt2 {
		m *= 0.5
		exponent++
	}
	s := (m - 1) / (m + 1)
	return float64(exponent) + float64(twoOverLn2*float64(s*atanhSeries(float64(s*s))))
}

// atanhSeries returns 1 + q/3 + q^2/5 + ... + q^10/21.
func atanhSeries(q float64) float64 {
	sum := 1.0 / 21
	sum = float64(sum*q) + 1.0/19
	sum = float64(sum*q) + 1.0/17
	sum = float64(sum*q) + 1.0/15
	sum = float64(sum*q) + 1.0/13
	sum = float64(sum*q) + 1.0/11
	sum = float64(sum*q) + 1.0/9
	sum = float64(sum*q) + 1.0/7
	sum = float64(sum*q) + 1.0/5
	sum = float64(sum*q) + 1.0/3
	return float64(sum*q) + 1
}
