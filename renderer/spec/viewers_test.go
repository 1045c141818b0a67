package spec_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestOpensIn is right at both sides of every limit.
func TestOpensIn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		width, height int
		refuses       string
	}{
		{1920, 1080, ""},
		{16000, 11000, ""},
		{16001, 100, "ImageMagick"},
		{100, 16001, "ImageMagick"},
		{13377, 13377, ""},
		{13378, 13378, "Pillow"},
		{16000, 16000, "Pillow"},
		{16255, 16255, "Pillow ImageMagick"},
		{16256, 16256, "Pillow ffmpeg ImageMagick"},
		{16383, 16383, "Pillow ffmpeg ImageMagick"},
		{16384, 16384, "sharp Pillow ffmpeg ImageMagick"},
		{1<<29 - 1, 1, "sharp Pillow ffmpeg ImageMagick"},
		{1 << 15, 1 << 14, "Chromium sharp Pillow ffmpeg ImageMagick"},
		{262144, 131072, "Chromium sharp Pillow ffmpeg ImageMagick"},
	} {
		opens, refuses := parse(t, fmt.Sprintf(`{"width":%d,"height":%d}`, c.width, c.height)).OpensIn()
		assert.Equal(t, c.refuses, strings.Join(refuses, " "), "%dx%d", c.width, c.height)
		assert.Equal(t, c.refuses == "", len(opens) == 0, "%dx%d: %q", c.width, c.height, opens)
	}
	opens, refuses := parse(t, `{"width":100000,"height":100000,"format":"npy"}`).OpensIn()
	assert.Empty(t, append(opens, refuses...), "other files have other readers")
}
