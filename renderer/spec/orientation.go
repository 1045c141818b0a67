package spec

// Stretch says how the view, before it is turned, differs from a square grid of the same area: along an axis it is 2^amount as
// long, and across it 2^-amount. With the rotation and the mirror that is every linear map that keeps areas, each in one way.
type Stretch struct {
	Amount Decimal `json:"amount"` // the binary logarithm of the factor, above 0 and at most MaxStretch
	Angle  Decimal `json:"angle"`  // of the axis: degrees counter-clockwise from the right, above -90 to 90
}

// MaxStretch is the greatest amount. A pixel is then 2^24 times as long as wide, and its place is right to a 4096th of it in the
// largest pictures: coordinates along and across are sums of products of double precision.
const MaxStretch = 12

// normalizeOrientation brings rotation, mirror and stretch into the one form that a view has. A stretch of 0 is dropped.
func (s *Draft) normalizeOrientation() *FieldError {
	if err := s.normalizeRotation(); err != nil {
		return err
	}
	switch amount := s.Stretch.Amount; {
	case amount.Sign() == 0:
		s.Stretch.Amount = Decimal{}
	case amount.Sign() < 0:
		return NewFieldError("stretch.amount", amount.String(), "must be 0 or more: the other way is an angle 90 degrees away")
	case amount.Cmp(Decimal{text: "12"}) > 0:
		return NewFieldError("stretch.amount", amount.String(), "must be at most 12, which is 4096 times as long and a 4096th as wide")
	}
	if err := normalizeAngle("stretch.angle", &s.Stretch.Angle); err != nil {
		return err
	}
	if !s.Stretch.Amount.IsSet() {
		s.Stretch = Stretch{}
		return nil
	}
	switch angle := &s.Stretch.Angle; {
	case !angle.IsSet():
		*angle = Decimal{text: "0"}
	case angle.Cmp(Decimal{text: "90"}) > 0:
		*angle = angle.plus(-180)
	case angle.Cmp(Decimal{text: "-90"}) <= 0:
		*angle = angle.plus(180)
	}
	return nil
}

// IsPlain reports whether the view is a grid of squares that stands upright, right way up.
func (s *Draft) IsPlain() bool {
	return s.Window == (Window{}) && !s.Rotation.IsSet() && !s.Mirror && s.Stretch == (Stretch{})
}
