package foreign

import (
	"math/big"
	"strconv"
	"strings"

	"mandelfarm/renderer/spec"
)

// readFraktaler reads fraktaler-3's TOML. What is not in the file has fraktaler-3's default, because it does not write
// what has; but a file that names neither a place nor the program is none of its files.
func readFraktaler(document map[string]any) (*params, spec.Draft, error) {
	p := newParams()
	var wanted spec.Draft
	formula := document["formula"]
	delete(document, "formula")
	if err := p.flatten("", document, 0); err != nil {
		return p, wanted, err
	}
	if !p.has("location.real") && !p.has("location.imag") && !p.has("location.zoom") && p.text("program") != "fraktaler-3" {
		return p, wanted, fault("", "", "does not say where the picture is: fraktaler-3 has location.real, location.imag and location.zoom, "+
			"rust-fractal real, imag and zoom")
	}
	if err := fraktalerFormula(p, &wanted, formula); err != nil {
		return p, wanted, err
	}
	for _, read := range []func(*params, *spec.Draft) error{fraktalerView, fraktalerImage} {
		if err := read(p, &wanted); err != nil {
			return p, wanted, err
		}
	}
	p.apply(fraktalerKeys())
	return p, wanted, nil
}

func fraktalerView(p *params, wanted *spec.Draft) (err error) {
	if wanted.Center.Re, err = p.decimal("location.real"); err != nil {
		return err
	}
	if wanted.Center.Im, err = p.decimal("location.imag"); err != nil {
		return err
	}
	if wanted.Center == (spec.Point{}) {
		wanted.Center.Re, _ = spec.ParseDecimal("0")
	}
	wanted.Radius, _ = spec.ParseDecimal("2")
	if p.has("location.zoom") {
		if wanted.Radius, err = p.radius("location.zoom"); err != nil {
			return err
		}
	}
	return fraktalerOrientation(p, wanted)
}

// fraktalerOrientation reads how the view lies. A reflected one turns the other way round, seen in the plane. What flips the picture
// turns the view upside down.
func fraktalerOrientation(p *params, wanted *spec.Draft) (err error) {
	if wanted.Rotation, err = p.decimal("transform.rotate"); err != nil {
		return err
	}
	reflected := p.on("transform.reflect")
	if reflected && wanted.Rotation.Sign() != 0 {
		if wanted.Rotation, err = negative(wanted.Rotation); err != nil {
			return err
		}
	}
	wanted.Mirror = reflected != p.on("transform.vertical_flip")
	amount, err := p.number("transform.stretch_amount") // in hundredths
	if err != nil {
		return err
	}
	axis, err := p.number("transform.stretch_angle")
	if err != nil {
		return err
	}
	wanted.Stretch = stretch(amount.Quo(amount, big.NewRat(100, 1)), axis)
	return nil
}

// negative returns -d for d other than 0.
func negative(d spec.Decimal) (spec.Decimal, error) {
	if d.Sign() < 0 {
		return spec.ParseDecimal(d.String()[1:])
	}
	return spec.ParseDecimal("-" + d.String())
}

func fraktalerImage(p *params, wanted *spec.Draft) (err error) {
	if wanted.MaxIterations, err = p.iterations("bailout.iterations", 1024); err != nil {
		return err
	}
	if wanted.Width, err = p.count("image.width", 1, 1024); err != nil {
		return err
	}
	if wanted.Height, err = p.count("image.height", 1, 576); err != nil {
		return err
	}
	shrink, err := p.count("image.subsampling", 1, 1)
	if err != nil {
		return err
	}
	wanted.Width, wanted.Height = max(1, wanted.Width/shrink), max(1, wanted.Height/shrink)
	if wanted.Samples, err = p.count("image.subframes", 0, 1); err != nil {
		return err
	}
	if wanted.Samples == 0 {
		p.lose("image.subframes", "points are not added without end; one per pixel is taken")
	}
	return nil
}

// fraktalerFormula reads the list of formulas that are iterated in turn, of which only one is drawn here.
func fraktalerFormula(p *params, wanted *spec.Draft, value any) error {
	if value == nil {
		return nil
	}
	list, ok := value.([]any)
	if !ok {
		return fault("formula", tomlText(value), "must be a list of tables")
	}
	if len(list) != 1 {
		return fault("formula", strconv.Itoa(len(list))+" formulas", "hybrids are not drawn here")
	}
	table, ok := list[0].(map[string]any)
	if !ok {
		return fault("formula", tomlText(list[0]), "must be a table")
	}
	if err := p.flatten("formula", table, 0); err != nil {
		return err
	}
	if p.text("formula.opcodes") != "" {
		return p.bad("formula.opcodes", "formulas by opcodes are not drawn here")
	}
	return p.opcodeless(wanted)
}

// opcodeless is the formula z -> (+-|x| +- i|y|)^power + c, as far as it is one of ours.
func (p *params) opcodeless(wanted *spec.Draft) error {
	power, err := p.count("formula.power", 1, 2)
	if err != nil {
		return err
	}
	absX, absY := p.on("formula.abs_x"), p.on("formula.abs_y")
	negX, negY := p.on("formula.neg_x"), p.on("formula.neg_y")
	switch even := power%2 == 0; {
	case !absX && !absY && (!negX && !negY || negX && negY && even):
		return multibrot(p, wanted, "formula.power", power)
	case !absX && !absY && power == 2: // conj(-z)^2 is conj(z)^2
		wanted.Formula = spec.Tricorn
		return nil
	case absX && absY && negX == negY && power == 2:
		wanted.Formula = spec.BurningShip
		return nil
	}
	words := []string{"power " + strconv.Itoa(power)}
	for _, name := range []string{"abs_x", "abs_y", "neg_x", "neg_y"} {
		if p.on("formula." + name) {
			words = append(words, name)
		}
	}
	return fault("formula", strings.Join(words, " "), "this formula is not drawn here")
}
