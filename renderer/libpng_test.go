package renderer_test

import (
	"bytes"
	"encoding/binary"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"mandelfarm/renderer"
)

// buildLibpng builds the program of testdata/libpng.c.
func buildLibpng(tb testing.TB) (path string, err error) {
	tb.Helper()
	path = filepath.Join(tb.TempDir(), "libpng")
	return path, exec.CommandContext(tb.Context(), "gcc", "-O2", "-o", path, filepath.Join("testdata", "libpng.c"), "-lpng").Run()
}

func TestLibpngReadsOurFiles(t *testing.T) {
	t.Parallel()
	program, err := buildLibpng(t)
	if err != nil {
		t.Skipf("needs gcc and libpng-dev: %v", err)
	}
	for _, text := range []string{
		`"coloring":{"method":"set"}`, `"samples":3,"coloring":{"method":"set"}`, `"coloring":{"steps":7}`,
		`"samples":1`, `"samples":2`, `"depth":16`,
		`"depth":16,"coloring":{"palette":"gray"}`, `"depth":8,"coloring":{"method":"set"}`,
	} {
		s := parse(t, `{"width":203,"height":135,"max_iterations":300,`+text+`}`)
		cmd := exec.CommandContext(t.Context(), program, "decode")
		cmd.Stdin = bytes.NewReader(writePNG(t, s, renderer.Options{}))
		got, err := cmd.Output()
		require.NoError(t, err, text)
		want := render(t, s, renderer.Options{})
		require.Len(t, got, 6*s.Width*s.Height, text)
		for y := range s.Height {
			for x := range s.Width {
				r, g, b := colorAt(want, x, y)
				pixel := got[6*(y*s.Width+x):]
				for i, channel := range []uint32{r, g, b} {
					require.Equal(t, channel, uint32(binary.BigEndian.Uint16(pixel[2*i:])), "%s: pixel (%d,%d)", text, x, y)
				}
			}
		}
	}
}
