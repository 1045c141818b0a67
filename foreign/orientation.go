package foreign

import (
	"fmt"
	"math/big"

	"mandelfarm/renderer/spec"
)

// maxAngleDigits bounds the numbers that are calculated with, and their exponents: many times what the programs write.
const maxAngleDigits = 100

// number reads a number that is calculated with, 0 if the file does not have the key.
func (p *params) number(key string) (*big.Rat, error) {
	d, err := p.decimal(key)
	if err != nil || d.Sign() == 0 {
		return new(big.Rat), err
	}
	if d.Digits() > maxAngleDigits || d.Exponent() > maxAngleDigits || d.Exponent() < -maxAngleDigits {
		return nil, p.bad(key, fmt.Sprintf("must have at most %d digits and an exponent within ±%d", maxAngleDigits, maxAngleDigits))
	}
	x, _ := new(big.Rat).SetString(d.String())
	return x, nil
}

// stretch is the stretch by an amount along an axis at some degrees, which may be any numbers. It is nothing for the amount 0.
func stretch(amount, degrees *big.Rat) spec.Stretch {
	if amount.Sign() == 0 {
		return spec.Stretch{}
	}
	if amount.Sign() < 0 { // along an axis it is shorter: longer across
		amount = new(big.Rat).Neg(amount)
		degrees = new(big.Rat).Add(degrees, big.NewRat(90, 1))
	}
	halfTurns := new(big.Rat).Quo(degrees, big.NewRat(180, 1))
	whole := new(big.Int).Div(halfTurns.Num(), halfTurns.Denom())
	rest := new(big.Rat).Sub(degrees, new(big.Rat).SetInt(whole.Mul(whole, big.NewInt(180))))
	return spec.Stretch{Amount: exactDecimal(amount), Angle: exactDecimal(rest)}
}

// exactDecimal writes a sum of decimals out.
func exactDecimal(x *big.Rat) spec.Decimal {
	const places = 3 * maxAngleDigits // more than such a sum has
	d, err := spec.ParseDecimal(x.FloatString(places))
	if err != nil {
		panic("foreign: a sum is a number: " + err.Error())
	}
	return d
}
