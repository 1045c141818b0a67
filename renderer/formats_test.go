package renderer_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/renderer"
)

func TestFormatFollowsFromTheSpec(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]renderer.Format{
		`{"width":1,"height":1,"coloring":{"method":"set"}}`:                                         renderer.Gray1,
		`{"width":1,"height":1,"coloring":{"method":"set"},"samples":2}`:                             renderer.Gray8,
		`{"width":1,"height":1}`:                                                                     renderer.RGB8,
		`{"width":1,"height":1,"coloring":{"palette":"gray"}}`:                                       renderer.Gray8,
		`{"width":1,"height":1,"coloring":{"palette":"gray"},"samples":9}`:                           renderer.Gray8,
		`{"width":1,"height":1,"coloring":{"palette":"gray","interior":"#000001"}}`:                  renderer.Indexed8,
		`{"width":1,"height":1,"coloring":{"palette":"gray","interior":"#000001"},"samples":2}`:      renderer.RGB8,
		`{"width":1,"height":1,"coloring":{"steps":1}}`:                                              renderer.Indexed8,
		`{"width":1,"height":1,"coloring":{"steps":255,"interior":"#123456"}}`:                       renderer.Indexed8,
		`{"width":1,"height":1,"coloring":{"steps":255},"samples":2}`:                                renderer.RGB8,
		`{"width":1,"height":1,"coloring":{"steps":20,"palette":"gray","interior":"#ffffff"}}`:       renderer.Gray8,
		`{"width":1,"height":1,"depth":16}`:                                                          renderer.RGB16,
		`{"width":1,"height":1,"depth":16,"coloring":{"palette":"gray","steps":3}}`:                  renderer.Gray16,
		`{"width":1,"height":1,"depth":16,"samples":2,"coloring":{"method":"set","palette":"fire"}}`: renderer.Gray8,
	} {
		got := render(t, parse(t, text), renderer.Options{})
		assert.Equal(t, want, got.Format, text)
		assert.Equal(t, want == renderer.Indexed8, got.Palette != nil, text)
	}
}

// TestFormatsAgree draws one picture in several formats: the colours of few steps as indices and in 16 bits, the grays of
// a palette as grays and, beside an interior that is none, as indices.
func TestFormatsAgree(t *testing.T) {
	t.Parallel()
	pairs := [][2]string{
		{`"coloring":{"steps":16}`, `"depth":16,"coloring":{"steps":16}`},
		{`"coloring":{"palette":"gray"}`, `"coloring":{"palette":"gray","interior":"#000100"}`},
		{`"samples":5`, `"samples":5,"depth":16`},
		{`"samples":3,"coloring":{"palette":"gray"}`, `"samples":3,"coloring":{"palette":"gray","interior":"#000100"}`},
	}
	for _, pair := range pairs {
		a := render(t, parse(t, `{"width":90,"height":70,`+pair[0]+`}`), renderer.Options{})
		b := render(t, parse(t, `{"width":90,"height":70,`+pair[1]+`}`), renderer.Options{})
		require.NotEqual(t, a.Format, b.Format, "%v", pair)
		for y := range 70 {
			for x := range 90 {
				r, g, u := colorAt(a, x, y)
				r2, g2, u2 := colorAt(b, x, y)
				for _, channel := range [][2]uint32{{r, r2}, {g, g2}, {u, u2}} {
					// Half a step of 8 bits from rounding a colour, and as much from rounding a mean.
					require.InDelta(t, channel[0], channel[1], 0x101+2, "%v: pixel (%d,%d)", pair, x, y)
				}
			}
		}
	}
}

// TestStepsAreFlat counts the colours of a picture.
func TestStepsAreFlat(t *testing.T) {
	t.Parallel()
	for _, steps := range []string{"1", "3", "40"} {
		p := render(t, parse(t, `{"width":120,"height":90,"depth":16,"coloring":{"density":4,"steps":`+steps+`}}`), renderer.Options{})
		seen := map[[3]uint32]bool{}
		for y := range 90 {
			for x := range 120 {
				r, g, b := colorAt(p, x, y)
				seen[[3]uint32{r, g, b}] = true
			}
		}
		want := map[string]int{"1": 1, "3": 3, "40": 40}[steps]
		assert.Len(t, seen, want+1, "%s steps and the interior", steps)
	}
}
