package foreign_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/foreign"
	"mandelfarm/renderer/spec"
)

// TestFilesAsPeopleKeepThem: what Kalles Fraktaler would do with such a file, import does.
func TestFilesAsPeopleKeepThem(t *testing.T) {
	t.Parallel()
	want := must(t, spec.Draft{
		Center: spec.Point{Re: exactly(t, "-1.25"), Im: exactly(t, "0.5")}, Radius: exactly(t, "0.25"), Width: 1920, Height: 1080, MaxIterations: 100,
	})
	start := want.Draft()
	start.Center, start.Radius = spec.Point{Re: exactly(t, "0"), Im: exactly(t, "0")}, exactly(t, "2")
	for _, c := range []struct {
		text   string
		want   spec.Draft
		losses []string // beginnings
	}{
		{"ImagPointsUp: 1\r\nITERATIONS: 100\r\nzoom: 8\r\nim: 0.5\r\nRE: -1.25\r\n", want.Draft(), nil},
		{"# my place\n; from a forum\n// 2014\nRe: -1.25\n\nIm: 0.5\nZoom: 8.00E0\nIterations: 100.0\nImagPointsUp: 1\n", want.Draft(), nil},
		{"A deep one!\nRe: -1.25\nIm: 0.5\nZoom: 8\nIterations: 1e2\nImagPointsUp: 1\nenjoy\n", want.Draft(), []string{"line 1: A deep one!: is not read", "line 7: enjoy: is not read"}},
		{"Re: 0\nIm: 0\nIterations: 100\nImagPointsUp: 1\n", start, []string{"Zoom: is not in the file: it is as when"}},
		{"Zoom: 1\nIterations: 100\nImagPointsUp: 1\n", start, []string{"Re: is not in the file", "Im: is not in the file"}},
		{"Re: -1.25\nIm: 0.5\nZoom: 8\nIterations: 100\nImagPointsUp: 1\nRotate: 0.000\nRatio: 360.0\nSmoothMethod: 0\n", want.Draft(), nil},
		{"FractalType: 0\nPower: 2\n", spec.Draft{Width: 1920, Height: 1080}, []string{"Re: is not in the file, and neither are Im and Zoom", "Iterations: is not"}},
	} {
		p, err := read(t, foreign.Kalles, c.text)
		require.NoError(t, err, c.text)
		assert.Equal(t, must(t, c.want), p.Spec, c.text)
		got := losses(p)
		require.Len(t, got, len(c.losses), "%s: %q", c.text, got)
		for i, beginning := range c.losses {
			assert.True(t, strings.HasPrefix(got[i], beginning), "got %q, want %q...", got[i], beginning)
		}
	}
}

// TestACollection reads all files of a folder of one's own, which MANDELFARM_COLLECTION names, and tells how many are read and
// why the others are not.
func TestACollection(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("MANDELFARM_COLLECTION") //nolint:forbidigo // a test has no flags of its own
	if folder == "" {
		t.Skip("MANDELFARM_COLLECTION names no folder of parameter files")
	}
	files, imported := 0, 0
	refusals := make(map[string]int)
	require.NoError(t, filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !slices.Contains(endings(), strings.ToLower(filepath.Ext(path))) {
			return err
		}
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		files++
		picture, err := readNamed(path, data)
		if err != nil {
			var fault *spec.FieldError
			require.ErrorAs(t, err, &fault, path)
			require.NotEmpty(t, fault.Reason, path)
			refusals[fault.Field+": "+fault.Reason]++
			t.Logf("%s: %v", path, err)
			return nil
		}
		imported++
		again, err := spec.Parse(picture.Spec.Canonical())
		require.NoError(t, err, path)
		assert.Equal(t, again, picture.Spec, path)
		return nil
	}))
	require.Positive(t, files, "%s has no parameter files", folder)
	t.Logf("%d of %d files are imported", imported, files)
	for reason, count := range refusals {
		t.Logf("%d refused: %s", count, reason)
	}
}

func endings() []string { return []string{".kfr", ".kfp", ".toml", ".ini", ".imt", ".map", ".ugr"} }

func readNamed(path string, data []byte) (foreign.Picture, error) {
	format, err := foreign.Detect(path, data)
	if err != nil {
		return foreign.Picture{}, err
	}
	return foreign.Read(format, data, foreign.Size{})
}
