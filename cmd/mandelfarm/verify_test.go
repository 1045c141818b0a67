package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
	"mandelfarm/renderer"
	"mandelfarm/renderer/bandpng"
	"mandelfarm/renderer/spec"
)

// picture draws a small picture; a bit of one pixel may be changed, and the
// version may be another.
func picture(t *testing.T, mask byte, version string) []byte {
	t.Helper()
	s, err := spec.Parse([]byte(`{"width": 50, "height": 60}`))
	require.NoError(t, err)
	pixels, err := renderer.Render(t.Context(), s, spec.Rows{Start: 0, End: 60}, renderer.Options{})
	require.NoError(t, err)
	pixels.Pix[40*pixels.Stride+3*7] ^= mask
	file := bandpng.Head(bandpng.Header{Width: 50, Height: 60, Format: pixels.Format, Text: []bandpng.Text{
		{Keyword: "mandelfarm", Value: string(s.Canonical())},
		{Keyword: "Software", Value: "mandelfarm renderer " + version},
	}})
	var pool bandpng.Pool
	file, sum := pool.Get().AppendSegment(file, pixels.Format, 50, pixels.Pix)
	return append(file, bandpng.Tail(sum)...)
}

func TestVerify(t *testing.T) {
	t.Parallel()
	good := picture(t, 0, spec.Version)
	for name, test := range map[string]struct {
		file []byte
		args []string
		code int
		want string
	}{
		"whole":         {file: good, want: "the same, 60 of 60 rows"},
		"sample":        {file: original(t, 200, 640), args: []string{"--rows", "65"}, want: "the same, 128 of 640 rows"},
		"flipped bit":   {file: picture(t, 1, spec.Version), code: exitFailure, want: "pixel 7 of row 40 is"},
		"other version": {file: picture(t, 0, "0"), code: exitUsage, want: `version "0" drew it and this is "` + spec.Version + `"`},
		"truncated":     {file: good[:len(good)-30], code: exitUsage, want: "too early"},
		"damaged":       {file: append(bytes.Clone(good[:len(good)-1]), 0), code: exitUsage, want: "checksum"},
		"no PNG":        {file: []byte("hello"), code: exitUsage, want: "PNG"},
		"npy":           {file: append([]byte("\x93NUMPY\x01\x00"), good...), code: exitUsage, want: "format npy, and only a PNG"},
		"exr":           {file: append([]byte("\x76\x2f\x31\x01"), good...), code: exitUsage, want: "format exr, and only a PNG"},
		"negative":      {file: good, args: []string{"--rows", "-1"}, code: exitUsage, want: "--rows"},
	} {
		cmd := command(t, nil, append([]string{"verify", "-"}, test.args...)...)
		cmd.Stdin = bytes.NewReader(test.file)
		out, err := cmd.CombinedOutput()
		assert.Contains(t, string(out), test.want, name)
		assert.Equal(t, test.code, cmd.ProcessState.ExitCode(), "%s: %s", name, out)
		var exit *exec.ExitError
		if test.code != exitOK {
			require.ErrorAs(t, err, &exit, name)
		}
	}
	out, err := command(t, nil, "verify", "no-such-file.png").CombinedOutput()
	require.Error(t, err)
	assert.Contains(t, string(out), "no-such-file.png")
}

// TestTheReadmesPictureIsVerified, and drawn again from what its file says.
func TestTheReadmesPictureIsVerified(t *testing.T) {
	t.Parallel()
	file := filepath.Join(testenv.RepoRoot(t), "docs", "images", "seahorses.png")
	assert.Contains(t, asked(t, "", "", "verify", file), "the same, 450 of 450 rows")
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.True(t, bytes.Equal(want, []byte(asked(t, "", "", "render", file, "-o", "-"))), "a picture is as good as the Spec in it")
}
