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
