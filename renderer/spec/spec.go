package spec

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// Formula names the map whose orbits are followed.
type Formula string

// The formulas.
const (
	Mandelbrot  Formula = "mandelbrot"
	Julia       Formula = "julia"
	BurningShip Formula = "burning_ship"
	Tricorn     Formula = "tricorn"
	Multibrot   Formula = "multibrot"
)

// Formulas lists every formula, the default first.
func Formulas() []Formula { return []Formula{Mandelbrot, Julia, BurningShip, Tricorn, Multibrot} }

// Point is a point of the complex plane.
type Point struct {
	Re Decimal `json:"re,omitzero"`
	Im Decimal `json:"im,omitzero"`
}

// Window is a rectangle of the plane that is stretched to the image and sampled on its edges: the columns stand at
// linspace(Re[0], Re[1], width), both ends included, and the rows at linspace(Im[0], Im[1], height) from the bottom
// up. It excludes center, radius, rotation, mirror and stretch.
type Window struct {
	Re [2]Decimal `json:"re"` // least and greatest
	Im [2]Decimal `json:"im"` // least and greatest
}

// Draft is what a Spec is made of, as somebody has given it: [Normalize] makes a Spec of it. The zero value of a field means
// "not given", and the default is filled in. Width and Height have none.
type Draft struct {
	Formula       Formula    `json:"formula"`
	Power         int        `json:"power,omitzero"`    // of z, for Multibrot and Julia; 0 is 2
	Seed          Point      `json:"seed,omitzero"`     // the constant c of a Julia set
	Center        Point      `json:"center,omitzero"`   // the middle of the view
	Radius        Decimal    `json:"radius,omitzero"`   // half the height of the view
	Exact         bool       `json:"exact,omitzero"`    // the centre has few digits for the radius; see markExact
	Rotation      Decimal    `json:"rotation,omitzero"` // degrees, counter-clockwise
	Mirror        bool       `json:"mirror,omitzero"`   // the imaginary axis of the view points down before it is turned
	Stretch       Stretch    `json:"stretch,omitzero"`
	Window        Window     `json:"window,omitzero"`
	Width         int        `json:"width"`          // pixels
	Height        int        `json:"height"`         // pixels
	MaxIterations Iterations `json:"max_iterations"` // points that have not escaped after so many are inside
	Samples       int        `json:"samples"`        // points per pixel
	Depth         int        `json:"depth,omitzero"` // bits per channel: 16, or 0 for 8; of MethodSet 8, or 0 for 1
	Coloring      Coloring   `json:"coloring,omitzero"`

	Format FileFormat `json:"format,omitzero"` // of the file
	Counts Counts     `json:"counts,omitzero"` // in it; of EXR only
	// Undecided asks for which pixels are undecided, in the same file; of NPY and EXR only.
	Undecided bool `json:"undecided,omitzero"`
}

// draft hides the name under which a Spec embeds its fields, so that no other package can make a Spec of any.
type draft = Draft

// Spec says what to draw, in the one form that a picture has: decimals without redundant digits, defaults filled in, fields
// without effect dropped. Only this package makes one, by [Normalize], [Parse] and their like; whoever has one need not
// normalise or check anything but limits. Its fields are those of [Draft], to be read; to change one, take [Spec.Draft].
// Specs are comparable with ==, which says whether they are the same picture. The zero value is no picture.
type Spec struct{ draft }

// Draft returns a copy of the fields, to change some and [Normalize] again.
func (s Spec) Draft() Draft { return s.draft }

// With is the Spec with some fields changed in such a way that it stays one: it panics if it does not. Changes that others ask
// for, which may be wrong, are for [Normalize].
func (s Spec) With(change func(*Draft)) Spec {
	d := s.draft
	change(&d)
	changed, err := Normalize(d)
	if err != nil {
		panic("spec: a change that cannot fail: " + err.Error())
	}
	return changed
}

// Bounds that hold whatever the configured limits are.
const (
	maxSize       = 1<<31 - 1 // pixels: what a PNG header can say
	maxIterations = 1<<31 - 1 // counts are held in 32 bits
	maxSamples    = 1 << 16   // sums of squared colours are held in 32 bits
	// maxCoordinate is the power of ten that coordinates stay below. It keeps every square finite, so that no
	// orbit meets an infinity before it has escaped.
	maxCoordinate = 100
	// maxJuliaPower is the same for the Julia sets of higher powers, whose orbits begin at the point itself.
	maxJuliaPower = 12
)

// Normalize fills in the defaults, drops what has no effect and checks everything that can be said without configured
// limits. Of the Draft of a Spec it makes the same Spec. An error is a *FieldError.
func Normalize(d Draft) (Spec, error) {
	for _, step := range []func(*Draft) *FieldError{
		(*Draft).normalizeFormula, (*Draft).normalizeView, (*Draft).markExact, (*Draft).normalizeSize, (*Draft).normalizeColoring,
		(*Draft).normalizeFormat,
	} {
		if err := step(&d); err != nil {
			return Spec{}, err
		}
	}
	return Spec{d}, nil
}

func (s *Draft) normalizeFormula() *FieldError {
	switch s.Formula {
	case "":
		s.Formula = Mandelbrot
	case Mandelbrot, Julia, BurningShip, Tricorn, Multibrot:
	default:
		return NewFieldError("formula", string(s.Formula), oneOf(Formulas()))
	}
	if err := s.normalizePower(); err != nil {
		return err
	}
	if s.Formula != Julia {
		if s.Seed != (Point{}) {
			return NewFieldError("seed", "", "is for the formula julia only")
		}
		return nil
	}
	s.Seed = s.Seed.or("-0.8", "0.156")
	return s.Seed.check("seed", s.coordinates())
}

func (s *Draft) normalizeView() *FieldError {
	if s.Window != (Window{}) {
		return s.normalizeWindow()
	}
	re, im, radius := s.home()
	s.Center = s.Center.or(re, im)
	if !s.Radius.IsSet() {
		s.Radius = Decimal{text: radius}
	}
	if err := s.Center.check("center", s.coordinates()); err != nil {
		return err
	}
	if s.Radius.Sign() <= 0 {
		return NewFieldError("radius", s.Radius.String(), "must be greater than 0")
	}
	if err := checkBelow("radius", s.Radius, s.coordinates()); err != nil {
		return err
	}
	return s.normalizeOrientation()
}

// or returns p, or the given point if p is not given at all. One part alone makes the other 0.
func (p Point) or(re, im string) Point {
	if p == (Point{}) {
		return Point{Decimal{text: re}, Decimal{text: im}}
	}
	if !p.Re.IsSet() {
		p.Re = Decimal{text: "0"}
	}
	if !p.Im.IsSet() {
		p.Im = Decimal{text: "0"}
	}
	return p
}

// check refuses coordinates of magnitude 10^exponent and above.
func (p Point) check(field string, exponent int) *FieldError {
	if err := checkBelow(field+".re", p.Re, exponent); err != nil {
		return err
	}
	return checkBelow(field+".im", p.Im, exponent)
}

// checkBelow refuses numbers of magnitude 10^exponent and above.
func checkBelow(field string, d Decimal, exponent int) *FieldError {
	if d.Exponent() >= exponent {
		return NewFieldError(field, d.String(), fmt.Sprintf("must be of magnitude below 1e%d", exponent))
	}
	return nil
}

func (s *Draft) normalizeWindow() *FieldError {
	if s.Center != (Point{}) || s.Radius.IsSet() || s.Rotation.IsSet() || s.Mirror || s.Stretch != (Stretch{}) || s.Exact {
		return NewFieldError("window", "", "excludes center, radius, rotation, mirror, stretch and exact")
	}
	if err := checkInterval("window.re", s.Window.Re, s.coordinates()); err != nil {
		return err
	}
	return checkInterval("window.im", s.Window.Im, s.coordinates())
}

func checkInterval(field string, ends [2]Decimal, exponent int) *FieldError {
	if !ends[0].IsSet() || !ends[1].IsSet() {
		return NewFieldError(field, "", "must be a pair [least, greatest]")
	}
	for _, end := range ends {
		if err := checkBelow(field, end, exponent); err != nil {
			return err
		}
	}
	if ends[0].Cmp(ends[1]) >= 0 {
		return NewFieldError(field, ends[1].String(), "must have its greatest end above its least")
	}
	return nil
}

// normalizeRotation drops an angle of 0, so that one picture has one angle.
func (s *Draft) normalizeRotation() *FieldError {
	err := normalizeAngle("rotation", &s.Rotation)
	if s.Rotation.Sign() == 0 {
		s.Rotation = Decimal{}
	}
	return err
}

// normalizeAngle brings an angle into (-180, 180].
func normalizeAngle(field string, angle *Decimal) *FieldError {
	turn, half := Decimal{text: "360"}, Decimal{text: "180"}
	if angle.Cmp(turn) > 0 || angle.Cmp(Decimal{text: "-360"}) < 0 {
		return NewFieldError(field, angle.String(), "must be within ±360 degrees")
	}
	switch {
	case angle.Cmp(half) > 0:
		*angle = angle.plus(-360)
	case angle.Cmp(Decimal{text: "-180"}) <= 0:
		*angle = angle.plus(360)
	}
	return nil
}

// plus adds a whole number to one of magnitude 1 or more; the cost is that of the number's digits.
func (d Decimal) plus(n int64) Decimal {
	number := d.scientific()
	places := max(0, len(number.digits)-1-number.exponent) // digits after the point
	shift := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil)
	scaled, _ := new(big.Int).SetString(number.digits, 10)
	if missing := number.exponent + 1 - len(number.digits); missing > 0 {
		scaled.Mul(scaled, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(missing)), nil))
	}
	if number.negative {
		scaled.Neg(scaled)
	}
	scaled.Add(scaled, shift.Mul(shift, big.NewInt(n)))
	sum, _ := scanDecimal(scaled.String() + "e-" + strconv.Itoa(places))
	if sum.digits == "" {
		return Decimal{text: "0"}
	}
	return Decimal{text: sum.format()}
}

func (s *Draft) normalizeSize() *FieldError {
	setDefault(&s.MaxIterations, 1000)
	setDefault(&s.Samples, 1)
	for _, n := range []struct {
		field      string
		value, max int
	}{
		{"width", s.Width, maxSize},
		{"height", s.Height, maxSize},
		{"max_iterations", s.MaxIterations.Most(), maxIterations},
		{"samples", s.Samples, maxSamples},
	} {
		if n.value < 1 || n.value > n.max {
			return NewFieldError(n.field, strconv.Itoa(n.value), fmt.Sprintf("must be from 1 to %d", n.max))
		}
	}
	return nil
}

func setDefault[N ~int](value *N, standard N) {
	if *value == 0 {
		*value = standard
	}
}

// oneOf words the reason for a name that is none of those known.
func oneOf[S ~string](names []S) string {
	words := make([]string, len(names))
	for i, name := range names {
		words[i] = string(name)
	}
	return "must be one of " + strings.Join(words, ", ")
}

// Canonical prints the Spec as compact JSON with its fields in a fixed order. Parse reads it back to an equal Spec.
func (s Spec) Canonical() []byte {
	data, err := json.Marshal(s.draft)
	if err != nil {
		panic("spec: a Spec is always printable: " + err.Error())
	}
	return data
}

// MarshalJSON prints the canonical form, so that a Spec is the same inside any document.
func (s Spec) MarshalJSON() ([]byte, error) { return s.Canonical(), nil }

// UnmarshalJSON is Parse.
func (s *Spec) UnmarshalJSON(data []byte) error {
	parsed, err := Parse(data)
	if err != nil {
		return err
	}
	*s = parsed
	return nil
}
