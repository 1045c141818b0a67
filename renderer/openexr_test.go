package renderer_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

// exrView is a view with points inside and outside.
const exrView = `{"width":61,"height":45,"max_iterations":300,"format":"exr"`

// TestFloatCounts: all channels are half or float then, and say the same.
func TestFloatCounts(t *testing.T) {
	t.Parallel()
	whole, float := parse(t, exrView+`}`), parse(t, exrView+`,"counts":"float"}`)
	require.NotEqual(t, whole.ID(), float.ID())
	a, b := file(t, whole, renderer.Options{}), file(t, float, renderer.Options{})
	want, got := readEXR(t, a), readEXR(t, b)
	types := func(file openEXR) (kinds []byte) {
		for list := []byte(strings.TrimPrefix(file.attributes["channels"], "chlist ")); list[0] != 0; {
			_, rest, _ := bytes.Cut(list, []byte{0})
			kinds, list = append(kinds, rest[0]), rest[16:]
		}
		return kinds
	}
	assert.Contains(t, types(want), byte(0), "whole numbers")
	assert.NotContains(t, types(got), byte(0), "no whole numbers")
	for name, rows := range want.channels {
		for y, row := range rows {
			for x, value := range row {
				if name == "N" && value == math.MaxUint32 {
					value++ // as a float has it
				}
				require.InDelta(t, value, got.channels[name][y][x], 0, "%s at %d, %d", name, x, y)
			}
		}
	}
	assert.Equal(t, int64(len(b)-len(a)), int64(len(float.Canonical())-len(whole.Canonical())), "they are as large, but for the Spec")
}

// TestCountsAreOfEXRsOnly: of other files they are dropped, and so is what they are anyway.
func TestCountsAreOfEXRsOnly(t *testing.T) {
	t.Parallel()
	assert.Equal(t, parse(t, exrView+`}`), parse(t, exrView+`,"counts":"uint"}`))
	assert.Equal(t, parse(t, `{"width":6,"height":5}`), parse(t, `{"width":6,"height":5,"counts":"float"}`))
	assert.Equal(t, parse(t, `{"width":6,"height":5,"format":"npy"}`), parse(t, `{"width":6,"height":5,"format":"npy","counts":"float"}`))
	_, err := spec.Parse([]byte(exrView + `,"counts":"half"}`))
	require.ErrorContains(t, err, "counts: must be one of uint, float")
}

// TestOpenEXRReadsOurFiles: its tools list what is in them, and copy every channel unchanged into tiles.
func TestOpenEXRReadsOurFiles(t *testing.T) {
	t.Parallel()
	header, err := exec.LookPath("exrheader")
	if err != nil {
		t.Skipf("needs the tools of OpenEXR: %v", err)
	}
	for counts, kind := range map[string]string{"uint": "32-bit unsigned integer", "float": "32-bit floating-point"} {
		s := parse(t, exrView+`,"counts":"`+counts+`"}`)
		data := file(t, s, renderer.Options{})
		folder := t.TempDir()
		lines, tiles := filepath.Join(folder, "lines.exr"), filepath.Join(folder, "tiles.exr")
		require.NoError(t, os.WriteFile(lines, data, 0o600))
		listed, err := exec.CommandContext(t.Context(), header, lines).Output()
		require.NoError(t, err)
		for _, line := range []string{
			"R, 16-bit floating-point", "DEX, 32-bit floating-point", "N, " + kind + ",", "Iterations (type int): 300", "IterationsBias (type int): 1024",
			`mandelfarm (type string): "` + string(s.Canonical()) + `"`,
		} {
			assert.Contains(t, string(listed), line)
		}
		out, err := exec.CommandContext(t.Context(), "exrmaketiled", "-o", "-z", "none", "-t", "128", "128", lines, tiles).CombinedOutput()
		require.NoError(t, err, "%s", out)
		copied, err := os.ReadFile(tiles)
		require.NoError(t, err)
		assert.True(t, bytes.Equal(linesOf(t, data, s.Width, s.Height), tileOf(t, copied)), counts)
	}
}

// linesOf are the pixels of a file of lines without what is before each.
func linesOf(t *testing.T, data []byte, width, height int) (pixels []byte) {
	t.Helper()
	const head, pixel = 8, 26
	size := head + pixel*width
	lines := data[len(data)-size*height:]
	for ; len(lines) > 0; lines = lines[size:] {
		pixels = append(pixels, lines[head:size]...)
	}
	return pixels
}

// tileOf are the pixels of a file of one tile, which ends with them: behind four coordinates and their size.
func tileOf(t *testing.T, data []byte) []byte {
	t.Helper()
	const pixels = 61 * 45 * 26
	size := binary.LittleEndian.Uint32(data[len(data)-pixels-4:])
	require.EqualValues(t, pixels, size)
	return data[len(data)-pixels:]
}
