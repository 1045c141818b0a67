package spec

import (
	"strings"
)

// Range is the least and the greatest fractional iteration count that a turn of the palette spans: a pair in JSON, and
// "least,greatest" in a query.
type Range [2]Decimal

// maxCount is the power of ten that counts of a range stay below: more than there are iterations.
const maxCount = 10

// notARange is why a range is refused.
const notARange = "must be a least and a greatest count, from 0 to below 1e10"

// normalizeSpread checks how the palette is laid over the counts, and drops what has no effect.
func (c *Coloring) normalizeSpread() *FieldError {
	if c.Range != (Range{}) {
		if err := c.Range.check(); err != nil {
			return err
		}
	}
	if c.Equalize.Sign() < 0 || c.Equalize.Cmp(Decimal{text: "1"}) > 0 {
		return NewFieldError("coloring.equalize", c.Equalize.String(), "must be from 0 to 1")
	}
	if c.Smooth == On || !c.Method.goesByCounts() {
		c.Smooth = 0
	}
	if !c.Method.spansCounts() {
		c.Range = Range{}
	}
	if !c.Method.spansCounts() || c.Equalize.Sign() == 0 {
		c.Equalize = Decimal{}
	}
	return nil
}

func (r Range) check() *FieldError {
	const field = "coloring.range"
	if err := checkInterval(field, r, maxCount); err != nil {
		return err
	}
	if r[0].Sign() < 0 {
		return NewFieldError(field, r[0].String(), notARange)
	}
	return nil
}

// setRange reads "least,greatest".
func setRange(field, text string, r *Range) *FieldError {
	least, greatest, found := strings.Cut(text, ",")
	if !found {
		return NewFieldError(field, text, notARange)
	}
	if err := setDecimal(field, least, &r[0]); err != nil {
		return err
	}
	return setDecimal(field, greatest, &r[1])
}
