package foreign

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/renderer/spec"
)

const (
	someMap      = "0 0 0  the inside\n255 128 1\n; a comment\n10\t20 30\n"
	someGradient = "Sea and Sun {\n; drawn in May\ngradient:\n  title=\"Sea; and Sun\" smooth=yes index=300 color=255\n  index=0 color=16711680 index=-100 color=65280\n" +
		"opacity:\n  smooth=no index=0 opacity=255\n}\n"
)

// TestMapsAndGradients are palettes of places in a turn.
func TestMapsAndGradients(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		format     Format
		text, want string
		losses     int
	}{
		{FractintMap, "0 0 0  the inside\n255 128 1\n; a comment\n10\t20 30\n", "000000@0,ff8001@0.333333333,0a141e@0.666666666", 0},
		{FractintMap, "1 2 3\n", "010203@0,010203@0.5", 0},
		{UltraGradient, someGradient, "0000ff@0,00ff00@0.75", 0}, // index 300 is -100
		{UltraGradient, "a {\ngradient:\nindex=7 color=1\n}\n", "010000@0,010000@0.5", 0},
		{UltraGradient, "a {\ngradient:\n smooth=no rotation=5 x=1 index=7 color=1\n index=9 color=2\n}\nb {\ngradient:\n index=0 color=9\n}\n", "010000@0.0175,020000@0.0225", 4},
	} {
		found, err := Detect("", []byte(c.text))
		require.NoError(t, err)
		require.Equal(t, c.format, found, c.text)
		p := readText(t, found, c.text)
		assert.Equal(t, spec.Palette(c.want), p.Spec.Coloring.Palette, c.text)
		assert.Len(t, p.Losses, c.losses, c.text)
		assert.Equal(t, "1.25", p.Spec.Radius.String(), "all of the set")
	}
	for _, c := range []struct {
		format      Format
		text, field string
	}{
		{FractintMap, "0 0 0\nhello\n", ""},
		{FractintMap, "0 0 256\n", ""},
		{FractintMap, "", ""},
		{UltraGradient, "a {\n}\n", ""},
		{UltraGradient, "a {\ngradient:\n index=x color=1\n}\n", "index"},
		{UltraGradient, "a {\ngradient:\n index=1 color=99999999\n}\n", "color"},
		{KallesColors, "IterDiv: 1\n", "Colors"},
	} {
		requireFault(t, c.format, c.text, c.field)
	}
}

// TestColorsOfAnotherFile: a place in the colours of a palette's file, of which nothing else counts.
func TestColorsOfAnotherFile(t *testing.T) {
	t.Parallel()
	place := kallesPlace + "ColorMethod: 0\nIterDiv: 3\nColors: 1,2,3,\nWobble: 5\n"
	const colors = "Colors: 0,0,0,255,255,255,\nColorMethod: 1\nIterDiv: 0.5\nInteriorColor: 9,8,7,\nFractalType: 2\nPower: 4\nRe: 7\nFlat: 1\nHue: 1\n"
	for _, format := range []Format{Kalles, KallesColors} {
		p, err := ReadWithColors(File{Kalles, []byte(place)}, File{format, []byte(colors)}, Size{Width: 40})
		require.NoError(t, err)
		want := readText(t, Kalles, kallesPlace+"Colors: 0,0,0,255,255,255,\nColorMethod: 1\nIterDiv: 0.5\nInteriorColor: 9,8,7,\nImageWidth: 40\n")
		assert.Equal(t, want.Spec, p.Spec)
		var keys []string
		for _, l := range p.Losses {
			keys = append(keys, l.Key)
		}
		assert.Equal(t, []string{"Wobble", "Flat", "Hue"}, keys)
	}
	p, err := ReadWithColors(File{Kalles, []byte(place)}, File{FractintMap, []byte(someMap)}, Size{})
	require.NoError(t, err)
	assert.Equal(t, spec.Palette("000000@0,ff8001@0.333333333,0a141e@0.666666666"), p.Spec.Coloring.Palette)
	assert.Equal(t, readText(t, Kalles, place).Spec.Coloring.Density, p.Spec.Coloring.Density, "the palette alone is another")
	p, err = ReadWithColors(File{Fraktaler, []byte(fraktalerPlace + "colour.shader = \"x\"\n")}, File{UltraGradient, []byte(someGradient)}, Size{})
	require.NoError(t, err)
	assert.Empty(t, p.Losses)
	_, err = ReadWithColors(File{Kalles, []byte(place)}, File{Imagina, []byte(imaginaPlace)}, Size{})
	require.ErrorContains(t, err, "no colours that are read")
}

// TestPalettesNeedNoFormula: a .kfp is colours only, whatever formula is said beside them, by its name or without a place.
func TestPalettesNeedNoFormula(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"colours.KFP": "Re: 0\nIm: 0\nZoom: 1e5\nFractalType: 2\nPower: 5\nUseHybridFormula: 1\nHybridFormula: x\nColors: 1,2,3,\n",
		"":            "FractalType: 2\nPower: 5\nUseHybridFormula: 1\nHybridFormula: x\nColors: 1,2,3,\nIterations: 5\n",
	} {
		format, err := Detect(name, []byte(text))
		require.NoError(t, err)
		p := readText(t, format, text)
		assert.Equal(t, spec.Mandelbrot, p.Spec.Formula)
		assert.Equal(t, spec.Palette("030201@0,030201@0.5"), p.Spec.Coloring.Palette)
	}
	data, err := os.ReadFile(filepath.Join("testdata", "fire.kfp"))
	require.NoError(t, err)
	assert.Equal(t, readText(t, KallesColors, string(data)).Spec, readText(t, Kalles, string(data)).Spec)
}
