package spec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Bounds of every decimal, whatever the configured limits: they keep the cost of a hostile value small.
const (
	maxDecimalText     = 200_000   // characters of the given text
	maxDecimalDigits   = 100_000   // significant digits
	maxDecimalExponent = 1_000_000 // magnitude of the power of ten of the leading digit
)

// Decimals whose leading digit has a power of ten within these bounds are printed without an exponent.
const (
	minPlainExponent = -7
	maxPlainExponent = 20
)

// Decimal is an exact decimal number of any length, or nothing: the zero value means "not given".
//
// It holds its canonical text, so two Decimals of one value in a Spec are equal under ==. The canonical text has no leading
// or trailing zeros and no plus sign; zero is "0" whatever its sign. A number whose leading digit stands for a power of
// ten from -7 to 20 is written plainly ("-0.75", "12000"), any other as d.ddde±x ("1e-1000", "2.5e+30").
type Decimal struct{ text string }

// ParseDecimal reads digits with an optional sign, point and exponent. It refuses everything else that Go or C call a
// number (hexadecimal, underscores, NaN, Inf), more than 100,000 significant digits and exponents beyond a million.
// Its cost is linear in a text of bounded length. The error is a *FieldError without a field.
func ParseDecimal(s string) (Decimal, error) {
	if len(s) > maxDecimalText {
		return Decimal{}, NewFieldError("", s, fmt.Sprintf("must be a number of at most %d characters", maxDecimalText))
	}
	number, ok := scanDecimal(s)
	if !ok {
		return Decimal{}, NewFieldError("", s, "must be a decimal number")
	}
	if number.digits == "" {
		return Decimal{text: "0"}, nil
	}
	if len(number.digits) > maxDecimalDigits {
		return Decimal{}, NewFieldError("", s, fmt.Sprintf("must have at most %d digits", maxDecimalDigits))
	}
	if number.exponent > maxDecimalExponent || number.exponent < -maxDecimalExponent {
		return Decimal{}, NewFieldError("", s, fmt.Sprintf("must have an exponent within ±%d", maxDecimalExponent))
	}
	return Decimal{text: number.format()}, nil
}

// scientific is the number ±d.ddd * 10^exponent, digits holding "dddd" without leading or trailing zeros. No digits
// mean zero.
type scientific struct {
	negative bool
	digits   string
	exponent int
}

// scanDecimal takes the text apart. It reports false when the text is not a decimal number.
func scanDecimal(s string) (scientific, bool) {
	var n scientific
	s, n.negative = cutSign(s)
	mantissa, exponent := s, 0
	if at := strings.IndexAny(s, "eE"); at >= 0 {
		var ok bool
		if exponent, ok = scanExponent(s[at+1:]); !ok {
			return n, false
		}
		mantissa = s[:at]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if len(whole)+len(fraction) == 0 || !allDigits(whole) || !allDigits(fraction) {
		return n, false
	}
	digits := strings.TrimLeft(whole+fraction, "0")
	leading := len(whole) + len(fraction) - len(digits) // zeros in front of the first digit that counts
	n.digits = strings.TrimRight(digits, "0")
	n.exponent = exponent + len(whole) - 1 - leading
	return n, true
}

// scanExponent reads the part after the e. Values far beyond the bound are clamped, not refused: 0e999999999 is zero.
func scanExponent(s string) (int, bool) {
	const clamp = 1_000_000_000
	s, negative := cutSign(s)
	if s == "" || !allDigits(s) {
		return 0, false
	}
	value := 0
	for _, digit := range []byte(s) {
		value = min(value*10+int(digit-'0'), clamp)
	}
	if negative {
		value = -value
	}
	return value, true
}

func cutSign(s string) (rest string, negative bool) {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		return s[1:], s[0] == '-'
	}
	return s, false
}

func allDigits(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// format prints a number other than zero in canonical form.
func (n scientific) format() string {
	sign := ""
	if n.negative {
		sign = "-"
	}
	size := len(n.digits)
	switch {
	case n.exponent < minPlainExponent || n.exponent > maxPlainExponent:
		text := sign + n.digits[:1]
		if size > 1 {
			text += "." + n.digits[1:]
		}
		return text + fmt.Sprintf("e%+d", n.exponent)
	case n.exponent < 0:
		return sign + "0." + strings.Repeat("0", -n.exponent-1) + n.digits
	case size <= n.exponent+1:
		return sign + n.digits + strings.Repeat("0", n.exponent+1-size)
	default:
		return sign + n.digits[:n.exponent+1] + "." + n.digits[n.exponent+1:]
	}
}

// scientific takes the canonical text apart again.
func (d Decimal) scientific() scientific {
	n, _ := scanDecimal(d.text)
	return n
}

// String returns the canonical text, and "" when the number is not given.
func (d Decimal) String() string { return d.text }

// IsSet reports whether the number is given.
func (d Decimal) IsSet() bool { return d.text != "" }

// Sign is -1, 0 or +1; it is 0 also for a number that is not given.
func (d Decimal) Sign() int {
	switch {
	case d.text == "" || d.text == "0":
		return 0
	case d.text[0] == '-':
		return -1
	default:
		return 1
	}
}

// Places is the number of digits after the point: 2 for 0.75, 0 for 7500.
func (d Decimal) Places() int {
	n := d.scientific()
	return max(0, len(n.digits)-1-n.exponent)
}

// Digits is the number of significant digits: 0 for zero, 2 for 0.75 and for 7500.
func (d Decimal) Digits() int { return len(d.scientific().digits) }

// Exponent is the power of ten that the leading digit stands for: -1 for 0.75, 3 for 7500, 0 for zero.
func (d Decimal) Exponent() int {
	if d.Sign() == 0 {
		return 0
	}
	return d.scientific().exponent
}

// Float64 is the nearest float64, ties to even; beyond the largest it is an infinity.
func (d Decimal) Float64() float64 {
	if d.text == "" {
		return 0
	}
	value, _ := strconv.ParseFloat(d.text, 64) // the only error left is overflow, which the infinity reports
	return value
}

// Cmp compares two numbers exactly: -1 if d < e, 0 if they are equal, +1 if d > e. A number not given counts as 0.
func (d Decimal) Cmp(e Decimal) int {
	if d.Sign() != e.Sign() || d.Sign() == 0 {
		return max(-1, min(1, d.Sign()-e.Sign()))
	}
	a, b := d.scientific(), e.scientific()
	order := a.exponent - b.exponent
	if order == 0 {
		order = strings.Compare(a.digits, b.digits)
	}
	return d.Sign() * max(-1, min(1, order))
}

// MarshalJSON prints the canonical text as a string, and null when the number is not given.
func (d Decimal) MarshalJSON() ([]byte, error) {
	if d.text == "" {
		return []byte("null"), nil
	}
	return []byte(`"` + d.text + `"`), nil
}

// UnmarshalJSON accepts a string or a number and keeps every digit. Null leaves d as it is.
func (d *Decimal) UnmarshalJSON(data []byte) error {
	text := string(bytes.TrimSpace(data))
	if text == "null" {
		return nil
	}
	if strings.HasPrefix(text, `"`) {
		if err := json.Unmarshal(data, &text); err != nil {
			return fmt.Errorf("decimal: %w", err)
		}
	}
	value, err := ParseDecimal(text)
	if err != nil {
		return err
	}
	*d = value
	return nil
}
