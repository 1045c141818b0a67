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
func radiusOf(zoom spec.Decimal) (spec.Decimal, error) { return twoBy(zoom, radiusDigits) }

// zoomOf returns the zoom of a radius, with so many digits that radiusOf returns the radius again if that has no more than
// radiusDigits.
func zoomOf(radius spec.Decimal) (spec.Decimal, error) { return twoBy(radius, 2*radiusDigits) }

// twoBy returns 2/d, rounded to so many digits.
func twoBy(d spec.Decimal, significant int) (spec.Decimal, error) {
	const enough = 3 * radiusDigits // digits that count
	digits, exponent := digitsOf(d)
	if extra := len(digits) - enough; extra > 0 {
		digits, exponent = digits[:enough], exponent+extra
	}
	divisor, _ := new(big.Int).SetString(digits, 10)
	shift := len(digits) + significant
	quotient := new(big.Int).Quo(new(big.Int).Mul(big.NewInt(2), power(10, shift)), divisor)
	return round(quotient.String(), -exponent-shift, significant)
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
// hundred places beyond their last digit. A number of many digits that is a short decimal, rounded, is that decimal: it was
// written from one. It reports false for everything else.
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
	text, places, short := shortDecimal(value, len(fraction)-exponent)
	if !short {
		text, places = scaleHex(value, exponent-len(fraction))
	}
	d, err := spec.ParseDecimal(sign + text + "e-" + strconv.Itoa(places))
	return d, err == nil
}

// spareDigits is how many decimal digits fewer than those of a hexadecimal number have to say it for that to be no accident.
const spareDigits = 8

// digitsPerHex is how many decimal digits a hexadecimal one is worth, log10(16), from below.
const digitsPerHex = 1.2041

// shortDecimal returns the decimal that a number with so many hexadecimal digits after the point is when it is rounded to them, as
// digits with so many places after the point, if there is one that is by spareDigits shorter.
func shortDecimal(value *big.Int, hexPlaces int) (digits string, places int, ok bool) {
	places = int(float64(hexPlaces)*digitsPerHex) - spareDigits
	if places < 1 {
		return "", 0, false
	}
	unit := power(10, places)
	scaled := new(big.Int).Mul(value, unit)
	half := new(big.Int).Lsh(big.NewInt(1), uint(4*hexPlaces-1))
	rounded := new(big.Int).Add(scaled, half)
	rounded.Rsh(rounded, uint(4*hexPlaces))
	off := new(big.Int).Lsh(rounded, uint(4*hexPlaces))
	off.Sub(off, scaled).Lsh(off, 1)
	return rounded.String(), places, off.CmpAbs(unit) <= 0
}

// formatHex writes a number of so many places after its decimal point in so many hexadecimal digits that parseHex reads it again.
// It reports false if that takes too many.
func formatHex(d spec.Decimal) (string, bool) {
	hexPlaces := int(float64(d.Places()+spareDigits+1)/digitsPerHex) + 2
	if hexPlaces > maxHexDigits/2 || d.Exponent() > maxHexDigits/2 {
		return "", false
	}
	value, _ := new(big.Rat).SetString(d.String())
	value.Mul(value, new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), uint(4*hexPlaces))))
	number := nearest(value)
	sign := ""
	if number.Sign() < 0 {
		sign = "-"
	}
	digits := number.Abs(number).Text(16)
	if missing := hexPlaces + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	return sign + digits[:len(digits)-hexPlaces] + "." + digits[len(digits)-hexPlaces:], true
}

// formatHexSize writes a number above 0 with more hexadecimal digits than radiusDigits are worth, and a power of 16.
func formatHexSize(d spec.Decimal) (string, bool) {
	const digits = 2 * radiusDigits
	hexPlaces := max(0, digits-int(float64(d.Exponent())/digitsPerHex))
	if hexPlaces > maxHexExponent/2 {
		return "", false
	}
	value, _ := new(big.Rat).SetString(d.String())
	value.Mul(value, new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), uint(4*hexPlaces))))
	text := nearest(value).Text(16)
	return "0." + text + "@" + strconv.Itoa(len(text)-hexPlaces), true
}

// nearest rounds to the nearest whole number.
func nearest(x *big.Rat) *big.Int {
	twice := new(big.Int).Lsh(x.Num(), 1)
	twice.Add(twice, x.Denom())
	return twice.Div(twice, new(big.Int).Lsh(x.Denom(), 1))
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
