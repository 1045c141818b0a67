package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

// spiral is a file of Kalles Fraktaler's with two things that are not honoured.
const spiral = "Re: -0.743643887\r\nIm: 0.1318259\r\nZoom: 20000\r\nIterations: 500\r\nImagPointsUp: 1\r\n" +
	"Flat: 1\r\nWobble: 7\r\n"

func TestImportPrintsASpec(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "spiral.kfr")
	require.NoError(t, os.WriteFile(path, []byte(spiral), 0o600))
	r := ask(t, "", "", "import", path, "--width", "60", "--height=40")
	require.Equal(t, exitOK, r.code, r.stderr)
	s, err := spec.Parse([]byte(r.stdout))
	require.NoError(t, err)
	assert.Equal(t, string(s.Canonical())+"\n", r.stdout)
	want, err := spec.FromQuery(60, 40, map[string][]string{
		"re": {"-0.743643887"}, "im": {"0.1318259"}, "radius": {"0.0001"}, "max_iterations": {"500"},
	})
	require.NoError(t, err)
	assert.Equal(t, want, s)
	assert.Equal(t, "Flat: 1: colours run into each other here\nWobble: 7: is not a key that is known here\n", r.stderr)
	assert.Equal(t, r.stdout, asked(t, "", spiral, "import", "-", "--width", "60", "--height", "40"))
}

// TestImportedSpecsAreDrawn pipes what import prints into the commands that take a Spec.
func TestImportedSpecsAreDrawn(t *testing.T) {
	t.Parallel()
	text := asked(t, "", spiral, "import", "-", "--width", "60", "--height", "40")
	s, err := spec.Parse([]byte(text))
	require.NoError(t, err)
	var want bytes.Buffer
	require.NoError(t, renderer.Write(t.Context(), &want, s, renderer.Options{}))
	assert.Equal(t, want.String(), asked(t, "", text, "render", "-", "-o", "-"))
	farm := serve(t, map[string]string{"DATA": t.TempDir()})
	assert.Equal(t, string(s.ID())+"\n", asked(t, farm.url, text, "submit", "-"))
}

// TestImportKnowsNoDepth: how deep a view may be is for those who draw it to say.
func TestImportKnowsNoDepth(t *testing.T) {
	t.Parallel()
	deep := filepath.Join("..", "..", "foreign", "testdata")
	for name, radius := range map[string]string{"deep.kfr": "2e-1086", "deep.f3.toml": "5e-534", "deep.imt": "6.6666"} {
		path, err := filepath.Abs(filepath.Join(deep, name))
		require.NoError(t, err)
		assert.Contains(t, asked(t, "", "", "import", path), `"radius":"`+radius)
	}
}

func TestImportRefusesOtherFiles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ stdin, args, says string }{
		{"", "import no-such-file.kfr", "no-such-file.kfr"},
		{"", "import", "arg"},
		{"hello", "import -", "is no parameter file of Kalles Fraktaler"},
		{"Re: 0\nIm: x\nZoom: 1\n", "import -", `Im: on line 2 must be a decimal number`},
		{"Re: 0\nIm: 0\nZoom: 1\nFractalType: 2\n", "import -", "Buffalo"},
		{"Re: 0\nIm: 0\nZoom: 1\n", "import - --width -5", "width"},
		{"Re: 0\nIm: " + strings.Repeat("1", 4<<20), "import -", "4194304 bytes"},
	} {
		r := ask(t, "", c.stdin, strings.Fields(c.args)...)
		assert.Equal(t, exitUsage, r.code, "%s: %s", c.args, r.stderr)
		assert.Contains(t, r.stderr, c.says)
		assert.Empty(t, r.stdout)
	}
}

// TestImportInOtherColours takes the colours of a second file, of whatever kind.
func TestImportInOtherColours(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, text := range map[string]string{
		"colours.kfp": "Colors: 0,0,255,255,0,0,\nColorMethod: 1\nIterDiv: 1\nFractalType: 7\n",
		"colours.map": "255 0 0\n0 0 255\n",
		"colours.ugr": "a {\ngradient:\n index=0 color=255 index=200 color=16711680\n}\n",
	} {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		r := ask(t, "", spiral, "import", "-", "--palette", path)
		require.Equal(t, exitOK, r.code, r.stderr)
		assert.Contains(t, r.stdout, `"palette":[{"at":"0","color":"#ff0000"},{"at":"0.5","color":"#0000ff"}]`, name)
		assert.Contains(t, r.stdout, `"re":"-0.743643887"`)
	}
	r := ask(t, "", spiral, "import", "-", "--palette", filepath.Join(folder, "none.map"))
	assert.Equal(t, exitUsage, r.code, r.stderr)
}

// TestExport writes what import reads again, names what it cannot say, and refuses what it cannot write.
func TestExport(t *testing.T) {
	t.Parallel()
	const view = `{"width":60,"height":40,"center":{"re":"-1.25","im":"0.5"},"radius":"1e-3","rotation":30,"mirror":true}`
	s, err := spec.Parse([]byte(view))
	require.NoError(t, err)
	for _, format := range []string{"kfr", "f3"} {
		r := ask(t, "", view, "export", "-", "--format", format)
		require.Equal(t, exitOK, r.code, r.stderr)
		assert.Empty(t, r.stderr)
		assert.Equal(t, string(s.Canonical())+"\n", asked(t, "", r.stdout, "import", "-"), format)
	}
	path := filepath.Join(t.TempDir(), "view.imt")
	r := ask(t, "", view, "export", "-", "--format", "im", "-o", path)
	require.Equal(t, exitOK, r.code, r.stderr)
	assert.Contains(t, r.stderr, "mirror: true: cannot be said in such a file")
	assert.Empty(t, r.stdout)
	assert.Contains(t, asked(t, "", "", "import", path), `"center":{"re":"-1.25","im":"0.5"},"radius":"0.001"`)
	for _, args := range [][]string{{"export", "-"}, {"export", "-", "--format", "bmp"}, {"export", "no-such-file", "--format", "kfr"}} {
		assert.Equal(t, exitUsage, ask(t, "", view, args...).code, "%q", args)
	}
	r = ask(t, "", `{"width":9,"height":8,"formula":"julia"}`, "export", "-", "--format", "kfr")
	assert.Equal(t, exitUsage, r.code)
	assert.Contains(t, r.stderr, "formula: is not one of Kalles Fraktaler's")
}

// TestLargePicturesNameTheirReaders, before anybody waits for one.
func TestLargePicturesNameTheirReaders(t *testing.T) {
	t.Parallel()
	r := ask(t, "", spiral, "import", "-", "--width", "20000", "--height", "15000")
	assert.Contains(t, r.stderr, "opens in: libvips, GDAL, Chromium; too large for: sharp, Pillow, ffmpeg, ImageMagick\n")
	r = ask(t, "", `{"width":16001,"height":1}`, "render", "-", "-o", "-")
	require.Equal(t, exitOK, r.code)
	assert.Contains(t, r.stderr, "too large for: ImageMagick\n")
	farm := serve(t, map[string]string{"DATA": t.TempDir()})
	assert.Contains(t, ask(t, farm.url, `{"width":16001,"height":1}`, "submit", "-").stderr, "too large for: ImageMagick\n")
	assert.Empty(t, ask(t, farm.url, `{"width":16000,"height":1}`, "submit", "-").stderr)
}
