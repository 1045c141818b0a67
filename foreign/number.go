package foreign

import (
	"math/big"
	"strconv"
	"strings"

	"mandelfarm/renderer/spec"
)

// radiusDigits is how many significant digits of a radius are computed: as many as no picture shows a change of.
const radiusDigits = 20

// radiusOf returns the radius of a zoom, 2/zoom, rounded to radiusDigits. The zoom is above 0.
func radiusOf(zoom spec.Decimal) (spec.Decimal, error) {
	const enough = 3 * radiusDigits // digits of the zoom that count
	digits, exponent := digitsOf(zoom)
	if extra := len(digits) - enough; extra > 0 {
		digits, exponent = digits[:enough], exponent+extra
	}
	divisor, _ := new(big.Int).SetString(digits, 10)
	shift := len(digits) + radiusDigits
	quotient := new(big.Int).Quo(new(big.Int).Mul(big.NewInt(2), power(10, shift)), divisor)
	return round(quotient.String(), -exponent-shift, radiusDigits)
}

// digitsOf returns the number as digits * 10^exponent, without its sign. It is not 0.
func digitsOf(d spec.Decimal) (digits string, exponent int) {
	mantissa, _, _ := strings.Cut(d.String(), "e")
	digits = strings.NewReplacer("-", "", ".", "").Replace(mantissa)
	digits = strings.Trim(digits, "0")
	return digits, d.Exponent() - len(digits) + 1
}

// round returns digits * 10^exponent, rounded half up to so many significant digits.
func round(digits string, exponent, significant int) (spec.Decimal, error) {
	if extra := len(digits) - significant; extra > 0 {
		kept, _ := new(big.Int).SetString(digits[:significant], 10)
		if digits[significant] >= '5' {
			kept.Add(kept, big.NewInt(1))
		}
		digits, exponent = kept.String(), exponent+extra
	}
	return spec.ParseDecimal(digits + "e" + strconv.Itoa(exponent))
}

// power returns base^exponent.
func power(base int64, exponent int) *big.Int {
	return new(big.Int).Exp(big.NewInt(base), big.NewInt(int64(exponent)), nil)
}

// Bounds of hexadecimal numbers: what is within them is converted in well under a second.
const (
	maxHexDigits   = 75_000
	maxHexExponent = 200_000 // a power of 16
)

// parseHex reads a hexadecimal number as GMP prints it: digits with an optional sign and point, and an optional power of
// 16 in decimal digits after an @. Fractions of up to 150 digits are exact; longer ones are rounded to more than a
// hundred places beyond their last digit. It reports false for everything else.
func parseHex(s string) (spec.Decimal, bool) {
	mantissa, power16, scaled := strings.Cut(s, "@")
	exponent := 0
	if scaled {
		var err error
		if exponent, err = strconv.Atoi(power16); err != nil || exponent > maxHexExponent || exponent < -maxHexExponent {
			return spec.Decimal{}, false
		}
	}
	sign := ""
	if mantissa != "" && (mantissa[0] == '-' || mantissa[0] == '+') {
		sign, mantissa = mantissa[:1], mantissa[1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	if digits == "" || len(digits) > maxHexDigits || strings.Trim(strings.ToLower(digits), "0123456789abcdef") != "" {
		return spec.Decimal{}, false
	}
	value, _ := new(big.Int).SetString(digits, 16)
	text, places := scaleHex(value, exponent-len(fraction))
	d, err := spec.ParseDecimal(sign + text + "e-" + strconv.Itoa(places))
	return d, err == nil
}

// scaleHex returns value * 16^exponent as decimal digits with so many places after the point.
func scaleHex(value *big.Int, exponent int) (digits string, places int) {
	if exponent >= 0 {
		return value.Lsh(value, uint(4*exponent)).String(), 0
	}
	bits := -4 * exponent
	// A hexadecimal digit is 1.2042 decimal ones, and four of them written out in full.
	places = min(bits, -exponent*5/4+exact)
	value.Mul(value, power(10, places))
	half := new(big.Int).Lsh(big.NewInt(1), uint(bits-1))
	return value.Add(value, half).Rsh(value, uint(bits)).String(), places
}

// exact is how many places are kept beyond those that a fraction needs.
const exact = 420
