package foreign

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Files to which tests add keys. They lose nothing.
const (
	kallesPlace    = "Re: -1.25\nIm: 0.5\nZoom: 8\nIterations: 100\nImagPointsUp: 1\n"
	fraktalerPlace = "location.real = \"-1.25\"\nlocation.imag = \"0.5\"\nlocation.zoom = \"8\"\n"
	imaginaPlace   = "Location:\n\tRe: -1.4\n\tIm: 0.8\n\tSize: 0.4\n\tIterations: 100\n"
)

// readText reads a file that has nothing wrong.
func readText(t *testing.T, format Format, text string) Picture {
	t.Helper()
	p, err := Read(format, []byte(text), Size{})
	require.NoError(t, err, text)
	return p
}

// lossOf returns the reasons for which a key is lost.
func lossOf(p Picture, key string) (reasons []string) {
	for _, l := range p.Losses {
		if l.Key == key {
			reasons = append(reasons, l.Reason)
		}
	}
	return reasons
}

// lost is a key that is not honoured: what it must not and what it must be for that, in a file's own words.
type lost struct {
	key     string
	neutral string // a value that loses nothing; empty if there is none
	value   string // one that does
	of      string // a switch that must be on
	reason  string // part of it
}

func lostInKalles() []lost {
	return []lost{
		{"Rotate", "0", "5", "", "old versions"},
		{"Ratio", "360", "300", "", "old versions"},
		{"SmoothMethod", "0", "1", "", "logarithmic"},
		{"SmoothingMethod", "0", "1", "", "logarithmic"},
		{"BailoutRadiusPreset", "0", "3", "", "radius 256"},
		{"BailoutRadiusCustom", "", "7", "BailoutRadiusPreset", "radius 256"},
		{"BailoutNormPreset", "1", "2", "", "radius 256"},
		{"BailoutNormCustom", "2.0", "3", "", "radius 256"},
		{"real", "1", "0", "", "radius 256"},
		{"imag", "1", "-1", "", "radius 256"},
		{"SeedR", "0", "0.1", "", "orbits begin at 0"},
		{"SeedI", "-0", "0.1", "", "orbits begin at 0"},
		{"Flat", "0", "1", "", "run into each other"},
		{"ColorPhaseStrength", "0", "10", "", "angle at escape"},
		{"MultiColor", "0", "1", "", "waves of colour"},
		{"BlendMC", "", "0", "MultiColor", "waves of colour"},
		{"MultiColors", "", "1", "MultiColor", "waves of colour"},
		{"TextureEnabled", "0", "1", "", "no textures"},
		{"TextureMerge", "", "1", "TextureEnabled", "no textures"},
		{"TexturePower", "", "200", "TextureEnabled", "no textures"},
		{"TextureRatio", "", "100", "TextureEnabled", "no textures"},
		{"TextureFile", "", "sky.jpg", "TextureEnabled", "no textures"},
		{"TextureResize", "", "1", "TextureEnabled", "no textures"},
		{"UseOpenGL", "0", "1", "", "by shaders"},
		{"GLSL", "", "vec3 x;", "UseOpenGL", "by shaders"},
	}
}

func lostInFraktaler() []lost {
	return []lost{
		{"transform.exponential_map", "false", "true", "", "exponential maps"},
		{"image.supersampling", "1", "2", "", "larger picture"},
		{"render.zoom_out_sequence", "false", "true", "", "not a sequence"},
		{"render.zoom_out_factor", "", "2.0", "render.zoom_out_sequence", "not a sequence"},
		{"render.start_frame", "", "0", "render.zoom_out_sequence", "not a sequence"},
		{"render.frame_count", "", "9", "render.zoom_out_sequence", "not a sequence"},
		{"postprocessing.brightness", "0.0", "0.5", "", "default palette"},
		{"postprocessing.contrast", "0.0", "-0.5", "", "default palette"},
		{"postprocessing.exposure", "0.0", "1", "", "default palette"},
		{"postprocessing.gamma", "1.0", "2.2", "", "default palette"},
		{"colour.shader", "", `"void main() {}"`, "", "default palette"},
		{"colour.uniforms", "", "[{a = 1}]", "", "default palette"},
		{"colour.uses_histogram", "", "false", "", "default palette"},
		{"colour.background.r", "", "0.0", "", "default palette"},
		{"colour.background.g", "", "0.0", "", "default palette"},
		{"colour.background.b", "", "0.0", "", "default palette"},
	}
}

// check reads a file with the key, written by line, and without what makes it count.
func (l lost) check(t *testing.T, format Format, place string, line func(key, value string) string, on string) {
	t.Helper()
	if l.neutral != "" {
		assert.Empty(t, readText(t, format, place+line(l.key, l.neutral)).Losses, "%s of %s", l.key, l.neutral)
	}
	with := place + line(l.key, l.value)
	if l.of != "" {
		assert.Empty(t, readText(t, format, with).Losses, "%s without %s", l.key, l.of)
		with += line(l.of, on)
	}
	got := lossOf(readText(t, format, with), l.key)
	require.Len(t, got, 1, "%s of %s", l.key, l.value)
	assert.Contains(t, got[0], l.reason, l.key)
}

func kallesLine(key, value string) string { return key + ": " + value + "\n" }

func fraktalerLine(key, value string) string { return key + " = " + value + "\n" }

// TestLostKeys: each key is lost with its reason, by a value that would change the picture and by no other.
func TestLostKeys(t *testing.T) {
	t.Parallel()
	for _, l := range lostInKalles() {
		l.check(t, Kalles, kallesPlace, kallesLine, "1")
	}
	for _, l := range lostInFraktaler() {
		l.check(t, Fraktaler, fraktalerPlace, fraktalerLine, "true")
	}
	for _, l := range lostInRustFractal() {
		l.check(t, RustFractal, rustFractalPlace, fraktalerLine, "true")
	}
	for _, l := range lostInDeepDrill() {
		l.check(t, DeepDrill, deepDrillPlace, deepDrillLine, "x")
	}
}

// honoured is a key that is read: lines with it, and what they make of the canonical Spec.
type honoured struct{ key, lines, want string }

func honouredInKalles() []honoured {
	return []honoured{
		{"Re", "", `"re":"-1.25"`},
		{"Im", "", `"im":"0.5"`},
		{"Zoom", "", `"radius":"0.25"`},
		{"Iterations", "", `"max_iterations":100,`},
		{"RotateAngle", "RotateAngle: -12.5\n", `"rotation":"-12.5"`},
		{"StretchAngle", "StretchAmount: 0.5\nStretchAngle: 30\n", `"stretch":{"amount":"0.5","angle":"30"}`},
		{"StretchAmount", "StretchAmount: 0.5\n", `"stretch":{"amount":"0.5","angle":"0"}`},
		{"FractalType", "FractalType: 1\n", `"formula":"burning_ship"`},
		{"Power", "Power: 3\n", `"formula":"multibrot","power":3,`},
		{"ImageWidth", "ImageWidth: 70\n", `"width":70,"height":1080,`},
		{"ImageHeight", "ImageHeight: 50\n", `"width":1920,"height":50,`},
		{"Colors", "Colors: 1,2,3,4,5,6\n", `[{"at":"0","color":"#030201"},{"at":"0.5","color":"#060504"}]`},
		{"ColorMethod", "ColorMethod: 5\n", `"method":"distance"`},
		{"IterDiv", "ColorMethod: 1\nIterDiv: 2\n", `"density":"0.00390625"`},
		{"ColorOffset", "ColorOffset: 256\n", `"offset":"0.25"`},
		{"Smooth", "Smooth: 0\n", `"smooth":false`},
		{"InteriorColor", "InteriorColor: 255,128,1\n", `"interior":"#0180ff"`},
		{"Slopes", "Slopes: 1\n", `"method":"slope"`},
		{"SlopeAngle", "Slopes: 1\nSlopeAngle: 30\n", `"light":"150"`},
		{"SlopeRatio", "Slopes: 1\nSlopeRatio: 35\n", `"relief":"0.35"`},
	}
}

func honouredInFraktaler() []honoured {
	return []honoured{
		{"location.real", "", `"re":"-1.25"`},
		{"location.imag", "", `"im":"0.5"`},
		{"location.zoom", "", `"radius":"0.25"`},
		{"transform.rotate", "transform.rotate = 12.5\n", `"rotation":"12.5"`},
		{"transform.reflect", "transform.reflect = true\n", `"mirror":true`},
		{"transform.vertical_flip", "transform.vertical_flip = true\n", `"mirror":true`},
		{"transform.stretch_angle", "transform.stretch_amount = 150.0\ntransform.stretch_angle = 20.0\n", `"stretch":{"amount":"1.5","angle":"20"}`},
		{"transform.stretch_amount", "transform.stretch_amount = 150.0\n", `"stretch":{"amount":"1.5","angle":"0"}`},
		{"bailout.iterations", "bailout.iterations = 77\n", `"max_iterations":77,`},
		{"image.width", "image.width = 70\n", `"width":70,"height":576,`},
		{"image.height", "image.height = 50\n", `"width":1024,"height":50,`},
		{"image.subsampling", "image.subsampling = 4\n", `"width":256,"height":144,`},
		{"image.subframes", "image.subframes = 9\n", `"samples":9,`},
		{"formula.abs_x", "[[formula]]\nabs_x = true\nabs_y = true\n", `"formula":"burning_ship"`},
		{"formula.abs_y", "[[formula]]\nabs_x = true\nabs_y = true\n", `"formula":"burning_ship"`},
		{"formula.neg_x", "[[formula]]\nneg_x = true\n", `"formula":"tricorn"`},
		{"formula.neg_y", "[[formula]]\nneg_y = true\n", `"formula":"tricorn"`},
		{"formula.power", "[[formula]]\npower = 4\n", `"formula":"multibrot","power":4,`},
	}
}

func honouredInImagina() []honoured {
	return []honoured{
		{"Location.Re", "", `"re":"-1.25"`},
		{"Location.Im", "", `"im":"0.5"`},
		{"Location.Size", "", `"radius":"0.25"`},
		{"Location.Iterations", "", `"max_iterations":100,`},
		{"Formula", "Formula: Tricorn\n", `"formula":"tricorn"`},
	}
}

// TestHonouredKeys: each key that is read shows in the Spec.
func TestHonouredKeys(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		format Format
		place  string
		keys   []honoured
	}{
		{Kalles, kallesPlace, honouredInKalles()},
		{Fraktaler, fraktalerPlace, honouredInFraktaler()},
		{RustFractal, rustFractalPlace, honouredInRustFractal()},
		{DeepDrill, deepDrillPlace, honouredInDeepDrill()},
		{Imagina, imaginaPlace, honouredInImagina()},
	} {
		plain := string(readText(t, c.format, c.place).Spec.Canonical())
		for _, h := range c.keys {
			got := string(readText(t, c.format, c.place+h.lines).Spec.Canonical())
			assert.Contains(t, got, h.want, h.key)
			assert.Equal(t, h.lines == "", strings.Contains(plain, h.want), "%s is why", h.key)
		}
	}
}

// Keys without influence on the picture, or only through others.
func silentInKalles() []string {
	return []string{
		"ImagPointsUp", "UseHybridFormula", "SlopePower", // by themselves; see TestEveryLossIsNamed and TestFormulas
		"Version", "Period", "Differences", "HybridFormula", "FactorAR", "FactorAI", "UseSRGB", "TriangleInequalityAverage",
	}
}

func silentInFraktaler() []string {
	return []string{
		"program", "version", "render.filename", "render.numbering_offset", "render.save_toml", "render.save_exr",
		"render.save_png", "render.save_jpg", "render.exr_channels", "image.dpi", "render.prng_seed",
		"reference.real", "reference.imag", "reference.period",
		"bailout.maximum_reference_iterations", "bailout.maximum_perturb_iterations", "bailout.maximum_bla_steps",
		"bailout.escape_radius", "bailout.inscape_radius",
		"algorithm.lock_maximum_reference_iterations_to_period", "algorithm.reuse_reference",
		"algorithm.reuse_bilinear_approximation", "algorithm.bla_skip_levels",
		"opencl.platform", "opencl.device", "opencl.tile_width", "opencl.tile_height",
		"newton.action", "newton.domain", "newton.absolute", "newton.power", "newton.factor",
		"formula.opcodes", // if it is empty; see TestFormulas
	}
}

// TestSilentKeys: each leaves Spec and losses as they are.
func TestSilentKeys(t *testing.T) {
	t.Parallel()
	plain := readText(t, Kalles, kallesPlace)
	require.Empty(t, plain.Losses)
	for _, key := range silentInKalles() {
		if strings.Contains(kallesPlace, key) {
			continue
		}
		assert.Equal(t, plain, readText(t, Kalles, kallesPlace+kallesLine(key, "0")), key)
	}
	plain = readText(t, Fraktaler, fraktalerPlace)
	require.Empty(t, plain.Losses)
	for _, key := range silentInFraktaler() {
		if strings.HasPrefix(key, "formula.") {
			continue
		}
		assert.Equal(t, plain, readText(t, Fraktaler, fraktalerPlace+fraktalerLine(key, "3")), key)
	}
	assert.Equal(t, plain, readText(t, Fraktaler, fraktalerPlace+"[[formula]]\nopcodes = \"\"\n"))
	for _, key := range silentInRustFractal() {
		assert.Equal(t, readText(t, RustFractal, rustFractalPlace), readText(t, RustFractal, rustFractalPlace+fraktalerLine(key, "3")), key)
	}
	for _, key := range silentInDeepDrill() {
		assert.Equal(t, readText(t, DeepDrill, deepDrillPlace), readText(t, DeepDrill, deepDrillPlace+deepDrillLine(key, "3")), key)
	}
}

// TestEveryKeyIsTested compares the tables with what the tests above go through.
func TestEveryKeyIsTested(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		table    keyTable
		lost     []lost
		honoured []honoured
		silent   []string
	}{
		{kallesKeys(), lostInKalles(), honouredInKalles(), silentInKalles()},
		{fraktalerKeys(), lostInFraktaler(), honouredInFraktaler(), silentInFraktaler()},
		{rustFractalKeys(), lostInRustFractal(), honouredInRustFractal(), silentInRustFractal()},
		{deepDrillKeys(), lostInDeepDrill(), honouredInDeepDrill(), silentInDeepDrill()},
	} {
		tested := slices.Clone(c.silent)
		for _, l := range c.lost {
			tested = append(tested, l.key)
		}
		for _, h := range c.honoured {
			tested = append(tested, h.key)
		}
		slices.Sort(tested)
		assert.Equal(t, slices.Sorted(maps.Keys(c.table)), tested)
	}
}

// TestSwitches: a switch is off if it is 0, false or not there.
func TestSwitches(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]bool{"0": false, "0.0": false, "-0": false, "false": false, "1": true, "true": true, "2": true, "yes": true} {
		p := newParams()
		p.add(entry{key: "MultiColor", value: value})
		assert.Equal(t, want, p.on("MultiColor"), value)
		assert.False(t, p.on("Slopes"), "it is not there")
	}
}
