package foreign

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mandelfarm/renderer/spec"
)

// sayable draws a Spec that a format can say all of.
func sayable(t *rapid.T, format Format) spec.Spec {
	number := func(label, pattern string) spec.Decimal {
		d, err := spec.ParseDecimal(rapid.StringMatching(pattern).Draw(t, label))
		require.NoError(t, err)
		return d
	}
	d := spec.Draft{
		Formula:       rapid.SampledFrom([]spec.Formula{spec.Mandelbrot, spec.BurningShip, spec.Tricorn}).Draw(t, "formula"),
		Center:        spec.Point{Re: number("re", `-?[01]\.[0-9]{1,80}`), Im: number("im", `-?0?\.[0-9]{1,80}`)},
		Radius:        number("radius", `[1-9]\.[0-9]{0,18}e-?[0-9]{1,2}`),
		Exact:         true,
		Width:         standardWidth,
		Height:        standardHeight,
		MaxIterations: spec.Iterations(rapid.IntRange(1, 1<<31-1).Draw(t, "iterations")),
	}
	if format == Imagina {
		return normalized(t, d)
	}
	d.Width, d.Height = rapid.IntRange(1, 1<<20).Draw(t, "width"), rapid.IntRange(1, 1<<20).Draw(t, "height")
	if rapid.Bool().Draw(t, "multibrot") {
		d.Formula, d.Power = spec.Multibrot, rapid.IntRange(3, 8).Draw(t, "power")
	}
	d.Mirror = rapid.Bool().Draw(t, "mirror")
	d.Rotation = number("rotation", `-?([0-9]{1,2}|[12][0-9]{2}|3[0-5][0-9])(\.[0-9]{1,20})?`)
	d.Stretch.Amount = number("amount", `([0-9]|1[01])(\.[0-9]{1,20})?`)
	d.Stretch.Angle = number("angle", `-?([0-9]{1,2}|[12][0-9]{2})(\.[0-9]{1,20})?`)
	if format == Fraktaler {
		d.Samples = rapid.IntRange(1, 64).Draw(t, "samples")
		return normalized(t, d)
	}
	d.Coloring = spec.Coloring{
		Method:   rapid.SampledFrom([]spec.Method{spec.MethodSmooth, spec.MethodSlope}).Draw(t, "method"),
		Palette:  rapid.SampledFrom(append(spec.Palettes(), "000000@0,ffffff@0.5")).Draw(t, "palette"),
		Density:  number("density", `[1-9]\.[0-9]{0,5}e-?[0-5]`),
		Offset:   exactDecimal(numberOf(rapid.IntRange(0, 1023).Draw(t, "offset"), 1024)),
		Interior: spec.Color(rapid.StringMatching(`#[0-9a-f]{6}`).Draw(t, "interior")),
	}
	if d.Coloring.Method == spec.MethodSlope {
		d.Coloring.Light = exactDecimal(numberOf(rapid.IntRange(-179, 180).Draw(t, "light"), 1))
		d.Coloring.Relief = exactDecimal(numberOf(rapid.IntRange(0, 100).Draw(t, "relief"), 100))
	}
	return normalized(t, d)
}

func normalized(t require.TestingT, d spec.Draft) spec.Spec {
	s, err := spec.Normalize(d)
	require.NoError(t, err)
	return s
}

// TestExportsAreReadAgain: a file that says all of a Spec is the same Spec when it is read.
func TestExportsAreReadAgain(t *testing.T) {
	t.Parallel()
	for _, format := range Exports() {
		t.Run(string(format), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				s := sayable(t, format)
				file, err := Export(format, s)
				require.NoError(t, err)
				require.Empty(t, file.Losses, "%s", file.Data)
				found, err := Detect("", file.Data)
				require.NoError(t, err)
				require.Equal(t, format, found)
				again, err := Read(found, file.Data, Size{})
				require.NoError(t, err)
				require.Equal(t, string(s.Canonical()), string(again.Spec.Canonical()))
			})
		})
	}
}

// TestExportsNameWhatTheyCannotSay, each field with its value.
func TestExportsNameWhatTheyCannotSay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		format Format
		spec   string
		losses []string // beginnings
	}{
		{Kalles, `{"width":9,"height":8,"samples":4,"depth":16,"format":"png"}`, []string{"depth: 16: cannot", "samples: 4: cannot be said in such a file, in which it is 1"}},
		{Kalles, `{"width":9,"height":8,"max_iterations":"auto"}`, []string{"max_iterations: auto: cannot be said in such a file, in which it is 100000"}},
		{Kalles, `{"width":9,"height":8,"coloring":{"palette":"000000@0,ff0000@0.3,ffffff@0.9"}}`, []string{"coloring.palette: [{"}},
		{Kalles, `{"width":9,"height":8,"coloring":{"steps":5,"cyclic":false,"density":"1.23456789","offset":"0.1"}}`, []string{
			"coloring.cyclic: false: ", "coloring.density: 1.23456789: cannot be said in such a file, in which it is 1.23457", "coloring.offset: 0.1: ", "coloring.palette: ultra: ", "coloring.steps: 5: ",
		}},
		{Kalles, `{"width":9,"height":8,"coloring":{"method":"histogram","offset":"0.5"}}`, []string{"coloring.method: histogram: "}},
		{Kalles, `{"width":9,"height":8,"coloring":{"method":"set"}}`, []string{"coloring.method: set: ", "coloring.density: is 1"}},
		{Kalles, `{"width":9,"height":8,"radius":"0.1234567890123456789012345"}`, []string{"radius: 0.1234567890123456789012345: cannot be said in such a file, in which it is 0.1234567890123456789"}},
		{Fraktaler, `{"width":9,"height":8,"coloring":{"palette":"fire"}}`, []string{"coloring.palette: fire: "}},
		{Imagina, `{"width":9,"height":8,"mirror":true,"rotation":30}`, []string{
			"height: 8: ", "mirror: true: ", "rotation: 30: ", "width: 9: cannot be said in such a file, in which it is 1920",
		}},
	} {
		s, err := spec.Parse([]byte(c.spec))
		require.NoError(t, err)
		file, err := Export(c.format, s)
		require.NoError(t, err)
		var got []string
		for _, loss := range file.Losses {
			got = append(got, loss.String())
		}
		for _, beginning := range c.losses {
			found := false
			for _, line := range got {
				found = found || strings.HasPrefix(line, beginning)
			}
			assert.True(t, found, "%s: %q has no %q", c.spec, got, beginning)
		}
	}
}

// TestUnsayable: a view or a formula that a program does not have is refused.
func TestUnsayable(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		format      Format
		spec, field string
	}{
		{Kalles, `{"width":9,"height":8,"formula":"julia"}`, "formula"},
		{Fraktaler, `{"width":9,"height":8,"formula":"julia"}`, "formula"},
		{Imagina, `{"width":9,"height":8,"formula":"multibrot","power":3}`, "formula"},
		{Kalles, `{"width":9,"height":8,"window":{"re":[-2,1],"im":[-1,1]}}`, "window"},
		{Imagina, `{"width":9,"height":8,"center":{"re":"1e-100000"},"radius":"1e-5"}`, "center"},
		{DeepDrill, `{"width":9,"height":8}`, "format"},
	} {
		s, err := spec.Parse([]byte(c.spec))
		require.NoError(t, err)
		_, err = Export(c.format, s)
		var wrong *spec.FieldError
		require.ErrorAs(t, err, &wrong, c.spec)
		assert.Equal(t, c.field, wrong.Field, c.spec)
	}
}

// TestImportedPalettesAreExported: what came from Kalles Fraktaler goes back as it came, in as many colours as it takes.
func TestImportedPalettesAreExported(t *testing.T) {
	t.Parallel()
	for _, list := range []string{"0,0,255,0,255,0,255,0,0,", "1,2,3,9,8,7,200,100,50,0,0,0,", strings.Repeat("9,9,9,", 3) + "255,0,0,"} {
		p := readText(t, Kalles, kallesPlace+"ColorMethod: 1\nColors: "+list+"\n")
		file, err := Export(Kalles, p.Spec)
		require.NoError(t, err)
		assert.Empty(t, file.Losses)
		assert.Contains(t, string(file.Data), "Colors: "+list+"\r\n")
	}
}
