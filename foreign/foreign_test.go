package foreign_test

import (
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/foreign"
	"mandelfarm/renderer/spec"
)

// file reads a file of testdata as whoever has it would.
func file(t *testing.T, name string) foreign.Picture {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	format, err := foreign.Detect(name, data)
	require.NoError(t, err)
	picture, err := foreign.Read(format, data, foreign.Size{})
	require.NoError(t, err)
	again, err := spec.Parse(picture.Spec.Canonical())
	require.NoError(t, err)
	assert.Equal(t, again, picture.Spec, "a Spec like any other")
	return picture
}

// read reads a text of a format that Detect must find out.
func read(t *testing.T, format foreign.Format, text string) (foreign.Picture, error) {
	t.Helper()
	found, err := foreign.Detect("", []byte(text))
	require.NoError(t, err)
	require.Equal(t, format, found)
	return foreign.Read(found, []byte(text), foreign.Size{})
}

func losses(p foreign.Picture) (all []string) {
	for _, l := range p.Losses {
		all = append(all, l.String())
	}
	return all
}

// home is a file of fraktaler-3's that has all its defaults.
const home = "program = \"fraktaler-3\"\n"

// value returns what a file of testdata says of a key.
func value(t *testing.T, name, key string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(data), key)
	require.True(t, found)
	line, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(line)
}

func exactly(t *testing.T, text string) spec.Decimal {
	t.Helper()
	d, err := spec.ParseDecimal(text)
	require.NoError(t, err)
	return d
}

// must is the Spec of a Draft that is good.
func must(t *testing.T, d spec.Draft) spec.Spec {
	t.Helper()
	s, err := spec.Normalize(d)
	require.NoError(t, err)
	return s
}

func TestKallesFraktaler(t *testing.T) {
	t.Parallel()
	p := file(t, "deep.kfr")
	want := must(t, spec.Draft{
		Formula:  spec.Mandelbrot,
		Center:   spec.Point{Re: exactly(t, value(t, "deep.kfr", "Re:")), Im: exactly(t, value(t, "deep.kfr", "Im:"))},
		Radius:   exactly(t, "2e-1086"),
		Rotation: exactly(t, "30"), Mirror: true,
		Width: 1920, Height: 1080, MaxIterations: 600100, Samples: 1,
		Coloring: spec.Coloring{
			Method: spec.MethodSmooth, Density: exactly(t, "0.03125"), Offset: exactly(t, "0.5"), Interior: "#200010",
			Palette: "000764@0,041573@0.0625,0f3897@0.125,1b5cbb@0.1875,206bcb@0.25,3e80d2@0.3125,86b5e5@0.375,cee9f7@0.4375," +
				"edffff@0.5,eff2d9@0.5625,f6d47f@0.625,fcb625@0.6875,ffaa00@0.75,d9920e@0.8125,7f5831@0.875,251e55@0.9375",
		},
	})
	assert.Equal(t, want, p.Spec)
	assert.Greater(t, p.Spec.Center.Re.Digits(), 1086)
	assert.Empty(t, p.Losses)
}

// TestBandsOfKallesFraktaler are those of whole counts where the palette goes on by a colour for each, and otherwise lost.
func TestBandsOfKallesFraktaler(t *testing.T) {
	t.Parallel()
	for lines, want := range map[string]spec.Switch{
		"": 0, "Smooth: 1\n": 0, "Smooth: 0\n": spec.Off, "Smooth: 0\nColorMethod: 0\nIterDiv: 1.000\n": spec.Off, "Smooth: 0\nColorMethod: 99\n": spec.Off,
		"Smooth: 0\nIterDiv: 0.5\n": 0, "Smooth: 0\nColorMethod: 1\n": 0, "Smooth: 0\nColorMethod: 7\n": 0,
	} {
		p, err := read(t, foreign.Kalles, "Re: 0\nIm: 0\nZoom: 1\nIterations: 400\n"+lines)
		require.NoError(t, err)
		assert.Equal(t, want, p.Spec.Coloring.Smooth, lines)
	}
}

func TestSlopesAndDistances(t *testing.T) {
	t.Parallel()
	const place = "Re: 0\nIm: 0\nZoom: 1\nIterations: 400\nIterDiv: 1\nColorOffset: 256\n"
	p, err := read(t, foreign.Kalles, place+"Slopes: 1\nSlopeAngle: 200\nSlopeRatio: 20\n")
	require.NoError(t, err)
	c := p.Spec.Coloring
	assert.Equal(t, spec.MethodSlope, c.Method)
	assert.Equal(t, "-20 0.2 0.15625 0.25", fmt.Sprint(c.Light, " ", c.Relief, " ", c.Density, " ", c.Offset))
	p, err = read(t, foreign.Kalles, place+"ColorMethod: 8\n")
	require.NoError(t, err)
	assert.Equal(t, spec.MethodDistance, p.Spec.Coloring.Method)
	assert.Equal(t, "1", p.Spec.Coloring.Density.String())
	_, err = read(t, foreign.Kalles, place+"Slopes: 1\nSlopeRatio: -1\n")
	assert.ErrorContains(t, err, "SlopeRatio")
}

func TestPaletteAlone(t *testing.T) {
	t.Parallel()
	p := file(t, "fire.kfp")
	assert.Equal(t, spec.Palette("000000@0,ff0000@0.25,ffff00@0.5,ffffff@0.75"), p.Spec.Coloring.Palette)
	assert.Equal(t, "1.25", p.Spec.Radius.String(), "all of the set")
	assert.Equal(t, "0.247053", p.Spec.Coloring.Density.String(), "sqrt(1000)/128")
	assert.Len(t, p.Losses, 1)
}

func TestFraktaler(t *testing.T) {
	t.Parallel()
	p := file(t, "deep.f3.toml")
	data, err := os.ReadFile(filepath.Join("testdata", "deep.f3.toml"))
	require.NoError(t, err)
	whole := strings.ReplaceAll(string(data), "\\\n", "")
	assert.Contains(t, whole, p.Spec.Center.Re.String()+`"""`, "every digit of a string over several lines")
	assert.Contains(t, whole, p.Spec.Center.Im.String()+`"""`)
	assert.Greater(t, p.Spec.Center.Re.Digits(), 533)
	assert.Equal(t, "5e-534", p.Spec.Radius.String())
	assert.Equal(t, "12.5", p.Spec.Rotation.String())
	assert.Equal(t, [4]int{960, 540, 120000, 4}, [4]int{p.Spec.Width, p.Spec.Height, int(p.Spec.MaxIterations), p.Spec.Samples})
	assert.Empty(t, p.Losses)

	p, err = read(t, foreign.Fraktaler, `program = "fraktaler-3"`)
	require.NoError(t, err)
	assert.Equal(t, "2", p.Spec.Radius.String(), "what is not in the file is as fraktaler-3 has it")
	assert.Equal(t, "0", p.Spec.Center.Re.String())
	assert.Equal(t, [3]int{1024, 576, 1024}, [3]int{p.Spec.Width, p.Spec.Height, int(p.Spec.MaxIterations)})
}

// TestImagina compares hexadecimal coordinates at 1e2945 with what they were made of.
func TestImagina(t *testing.T) {
	t.Parallel()
	p := file(t, "deep.imt")
	for key, got := range map[string]spec.Decimal{"Re:": p.Spec.Center.Re, "Im:": p.Spec.Center.Im} {
		text := value(t, "deep.imt", key)
		_, fraction, _ := strings.Cut(text, ".")
		numerator, ok := new(big.Int).SetString(strings.Replace(text, ".", "", 1), 16)
		require.True(t, ok)
		want := new(big.Rat).SetFrac(numerator, new(big.Int).Lsh(big.NewInt(1), uint(4*len(fraction))))
		have, ok := new(big.Rat).SetString(got.String())
		require.True(t, ok)
		last := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Exp(big.NewInt(16), big.NewInt(int64(len(fraction)+80)), nil))
		off := new(big.Rat).Sub(want, have)
		assert.Negative(t, off.Abs(off).Cmp(last), "%s is off by more than its last digit and eighty more say", key)
	}
	assert.True(t, strings.HasPrefix(p.Spec.Radius.String(), "6.66666666666"), p.Spec.Radius.String())
	assert.Equal(t, -2946, p.Spec.Radius.Exponent())
	assert.Equal(t, 20, p.Spec.Radius.Digits())
	assert.EqualValues(t, 5000000, p.Spec.MaxIterations)
	assert.Empty(t, p.Losses)

	p, err := read(t, foreign.Imagina, "Formula: Burning ship\r\nLocation:\r\n  Re: -1.C\r\n  Im: -0.08\r\n  Size: 1@-03\r\n  Iterations: 10\r\n")
	require.NoError(t, err)
	assert.Equal(t, "-1.75 -0.03125 0.000244140625", fmt.Sprint(p.Spec.Center.Re, " ", p.Spec.Center.Im, " ", p.Spec.Radius))
	assert.Equal(t, spec.BurningShip, p.Spec.Formula)
	p, err = read(t, foreign.Imagina, "Location:\n\tRe: -1.75\n\tIm: 1e-3\n\tSize: 2.5e-20\n\tIterations: 10\n")
	require.NoError(t, err)
	assert.Equal(t, "-1.75 0.001 2.5e-20", fmt.Sprint(p.Spec.Center.Re, " ", p.Spec.Center.Im, " ", p.Spec.Radius), "decimal")
}

// TestRadius: 2/zoom to twenty digits, at any depth and however the zoom is written.
func TestRadius(t *testing.T) {
	t.Parallel()
	for zoom, want := range map[string]string{
		"1":                     "2",
		"4":                     "0.5",
		"1.5e1000":              "1.3333333333333333333e-1000",
		"3.7E191":               "5.4054054054054054054e-192",
		"1.00e014":              "2e-14",
		"1.5391677562700E16":    "1.2994035197610786291e-16",
		"2.899E22522":           "6.8989306657468092446e-22523",
		"7e-3":                  "285.71428571428571429",
		strings.Repeat("9", 99): "2e-99",
	} {
		p, err := read(t, foreign.Kalles, "Re: 0\nIm: 0\nZoom: "+zoom+"\n")
		require.NoError(t, err, zoom)
		assert.Equal(t, want, p.Spec.Radius.String(), zoom)
	}
}

func TestSizeIsTheCallers(t *testing.T) {
	t.Parallel()
	const text = "Re: 0\nIm: 0\nZoom: 1\nImageWidth: 640\nImageHeight: 480\n"
	for size, want := range map[foreign.Size][2]int{
		{}:                        {640, 480},
		{Width: 100}:              {100, 480},
		{Width: 100, Height: 200}: {100, 200},
	} {
		p, err := foreign.Read(foreign.Kalles, []byte(text), size)
		require.NoError(t, err)
		assert.Equal(t, want, [2]int{p.Spec.Width, p.Spec.Height})
	}
	_, err := foreign.Read(foreign.Kalles, []byte(text), foreign.Size{Width: -1})
	assert.ErrorContains(t, err, "width")
}

func TestFormulas(t *testing.T) {
	t.Parallel()
	const place = "Re: 0\nIm: 0\nZoom: 1\n"
	for _, c := range []struct {
		format foreign.Format
		text   string
		want   spec.Formula
		fails  string
	}{
		{foreign.Kalles, place + "FractalType: 0\nPower: 2\n", spec.Mandelbrot, ""},
		{foreign.Kalles, place + "Power: 8\n", spec.Multibrot, ""},
		{foreign.Kalles, place + "Power: 9\n", "", `Power: on line 4 the formula z^p + c is drawn here for powers from 2 to 8, got "9"`},
		{foreign.Kalles, place + "FractalType: 1\n", spec.BurningShip, ""},
		{foreign.Kalles, place + "FractalType: 4\nPower: 2\n", spec.Tricorn, ""},
		{foreign.Kalles, place + "FractalType: 3\nPower: 2\n", "", `FractalType: on line 4 the formula Celtic of power 2 is not drawn here, got "3"`},
		{foreign.Kalles, place + "FractalType: 42\n", "", "of this number"},
		{foreign.Kalles, place + "FractalType: 1\nPower: 3\n", "", "Burning Ship of power 3"},
		{foreign.Kalles, place + "UseHybridFormula: 1\nHybridFormula: x\n", "", "hybrid"},
		{foreign.Kalles, place + "UseHybridFormula: 1\n", spec.Mandelbrot, ""},
		{foreign.Kalles, place + "UseHybridFormula: 0\nHybridFormula: x\n", spec.Mandelbrot, ""},
		{foreign.Kalles, "FractalType: 1\nPower: 2\n", spec.BurningShip, ""},
		{foreign.Kalles, "Power: 5\n", spec.Multibrot, ""},
		{foreign.Fraktaler, home + "[[formula]]\n", spec.Mandelbrot, ""},
		{foreign.Fraktaler, home + "[[formula]]\nabs_x = true\nabs_y = true\n", spec.BurningShip, ""},
		{foreign.Fraktaler, home + "[[formula]]\nneg_y = true\n", spec.Tricorn, ""},
		{foreign.Fraktaler, home + "[[formula]]\nneg_x = true\nneg_y = true\n", spec.Mandelbrot, ""},
		{foreign.Fraktaler, home + "[[formula]]\npower = 5\n", spec.Multibrot, ""},
		{foreign.Fraktaler, home + "[[formula]]\npower = 1\n", "", "formula.power: the formula z^p + c is drawn here for powers from 2 to 8"},
		{foreign.Fraktaler, home + "[[formula]]\nneg_x = true\nneg_y = true\npower = 3\n", "", "power 3 neg_x neg_y"},
		{foreign.Fraktaler, home + "[[formula]]\nneg_y = true\npower = 4\n", "", "power 4 neg_y"},
		{foreign.Fraktaler, home + "[[formula]]\nabs_x = true\n", "", "power 2 abs_x"},
		{foreign.Fraktaler, home + "[[formula]]\n[[formula]]\nabs_x = true\n", "", "hybrids are not drawn here, got \"2 formulas\""},
		{foreign.Fraktaler, home + "[[formula]]\nopcodes = \"sqr absx add\"\n", "", "formula.opcodes"},
		{foreign.Fraktaler, home + "formula = 3\n", "", "list of tables"},
		{foreign.Fraktaler, home + "formula = [3]\n", "", "must be a table"},
		{foreign.Imagina, "Formula: Nova\nLocation:\n Re: 0\n Im: 0\n Size: 1\n Iterations: 9\n", "", `Formula: on line 1 this formula is not drawn here, got "Nova"`},
		{foreign.Imagina, "Formula: Tricorn\nLocation:\n Re: 0\n Im: 0\n Size: 1\n Iterations: 9\n", spec.Tricorn, ""},
	} {
		p, err := read(t, c.format, c.text)
		if c.fails != "" {
			require.ErrorContains(t, err, c.fails, "%s", c.text)
			continue
		}
		require.NoError(t, err, "%s", c.text)
		assert.Equal(t, c.want, p.Spec.Formula, "%s", c.text)
		if c.want == spec.Multibrot {
			assert.True(t, strings.HasSuffix(c.text, fmt.Sprintf(" %d\n", p.Spec.Power)), "%s: power %d", c.text, p.Spec.Power)
		}
	}
}

// TestEveryLossIsNamed goes through the keys that change a picture in a way that is not followed here.
func TestEveryLossIsNamed(t *testing.T) {
	t.Parallel()
	kfr := "Re: 0\nIm: 0\nZoom: 1\nIterations: 100\nImagPointsUp: 1\n"
	for _, c := range []struct {
		format foreign.Format
		base   string
		text   string
		want   []string // beginnings
	}{
		{foreign.Kalles, kfr, "Period: 3\nVersion: 2\nSlopePower: 100\nTextureFile: x.jpg\nStretchAngle: 0.0\nRatio: 360.000000\n", nil},
		{foreign.Kalles, kfr, "Rotate: 5\nRatio: 300\n", []string{"Rotate: 5: ", "Ratio: 300: "}},
		{foreign.Kalles, kfr, "RotateAngle: 30\n", []string{"ImagPointsUp: 1: angles are counter-clockwise here"}},
		{foreign.Kalles, kfr, "Slopes: 1\nSlopePower: 100\nDifferences: 3\n", []string{"Slopes: 1: are lit by a law of the farm's own", "SlopePower: 100: ", "Differences: 3: "}},
		{foreign.Kalles, kfr, "ColorMethod: 7\nIterDiv: 0.01\nSlopes: 1\n", []string{"ColorMethod: 7: by the distance", "IterDiv: 0.01: ", "Slopes: 1: colours that go by the distance"}},
		{foreign.Kalles, kfr, "MultiColor: 1\nBlendMC: 0\nMultiColors: 1\t2\t3,\n", []string{"MultiColor: 1: ", "BlendMC: 0: ", "MultiColors: 1?2?3,: "}},
		{foreign.Kalles, kfr, "TextureEnabled: 1\nTextureFile: x.jpg\n", []string{"TextureEnabled: 1: ", "TextureFile: x.jpg: "}},
		{foreign.Kalles, kfr, "UseOpenGL: 1\nGLSL: vec3\\ x;\n", []string{"UseOpenGL: 1: ", `GLSL: vec3\ x;: `}},
		{foreign.Kalles, kfr, "SmoothMethod: 1\nSmoothingMethod: 1\nFlat: 1\n", []string{"SmoothMethod: 1: ", "SmoothingMethod: 1: ", "Flat: 1: "}},
		{foreign.Kalles, kfr, "Smooth: 0\nColorMethod: 1\n", []string{"Smooth: 0: bands of one colour"}},
		{foreign.Kalles, kfr, "BailoutRadiusPreset: 3\nBailoutRadiusCustom: 7\nBailoutNormPreset: 2\nreal: 0\n", []string{"BailoutRadiusPreset: 3: ", "BailoutRadiusCustom: 7: ", "BailoutNormPreset: 2: ", "real: 0: "}},
		{foreign.Kalles, kfr, "SeedR: 0.5\nColorPhaseStrength: 10\n", []string{"SeedR: 0.5: orbits begin at 0", "ColorPhaseStrength: 10: "}},
		{foreign.Kalles, kfr, "ColorMethod: 0\nIterDiv: 2\n", []string{"ColorMethod: 0: there colours follow the iterations"}},
		{foreign.Kalles, kfr, "ColorMethod: 3\nIterDiv: 2\n", []string{"ColorMethod: 3: ", "IterDiv: 2: "}},
		{foreign.Kalles, kfr, "ColorMethod: 1\nIterDiv: 1e-20\nColorOffset: 2000\n", []string{"IterDiv: 1e-20: is too small", "ColorOffset: 2000: is not from 0 to 1023"}},
		{foreign.Kalles, kfr, "ColorMethod: 7\nDifferences: 3\n", []string{"ColorMethod: 7: by the distance", "Differences: 3: distances and slopes are analytic"}},
		{foreign.Kalles, kfr, "ColorMethod: 7\nDifferences: 7\n", []string{"ColorMethod: 7: by the distance"}},
		{foreign.Kalles, kfr, "Wobble: 7\nIterations: 5\n", []string{"Iterations: 100: is given again on line 7; line 4 counts", "Wobble: 7: is not a key that is known here"}},
		{foreign.Kalles, "Re: 0\nIm: 0\nZoom: 1\n", "", []string{"Iterations: is not in the file; 1000 is taken"}},
		{foreign.Fraktaler, home, "reference.period = 5\nopencl.tile_width = 3\ntransform.reflect = false\nrender.zoom_out_factor = 4.0\n", nil},
		{foreign.Fraktaler, home, "[transform]\nreflect = true\nexponential_map = true\n", []string{"transform.exponential_map: true: "}},
		{foreign.Fraktaler, home, "render.zoom_out_sequence = true\nrender.frame_count = 9\n", []string{"render.frame_count: 9: ", "render.zoom_out_sequence: true: one picture"}},
		{foreign.Fraktaler, home, "image.subframes = 0\nimage.supersampling = 2\npostprocessing.gamma = 2.0\n", []string{"image.subframes: 0: ", "image.supersampling: 2: ", "postprocessing.gamma: 2: "}},
		{foreign.Fraktaler, home, "colour.shader = \"void main() {}\"\ncolour.uniforms = [{a = 1}]\n", []string{"colour.shader: void main() {}: ", `colour.uniforms: [{"a":1}]: `}},
		{foreign.Fraktaler, home, "wobble.a = 7\nwobble.b = 1979-05-27\n", []string{"wobble.a: 7: is not a key", "wobble.b: "}},
		{foreign.Imagina, "Location:\n\tRe: 0\n\tIm: 0\n\tSize: 1\n\tIterations: 100\n", "\tTilt: 3\nPalette: x\n", []string{"Location.Tilt: 3: is not a key", "Palette: x: is not a key"}},
	} {
		p, err := read(t, c.format, c.base+c.text)
		require.NoError(t, err, "%s", c.text)
		got := losses(p)
		require.Len(t, got, len(c.want), "%s: %q", c.text, got)
		for i, beginning := range c.want {
			assert.True(t, strings.HasPrefix(got[i], beginning), "got %q, want %q...", got[i], beginning)
		}
	}
}

// TestReflectedRotation: a reflected view turns the other way.
func TestReflectedRotation(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"transform.rotate = 30.0\n":                             "30",
		"transform.rotate = 30.0\ntransform.reflect = true\n":   "-30",
		"transform.rotate = -0.125\ntransform.reflect = true\n": "0.125",
		"transform.rotate = 0.0\ntransform.reflect = true\n":    "",
	} {
		p, err := read(t, foreign.Fraktaler, home+text)
		require.NoError(t, err)
		assert.Equal(t, want, p.Spec.Rotation.String(), text)
	}
}

func TestBadFiles(t *testing.T) {
	t.Parallel()
	const place = "Re: 0\nIm: 0\nZoom: 1\n"
	for _, c := range []struct {
		format      foreign.Format
		text, field string
		says        string
	}{
		{foreign.Imagina, "Location:\nhello\n", "", `line 2 must have the form "Key: value", got "hello"`},
		{foreign.Kalles, "a: 0\n", "", "has neither a place (Re, Im, Zoom) nor colours (Colors) nor a formula"},
		{foreign.Kalles, "UseHybridFormula: 1\nHybridFormula: x\n", "HybridFormula", "hybrid formulas are not drawn here"},
		{foreign.Kalles, "FractalType: 3\n", "FractalType", "Celtic of power 2 is not drawn here"},
		{foreign.Kalles, "Re: 0\r\nIm: x\r\nZoom: 1\r\n", "Im", `on line 2 must be a decimal number of at most 100000 digits`},
		{foreign.Kalles, "Re: 0\nIm: 0\nZoom: 0\n", "Zoom", `on line 3 must be greater than 0, got "0"`},
		{foreign.Kalles, "Re: 0\nIm: 0\nZoom: -1\n", "Zoom", "greater than 0"},
		{foreign.Kalles, "Re: 0\nIm: 0\nZoom: 1e2000000\n", "Zoom", "exponent"},
		{foreign.Kalles, "Re: 0\nIm: 0\nZoom: 9e999999999999\n", "Zoom", "exponent"},
		{foreign.Kalles, "Re: 0\nIm: 0\nZoom: 1e1000000\n", "", ""},
		{foreign.Kalles, place + "Iterations: many\n", "Iterations", "on line 4 must be a whole number from 1"},
		{foreign.Kalles, place + "Iterations: 99999999999\n", "max_iterations", "99999999999"},
		{foreign.Kalles, place + "Power: 99999999999999999999\n", "Power", "whole number"},
		{foreign.Kalles, place + "RotateAngle: 400\n", "rotation", "360"},
		{foreign.Kalles, place + "IterDiv: 0\n", "IterDiv", "greater than 0"},
		{foreign.Kalles, place + "IterDiv: x\n", "IterDiv", "decimal"},
		{foreign.Kalles, place + "ColorOffset: x\nIterDiv: 1\n", "ColorOffset", "decimal"},
		{foreign.Kalles, place + "Colors: 1,2,3,4\n", "Colors", "three numbers for each"},
		{foreign.Kalles, place + "Colors: 1,2,300\n", "Colors", "from 0 to 255"},
		{foreign.Kalles, place + "InteriorColor: 1,2,3,4,5,6,\n", "InteriorColor", "one colour"},
		{foreign.Kalles, place + "ImageWidth: 0\n", "ImageWidth", "from 1"},
		{foreign.Kalles, place + strings.Repeat("a: 1\n", 5000), "", "at most 5000 keys"},
		{foreign.Kalles, place + strings.Repeat("x", 4<<20), "", "at most 4194304 bytes"},
		{foreign.Fraktaler, "a = 1\nb c\n", "", "line 2, column 3 must be TOML: "},
		{foreign.Fraktaler, "location.real = \"x\"\n", "location.real", "decimal number"},
		{foreign.Fraktaler, "location.zoom = \"-1\"\n", "location.zoom", "greater than 0"},
		{foreign.Fraktaler, "location.zoom = nan\n", "location.zoom", "decimal number"},
		{foreign.Fraktaler, home + "image.width = 800.5\n", "image.width", "whole number"},
		{foreign.Fraktaler, home + "bailout.iterations = 0\n", "bailout.iterations", "from 1"},
		{foreign.Fraktaler, strings.Repeat("a=1\n", 5001), "", "at most 5000 keys"},
		{foreign.Fraktaler, "x = 1\n" + strings.Repeat("a.", 50) + "a=1\n", "a.a.a.a.a.a.a.a.a", "levels deep"},
		{foreign.Fraktaler, "a = " + strings.Repeat("[", 4000) + "\n", "", "must be TOML"},
		{foreign.Imagina, "Formula: Mandelbrot\n", "Location.Re", "missing"},
		{foreign.Imagina, "Location:\n\tRe: 0\n\tIm: zz\n\tSize: 1\n\tIterations: 5\n", "Location.Im", "on line 3 must be a hexadecimal number"},
		{foreign.Imagina, "Location:\n\tRe: 0\n\tIm: 0\n\tSize: 1@-999999\n\tIterations: 5\n", "Location.Size", "exponent within ±200000"},
		{foreign.Imagina, "Location:\n\tRe: 0\n\tIm: 0\n\tSize: 0\n\tIterations: 5\n", "Location.Size", "greater than 0"},
		{foreign.Imagina, "Location:\n\tRe: 0\n\tIm: 0\n\tSize: 1@200\n\tIterations: 5\n", "radius", "magnitude"},
		{foreign.Imagina, "Location:\n\tRe: 0\n\tIm: 0\n\tSize: 1\n\tIterations: five\n", "Location.Iterations", "on line 5"},
		{foreign.Imagina, "\tRe: 0\nLocation:\n", "Re", "on line 1 is indented"},
	} {
		_, err := read(t, c.format, c.text)
		if c.says == "" {
			require.NoError(t, err)
			continue
		}
		var fault *spec.FieldError
		require.ErrorAs(t, err, &fault, "%.60s", c.text)
		assert.Equal(t, c.field, fault.Field, "%.60s", c.text)
		assert.Contains(t, err.Error(), c.says)
		assert.Less(t, len(err.Error()), 400)
	}
	_, err := foreign.Read("bmp", nil, foreign.Size{})
	assert.ErrorContains(t, err, "bmp")
}

func TestDetect(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		want       foreign.Format
		says       string
	}{
		{"x.kfr", "\xef\xbb\xbf\r\nRe: 0\r\n", foreign.Kalles, ""},
		{"misnamed.kfr", "# a comment\n\n[location]\n", foreign.Fraktaler, ""},
		{"", "location.real = \"a: b\"\n", foreign.Fraktaler, ""},
		{"", "Palette: x\nLocation:\n\tRe: 0\n", foreign.Imagina, ""},
		{"empty.F3.TOML", "", foreign.Fraktaler, ""},
		{"spec.json", `{"width": 5}`, "", "is no parameter file of Kalles Fraktaler"},
		{"", "hello world\n", "", "is no parameter file"},
		{"", "my favourite place\n; found in May\n// zoomed\n# 2014\nzoom: 5\n", foreign.Kalles, ""},
		{"", "real = \"0\"\nimag = \"0\"\nzoom = \"1\"\n", foreign.RustFractal, ""},
		{"", "# a place\n[ Location ]\nReal = -1.25 # here\n", foreign.DeepDrill, ""},
		{"", "[location]\nzoom = 5\ndepth = 100\n", foreign.DeepDrill, ""},
		{"", "[location]\nreal = \"-1.25\"\n", foreign.Fraktaler, ""},
		{"empty.ini", "", foreign.DeepDrill, ""},
		{"profile.INI", "[palette]\nimage = sea.png\n", foreign.DeepDrill, ""},
		{"place.im", "\xffIMPV\r\n\x00\x00\x00", "", "binary form"},
		{"x.png", "\x89PNG\r\n\x1a\n\x00", "", "is no text"},
	} {
		got, err := foreign.Detect(c.name, []byte(c.text))
		assert.Equal(t, c.want, got, "%q", c.text)
		if c.says != "" {
			assert.ErrorContains(t, err, c.says)
		} else {
			assert.NoError(t, err)
		}
	}
}

func TestMediaTypes(t *testing.T) {
	t.Parallel()
	found := make(map[foreign.Format]bool)
	for _, name := range foreign.MediaTypes() {
		format, ok := foreign.FromMediaType(name)
		require.True(t, ok, name)
		found[format] = true
	}
	assert.Len(t, found, len(foreign.Formats()))
	_, ok := foreign.FromMediaType("application/x-www-form-urlencoded")
	assert.False(t, ok)
}
