package foreign

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Files of rust-fractal and DeepDrill to which tests add keys.
const (
	rustFractalPlace = "real = \"-1.25\"\nimag = \"0.5\"\nzoom = \"8\"\niterations = 100\n"
	deepDrillPlace   = "[location]\nreal = -1.25\nimag = 0.5\nzoom = 8\ndepth = 100\n"
)

func deepDrillLine(key, value string) string {
	section, name, _ := strings.Cut(key, ".")
	return "[" + section + "]\n" + name + " = " + value + "\n"
}

func lostInRustFractal() (all []lost) {
	for _, key := range []string{
		"palette", "palette_iteration_span", "palette_offset", "palette_cyclic", "coloring_type", "distance_color", "distance_transition",
		"stripe_scale",
	} {
		all = append(all, lost{key, "", "3", "", "default palette"})
	}
	for _, key := range []string{
		"lighting_direction", "lighting_azimuth", "lighting_opacity", "lighting_ambient", "lighting_diffuse", "lighting_specular", "lighting_shininess",
	} {
		all = append(all, lost{key, "", "3", "lighting", "default palette"})
	}
	return append(all, lost{"lighting", "false", "true", "", "default palette"}, lost{"frames", "1", "5", "", "sequence"},
		lost{"frame_offset", "0", "5", "", "sequence"}, lost{"jitter", "false", "true", "", "scattered"})
}

func lostInDeepDrill() (all []lost) {
	for _, key := range []string{
		"palette.image", "palette.mode", "palette.scale", "palette.offset", "gpu.colorizer", "gpu.illuminator", "gpu.scaler",
	} {
		all = append(all, lost{key, "", "x", "", "default palette"})
	}
	for _, key := range []string{"perturbation.color", "areacheck.color", "attractorcheck.color", "periodcheck.color"} {
		all = append(all, lost{key, "", "red", "", "one colour"})
	}
	for _, key := range []string{"texture.opacity", "texture.scale", "texture.offset"} {
		all = append(all, lost{key, "", "0.5", "texture.image", "no textures"})
	}
	return append(all, lost{"texture.image", "", "a.png", "", "no textures"}, lost{"distance.threshold", "0.0", "0.5", "", "inside"})
}

func honouredInRustFractal() []honoured {
	return []honoured{
		{"real", "", `"re":"-1.25"`},
		{"imag", "", `"im":"0.5"`},
		{"zoom", "", `"radius":"0.25"`},
		{"iterations", "", `"max_iterations":100,`},
		{"rotate", "rotate = 12.5\n", `"rotation":"12.5"`},
		{"image_width", "image_width = 70\n", `"width":70,"height":1000,`},
		{"image_height", "image_height = 50\n", `"width":1000,"height":50,`},
		{"fractal_type", "fractal_type = \"burningship\"\n", `"formula":"burning_ship"`},
		{"power", "power = 3\n", `"formula":"multibrot","power":3`},
	}
}

func honouredInDeepDrill() []honoured {
	return []honoured{
		{"location.real", "", `"re":"-1.25"`},
		{"location.imag", "", `"im":"0.5"`},
		{"location.zoom", "", `"radius":"0.25"`},
		{"location.depth", "", `"max_iterations":100,`},
		{"image.width", "[image]\nwidth = 70\n", `"width":70,"height":1080,`},
		{"image.height", "[Image]\nHeight = 50 # pixels\n", `"width":1920,"height":50,`},
		{"palette.bgcolor", "[palette]\nbgcolor = yellow\n", `"interior":"#ffff00"`},
		{"lighting.enable", "[lighting]\nenable = yes\n", `"method":"slope"`},
		{"lighting.alpha", "[lighting]\nenable = yes\nalpha = 30\n", `"light":"30"`},
	}
}

func silentInRustFractal() []string {
	return []string{
		"approximation_order", "glitch_percentage", "glitch_tolerance", "display_glitches", "auto_adjust_iterations", "probe_sampling",
		"data_storage_interval", "valid_iteration_probe_multiplier", "valid_iteration_frame_multiplier", "series_approximation_tiled",
		"series_approximation_enabled", "experimental", "analytic_derivative", "jitter_factor", "export", "show_output", "remove_centre", "zoom_scale",
	}
}

func silentInDeepDrill() []string {
	return []string{
		"location.escape", "map.width", "map.height", "perturbation.enable", "perturbation.tolerance", "perturbation.badpixels",
		"perturbation.rounds", "approximation.enable", "approximation.coefficients", "approximation.tolerance", "areacheck.enable",
		"attractorcheck.enable", "attractorcheck.tolerance", "periodcheck.enable", "periodcheck.tolerance", "mapfile.compress",
		"mapfile.result", "mapfile.first", "mapfile.last", "mapfile.nitcnt", "mapfile.derivative", "mapfile.normal", "mapfile.dist",
		"video.framerate", "video.keyframes", "video.startframe", "video.velocity", "video.bitrate",
		"lighting.beta", // without lighting.enable; see TestDeepDrillsLight
	}
}

// TestFilesOfOthers reads one of each, as their programs write them.
func TestFilesOfOthers(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		format     Format
		digits     int
		radius     string
		iterations int
	}{
		"rust-fractal.toml":       {RustFractal, 119, "5.9758570168381074574e-47", 275250},
		"deepdrill-unquoted.toml": {DeepDrill, 208, "1.3119863532427481102e-100", 20000000},
	} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		require.NoError(t, err)
		format, err := Detect(name, data)
		require.NoError(t, err)
		require.Equal(t, want.format, format)
		for _, as := range []Format{format, Fraktaler} { // as which TOML comes over HTTP
			p, err := Read(as, data, Size{})
			require.NoError(t, err)
			assert.GreaterOrEqual(t, p.Spec.Center.Re.Digits(), want.digits-3, "all digits but zeros at the end")
			assert.Equal(t, want.radius, p.Spec.Radius.String())
			assert.EqualValues(t, want.iterations, p.Spec.MaxIterations)
		}
	}
}

// TestNoPlaces: a file that does not say where the picture is, is refused, whatever it is.
func TestNoPlaces(t *testing.T) {
	t.Parallel()
	manifest, err := os.ReadFile(filepath.Join("testdata", "not-a-place.toml"))
	require.NoError(t, err)
	for _, text := range []string{
		string(manifest), "", "# nothing\n", "[image]\nwidth = 5\n", "zoom = 5\n", "program = \"another\"\n", "[location]\ndepth = 7\n",
		"[transform]\nrotate = 5.0\n", "[[formula]]\npower = 3\n",
	} {
		for _, format := range []Format{Fraktaler, RustFractal, DeepDrill} {
			if format == DeepDrill && strings.Contains(text, "[[") {
				continue
			}
			says := requireFault(t, format, text, "")
			assert.Contains(t, says, "does not say where the picture is", text)
		}
	}
}

// TestDeepDrillsLight has no height here.
func TestDeepDrillsLight(t *testing.T) {
	t.Parallel()
	p := readText(t, DeepDrill, deepDrillPlace+"[lighting]\nenable = on\nbeta = 30\n[palette]\nbgcolor = 0xff00ff\n")
	assert.Len(t, lossOf(p, "lighting.enable"), 1)
	assert.Len(t, lossOf(p, "lighting.beta"), 1)
	assert.Len(t, lossOf(p, "palette.bgcolor"), 1)
	assert.Contains(t, requireFault(t, DeepDrill, deepDrillPlace+"hello\n", ""), "line 6 must have the form")
	assert.Contains(t, requireFault(t, RustFractal, rustFractalPlace+"fractal_type = \"celtic\"\n", "fractal_type"), "not drawn here")
}
