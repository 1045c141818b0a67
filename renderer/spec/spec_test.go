package spec_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mandelfarm/renderer/exr"
	"mandelfarm/renderer/spec"
)

func parse(tb testing.TB, text string) spec.Spec {
	tb.Helper()
	s, err := spec.Parse([]byte(text))
	require.NoError(tb, err)
	return s
}

// drafts draws any Draft that Normalize accepts.
func drafts() *rapid.Generator[spec.Draft] {
	return rapid.Custom(func(t *rapid.T) spec.Draft {
		draw := func(label, pattern string) spec.Decimal {
			d, err := spec.ParseDecimal(rapid.StringMatching(pattern).Draw(t, label))
			require.NoError(t, err)
			return d
		}
		const anything, positive = `-?[0-9]{1,3}(\.[0-9]{1,30})?(e-[0-8][0-9]?|e[0-8])?`, `[1-9](\.[0-9]{1,9})?(e-?[0-9])?`
		s := spec.Draft{
			Formula:       rapid.SampledFrom(spec.Formulas()).Draw(t, "formula"),
			Width:         rapid.IntRange(1, 1<<31-1).Draw(t, "width"),
			Height:        rapid.IntRange(1, 1<<31-1).Draw(t, "height"),
			MaxIterations: spec.Iterations(rapid.IntRange(-1, 1<<31-1).Draw(t, "max_iterations")),
			Samples:       rapid.IntRange(0, 1<<16).Draw(t, "samples"),
			Depth:         rapid.SampledFrom([]int{0, 8, 16}).Draw(t, "depth"),
			Format:        rapid.SampledFrom(spec.FileFormats()).Draw(t, "format"),
			Coloring: spec.Coloring{
				Method:  rapid.SampledFrom(append(spec.Methods(), "")).Draw(t, "method"),
				Palette: drawPalette(t),
				Smooth:  rapid.SampledFrom([]spec.Switch{0, spec.On, spec.Off}).Draw(t, "smooth"),
				Cyclic:  rapid.SampledFrom([]spec.Switch{0, spec.On, spec.Off}).Draw(t, "cyclic"),
			},
		}
		if s.Format.IsPacked() {
			s.Width = min(s.Width, 1<<16)
		}
		if s.Format == spec.EXR {
			s.Width = min(s.Width, 1<<26)
		}
		if rapid.Bool().Draw(t, "has colours") {
			s.Coloring.Density = draw("density", positive)
			s.Coloring.Equalize = draw("equalize", `0(\.[0-9]{1,9})?|1`)
			s.Coloring.Light = draw("light", `-?[12]?[0-9]{1,2}(\.[0-9]{1,9})?`)
			s.Coloring.Relief = draw("relief", `0\.[0-9]{1,9}|1`)
			s.Coloring.Steps = rapid.IntRange(0, 255).Draw(t, "steps")
			s.Coloring.Offset = draw("offset", `-?0\.[0-9]{1,9}`)
			s.Coloring.Periods = rapid.Bool().Draw(t, "periods")
			s.Coloring.Interior = spec.Color(rapid.StringMatching(`#[0-9a-fA-F]{6}`).Draw(t, "interior"))
		}
		if rapid.Bool().Draw(t, "has range") {
			s.Coloring.Range = spec.Range{draw("least", `[0-9](\.[0-9]{1,20})?`), draw("greatest", `[1-9][0-9]{1,8}(\.[0-9]{1,20})?`)}
		}
		if s.Formula == spec.Julia || s.Formula == spec.Multibrot {
			s.Power = rapid.IntRange(0, 7).Draw(t, "power")
			if s.Power > 0 {
				s.Power++
			}
		}
		if s.Formula == spec.Julia && rapid.Bool().Draw(t, "has seed") {
			s.Seed = spec.Point{Re: draw("seed.re", anything), Im: draw("seed.im", anything)}
		}
		switch rapid.IntRange(0, 2).Draw(t, "view") {
		case 1:
			s.Center = spec.Point{Re: draw("re", anything), Im: draw("im", anything)}
			s.Radius = draw("radius", positive)
			s.Rotation = draw("rotation", `-?([0-9]{1,2}|[12][0-9]{2}|3[0-5][0-9])(\.[0-9]{1,30})?`)
			s.Mirror = rapid.Bool().Draw(t, "mirror")
			s.Stretch.Amount = draw("stretch.amount", `([0-9]|1[01])(\.[0-9]{1,30})?`)
			s.Stretch.Angle = draw("stretch.angle", `-?([0-9]{1,2}|[12][0-9]{2}|3[0-5][0-9])(\.[0-9]{1,30})?`)
		case 2:
			low, high := draw("low", `-[1-9](\.[0-9]{1,20})?`), draw("high", `[0-9](\.[0-9]{1,20})?`)
			s.Window = spec.Window{Re: [2]spec.Decimal{low, high}, Im: [2]spec.Decimal{low, high}}
		}
		return s
	})
}

// drawPalette draws names and gradients.
func drawPalette(t *rapid.T) spec.Palette {
	stops := rapid.IntRange(0, 8).Draw(t, "stops")
	if stops < 2 {
		return rapid.SampledFrom(append(spec.Palettes(), "")).Draw(t, "palette")
	}
	var texts []string
	for i := range stops {
		color := rapid.StringMatching(`[0-9a-fA-F]{6}`).Draw(t, "color")
		texts = append(texts, fmt.Sprintf("%s@0.%d%s", color, i, rapid.StringMatching(`[0-9]{0,8}`).Draw(t, "at")))
	}
	return spec.Palette(strings.Join(texts, ","))
}

func TestCanonicalFormsAreReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		normal, err := spec.Normalize(drafts().Draw(t, "draft"))
		require.NoError(t, err)
		again, err := spec.Normalize(normal.Draft())
		require.NoError(t, err)
		require.Equal(t, normal, again, "normalising twice")
		text := normal.Canonical()
		parsed, err := spec.Parse(text)
		require.NoError(t, err, "%s", text)
		require.True(t, normal == parsed, "%s became %s", text, parsed.Canonical()) //nolint:testifylint // == is the claim
		require.Equal(t, normal.ID(), parsed.ID())
		id, err := spec.ParseID(string(parsed.ID()))
		require.NoError(t, err)
		require.Equal(t, parsed.ID(), id)
	})
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	want := `{"formula":"mandelbrot","center":{"re":"-0.75","im":"0"},"radius":"1.25","width":3840,"height":2160,` +
		`"max_iterations":1000,"samples":1,` +
		`"coloring":{"method":"smooth","palette":"ultra","density":"1","offset":"0","interior":"#000000"}}`
	assert.Equal(t, want, string(parse(t, `{"width":3840,"height":2160}`).Canonical()))
	julia := parse(t, `{"formula":"julia","width":1,"height":1}`)
	assert.True(t, julia.Seed.Re.IsSet())
	assert.Equal(t, "0", julia.Center.Re.String())
	half := parse(t, `{"center":{"im":0.5},"width":1,"height":1}`)
	assert.Equal(t, "0", half.Center.Re.String(), "one part of the centre makes the other 0")
}

func TestOnePictureHasOneID(t *testing.T) {
	t.Parallel()
	same := [][]string{
		{
			`{"width":8,"height":6}`,
			`{"height":6,"width":8,"samples":1,"rotation":0}`,
			`{"height":6,"width":8,"mirror":false,"stretch":{"amount":0}}`,
			`{"height":6,"width":8,"stretch":{"angle":33}}`,
			`{"width":8,"height":6,"center":{"re":-75e-2,"im":"-0"},"radius":"1.250","rotation":"-360"}`,
			` { "width" : 8 , "height" : 6 , "coloring" : { "palette" : "ultra" , "interior" : "#000000" } } `,
		},
		{
			`{"width":8,"height":6,"coloring":{"method":"set"}}`,
			`{"width":8,"height":6,"coloring":{"method":"set","palette":"fire","density":3,"offset":1,"interior":"#FFFFFF","periods":true,"smooth":false}}`,
		},
		{
			`{"width":8,"height":6,"rotation":270.5}`,
			`{"width":8,"height":6,"rotation":-89.5}`,
		},
		{
			`{"width":8,"height":6,"mirror":true}`,
			`{"width":8,"height":6,"mirror":true,"rotation":360}`,
		},
		{
			`{"width":8,"height":6,"stretch":{"amount":"0.50","angle":-30}}`,
			`{"width":8,"height":6,"stretch":{"amount":0.5,"angle":150}}`,
			`{"width":8,"height":6,"stretch":{"amount":0.5,"angle":-210}}`,
			`{"width":8,"height":6,"stretch":{"amount":0.5,"angle":330}}`,
		},
		{
			`{"width":8,"height":6,"stretch":{"amount":0.5,"angle":90}}`,
			`{"width":8,"height":6,"stretch":{"amount":0.5,"angle":-90}}`,
			`{"width":8,"height":6,"stretch":{"amount":0.5,"angle":270}}`,
		},
		{
			`{"width":8,"height":6,"stretch":{"amount":0.5}}`,
			`{"width":8,"height":6,"stretch":{"amount":0.5,"angle":180}}`,
		},
		{
			`{"width":8,"height":6,"samples":2}`,
			`{"width":8,"height":6,"samples":2,"depth":8}`,
		},
		{
			`{"width":8,"height":6,"samples":3,"coloring":{"method":"set"}}`,
			`{"width":8,"height":6,"samples":3,"depth":16,"coloring":{"method":"set","steps":9}}`,
		},
		{
			`{"width":8,"height":6,"depth":8,"coloring":{"method":"set"}}`,
			`{"width":8,"height":6,"depth":8,"samples":1,"coloring":{"method":"set","palette":"fire"}}`,
		},
		{
			`{"width":8,"height":6,"samples":2,"coloring":{"method":"set"}}`,
			`{"width":8,"height":6,"samples":2,"depth":8,"coloring":{"method":"set"}}`,
		},
		{
			`{"width":8,"height":6,"rotation":180}`,
			`{"width":8,"height":6,"rotation":-180}`,
		},
		{
			`{"width":8,"height":6,"coloring":{"interior":"#aBcDeF"}}`,
			`{"width":8,"height":6,"coloring":{"interior":"#abcdef"}}`,
		},
		{
			`{"width":8,"height":6,"coloring":{"palette":[{"at":0,"color":"#000764"},{"color":"#ABCDEF","at":"0.160"}]}}`,
			`{"width":8,"height":6,"coloring":{"palette":[{"at":"0.0","color":"#000764"},{"at":"16e-2","color":"#abcdef"}],"cyclic":true}}`,
			`{"width":8,"height":6,"coloring":{"palette":"000764@0,abcdef@0.16"}}`,
		},
		{
			`{"width":8,"height":6,"coloring":{"palette":"000764@0,abcdef@0.16","cyclic":false}}`,
		},
		{
			`{"width":8,"height":6,"formula":"multibrot"}`,
			`{"width":8,"height":6,"formula":"multibrot","power":3,"radius":1.5,"center":{"re":0}}`,
		},
		{
			`{"width":8,"height":6,"formula":"mandelbrot","radius":1.5}`,
			`{"width":8,"height":6,"formula":"multibrot","power":2,"radius":1.5}`,
		},
		{
			`{"width":8,"height":6,"formula":"julia"}`,
			`{"width":8,"height":6,"formula":"julia","power":2}`,
		},
		{
			`{"width":8,"height":6,"coloring":{"method":"distance"}}`,
			`{"width":8,"height":6,"coloring":{"method":"distance","light":30,"relief":1}}`,
			`{"width":8,"height":6,"coloring":{"method":"distance","range":[1,2],"equalize":0.5}}`,
			`{"width":8,"height":6,"coloring":{"method":"distance","smooth":false}}`,
		},
		{
			`{"width":8,"height":6,"coloring":{"method":"histogram"}}`,
			`{"width":8,"height":6,"coloring":{"method":"histogram","smooth":true}}`,
		},
		{
			`{"width":8,"height":6,"coloring":{"method":"histogram","smooth":false}}`,
		},
		{
			`{"width":8,"height":6,"coloring":{"periods":true}}`,
		},
		{
			`{"width":8,"height":6,"format":"counts","coloring":{"periods":true}}`,
			`{"width":8,"height":6,"format":"counts","coloring":{"periods":true,"method":"slope","palette":"fire"}}`,
		},
		{
			`{"width":8,"height":6,"format":"counts"}`,
			`{"width":8,"height":6,"format":"counts","coloring":{"periods":false,"method":"slope"}}`,
		},
		{
			`{"width":8,"height":6,"coloring":{"smooth":false}}`,
			`{"width":8,"height":6,"coloring":{"method":"smooth","smooth":false}}`,
		},
		{
			`{"width":8,"height":6,"coloring":{"method":"slope"}}`,
			`{"width":8,"height":6,"coloring":{"method":"slope","light":-315,"relief":"0.70"}}`,
			`{"width":8,"height":6,"coloring":{"method":"slope","equalize":0}}`,
		},
		{
			`{"width":8,"height":6,"coloring":{"range":[12,"4e2"],"equalize":1}}`,
			`{"width":8,"height":6,"coloring":{"range":["12.0",400],"equalize":"1.0"}}`,
		},
		{
			`{"width":8,"height":6,"coloring":{"range":[12,400]}}`,
		},
	}
	seen := map[spec.ID]int{}
	for group, texts := range same {
		for _, text := range texts {
			id := parse(t, text).ID()
			other, known := seen[id]
			assert.True(t, !known || other == group, "%s has the ID of another picture", text)
			seen[id] = group
		}
	}
	assert.Len(t, seen, len(same))
}

// TestIDsAreStable fixes IDs. They name stored pictures: a change here is a change of Version.
func TestIDsAreStable(t *testing.T) {
	t.Parallel()
	assert.Equal(t, spec.ID("4437992be2bbd8d9c94e3d28057c734af051e203"), spec.Original(800, 600).ID())
	assert.Equal(t, spec.ID("cd045729567616878c9c867b452d90f7bc470a02"), parse(t, `{"width":640,"height":480}`).ID())
}

func TestParseID(t *testing.T) {
	t.Parallel()
	good := spec.Original(800, 600).ID().String()
	_, err := spec.ParseID(good)
	require.NoError(t, err)
	for _, bad := range []string{
		"", good[1:], good + "0", strings.ToUpper(good[:39]) + "A", "../" + good[3:], good[:39] + "/", good[:39] + "\x00",
		good[:38] + "é", strings.Repeat("a", 1<<20),
	} {
		_, err := spec.ParseID(bad)
		assert.Error(t, err, "%.50q", bad)
	}
}

func TestSpecsInsideOtherDocuments(t *testing.T) {
	t.Parallel()
	type letter struct {
		Spec spec.Spec `json:"spec"`
	}
	var got letter
	require.NoError(t, json.Unmarshal([]byte(`{"spec":{"height":6,"width":8,"radius":1.50}}`), &got))
	assert.Equal(t, "1.5", got.Spec.Radius.String())
	assert.Equal(t, spec.Iterations(1000), got.Spec.MaxIterations)
	data, err := json.Marshal(got)
	require.NoError(t, err)
	assert.Equal(t, `{"spec":`+string(got.Spec.Canonical())+`}`, string(data))
	var fault *spec.FieldError
	require.ErrorAs(t, json.Unmarshal([]byte(`{"spec":{"width":8}}`), &got), &fault)
}

func TestOriginalCopesWithAnySize(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := spec.Original(rapid.Int().Draw(t, "width"), rapid.Int().Draw(t, "height"))
		assert.GreaterOrEqual(t, s.Width, 100)
		assert.LessOrEqual(t, s.Width, 1200)
		assert.GreaterOrEqual(t, s.Height, 50)
		assert.LessOrEqual(t, s.Height, 1024)
		again, err := spec.Normalize(s.Draft())
		require.NoError(t, err)
		require.Equal(t, s, again)
	})
}

func TestFromQuery(t *testing.T) {
	t.Parallel()
	s, err := spec.FromQuery(640, 480, map[string][]string{
		"formula": {"julia"}, "seed_re": {"-0.4"}, "seed_im": {"0.6"}, "re": {"0.1"}, "im": {"-0.2"}, "radius": {"1e-3"},
		"rotation": {"15"}, "max_iterations": {"500"}, "samples": {"4"}, "coloring": {"smooth"}, "palette": {"fire"},
		"density": {"2"}, "offset": {"0.25"}, "interior": {"#102030"}, "steps": {"7"}, "depth": {"16"},
	})
	require.NoError(t, err)
	assert.Equal(t, parse(t, `{"formula":"julia","seed":{"re":-0.4,"im":0.6},"center":{"re":0.1,"im":-0.2},"radius":0.001,
		"rotation":15,"width":640,"height":480,"max_iterations":500,"samples":4,"depth":16,
		"coloring":{"method":"smooth","palette":"fire","steps":7,"density":2,"offset":0.25,"interior":"#102030"}}`), s)
	s, err = spec.FromQuery(640, 480, map[string][]string{"palette": {"000764@0,206BCB@0.16"}, "cyclic": {"false"}})
	require.NoError(t, err)
	assert.Contains(t, string(s.Canonical()), `"coloring":{"method":"smooth","palette":[{"at":"0","color":"#000764"},{"at":"0.16","color":"#206bcb"}],`+
		`"density":"1","offset":"0","cyclic":false,"interior":"#000000"}}`)
	s, err = spec.FromQuery(640, 480, map[string][]string{"coloring": {"slope"}, "light": {"90"}, "relief": {"0.25"}})
	require.NoError(t, err)
	assert.Equal(t, parse(t, `{"width":640,"height":480,"coloring":{"method":"slope","light":90,"relief":0.25}}`), s)
	s, err = spec.FromQuery(640, 480, map[string][]string{"range": {"12.50,400"}, "equalize": {"0.5"}, "smooth": {"false"}, "periods": {"true"}})
	require.NoError(t, err)
	assert.Contains(t, string(s.Canonical()), `"palette":"ultra","smooth":false,"range":["12.5","400"],"equalize":"0.5","density":"1",`)
	s, err = spec.FromQuery(640, 480, map[string][]string{"mirror": {"true"}, "stretch_amount": {"0.5"}, "stretch_angle": {"20"}})
	require.NoError(t, err)
	assert.Equal(t, parse(t, `{"width":640,"height":480,"mirror":true,"stretch":{"amount":0.5,"angle":20}}`), s)
	assert.Contains(t, string(s.Canonical()), `"radius":"1.25","mirror":true,"stretch":{"amount":"0.5","angle":"20"},"width"`)
	s, err = spec.FromQuery(640, 480, map[string][]string{"formula": {"multibrot"}, "power": {"5"}})
	require.NoError(t, err)
	assert.Equal(t, parse(t, `{"width":640,"height":480,"formula":"multibrot","power":5,"center":{"re":0},"radius":1.3}`), s)
	s, err = spec.FromQuery(640, 480, nil)
	require.NoError(t, err)
	assert.Equal(t, parse(t, `{"width":640,"height":480}`), s)
}

func TestBadQueriesNameTheParameter(t *testing.T) {
	t.Parallel()
	bad := map[string]string{
		"re": "NaN", "im": "1e999999999", "radius": "-1", "rotation": "1000", "mirror": "down", "stretch_amount": "13", "stretch_angle": "361", "max_iterations": "0", "samples": "many",
		"formula": "newton", "seed_re": "1", "coloring": "rainbow", "palette": "none", "density": "-1", "offset": "x",
		"interior": "red", "steps": "256", "depth": "10", "unknown": "1", "width": "3", "cyclic": "no", "smooth": "0", "periods": "3", "light": "400", "range": "12", "equalize": "1.1", "power": "3", "relief": "2", "seed_im": "", "Re": "1",
	}
	for name, value := range bad {
		_, err := spec.FromQuery(640, 480, map[string][]string{name: {value}})
		var fault *spec.FieldError
		require.ErrorAs(t, err, &fault, name)
		assert.Equal(t, name, fault.Field)
	}
	for name, values := range map[string][]string{"re": {"1", "1"}, "im": {}, "seed_im": {"1"}} {
		_, err := spec.FromQuery(640, 480, map[string][]string{name: values})
		var fault *spec.FieldError
		require.ErrorAs(t, err, &fault, name)
		assert.Equal(t, name, fault.Field)
	}
	_, err := spec.FromQuery(0, 480, nil)
	require.ErrorContains(t, err, "width")
}

func FuzzParse(f *testing.F) {
	for text := range badSpecs() {
		if len(text) < 10_000 {
			f.Add([]byte(text))
		}
	}
	f.Add(spec.Original(800, 600).Canonical())
	f.Add([]byte(`{"width":640,"height":480,"formula":"julia","rotation":"-181","coloring":{"interior":"#FFFFFF"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		start := time.Now()
		s, err := spec.Parse(data)
		if spent := time.Since(start); spent > notQuadratic {
			t.Errorf("parsing took %v", spent)
		}
		if err != nil {
			var fault *spec.FieldError
			require.ErrorAs(t, err, &fault)
			assert.Less(t, len(err.Error()), 500)
			return
		}
		again, err := spec.Parse(s.Canonical())
		require.NoError(t, err)
		require.Equal(t, s, again)
		require.False(t, bytes.Contains(s.Canonical(), []byte("\n")))
	})
}

// TestWidthsOfEXR are those that a line's size has room for.
func TestWidthsOfEXR(t *testing.T) {
	t.Parallel()
	const picture = `{"width":%d,"height":1,"format":"exr"}`
	parse(t, fmt.Sprintf(picture, exr.MaxWidth))
	_, err := spec.Parse(fmt.Appendf(nil, picture, exr.MaxWidth+1))
	require.ErrorContains(t, err, "must be at most")
}
